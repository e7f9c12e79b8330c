// The sweep's end of a stuck rotation, from every state that the model can reach with one: it kills nothing, brings nothing back, hides
// nothing that works, and ends it. Clearing at once, as the design's table has it, does not hold the third.
import { beforeAll, describe, expect, test } from 'vitest'
import { clearAtOnce, driveAgain, type Ended, type Harm, harmOf, mayBeLeft, settled } from './drive-again.ts'
import { explore } from './explore.ts'
import { accepts, isCurrentAccepted, type State, type Value } from './state.ts'

interface Reached {
  readonly state: State
  readonly revoked: readonly Value[]
}

const stuck: Reached[] = []
beforeAll(() => {
  explore({
    hasOperator: true,
    onState: (state, revoked) => {
      if (state.pending !== null) stuck.push({ state, revoked })
    },
  })
})

const endOf = ({ states }: Ended): State => states.at(-1) ?? states[0]

const harmBy = (end: (state: State) => Ended): ReadonlySet<Harm> =>
  new Set(stuck.flatMap(({ state, revoked }) => harmOf(end(state), revoked)))

test('there are states enough to speak of', () => {
  expect(stuck.length).toBeGreaterThan(10_000)
})

describe.each([false, true])('driven again (asked for more than two hours ago: %s)', (isTooOld) => {
  const drive = (state: State): Ended => driveAgain(state, isTooOld)

  test('no accepted AWSCURRENT dies, no revoked value comes back, and no value is hidden that alone works', () => {
    expect([...harmBy(drive)]).toEqual([])
  })

  test('it ends: AWSPENDING is gone, or its value is the only one that works', () => {
    const left = stuck.map(({ state }) => endOf(drive(state))).filter(({ pending }) => pending !== null)

    expect(left.filter((state) => !mayBeLeft(state))).toEqual([])
  })

  test('a consumer of AWSCURRENT is no worse off, and better off wherever the pending value was the only one that worked', () => {
    for (const { state } of stuck) {
      const end = endOf(drive(state))
      if (isCurrentAccepted(state)) expect(isCurrentAccepted(end)).toBe(true)
    }
    const hidden = stuck.filter(
      ({ state }) =>
        !isCurrentAccepted(state) && accepts(state, state.pending?.value ?? null) && state.pending?.origin === 'rotate',
    )
    expect(hidden.length).toBeGreaterThan(0)
    for (const { state } of hidden) expect(isCurrentAccepted(endOf(drive(state)))).toBe(true)
  })

  test('a settle that follows where it ended without a switch leaves one accepted value, unless AWSCURRENT was dead', () => {
    for (const { state } of stuck) {
      const end = endOf(drive(state))
      if (end.pending !== null || !isCurrentAccepted(end)) continue
      const after = settled(end)
      expect([after.slot, after.next]).toEqual([after.current.value, null])
    }
  })
})

test('clearing at once kills nothing either, but hides the only value that works', () => {
  expect([...harmBy(clearAtOnce)]).toEqual(['hidOnlyLive'])
})
