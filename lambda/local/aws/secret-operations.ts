// Operations on a secret as a whole: create, describe, update, delete, restore, tag. Replication at the creation and managed
// external secrets are not played; a request that asks for them is refused rather than half obeyed.
import { DAY_MS } from '../../core/base/time-units.ts'
import { alreadyExists, invalidParameter, invalidRequest, notFound } from './aws-fault.ts'
import { type Body, type Input, invalidName, readInput, readRequestToken, readSecretId } from './input.ts'
import { type AwsContext, type AwsOperations, checkNotDeleted, readSecret } from './operations.ts'
import { replicationStatus } from './replica-status.ts'
import type { Secret } from './secret-store.ts'
import { putVersion, readValue, tokenInUse } from './value-operations.ts'
import { CURRENT, isSameValue } from './versions.ts'
import { describe, identity, seconds, versionsToStages } from './wire.ts'

const MAX_TAGS = 50
const NOT_PLAYED = ['AddReplicaRegions', 'ForceOverwriteReplicaSecret', 'Type']

const refuseNotPlayed = (input: Input): void => {
  for (const name of NOT_PLAYED) {
    if (input.has(name)) throw invalidParameter(`${name} is not played by this stand-in.`)
  }
}

const readTags = (input: Input): Array<[string, string]> => {
  const tags = (input.items('Tags') ?? []).map((body): [string, string] => {
    const tag = readInput(body)
    return [tag.requiredText('Key'), tag.text('Value') ?? '']
  })
  if (tags.some(([key]) => key === '')) throw invalidParameter('You must provide a key for each tag.')
  if (new Set(tags.map(([key]) => key)).size < tags.length) {
    throw invalidParameter('Duplicate tag keys are not allowed.')
  }
  if (tags.some(([key]) => key.toLowerCase().startsWith('aws:'))) {
    throw invalidParameter('Tag keys that begin with aws: are reserved for AWS.')
  }
  return tags
}

const addTags = (secret: Secret, tags: ReadonlyArray<readonly [string, string]>): void => {
  const keys = new Set([...secret.tags.keys(), ...tags.map(([key]) => key)])
  if (keys.size > MAX_TAGS) throw invalidParameter(`A secret can't have more than ${MAX_TAGS} tags.`)
  for (const [key, value] of tags) secret.tags.set(key, value)
}

const checkNotReplicated = ({ name, replicas }: Secret): void => {
  if (replicas.size === 0) return
  throw invalidParameter(
    `You can't delete secret ${name} that still has replica regions [${[...replicas.keys()].join(', ')}]`,
  )
}

export const secretOperations = (context: AwsContext): AwsOperations => {
  const { store, now, views, settings } = context

  const createSecret = (body: Body): object => {
    const input = readInput(body)
    const name = input.requiredText('Name')
    if (!/^[A-Za-z0-9/_+=.@!-]*$/.test(name)) throw invalidName()
    const token = readRequestToken(input)
    const description = input.text('Description')
    const kmsKeyId = input.text('KmsKeyId')
    refuseNotPlayed(input)
    const value = readValue(input)
    const tags = readTags(input)
    const existing = store.byName(name)
    if (existing?.deletionAt !== undefined) {
      throw invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      )
    }
    if (existing !== undefined) {
      const stored = existing.versions.get(token)?.value
      if (stored === undefined) throw alreadyExists(`The operation failed because the secret ${name} already exists.`)
      // An SDK's retry after a lost reply: same token, same value.
      if (isSameValue(stored, value)) return { ...identity(existing), VersionId: token }
      throw tokenInUse(existing, token)
    }
    if (tags.length > MAX_TAGS) throw invalidParameter(`A secret can't have more than ${MAX_TAGS} tags.`)
    const secret = store.create(name)
    secret.description = description === '' ? undefined : description
    secret.kmsKeyId = kmsKeyId === '' ? undefined : kmsKeyId
    addTags(secret, tags)
    if (value !== undefined) putVersion(context, secret, { token, value, stages: [CURRENT] })
    store.changed(secret)
    return { ...identity(secret), VersionId: value === undefined ? undefined : token }
  }

  const updateSecret = (body: Body): object => {
    const input = readInput(body)
    const secretId = readSecretId(input)
    const token = readRequestToken(input)
    const description = input.text('Description')
    const kmsKeyId = input.text('KmsKeyId')
    refuseNotPlayed(input)
    const value = readValue(input)
    const secret = checkNotDeleted(store.get(secretId))
    // First what may be refused.
    if (value !== undefined) putVersion(context, secret, { token, value, stages: [CURRENT] })
    if (description !== undefined) secret.description = description === '' ? undefined : description
    if (kmsKeyId !== undefined) secret.kmsKeyId = kmsKeyId === '' ? undefined : kmsKeyId
    store.changed(secret)
    return { ...identity(secret), VersionId: value === undefined ? undefined : token }
  }

  const forceDelete = (secretId: string): object => {
    const secret = store.find(secretId)
    if (secret !== undefined) checkNotReplicated(secret)
    if (secret === undefined) {
      const name = secretId.startsWith(store.arnPrefix) ? secretId.slice(store.arnPrefix.length) : secretId
      return { ARN: `${store.arnPrefix}${name}`, Name: name, DeletionDate: seconds(now()) }
    }
    store.remove(secret)
    return { ...identity(secret), DeletionDate: seconds(now()) }
  }

  const deleteSecret = (body: Body): object => {
    const input = readInput(body)
    const secretId = readSecretId(input)
    const days = input.integer('RecoveryWindowInDays')
    const isForced = input.flag('ForceDeleteWithoutRecovery') === true
    if (days !== undefined && isForced) {
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
    }
    if (days !== undefined && (days < 7 || days > 30)) {
      throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
    }
    if (isForced) return forceDelete(secretId)
    const secret = store.find(secretId)
    if (secret === undefined) throw notFound()
    checkNotReplicated(checkNotDeleted(secret))
    secret.deletionAt = now() + (days ?? 30) * DAY_MS
    store.changed(secret)
    return { ...identity(secret), DeletionDate: seconds(secret.deletionAt) }
  }

  return {
    CreateSecret: createSecret,
    UpdateSecret: updateSecret,
    DeleteSecret: deleteSecret,
    DescribeSecret: (body) => {
      const input = readInput(body)
      const secretId = readSecretId(input)
      const secret = views.read({ op: 'DescribeSecret', secretId })
      const details = describe(secret)
      // DescribeSecret, unlike ListSecrets, answers null here once rotation is off.
      const LastRotatedDate = secret.rotation?.isEnabled === true ? details.LastRotatedDate : undefined
      return {
        ...details,
        LastRotatedDate,
        VersionIdsToStages: versionsToStages(secret),
        ReplicationStatus: replicationStatus(secret, { now: now(), settings }),
      }
    },
    RestoreSecret: (body) => {
      const secret = readSecret(store, body)
      secret.deletionAt = undefined
      store.changed(secret)
      return identity(secret)
    },
    TagResource: (body) => {
      const input = readInput(body)
      const secretId = readSecretId(input)
      const tags = readTags(input)
      const secret = checkNotDeleted(store.get(secretId))
      addTags(secret, tags)
      store.changed(secret)
      return {}
    },
    UntagResource: (body) => {
      const input = readInput(body)
      const secretId = readSecretId(input)
      const keys = input.texts('TagKeys') ?? []
      const secret = checkNotDeleted(store.get(secretId))
      for (const key of keys) secret.tags.delete(key)
      store.changed(secret)
      return {}
    },
  }
}
