// The intake's gate in the records table: one item, read consistently and put over the version that was read. It has no time to live: what it
// holds waits for a person.
import { isJsonObject } from '../../core/base/json-object.ts'
import type { GateStore } from '../../core/intake/pass-gate.ts'
import { GATE_KEYS } from '../../core/rotation/record-keys.ts'
import { createTableCall, type TableInput } from './table-call.ts'
import { keyOf, textIn } from './table-item.ts'

const KEY = keyOf(`${GATE_KEYS}intake`, 'state')
/** Of each of three tries: an API waits for the intake, and half a minute is all it has. */
const TIMEOUT_MS = 1000

export const createGateStore = (input: TableInput): GateStore => {
  const ask = createTableCall({ timeoutMs: TIMEOUT_MS, ...input })
  return {
    read: async () => {
      const reply = await ask('GetItem', { Key: KEY, ConsistentRead: true })
      if (!isJsonObject(reply?.Item)) return undefined
      // An item that somebody else wrote has no gate that can be read, which counts as a shut one.
      return { text: textIn(reply.Item, 'gate') ?? '', version: textIn(reply.Item, 'version') ?? '' }
    },
    swap: async ({ from, to }) => {
      const isUnchanged =
        from === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: '#version = :from',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':from': { S: from } },
            }
      const Item = { ...KEY, gate: { S: to.text }, version: { S: to.version } }
      return (await ask('PutItem', { Item, ...isUnchanged })) !== undefined
    },
  }
}
