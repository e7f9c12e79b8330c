// Ending a slot: what the caller may believe of the reply, and how long it waits before anybody may send again.
import { expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { ClientView, RetireReply } from '../../../lambda/core/rotation/issuer.ts'
import type { Slots } from '../../../lambda/core/rotation/position.ts'
import { retireSlot, slotsAfter, waitForChange, waitOrThrow } from '../../../lambda/core/rotation/retire-slot.ts'
import type { Rotation } from '../../../lambda/core/rotation/rotation.ts'
import { createRegisteredWorld } from '../../fakes/world.ts'

const before: Slots = { current: 'AAAA', next: 'BBBB' }
const viewOf = (slots: Slots): ClientView => ({ slots, isActive: true, boundTo: 'arn', requestId: 'none' })
const fault = new Fault({ code: 'STYTCH_RATE_LIMITED', retryable: true, message: 'Too many, on purpose.' })

interface Scene {
  readonly reply?: RetireReply
  /** What each look sees, the last one for ever. */
  readonly seen?: readonly (ClientView | undefined)[]
}

const sceneOf = ({ reply = { outcome: 'done' }, seen = [viewOf(before)] }: Scene) => {
  const world = createRegisteredWorld()
  let looks = 0
  const issuer: Rotation['issuer'] = {
    ...world.rotation.issuer,
    look: async () => {
      looks += 1
      return seen[Math.min(looks, seen.length) - 1]
    },
    complete: async () => reply,
    cancel: async () => reply,
  }
  return { rotation: { ...world.rotation, issuer }, timing: world.timing, looks: () => looks }
}

const subject = { clientId: 'client', known: [], slots: before }

test('a reply that says done is believed, without a wait or a look', async () => {
  const { rotation, timing, looks } = sceneOf({})

  expect(await retireSlot(rotation, 'complete', subject)).toBe('done')
  expect([timing.waits, looks()]).toEqual([[], 0])
})

test('that nothing was open is looked at, without a wait', async () => {
  const { rotation, timing, looks } = sceneOf({ reply: { outcome: 'notRotating' } })

  expect(await retireSlot(rotation, 'cancel', subject)).toBe('lookAgain')
  expect([timing.waits, looks()]).toEqual([[], 0])
})

test('a call that was not done is waited for as the vendor asks, and looked at', async () => {
  const { rotation, timing, looks } = sceneOf({ reply: { outcome: 'notDone', waitMs: 700, fault } })

  expect(await retireSlot(rotation, 'cancel', subject)).toBe('lookAgain')
  expect([timing.waits, looks()]).toEqual([[700], 0])
})

test.each([
  ['the current slot differs', viewOf({ current: 'CCCC', next: 'BBBB' })],
  ['the next slot differs', viewOf({ current: 'AAAA', next: null })],
  ['the client is gone', undefined],
])('an unknown outcome is waited for until %s', async (_, changed) => {
  const { rotation, timing, looks } = sceneOf({
    reply: { outcome: 'unknown' },
    seen: [viewOf(before), viewOf(before), changed],
  })

  expect(await retireSlot(rotation, 'complete', subject)).toBe('lookAgain')
  expect([timing.waits, looks()]).toEqual([[250, 750, 2000], 3])
})

test('what never changes is waited for six seconds', async () => {
  const { rotation, timing } = sceneOf({})

  await waitForChange(rotation, subject)

  expect(timing.waits).toEqual([250, 750, 2000, 3000])
})

test.each([
  ['none', before, before],
  ['complete', before, { current: 'BBBB', next: null }],
  ['cancel', before, { current: 'AAAA', next: null }],
  ['complete', { current: 'AAAA', next: null }, { current: 'AAAA', next: null }],
] as const)('after %s of %o the slots are %o', (retirement, slots, after) => {
  expect(slotsAfter(retirement, slots)).toEqual(after)
})

test('a wait that just fits is taken, and one millisecond more throws the vendor’s fault', async () => {
  const { rotation, timing } = sceneOf({})
  timing.restart(7000)

  await waitOrThrow(rotation, { outcome: 'notDone', waitMs: 1000, fault })
  timing.restart(6999)

  expect(timing.waits).toEqual([1000])
  await expect(waitOrThrow(rotation, { outcome: 'notDone', waitMs: 1000, fault })).rejects.toBe(fault)
})
