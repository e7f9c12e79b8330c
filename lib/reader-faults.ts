// What is wrong with the readers of declared clients: roles of accounts that the key does not admit, and more of them than the secret's
// policy holds. Both would otherwise fail in the middle of a deployment. Pure.
import { policyFault, strangeAccounts, strangeAccountsFault } from '../lambda/env.ts'
import { functionName, type Part } from './stage-names.ts'
import { type RoleSettings, stageRoles } from './stage-roles.ts'

/** What of the configuration (deploy-config.ts, which asks this file) decides it. */
interface ReaderSettings extends RoleSettings {
  readonly stage: string
  readonly secretNamePrefix: string
  readonly environment?: { readonly account: string; readonly region: string }
  readonly readerAccounts: readonly string[]
  readonly readerOrganizationId?: string
  readonly clients: readonly { readonly readers: readonly string[] }[]
}

/** Where the configuration leaves it open: as long as any, so that what fits here fits there. */
const SOME_REGION = 'ap-northeast-1'
const SOME_ACCOUNT = '000000000000'

/** The client's place in the list, and what is wrong. */
export const readerFaults = (config: ReaderSettings): readonly (readonly [at: number, fault: string])[] => {
  const { environment, readerAccounts, readerOrganizationId, clients, stage, secretNamePrefix } = config
  const { account, region } = environment ?? { account: SOME_ACCOUNT, region: SOME_REGION }
  const roleOf = (part: Part): string =>
    `arn:aws:iam::${account}:role/${functionName({ stage, secretNamePrefix }, part)}-${region}`
  const { readers, changers, rotators } = stageRoles(config, roleOf)
  const own = [roleOf('rotation'), roleOf('registrar')]
  const roles = { readers: [...own, ...readers], changers: [...own, ...changers], rotators }
  const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:${secretNamePrefix}`
  return clients.flatMap(({ readers: consumers }, at) => {
    // With no account in the configuration, whose roles are strangers is known at the earliest when the stack is made.
    const strange =
      environment === undefined
        ? []
        : strangeAccounts(consumers, {
            ownAccount: account,
            accounts: readerAccounts,
            organizationId: readerOrganizationId,
          })
    const size = policyFault(secretArn, { ...roles, consumers })
    return [
      ...(strange.length === 0 ? [] : [[at, strangeAccountsFault(strange)] as const]),
      ...(size === undefined ? [] : [[at, `do not fit into its secret's policy: ${size}`] as const]),
    ]
  })
}
