// Secrets Manager as the checks see it: throw-away secrets below the run's prefix, rotated by the probe, and the name of whatever
// error a call meets. Values are random words that open nothing, and are still never printed.
import { randomUUID } from 'node:crypto'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { CheckBrokeOff } from './finding.ts'
import { PLAN_TAG, type ProbePlan, type ProbeRecord, readLaterDrives, readProbeRecords } from './probe-journal.ts'
import type { Run } from './run.ts'

export interface AwsUnderTest {
  readonly client: SecretsManagerClient
  /** Made when it is first asked for. */
  readonly probeArn: () => Promise<string>
  /** The sandbox's; a secret that appears in another account ends the run. */
  readonly accountId: string
}

export interface SeenSecret {
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly records: readonly ProbeRecord[]
  /** Drives that the records have no room for. */
  readonly laterDrives: number
}

export interface ReadVersion {
  readonly versionId?: string
  readonly label?: string
}

export interface MovedLabel {
  readonly label: string
  readonly from?: string
  readonly to?: string
}

/** 'done', or an error's name. */
export type CallOutcome = string

export interface AwsCalls {
  /** @returns the first version's id. */
  create(tag: string, plan: ProbePlan): Promise<{ readonly secretId: string; readonly firstId: string }>
  /** Deletes what `create` has made, before the run's end. */
  removeNow(made: { readonly secretId: string }): Promise<void>
  look(secretId: string): Promise<SeenSecret>
  /** The labels alone; none where the secret cannot be seen yet. */
  labels(secretId: string): Promise<Pick<SeenSecret, 'labels'>>
  rotate(secretId: string, token: string, isImmediate?: boolean): Promise<CallOutcome>
  read(secretId: string, query: ReadVersion): Promise<CallOutcome>
  moveLabel(secretId: string, move: MovedLabel): Promise<CallOutcome>
  /** Stores a new version under this label alone. */
  put(secretId: string, version: { readonly versionId: string; readonly label: string }): Promise<CallOutcome>
  /** @returns the id of the version that GetSecretValue answers with; undefined: it shows none. */
  versionUnder(secretId: string, label: string): Promise<string | undefined>
  /** Unlabelled ones included. */
  versionIds(secretId: string): Promise<readonly string[]>
}

export const holderOf = ({ labels }: Pick<SeenSecret, 'labels'>, label: string): string | undefined =>
  Object.keys(labels).find((versionId) => labels[versionId]?.includes(label))

const accountOf = (arn: string): string => arn.split(':')[4] ?? ''

const outcomeOf = async (call: Promise<unknown>): Promise<CallOutcome> => {
  try {
    await call
    return 'done'
  } catch (error) {
    if (!(error instanceof Error)) return 'unknown'
    // Our adapter tells an absent version from a refusal by these words (lambda/adapters/aws/secret-reader.ts).
    const isUnlabelled = /not (associated|attached)/i.test(error.message)
    return isUnlabelled ? `${error.name}, not associated` : error.name
  }
}

/** What was just made may not be there yet for whoever reads an old copy. */
const unlessMissing = async <Reply>(call: Promise<Reply>): Promise<Reply | undefined> => {
  try {
    return await call
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined
    throw error
  }
}

export const createAwsCalls = ({ client, probeArn, accountId }: AwsUnderTest, run: Run): AwsCalls => ({
  create: async (tag, plan) => {
    const name = `${run.prefix}${tag}`
    const firstId = randomUUID()
    const leftover = {
      what: `secret ${name}`,
      remove: async () => {
        await client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }))
      },
    }
    const { ARN: secretId = '' } = await run.make(leftover, () =>
      client.send(
        new CreateSecretCommand({
          Name: name,
          ClientRequestToken: firstId,
          Description: 'Made by npm run verify:live, and removed by it',
          SecretString: run.keepQuiet(JSON.stringify({ probe: randomUUID() })),
          Tags: [{ Key: PLAN_TAG, Value: plan }],
        }),
      ),
    )
    if (accountOf(secretId) !== accountId) {
      throw new CheckBrokeOff('the credentials belong to another account than the one that was confirmed')
    }
    return { secretId, firstId }
  },
  removeNow: async ({ secretId }) => {
    await client.send(new DeleteSecretCommand({ SecretId: secretId, ForceDeleteWithoutRecovery: true }))
  },
  look: async (secretId) => {
    const { VersionIdsToStages: labels = {}, Tags: tags = [] } = await client.send(
      new DescribeSecretCommand({ SecretId: secretId }),
    )
    return { labels, records: readProbeRecords(tags), laterDrives: readLaterDrives(tags) }
  },
  labels: async (secretId) => {
    const seen = await unlessMissing(client.send(new DescribeSecretCommand({ SecretId: secretId })))
    return { labels: seen?.VersionIdsToStages ?? {} }
  },
  rotate: async (secretId, token, isImmediate = true) => {
    // What the probe meets is no outcome of the call.
    const RotationLambdaARN = await probeArn()
    return outcomeOf(
      client.send(
        new RotateSecretCommand({
          SecretId: secretId,
          ClientRequestToken: token,
          RotationLambdaARN,
          RotationRules: { AutomaticallyAfterDays: 1000 },
          RotateImmediately: isImmediate,
        }),
      ),
    )
  },
  read: (secretId, { versionId, label }) =>
    outcomeOf(
      client.send(new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId, VersionStage: label })),
    ),
  moveLabel: (secretId, { label, from, to }) =>
    outcomeOf(
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: label,
          RemoveFromVersionId: from,
          MoveToVersionId: to,
        }),
      ),
    ),
  put: (secretId, { versionId, label }) =>
    outcomeOf(
      client.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          ClientRequestToken: versionId,
          SecretString: run.keepQuiet(JSON.stringify({ probe: randomUUID() })),
          VersionStages: [label],
        }),
      ),
    ),
  versionUnder: async (secretId, label) => {
    const reading = client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: label }))
    return (await unlessMissing(reading))?.VersionId
  },
  versionIds: async (secretId) => {
    const { Versions: versions = [] } = await client.send(
      new ListSecretVersionIdsCommand({ SecretId: secretId, IncludeDeprecated: true }),
    )
    return versions.flatMap(({ VersionId: versionId }) => versionId ?? [])
  },
})
