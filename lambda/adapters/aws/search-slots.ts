// How many searches all execution environments together may make in a minute, where no reserved concurrency bounds their number: as many
// items in a table as there are searches, each of which may be taken once a minute, by a conditional write.
import { MINUTE_MS } from '../../core/base/time-units.ts'
import type { TableCall } from './table-call.ts'

interface SearchSlots {
  /** @param at epoch milliseconds. @returns false when every slot was taken within the minute before. @throws Fault RECORDS_UNAVAILABLE */
  take(at: number): Promise<boolean>
}

/** @param first where to begin, 0 to below 1: random, so that two that search at once do not try the same slots. */
export const createSearchSlots = (ask: TableCall, perMinute: number, first: () => number): SearchSlots => ({
  take: async (at) => {
    const begin = Math.floor(first() * perMinute)
    for (let tried = 0; tried < perMinute; tried += 1) {
      const reply = await ask('UpdateItem', {
        Key: { kind: { S: 'search' }, slot: { S: String((begin + tried) % perMinute) } },
        UpdateExpression: 'SET #takenAt = :at',
        ConditionExpression: 'attribute_not_exists(#takenAt) OR #takenAt < :free',
        ExpressionAttributeNames: { '#takenAt': 'takenAt' },
        ExpressionAttributeValues: { ':at': { N: String(at) }, ':free': { N: String(at - MINUTE_MS) } },
      })
      if (reply !== undefined) return true
    }
    return false
  },
})
