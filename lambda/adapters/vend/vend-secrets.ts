// Secrets Manager as the vendor reads it, by light signed calls: its cold start would pay for the SDK. Metadata and values; there is no operation
// here that lists or changes anything.
import { defined } from '../../core/base/defined.ts'
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import { readReplica } from '../../core/secret/replica-state.ts'
import type { RotationRules, Secret } from '../../core/secret/secret.ts'
import type { Deadline, Secrets } from '../../core/secret/secrets.ts'
import { textOfBytes } from '../../core/secret/stored-fields.ts'
import { AWS_TIMEOUT_MS, awsFault, isAwsError } from '../aws/aws-call.ts'
import { fromRules } from '../aws/rotation-rules.ts'
import type { AwsJsonCall } from './signed-json.ts'

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
/** JSON carries bytes as base64. */
const textOfBinary = (value: unknown): string =>
  typeof value === 'string' ? textOfBytes(Buffer.from(value, 'base64')) : ''
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
/** Epoch seconds, with a fraction. */
const time = (value: unknown): number | undefined => (typeof value === 'number' ? Math.round(value * 1000) : undefined)
const objects = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : [])

const toLabels = (value: unknown): Secret['labels'] =>
  Object.fromEntries(Object.entries(isJsonObject(value) ? value : {}).map(([id, labels]) => [id, texts(labels)]))

const toRotationRules = (value: unknown): RotationRules | undefined => {
  if (!isJsonObject(value)) return undefined
  const { AutomaticallyAfterDays: days, ScheduleExpression, Duration } = value
  return fromRules({
    AutomaticallyAfterDays: typeof days === 'number' ? days : undefined,
    ScheduleExpression: text(ScheduleExpression),
    Duration: text(Duration),
  })
}

/** The SDK's adapter reads the same from what its SDK has parsed (aws/to-secret.ts). */
const toSecret = (json: JsonObject, asked: string): Secret => ({
  arn: text(json.ARN) ?? asked,
  name: text(json.Name) ?? asked,
  description: text(json.Description),
  tags: Object.fromEntries(
    objects(json.Tags).map(({ Key, Value }) => [text(Key) ?? '', typeof Value === 'string' ? Value : '']),
  ),
  labels: toLabels(json.VersionIdsToStages ?? json.SecretVersionsToStages),
  rotationEnabled: json.RotationEnabled === true,
  rotationFunctionArn: text(json.RotationLambdaARN),
  rules: toRotationRules(json.RotationRules),
  isDeleted: json.DeletedDate !== undefined,
  createdAt: time(json.CreatedDate),
  lastChangedAt: time(json.LastChangedDate),
  lastRotatedAt: time(json.LastRotatedDate),
  nextRotationAt: time(json.NextRotationDate),
  lastReadOnDayAt: time(json.LastAccessedDate),
  kmsKeyId: text(json.KmsKeyId),
  replicas: objects(json.ReplicationStatus).flatMap(({ Region, Status, StatusMessage }) =>
    readReplica({ region: text(Region), status: text(Status), message: text(StatusMessage) }),
  ),
})

export const createVendSecrets = (call: AwsJsonCall): Pick<Secrets, 'describe' | 'readValue'> => {
  /** @returns undefined when there is no such secret, or no such version. */
  const find = async (
    operation: string,
    input: { readonly SecretId: string } & JsonObject,
    { withinMs = AWS_TIMEOUT_MS }: Deadline,
  ): Promise<JsonObject | undefined> => {
    try {
      return await call(operation, input, withinMs)
    } catch (error) {
      if (isAwsError(error, 'ResourceNotFoundException')) return undefined
      throw awsFault({ operation, subject: input.SecretId }, error)
    }
  }
  return {
    describe: async (secretId, deadline = {}) => {
      const reply = await find('DescribeSecret', { SecretId: secretId }, deadline)
      return reply === undefined ? undefined : toSecret(reply, secretId)
    },
    readValue: async (secretId, { versionId, label, ...deadline } = {}) => {
      const input = { SecretId: secretId, ...defined({ VersionId: versionId, VersionStage: label }) }
      const reply = await find('GetSecretValue', input, deadline)
      if (reply === undefined) return undefined
      return {
        arn: text(reply.ARN) ?? secretId,
        versionId: text(reply.VersionId) ?? '',
        text: text(reply.SecretString) ?? textOfBinary(reply.SecretBinary),
        createdAt: time(reply.CreatedDate) ?? 0,
      }
    },
  }
}
