// The record of reads, in a DynamoDB table of a few bytes an item: by one signed request each, as there are two operations, and a client of
// its own would cost a cold start more than both (docs/decisions/020). Both may be sent twice.
import type { PrincipalReads } from '../../domain/adoption/adoption-proof.ts'
import type { ReadLookup, ReadRecorder } from '../../domain/adoption/read-records.ts'
import type { Asked } from '../../domain/adoption/read-trail.ts'
import { Fault } from '../../domain/failures.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../domain/json-object.ts'
import { errorTypeOf, type SignedCall } from './signed-call.ts'

const TIMEOUT_MS = 3000
const TRIES = 3
const PAUSE_MS = 200

export interface ReadRecordsInput {
  readonly call: SignedCall
  readonly table: string
  readonly wait: (ms: number) => Promise<void>
}

const unavailable = (table: string, what: string, why: string): Fault =>
  new Fault({
    code: 'RECORDS_UNAVAILABLE',
    retryable: true,
    message: `${what} of the table ${table} failed: ${why}; it will be asked again.`,
  })

const isPassing = (type: string, status: number): boolean => status >= 500 || /throttl|exceeded|limit/i.test(type)

const fieldsOf = ({ kind }: Asked) => ({ current: 'currentAt', previous: 'previousAt', version: 'versionAt' })[kind]

const numberIn = (item: JsonObject, name: string): number | undefined => {
  const field = item[name]
  const value = isJsonObject(field) ? Number(field.N) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

const textIn = (item: JsonObject, name: string): string | undefined => {
  const field = item[name]
  return isJsonObject(field) && typeof field.S === 'string' ? field.S : undefined
}

const toReads = (item: JsonObject): PrincipalReads | undefined => {
  const principal = textIn(item, 'principal')
  if (principal === undefined) return undefined
  const versionId = textIn(item, 'versionId')
  const versionAt = numberIn(item, 'versionAt')
  const isWhole = versionId !== undefined && versionAt !== undefined
  return {
    principal,
    currentAt: numberIn(item, 'currentAt'),
    previousAt: numberIn(item, 'previousAt'),
    ...(isWhole ? { version: { versionId, at: versionAt } } : {}),
  }
}

/** @returns the reply, or undefined for a condition that does not hold. */
const asking =
  ({ call, table, wait }: ReadRecordsInput) =>
  async (operation: 'UpdateItem' | 'Query', input: JsonObject): Promise<JsonObject | undefined> => {
    let why = ''
    for (let tries = 1; tries <= TRIES; tries += 1) {
      if (tries > 1) await wait(PAUSE_MS * 2 ** (tries - 2))
      try {
        const { status, body } = await call({
          path: '/',
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
          body: JSON.stringify({ TableName: table, ...input }),
          timeoutMs: TIMEOUT_MS,
        })
        const json = parseJsonObject(body)
        if (status === 200 && json !== undefined) return json
        why = errorTypeOf(json, status)
        if (why === 'ConditionalCheckFailedException') return undefined
        if (!isPassing(why, status)) throw unavailable(table, operation, why)
      } catch (error) {
        if (error instanceof Fault) throw error
        why = error instanceof Error ? error.name : 'unknown'
      }
    }
    throw unavailable(table, operation, why)
  }

/** @param keepMs after a principal's last read its item goes. */
export const createReadRecorder = (input: ReadRecordsInput, keepMs: number): ReadRecorder => {
  const ask = asking(input)
  return {
    note: async ({ secretName, principal, at, asked }) => {
      const isVersion = asked.kind === 'version'
      await ask('UpdateItem', {
        Key: { secretName: { S: secretName }, principal: { S: principal } },
        UpdateExpression: `SET #at = :at, #until = :until${isVersion ? ', #version = :version' : ''}`,
        // Events come late, twice and in any order.
        ConditionExpression: 'attribute_not_exists(#at) OR #at < :at',
        ExpressionAttributeNames: {
          '#at': fieldsOf(asked),
          '#until': 'keptUntil',
          ...(isVersion ? { '#version': 'versionId' } : {}),
        },
        ExpressionAttributeValues: {
          ':at': { N: String(at) },
          ':until': { N: String(Math.ceil((at + keepMs) / 1000)) },
          ...(isVersion ? { ':version': { S: asked.versionId } } : {}),
        },
      })
    },
  }
}

export const createReadLookup = (input: ReadRecordsInput): ReadLookup => {
  const ask = asking(input)
  return {
    of: async (secretName) => {
      const found: PrincipalReads[] = []
      let from: unknown
      do {
        const page = await ask('Query', {
          KeyConditionExpression: 'secretName = :secretName',
          ExpressionAttributeValues: { ':secretName': { S: secretName } },
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        })
        const items: readonly unknown[] = Array.isArray(page?.Items) ? page.Items : []
        found.push(...items.filter(isJsonObject).flatMap((item) => toReads(item) ?? []))
        from = page?.LastEvaluatedKey
      } while (from !== undefined)
      return found
    },
  }
}
