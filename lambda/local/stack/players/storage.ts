// Plays what holds data: buckets, tables, keys, queues, and the rotation of secrets that are no resources of a stack.
import { DAY_MS } from '../../../core/base/time-units.ts'
import { fieldsOf, listOf } from '../../stand-in/fields.ts'
import type { StackHost } from '../host.ts'
import type { PlayedResource, Players } from '../player.ts'
import { documentOf } from '../policies.ts'

const DAYS_OF_A_YEAR = 365

const keyOfKind = (schema: unknown, kind: 'HASH' | 'RANGE'): string | undefined => {
  const found = listOf(schema)
    .map(fieldsOf)
    .find(({ KeyType }) => KeyType === kind)
  return found === undefined ? undefined : String(found.AttributeName)
}

const addTable = ({ resources }: StackHost, { name, properties }: PlayedResource): void => {
  const sortKey = keyOfKind(properties.KeySchema, 'RANGE')
  resources.addTable({
    name,
    partitionKey: keyOfKind(properties.KeySchema, 'HASH') ?? '',
    ...(sortKey === undefined ? {} : { sortKey }),
  })
}

const tablePlayer = (host: StackHost) => ({
  // What else a table has is nothing that a call here meets.
  put: (table: PlayedResource, before?: PlayedResource): undefined => {
    if (before === undefined) addTable(host, table)
  },
  remove: ({ name, properties }: PlayedResource): void => {
    const protectedBy = [properties, ...listOf(properties.Replicas).map(fieldsOf)]
    if (protectedBy.some(({ DeletionProtectionEnabled }) => DeletionProtectionEnabled === true)) {
      throw new Error(`Table ${name} is protected against deletion.`)
    }
    host.resources.removeTable(name)
  },
})

const shownOfKey = ({ properties: { KeyPolicy, EnableKeyRotation, Enabled } }: PlayedResource) => ({
  policy: documentOf(KeyPolicy),
  isRotated: EnableKeyRotation === true,
  state: Enabled === false ? ('Disabled' as const) : ('Enabled' as const),
})

const lockOf = ({ ObjectLockEnabled, ObjectLockConfiguration }: PlayedResource['properties']) => {
  const { DefaultRetention } = fieldsOf(fieldsOf(ObjectLockConfiguration).Rule)
  const { Mode, Days = 0, Years = 0 } = fieldsOf(DefaultRetention)
  if (ObjectLockEnabled !== true || Mode === undefined) return undefined
  const mode = Mode === 'COMPLIANCE' ? ('COMPLIANCE' as const) : ('GOVERNANCE' as const)
  return { mode, retentionMs: (Number(Days) + Number(Years) * DAYS_OF_A_YEAR) * DAY_MS }
}

const keyIdOf = (reference: unknown): string => String(reference).replace(/^.*key\//, '')

export const storagePlayers = (host: StackHost): Players => {
  const { resources, secrets } = host
  return {
    'AWS::S3::Bucket': {
      put: ({ name, properties }, before) => {
        if (before === undefined) resources.addBucket(name, lockOf(properties))
      },
      remove: ({ name }) => {
        if (!resources.removeBucket(name)) throw new Error('The bucket you tried to delete is not empty')
      },
    },
    'AWS::S3::BucketPolicy': { put: () => undefined },
    'AWS::DynamoDB::Table': tablePlayer(host),
    'AWS::DynamoDB::GlobalTable': tablePlayer(host),
    'AWS::KMS::Key': {
      put: (key, before) => {
        const usage = key.properties.KeyUsage === 'SIGN_VERIFY' ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT'
        if (before === undefined) resources.addKey({ alias: '', usage, keyId: key.name, ...shownOfKey(key) })
        else resources.changeKey(key.name, shownOfKey(key))
      },
      // As KMS does: for 7 days at the least it is only about to be deleted.
      remove: ({ name }) => resources.changeKey(name, { state: 'PendingDeletion' }),
    },
    'AWS::KMS::Alias': {
      put: ({ name, properties }) => {
        resources.changeKey(keyIdOf(properties.TargetKeyId), { alias: name })
        return undefined
      },
      remove: ({ properties }) => resources.changeKey(keyIdOf(properties.TargetKeyId), { alias: '' }),
    },
    'AWS::SQS::Queue': {
      put: ({ arn }, before) => {
        if (before === undefined) resources.addQueue(arn)
      },
      remove: ({ arn }) => resources.removeQueue(arn),
    },
    'AWS::SQS::QueuePolicy': { put: () => undefined },
    'AWS::SecretsManager::RotationSchedule': {
      put: async ({ properties: { SecretId, RotationLambdaARN, RotationRules } }) => {
        await secrets.rotate(String(SecretId), String(RotationLambdaARN), fieldsOf(RotationRules))
        return undefined
      },
      remove: async ({ properties: { SecretId } }) => await secrets.stopRotating(String(SecretId)),
    },
  }
}
