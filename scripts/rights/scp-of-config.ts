// The service control policy of a configuration (`m2m` in cdk.json) and of the roles that the command line names. Pure; every fault at once.

import { partitionOf } from '../../lambda/core/base/aws-partition.ts'
import { type ServiceControlPolicy, serviceControlPolicy } from '../../lib/base/scp.ts'
import type { DeployConfig } from '../../lib/config/deploy-config.ts'
import { operatorRoles } from '../../lib/config/stage-roles.ts'

export interface NamedRoles {
  readonly deployers: readonly string[]
  readonly guardedRoles: readonly string[]
  /** The id of the vendor's API. @default - every REST API of account and Region */
  readonly restApi?: string | undefined
}

export type ScpOfConfig =
  | { readonly ok: true; readonly policy: ServiceControlPolicy }
  | { readonly ok: false; readonly faults: readonly string[] }

const ROLE = /^arn:aws[a-z-]*:iam::(\d{12}):role\/[\w+=,.@/-]+$/

const API_ID = /^(\*|[a-z0-9]{10})$/

const roleFaults = (option: string, roles: readonly string[], account: string): readonly string[] =>
  roles
    .filter((role) => ROLE.exec(role)?.[1] !== account)
    .map(
      (role) =>
        `${option} ${role} is not the ARN of a role of account ${account}: expected arn:aws:iam::${account}:role/…`,
    )

const foreignSecrets = ({ stytch, incidents: { intake } }: DeployConfig): readonly string[] =>
  [
    stytch.projectSecretName,
    stytch.projectRotation?.workspaceKeySecretName,
    intake?.signingSecretName,
    intake?.githubAppSecretName,
  ].filter((name) => name !== undefined)

export const scpOfConfig = (
  config: DeployConfig,
  { deployers, guardedRoles, restApi = '*' }: NamedRoles,
): ScpOfConfig => {
  const { environment, breakGlass, keyArn } = config
  if (environment === undefined) {
    const fault = 'm2m.environment is missing: expected { "account": "…", "region": "…" }, which the policy names'
    return { ok: false, faults: [fault] }
  }
  const { account, region } = environment
  const faults = [
    ...roleFaults('--deployer', deployers, account),
    ...roleFaults('--guard', guardedRoles, account),
    ...(API_ID.test(restApi) ? [] : [`--api ${restApi} is no REST API's id: expected ten letters and digits`]),
  ]
  if (faults.length > 0) return { ok: false, faults }
  const { partition } = partitionOf(region)
  const bootstrapRole = `arn:${partition}:iam::${account}:role/cdk-hnb659fds-cfn-exec-role-${account}-${region}`
  const policy = serviceControlPolicy({
    partition,
    account,
    region,
    stage: config.stage,
    secretNamePrefix: config.secretNamePrefix,
    deployRoleArn: config.deployRoleArn ?? bootstrapRole,
    deployers,
    guardedRoles,
    breakGlass: 'roleArn' in breakGlass ? [breakGlass.roleArn] : [],
    operators: operatorRoles(config),
    foreignSecretNames: foreignSecrets(config),
    ...(keyArn === undefined ? {} : { keyArn }),
    ...(config.vendor === undefined ? {} : { restApi }),
  })
  return { ok: true, policy }
}
