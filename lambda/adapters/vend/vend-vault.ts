// Secrets Manager as the domain's VendVault: metadata and AWSCURRENT's value, of one secret at a time, and the list of what changed
// last. It reads; there is no operation here that changes anything.
import { defined } from '../../core/base/defined.ts'
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import type { VersionEntry } from '../../core/secret/secrets.ts'
import type { VendSecret, VendVault } from '../../core/vend/ports.ts'
import { awsFault, isAwsError } from '../aws/aws-call.ts'
import type { AwsJsonCall } from './signed-json.ts'

const PAGE_SIZE = 100

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
/** Epoch seconds, with a fraction. */
const time = (value: unknown): number | undefined => (typeof value === 'number' ? Math.round(value * 1000) : undefined)
const objects = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : [])

const toLabels = (value: unknown): VendSecret['labels'] =>
  Object.fromEntries(Object.entries(isJsonObject(value) ? value : {}).map(([id, labels]) => [id, texts(labels)]))

const toSecret = (json: JsonObject, labels: unknown, asked: string): VendSecret => ({
  arn: text(json.ARN) ?? asked,
  name: text(json.Name) ?? asked,
  tags: Object.fromEntries(
    objects(json.Tags).map(({ Key, Value }) => [text(Key) ?? '', typeof Value === 'string' ? Value : '']),
  ),
  labels: toLabels(labels),
  isDeleted: json.DeletedDate !== undefined,
  createdAt: time(json.CreatedDate),
  lastChangedAt: time(json.LastChangedDate),
  lastRotatedAt: time(json.LastRotatedDate),
})

const toVersion = ({ VersionId, VersionStages, CreatedDate }: JsonObject): VersionEntry => ({
  versionId: text(VersionId) ?? '',
  labels: texts(VersionStages),
  createdAt: time(CreatedDate) ?? 0,
})

export const createVendVault = (call: AwsJsonCall): VendVault => {
  const ask = async (operation: string, subject: string, input: JsonObject, withinMs: number): Promise<JsonObject> => {
    try {
      return await call(operation, input, withinMs)
    } catch (error) {
      throw awsFault({ operation, subject }, error)
    }
  }
  /** @returns undefined when there is no such secret, or no such version. */
  const find = async (operation: string, SecretId: string, withinMs: number): Promise<JsonObject | undefined> => {
    try {
      return await call(operation, { SecretId }, withinMs)
    } catch (error) {
      if (isAwsError(error, 'ResourceNotFoundException')) return undefined
      throw awsFault({ operation, subject: SecretId }, error)
    }
  }
  return {
    describe: async (secretId, withinMs) => {
      const reply = await find('DescribeSecret', secretId, withinMs)
      return reply === undefined ? undefined : toSecret(reply, reply.VersionIdsToStages, secretId)
    },
    readCurrent: async (secretId, withinMs) => {
      const reply = await find('GetSecretValue', secretId, withinMs)
      if (reply === undefined) return undefined
      return {
        arn: text(reply.ARN) ?? secretId,
        versionId: text(reply.VersionId) ?? '',
        // A binary value is in nobody's format, whose check then names the fault.
        text: text(reply.SecretString) ?? '',
        createdAt: time(reply.CreatedDate) ?? 0,
      }
    },
    listChanged: async (prefix, withinMs, page) => {
      const input = {
        Filters: [{ Key: 'name', Values: [prefix] }],
        MaxResults: PAGE_SIZE,
        SortBy: 'last-changed-date',
        SortOrder: 'desc',
        ...defined({ NextToken: page }),
      }
      const reply = await ask('ListSecrets', prefix, input, withinMs)
      const secrets = objects(reply.SecretList).map((entry) => toSecret(entry, entry.SecretVersionsToStages, prefix))
      return {
        // The filter's own idea of a name's beginning is AWS's to change.
        secrets: secrets.filter(({ name }) => name.startsWith(prefix)),
        nextPage: text(reply.NextToken),
      }
    },
    listVersions: async (secretId, withinMs) => {
      const found: VersionEntry[] = []
      let page: string | undefined
      do {
        const input = {
          SecretId: secretId,
          IncludeDeprecated: true,
          ...defined({ NextToken: page }),
        }
        const reply = await ask('ListSecretVersionIds', secretId, input, withinMs)
        found.push(...objects(reply.Versions).map(toVersion))
        page = text(reply.NextToken)
      } while (page !== undefined)
      return found
    },
  }
}
