// What has arrived of a secret in another Region, and what DescribeSecret says of that. Pure.
import type { Secret, SecretReplica } from './secret-store.ts'
import type { AwsSettings } from './settings.ts'

/** What encrypts a replica that names no key. */
export const DEFAULT_KEY = 'alias/aws/secretsmanager'

interface Seen {
  /** Epoch milliseconds on the shared clock. */
  readonly now: number
  readonly settings: Readonly<Pick<AwsSettings, 'replicaStatus'>>
}

/** What a Region shows of a secret; undefined: nothing has arrived. */
export const arrived = ({ copy, arriving }: SecretReplica, now: number): Secret | undefined =>
  arriving.findLast(({ at }) => at <= now)?.copy ?? copy

const isBehind = (replica: SecretReplica, { now, settings }: Seen): boolean =>
  settings.replicaStatus === 'creation'
    ? arrived(replica, now) === undefined
    : replica.arriving.some(({ at }) => at > now) || arrived(replica, now) === undefined

const statusOf = (replica: SecretReplica, seen: Seen): 'Failed' | 'InProgress' | 'InSync' => {
  if (replica.failure !== undefined) return 'Failed'
  return isBehind(replica, seen) ? 'InProgress' : 'InSync'
}

/** As in DescribeSecret's reply; undefined for a secret without replicas. */
export const replicationStatus = ({ replicas }: Secret, seen: Seen): object[] | undefined => {
  if (replicas.size === 0) return undefined
  return [...replicas.values()].map((replica) => ({
    Region: replica.region,
    KmsKeyId: replica.kmsKeyId ?? DEFAULT_KEY,
    Status: statusOf(replica, seen),
    StatusMessage: replica.failure,
    LastAccessedDate: replica.lastAccessedAt === undefined ? undefined : replica.lastAccessedAt / 1000,
  }))
}
