// Replicate a secret to other Regions, and end that. Called in the primary's Region; what a change does to replicas, and what their Regions
// show, is replication.ts.
import { invalidParameter } from './aws-fault.ts'
import { type Body, type Input, readInput, readSecretId } from './input.ts'
import { type AwsContext, type AwsOperations, checkNotDeleted } from './operations.ts'
import { DEFAULT_KEY, replicationStatus } from './replica-status.ts'

interface ReplicaRegion {
  readonly region: string
  readonly kmsKeyId: string | undefined
}

const readRegions = (input: Input): readonly ReplicaRegion[] => {
  const regions = (input.items('AddReplicaRegions') ?? []).map((body) => {
    const item = readInput(body)
    return { region: item.requiredText('Region'), kmsKeyId: item.text('KmsKeyId') }
  })
  if (regions.some(({ region }) => region === '')) throw invalidParameter('You must provide a Region for each replica.')
  return regions
}

export const replicaOperations = ({ store, settings, now }: AwsContext, home: string): AwsOperations => {
  return {
    ReplicateSecretToRegions: (body: Body) => {
      const input = readInput(body)
      const secretId = readSecretId(input)
      const regions = readRegions(input)
      input.flag('ForceOverwriteReplicaSecret')
      const secret = checkNotDeleted(store.get(secretId))
      for (const { region } of regions) {
        if (region === home) throw invalidParameter(`Invalid replica region ${region}: it is the secret's own.`)
        const there = secret.replicas.get(region)
        if (there !== undefined && there.failure === undefined) {
          throw invalidParameter(`The secret is replicated to ${region} already.`)
        }
      }
      for (const { region, kmsKeyId } of regions) {
        const kept = secret.replicas.get(region) ?? { copy: undefined, arriving: [], lastAccessedAt: undefined }
        secret.replicas.set(region, { ...kept, region, kmsKeyId, failure: undefined })
      }
      secret.primaryRegion = home
      store.changed(secret)
      const ReplicationStatus = regions.map(({ region, kmsKeyId }) => ({
        Region: region,
        KmsKeyId: kmsKeyId ?? DEFAULT_KEY,
        Status: 'InProgress',
      }))
      return { ARN: secret.arn, ReplicationStatus }
    },
    RemoveRegionsFromReplication: (body: Body) => {
      const input = readInput(body)
      const secretId = readSecretId(input)
      const regions = input.texts('RemoveReplicaRegions') ?? []
      const secret = checkNotDeleted(store.get(secretId))
      for (const region of regions) secret.replicas.delete(region)
      if (secret.replicas.size === 0) secret.primaryRegion = undefined
      store.changed(secret)
      return { ARN: secret.arn, ReplicationStatus: replicationStatus(secret, { now: now(), settings }) ?? [] }
    },
  }
}
