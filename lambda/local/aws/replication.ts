// Replicas of secrets in other Regions: each call that changes a secret is on its way to every one of them for as long as the settings say,
// or never arrives. What a Region shows is what has arrived there. A replica that failed gets everything with the next change, or when
// its replication is asked for again.
import { invalidParameter, notFound } from './aws-fault.ts'
import type { AwsContext, AwsOperations } from './operations.ts'
import { arrived } from './replica-status.ts'
import { secretOperations } from './secret-operations.ts'
import type { Secret, SecretReplica, SecretStore } from './secret-store.ts'
import { copyOf, type SecretViews } from './secret-views.ts'
import type { AwsSettings } from './settings.ts'
import { valueOperations } from './value-operations.ts'
import { dayOf } from './wire.ts'

export interface Replication {
  /** Operations as the caller's Region has them; undefined: the Region holds no replica, and its calls go to the primary's. */
  operationsIn(region: string | undefined): AwsOperations | undefined
  clear(): void
}

const READS = ['DescribeSecret', 'GetSecretValue', 'ListSecretVersionIds'] as const

const SIGNED_FOR = /Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/secretsmanager\/aws4_request/

/** The Region that a call is signed for. @param authorization the header */
export const signedFor = (authorization: string | undefined): string | undefined =>
  SIGNED_FOR.exec(authorization ?? '')?.[1]

const send = (secret: Secret, now: number, { replicaFailure, replicaLagMs }: Readonly<AwsSettings>): void => {
  for (const replica of secret.replicas.values()) {
    replica.copy = arrived(replica, now)
    replica.arriving = replica.arriving.filter(({ at }) => at > now)
    replica.failure = replicaFailure[replica.region]
    if (replica.failure !== undefined) continue
    const copy = { ...copyOf(secret, replica.copy), replicas: new Map<string, SecretReplica>(), rotation: undefined }
    replica.arriving = [...replica.arriving, { at: now + replicaLagMs, copy }]
  }
}

interface ReplicationInput {
  readonly store: SecretStore
  readonly region: string
  readonly now: () => number
  readonly settings: Readonly<AwsSettings>
}

/** To be made before the views of the same store, which show replicas as a write left them. */
export const createReplication = ({ store, region: home, now, settings }: ReplicationInput) => {
  const regions = new Set<string>()

  store.onWrite((secret, isGone) => {
    if (isGone) return
    for (const region of secret.replicas.keys()) regions.add(region)
    send(secret, now(), settings)
  })

  /** A replica's ARN is its primary's but for the Region. */
  const arnIn = (region: string, arn: string): string => arn.replace(`:${home}:`, `:${region}:`)
  const viewsIn = (region: string, views: SecretViews): SecretViews => ({
    ...views,
    read: ({ secretId, op }) => {
      const secret = store.find(secretId.replace(`:${region}:`, `:${home}:`))
      const replica = secret?.replicas.get(region)
      const copy = replica === undefined ? undefined : arrived(replica, now())
      if (secret === undefined || replica === undefined || copy === undefined) throw notFound()
      if (op === 'GetSecretValue') replica.lastAccessedAt = dayOf(now())
      return { ...copy, arn: arnIn(region, secret.arn) }
    },
  })

  return {
    connect: (context: AwsContext, operations: AwsOperations): Replication => ({
      operationsIn: (region) => {
        if (region === undefined || region === home || !regions.has(region)) return undefined
        const there = { ...context, views: viewsIn(region, context.views) }
        const reads: AwsOperations = { ...secretOperations(there), ...valueOperations(there) }
        const refuse = (): never => {
          throw invalidParameter(
            "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
          )
        }
        return Object.fromEntries(
          Object.keys(operations).map((name) => [
            name,
            READS.some((read) => read === name) ? (reads[name] ?? refuse) : refuse,
          ]),
        )
      },
      clear: () => regions.clear(),
    }),
  }
}
