// The record of reads, in a DynamoDB table of a few bytes an item. Whatever is written may be written twice, and in any order.

import { defined } from '../../core/base/defined.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import type { PrincipalReads } from '../../core/sweep/adoption-proof.ts'
import type { ReadLookup, ReadRecorder } from '../../core/sweep/read-records.ts'
import type { Asked } from '../../core/sweep/read-trail.ts'
import { createTableCall, type TableInput } from './table-call.ts'
import { everyItem, numberIn, textIn } from './table-item.ts'

const fieldsOf = ({ kind }: Asked) => ({ current: 'currentAt', previous: 'previousAt', version: 'versionAt' })[kind]

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

/** @param keepMs after a principal's last read its item goes. */
export const createReadRecorder = (input: TableInput, keepMs: number): ReadRecorder => {
  const ask = createTableCall(input)
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

export const createReadLookup = (input: TableInput): ReadLookup => {
  const ask = createTableCall(input)
  return {
    of: async (secretName) => {
      const items = await everyItem((from) =>
        ask('Query', {
          KeyConditionExpression: 'secretName = :secretName',
          ExpressionAttributeValues: { ':secretName': { S: secretName } },
          ConsistentRead: true,
          ...defined({ ExclusiveStartKey: from }),
        }),
      )
      return items.flatMap((item) => toReads(item) ?? [])
    },
  }
}
