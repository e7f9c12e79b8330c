// What is wrong with the readers of declared clients: more of them than the secret's policy holds, which would otherwise fail in the middle
// of a deployment. Pure.
import { policyFault } from '../../lambda/core/clients/secret-policy.ts'
import { functionName, type Part } from './stage-names.ts'
import { type RoleSettings, stageRoles } from './stage-roles.ts'

/** What of the configuration (deploy-config.ts, which asks this file) decides it. */
export interface ReaderSettings extends RoleSettings {
  readonly stage: string
  readonly secretNamePrefix: string
  readonly extraPrefixes?: readonly string[] | undefined
  readonly environment?: { readonly account: string; readonly region: string }
  readonly clients: readonly { readonly readers: readonly string[] }[]
}

/** Where the configuration leaves it open: as long as any, so that what fits here fits there. */
const SOME_REGION = 'ap-northeast-1'
const SOME_ACCOUNT = '000000000000'

/** The roles that every secret's policy names, and where the stage is. */
export const rolesOnSecrets = (config: Omit<ReaderSettings, 'clients'>) => {
  const { environment, stage, secretNamePrefix } = config
  const { account, region } = environment ?? { account: SOME_ACCOUNT, region: SOME_REGION }
  const nameOf = (part: Part): string => functionName({ stage, secretNamePrefix }, part)
  const roleOf = (part: Part): string => `arn:aws:iam::${account}:role/${nameOf(part)}-${region}`
  const { readers, changers, rotators, operators } = stageRoles(config, roleOf)
  const own = [roleOf('rotation'), roleOf('registrar')]
  return {
    account,
    region,
    roles: { readers: [...own, ...readers], changers: [...own, ...changers], rotators, operators },
    functionOf: (part: Part): string => `arn:aws:lambda:${region}:${account}:function:${nameOf(part)}`,
  }
}

/** The client's place in the list, and what is wrong. */
export const readerFaults = (config: ReaderSettings): readonly (readonly [at: number, fault: string])[] => {
  const { clients, secretNamePrefix } = config
  const { account, region, roles } = rolesOnSecrets(config)
  const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:${secretNamePrefix}`
  return clients.flatMap(({ readers: consumers }, at) => {
    const size = policyFault(secretArn, { ...roles, consumers })
    return size === undefined ? [] : [[at, `do not fit into its secret's policy: ${size}`] as const]
  })
}
