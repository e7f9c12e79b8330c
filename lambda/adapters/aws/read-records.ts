// The record of reads, in the records table: a few bytes a secret and principal, and one item that says since when reads are recorded. Whatever
// is written may be written twice, and in any order.

import { defined } from '../../core/base/defined.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { READ_KEYS } from '../../core/rotation/record-keys.ts'
import type { PrincipalReads } from '../../core/sweep/adoption-proof.ts'
import type { ReadLookup, ReadRecorder } from '../../core/sweep/read-records.ts'
import type { Asked } from '../../core/sweep/read-trail.ts'
import { createTableCall, type TableCall, type TableInput } from './table-call.ts'
import { everyItem, keptUntil, keyOf, numberAttribute, numberIn, textIn } from './table-item.ts'

const partitionOf = (secretName: string): string => `${READ_KEYS}${secretName}`
/** No secret is without a name. */
const RECORD = READ_KEYS
const RECORD_KEY = keyOf(RECORD, 'record')

const fieldsOf = ({ kind }: Asked) => ({ current: 'currentAt', previous: 'previousAt', version: 'versionAt' })[kind]

const toReads = (item: JsonObject): PrincipalReads | undefined => {
  const principal = textIn(item, 'sk')
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

const NAMES = { '#since': 'since', '#until': 'keptUntil' }

/**
 * @param keepMs after a principal's last read its item goes; and a record to which nothing was added for so long has begun anew, whether or not
 * DynamoDB has deleted its item by then.
 */
export const createReadRecorder = (input: TableInput, keepMs: number): ReadRecorder => {
  const ask = createTableCall(input)
  return {
    note: async ({ secretName, principal, at, asked }) => {
      const isVersion = asked.kind === 'version'
      await ask('UpdateItem', {
        Key: keyOf(partitionOf(secretName), principal),
        UpdateExpression: `SET #at = :at, #until = :until${isVersion ? ', #version = :version' : ''}`,
        // Events come late, twice and in any order.
        ConditionExpression: 'attribute_not_exists(#at) OR #at < :at',
        ExpressionAttributeNames: {
          '#at': fieldsOf(asked),
          '#until': 'keptUntil',
          ...(isVersion ? { '#version': 'versionId' } : {}),
        },
        ExpressionAttributeValues: {
          ':at': numberAttribute(at),
          ':until': keptUntil(at + keepMs),
          ...(isVersion ? { ':version': { S: asked.versionId } } : {}),
        },
      })
    },
    begin: async (at) => {
      const until = keptUntil(at + keepMs)
      const now = keptUntil(at)
      const goesOn = await ask('UpdateItem', {
        Key: RECORD_KEY,
        UpdateExpression: 'SET #until = :until',
        ConditionExpression: 'attribute_exists(#since) AND #until >= :now',
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: { ':until': until, ':now': now },
      })
      if (goesOn !== undefined) return
      await ask('UpdateItem', {
        Key: RECORD_KEY,
        UpdateExpression: 'SET #since = :at, #until = :until',
        // Another execution may have begun it meanwhile.
        ConditionExpression: 'attribute_not_exists(#since) OR #until < :now',
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: { ':at': numberAttribute(at), ':until': until, ':now': now },
      })
    },
  }
}

const query = (ask: TableCall, partition: string): Promise<readonly JsonObject[]> =>
  everyItem((from) =>
    ask('Query', {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: partition } },
      ConsistentRead: true,
      ...defined({ ExclusiveStartKey: from }),
    }),
  )

const sinceIn = (items: readonly JsonObject[], asOf: number): number | undefined => {
  const [item] = items
  if (item === undefined) return undefined
  const until = numberIn(item, 'keptUntil')
  return until === undefined || until * 1000 < asOf ? undefined : numberIn(item, 'since')
}

/** For one sweep: when the record began is asked once. */
export const createReadLookup = (input: TableInput): ReadLookup => {
  const ask = createTableCall(input)
  let record: readonly JsonObject[] | undefined
  return {
    of: async (secretName, asOf) => {
      record ??= await query(ask, RECORD)
      const items = await query(ask, partitionOf(secretName))
      return { since: sinceIn(record, asOf), reads: items.flatMap((item) => toReads(item) ?? []) }
    },
  }
}
