// Whether the settings of the clients function, which has the most of all, fit into a function's environment: they name every operator,
// replica and admitted account, so that they grow with the configuration. Worked out before anything of the stack is made. Pure.
import { defined } from '../../lambda/core/base/defined.ts'
import { writeClientsEnv } from '../../lambda/env/clients.ts'
import { type CampaignsConfig, campaignEveryHours } from './campaign-config.ts'
import type { DrillConfig } from './drill-config.ts'
import { handMadeSecretsOf, type NamingConfig } from './hand-made-secrets.ts'
import { type ReaderSettings, rolesOnSecrets } from './reader-faults.ts'
import type { BackstopRules } from './rotation-schedule.ts'
import { rulesOfSets } from './sets-config.ts'
import { operatorRoles } from './stage-roles.ts'

/** What of the configuration (deploy-config.ts, which asks this file) decides it. */
interface GrowingSettings extends ReaderSettings, NamingConfig {
  readonly stytch: NamingConfig['stytch'] & { readonly tokenUrl?: string }
  readonly rotation: ReaderSettings['rotation'] & {
    readonly backstop: BackstopRules
    readonly periodHours: number
    readonly overlapHours: number
    readonly longestHoldHours: number
    readonly sweepEveryMinutes: number
    readonly campaigns: CampaignsConfig
  }
  readonly keyArn?: string
  readonly replicas: readonly { readonly region: string; readonly keyArn?: string }[]
  readonly readerAccounts: readonly string[]
  readonly readerOrganizationId?: string
  readonly drills: DrillConfig
}

/** Lambda developer guide, "Lambda quotas": 4 KB for all variables together. */
const MAX_ENVIRONMENT_BYTES = 4096

/** As long as the stack's own key's. */
const someKeyArn = (account: string, region: string): string =>
  `arn:aws:kms:${region}:${account}:key/00000000-0000-0000-0000-000000000000`

/** As long as CloudFormation's: the stack's name, the logical id, and a dozen characters of its own or one more. */
const someTableName = (stage: string): string => `m2m-${stage}-RecordsTable00000000-0000000000000`

/** Likewise. */
const someBucketName = (stage: string): string => `m2m-${stage}-evidencebucket00000000-0000000000000`

const bytesOf = (env: Readonly<Record<string, string>>): number =>
  Object.entries(env).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)

/** @returns what is wrong with the operators; undefined when everything fits. */
export const settingsFault = (config: GrowingSettings): string | undefined => {
  const { stytch, rotation, readerAccounts, readerOrganizationId } = config
  const { account, region, roles, functionOf } = rolesOnSecrets(config)
  const size = bytesOf(
    writeClientsEnv({
      stytch: {
        projectId: stytch.projectId,
        projectSecret: { kind: 'stored', secretId: stytch.projectSecretName },
      },
      secretNamePrefix: config.secretNamePrefix,
      extraPrefixes: config.extraPrefixes,
      rotationFunctionArn: functionOf('rotation'),
      kmsKeyId: config.keyArn ?? someKeyArn(account, region),
      ...roles,
      replicas: config.replicas.map(({ region: where, keyArn }) => ({
        region: where,
        ...defined({ kmsKeyId: keyArn }),
      })),
      readerAccounts,
      ...defined({ readerOrganizationId, tokenUrl: stytch.tokenUrl }),
      backstop: rotation.backstop,
      periodHours: rotation.periodHours,
      overlapHours: rotation.overlapHours,
      longestHoldHours: rotation.longestHoldHours,
      ...defined({ campaignEveryHours: campaignEveryHours(rotation.campaigns) }),
      handMadeSecrets: handMadeSecretsOf(config).map(({ secret }) => secret),
      records: { table: someTableName(config.stage) },
      evidenceBucket: someBucketName(config.stage),
      sweepEveryMinutes: rotation.sweepEveryMinutes,
      ...defined({ drillEveryHours: config.drills.everyHours, sets: rulesOfSets(config.sets) }),
    }),
  )
  if (size <= MAX_ENVIRONMENT_BYTES) return undefined
  const ofSets = Object.keys(config.sets ?? {}).length === 0 ? '' : ', those of sets included'
  return `are ${operatorRoles(config).length}${ofSets}: with them, the settings of the clients function have ${size} bytes, and Lambda takes ${MAX_ENVIRONMENT_BYTES}; let several people assume one role`
}
