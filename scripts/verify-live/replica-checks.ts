// Replicas: whether DescribeSecret shows that a change is on its way to another Region, on which a planned settle rests
// (docs/decisions/063), how long it takes, and what can be done to a replica. Asked only where another Region is named.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeSecretCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { REPLICA_WAIT_MS } from '../../lambda/core/rotation/await-replicas.ts'
import { type AwsCalls, createAwsCalls } from './aws-calls.ts'
import type { AwsChecks } from './aws-checks.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { until } from './run.ts'
import { settingFor } from './watch-lag.ts'

type Found = Parameters<CheckGroup['run']>[0]

export interface Elsewhere {
  readonly region: string
  readonly client: SecretsManagerClient
}

interface ReplicaChecks extends AwsChecks {
  readonly client: SecretsManagerClient
  readonly elsewhere: Elsewhere | undefined
}

const ROUNDS = 3
const REMOVAL_LOOKS = 20

const statusOf = async (client: SecretsManagerClient, secretId: string): Promise<string> => {
  const { ReplicationStatus = [] } = await client.send(new DescribeSecretCommand({ SecretId: secretId }))
  return ReplicationStatus[0]?.Status ?? 'none'
}

const replicate = async ({ client, run }: ReplicaChecks, { region }: Elsewhere, secretId: string): Promise<string> => {
  const leftover = {
    what: `the replica of ${secretId} in ${region}`,
    remove: async () => {
      const RemoveReplicaRegions = [region]
      await client.send(new RemoveRegionsFromReplicationCommand({ SecretId: secretId, RemoveReplicaRegions }))
      for (let looks = 0; looks < REMOVAL_LOOKS && (await statusOf(client, secretId)) !== 'none'; looks += 1) {
        await sleep(run.pace.pollMs)
      }
    },
  }
  const AddReplicaRegions = [{ Region: region }]
  const { ReplicationStatus = [] } = await run.make(leftover, () =>
    client.send(new ReplicateSecretToRegionsCommand({ SecretId: secretId, AddReplicaRegions })),
  )
  return ReplicationStatus[0]?.Status ?? 'none'
}

interface Seen {
  /** What the primary said while the replica, asked afterwards, still showed the version before. */
  readonly meanwhile: readonly string[]
  readonly lastMs: number
}

/** Moves AWSCURRENT as finishSecret does, and looks at both Regions until the replica shows it. */
const moveAndWatch = async (
  { client, run, calls }: ReplicaChecks,
  there: Pick<AwsCalls, 'versionUnder'>,
  { secretId, from }: { readonly secretId: string; readonly from: string },
): Promise<Seen & { readonly current: string }> => {
  const current = randomUUID()
  await calls.put(secretId, { versionId: current, label: 'AWSPENDING' })
  const moved = await calls.moveLabel(secretId, { label: 'AWSCURRENT', from, to: current })
  if (moved !== 'done') throw new CheckBrokeOff(`UpdateSecretVersionStage met ${moved}`)
  const meanwhile: string[] = []
  const arrived = await until(run, run.pace.stepWaitMs, async () => {
    const status = await statusOf(client, secretId)
    if ((await there.versionUnder(secretId, 'AWSCURRENT')) === current) return true
    meanwhile.push(status)
    return undefined
  })
  if (arrived === undefined) throw new CheckBrokeOff('the change did not come to the replica')
  return { meanwhile, lastMs: arrived.afterMs, current }
}

const replicas = async (checks: ReplicaChecks, found: Found): Promise<void> => {
  const { elsewhere, calls, run, expected, client } = checks
  const what = 'DescribeSecret while a change is on its way to a replica'
  const wanted = expected.replicaStatus === 'everyChange' ? 'InProgress' : 'InSync'
  if (elsewhere === undefined) {
    const why = 'no other Region was named (VERIFY_LIVE_REPLICA_REGION)'
    return found({ check: what, expected: wanted, seen: undefined, why, setting: 'replicaStatus' })
  }
  const { secretId: arn, firstId } = await calls.create('replica', 'rotate')
  // Of its name, which is the same in both Regions.
  const secretId = `${run.prefix}replica`
  const asked = await replicate(checks, elsewhere, secretId)
  found({ check: "a replica's status in the reply that makes it", expected: 'InProgress', seen: asked })
  const isThere = () => statusOf(client, secretId).then((status) => (status === 'InSync' ? true : undefined))
  if ((await until(run, run.pace.stepWaitMs, isThere)) === undefined) {
    throw new CheckBrokeOff(`the replica of ${arn} is ${await statusOf(client, secretId)}`)
  }
  const there = createAwsCalls({ client: elsewhere.client, probeArn: async () => '', accountId: '' }, run)
  const rounds: Seen[] = []
  let from = firstId
  for (let round = 1; round <= ROUNDS; round += 1) {
    const seen = await moveAndWatch(checks, there, { secretId, from })
    rounds.push(seen)
    from = seen.current
  }
  const meanwhile = [...new Set(rounds.flatMap((round) => round.meanwhile))].sort().join(', ')
  found({
    check: what,
    expected: wanted,
    seen: meanwhile === '' ? undefined : meanwhile,
    why: 'the replica had each change before the first look',
    setting: 'replicaStatus',
    set: meanwhile.includes('InSync') ? 'creation' : 'everyChange',
  })
  found({
    check: 'how long a settle has to wait for replicas',
    expected: REPLICA_WAIT_MS,
    seen: settingFor(Math.max(...rounds.map(({ lastMs }) => lastMs)), REPLICA_WAIT_MS),
    setting: 'REPLICA_WAIT_MS (lambda/core/rotation/await-replicas.ts)',
  })
  const change = { SecretId: secretId, VersionStage: 'mine', MoveToVersionId: from }
  const refused = await elsewhere.client.send(new UpdateSecretVersionStageCommand(change)).then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
  )
  found({ check: 'a change of a replica', expected: 'InvalidParameterException', seen: refused })
}

export const replicaGroup = (checks: ReplicaChecks): CheckGroup => ({
  name: 'replicas',
  service: 'AWS',
  run: (found) => replicas(checks, found),
})
