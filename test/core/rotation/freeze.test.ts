// What a freeze stops: every cell of freeze, intent and what AWSCURRENT came from; and what is known of one that is read.
import { expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import {
  decidedBy,
  freezes,
  isPlanned,
  readFreeze,
  readFreezeState,
  stops,
} from '../../../lambda/core/rotation/freeze.ts'
import { intents, type Origin } from '../../../lambda/core/secret/request-token.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'

const origins: readonly Origin[] = [...intents, 'register', 'adopt']
const cells = intents.flatMap((intent) => origins.map((currentOrigin) => ({ intent, currentOrigin })))

test.each(cells)('off stops no $intent on $currentOrigin, and all stops it', (rotation) => {
  expect(stops('off', rotation)).toBe(false)
  expect(stops('all', rotation)).toBe(true)
})

test.each(cells)('planned stops a $intent on $currentOrigin only if it can wait', (rotation) => {
  const { intent, currentOrigin } = rotation
  const canWait = intent === 'rotate' || (intent === 'settle' && currentOrigin !== 'revoke')

  expect(isPlanned(rotation)).toBe(canWait)
  expect(stops('planned', rotation)).toBe(canWait)
})

test('there are three states, and no more', () => {
  expect(freezes).toEqual(['off', 'planned', 'all'])
})

test.each(freezes)('%s is read as what it says, and decides as that', (state) => {
  expect(readFreezeState(state)).toBe(state)
  expect(decidedBy(state)).toBe(state)
})

test.each(['', 'Off', 'all ', 'frozen', 'unreadable', undefined, null, 0, ['all']])(
  '%j is no state of a freeze',
  (text) => {
    expect(readFreezeState(text)).toBeUndefined()
  },
)

test('a freeze that cannot be read stops what is planned, and nothing else', () => {
  expect(decidedBy('unreadable')).toBe('planned')
})

test('who reads a freeze and goes on without it finds in the journal why it could not be read', async () => {
  const journal = createFakeJournal()
  const fault = new Fault({ code: 'FREEZE_UNREADABLE', retryable: true, message: 'Down, on purpose.' })
  const failing = (error: Error) => ({
    read: async () => {
      throw error
    },
  })

  expect(await readFreeze({ freeze: failing(fault), journal })).toBe('unreadable')
  expect(journal.entries).toEqual([{ outcome: 'failed', code: 'FREEZE_UNREADABLE', message: 'Down, on purpose.' }])

  const defect = new TypeError('a defect')
  await expect(readFreeze({ freeze: failing(defect), journal })).rejects.toBe(defect)
  expect(await readFreeze({ freeze: { read: async () => 'all' }, journal })).toBe('all')
  expect(journal.entries).toHaveLength(1)
})
