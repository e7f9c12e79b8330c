// The windows that no order of calls can close, since Stytch takes no precondition and no call reaches both services: each is opened on
// purpose, before every call there is, and shows its effect in exactly one place. docs/guarantees.md lists them under the same numbers.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Intent } from '../../lambda/core/secret/request-token.ts'
import { type Beginning, begin } from './positions.ts'
import type { ActName } from './race-acts.ts'
import { windowOf } from './race-judge.ts'
import { healFaults, type RaceResult, runRace } from './race-runs.ts'
import { createRaceWatch } from './race-watch.ts'
import { createSeat, isCurrentAccepted, rotateSecret, type Seat } from './seat.ts'

// Hundreds of runs each; a busy machine must not fail them.
vi.setConfig({ testTimeout: 300_000 })

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

/** Held before each call in turn. @returns the runs in which a call of ours hit an accepted AWSCURRENT. */
const hits = async (intent: Intent, beginning: Beginning, act: ActName): Promise<readonly RaceResult[]> => {
  const found: RaceResult[] = []
  for (let at = 0, isHeld = true; isHeld; at += 1) {
    const result = await runRace(seat, { intent, beginning, act, at })
    expect(result.violations).toEqual([])
    isHeld = result.heldBefore !== undefined
    if (result.kills.length > 0) found.push(result)
  }
  return found
}

const placesOf = (results: readonly RaceResult[]): readonly string[] =>
  results.map(({ heldBefore }) => `${heldBefore?.step} ${heldBefore?.op}`)
const windowsOf = (results: readonly RaceResult[]): readonly (string | undefined)[] => [
  ...new Set(results.flatMap(({ kills }) => kills.map(windowOf))),
]

describe('W1, between our look and our complete or cancel', () => {
  test('a twin that completes and starts there is overrun, only there, and the rotation ends with an accepted AWSCURRENT', async () => {
    const found = await hits('rotate', 'overlap', 'twin')

    expect(placesOf(found)).toEqual(['createSecret DescribeSecret', 'createSecret RotateComplete'])
    expect(windowsOf(found)).toEqual(['lookToRetire'])
    expect(found.map(({ lastEnding, isCurrentAccepted: isAccepted }) => [lastEnding, isAccepted])).toEqual([
      ['done', true],
      ['done', true],
    ])
  })

  const replaced = [
    ['rotate', ['createSecret DescribeSecret', 'createSecret RotateComplete']],
    ['settle', ['setSecret DescribeSecret', 'setSecret RotateComplete']],
  ] as const
  test.each(replaced)(
    '%s: a colleague who completes and starts there is overrun, and only there',
    async (intent, places) => {
      const found = await hits(intent, 'overlap', 'colleagueReplaces')

      expect(placesOf(found)).toEqual(places)
      expect(windowsOf(found)).toEqual(['lookToRetire'])
    },
  )
})

describe('W2, between the last look and the move of AWSCURRENT', () => {
  const cases = [
    ['rotate', 'settled', 'colleagueCancels'],
    ['revoke', 'overlap', 'colleagueCancels'],
    ['rollback', 'overlap', 'colleagueCompletes'],
  ] as const
  test.each(cases)(
    '%s from %s: %s there leaves AWSCURRENT on a dead value, and only there',
    async (intent, beginning, act) => {
      const found = await hits(intent, beginning, act)

      expect(placesOf(found)).toEqual(['finishSecret UpdateSecretVersionStage'])
      expect(windowsOf(found)).toEqual(['lookToSwitch'])
    },
  )
})

describe('W3, between our reading of AWSCURRENT and our complete or cancel', () => {
  const cases = [
    ['revoke', 'rolledBack', 'operatorPutsPrevious', ['createSecret GetSecretValue', 'createSecret RotateCancel']],
    ['rotate', 'overlap', 'operatorMovesBack', ['createSecret RotateComplete']],
    ['settle', 'overlap', 'operatorMovesBack', ['setSecret RotateComplete']],
  ] as const
  test.each(cases)('%s from %s: %s there is overrun, and nowhere else', async (intent, beginning, act, places) => {
    const found = await hits(intent, beginning, act)

    expect(placesOf(found)).toEqual(places)
    expect(windowsOf(found)).toEqual(['readToRetire'])
    const retiring = places.at(-1)
    for (const { kills } of found) expect(kills.map(({ step, op }) => `${step} ${op}`)).toEqual([retiring])
  })

  test('a second drive that ends the rotation there is overrun, and nowhere else', async () => {
    const found = await hits('rotate', 'rolledBack', 'overtake')

    expect(placesOf(found)).toEqual(['createSecret RotateCancel'])
    expect(found.map(({ kills }) => kills.map(({ step, op }) => `${step} ${op}`))).toEqual([placesOf(found)])
  })
})

interface Landing {
  /** The call before which the lost request took effect; undefined: after the end. */
  readonly before: string | undefined
  readonly killsCurrent: boolean
  readonly isAcceptedAtEnd: boolean
}

/** A complete or cancel gets no reply and no effect; the effect comes before a later call. */
const landsLate = async (
  intent: Intent,
  beginning: Beginning,
  { op, at }: { readonly op: 'RotateComplete' | 'RotateCancel'; readonly at: number },
): Promise<Landing> => {
  seat.world.reset()
  const subject = await begin(seat, beginning)
  const watch = createRaceWatch(seat, subject)
  seat.stytch.server.faults.add({ op, kind: 'reset' })
  let calls = -1
  let before: string | undefined
  let isLanded = false
  let killsCurrent = false
  const land = (): void => {
    isLanded = true
    const wasAccepted = isCurrentAccepted(seat, subject)
    try {
      seat.stytch.dashboard[op === 'RotateComplete' ? 'rotateComplete' : 'rotateCancel'](subject.clientId)
    } catch {
      // Nothing is open then: the late request is refused.
    }
    killsCurrent = wasAccepted && !isCurrentAccepted(seat, subject)
  }
  seat.onInvoke = (event) =>
    watch.run({
      who: 'first',
      event,
      before: async (next) => {
        if (calls < 0 && next !== op) return
        calls += 1
        // The lost call itself is number 0.
        if (isLanded || calls !== at + 1) return
        before = `${event.Step} ${next}`
        land()
      },
    })
  await rotateSecret(seat, subject, intent)
  if (!isLanded) land()
  const landing = { before, killsCurrent, isAcceptedAtEnd: isCurrentAccepted(seat, subject) }
  // Landing between the last look and the move of AWSCURRENT, it is W2.
  expect(watch.kills.map(windowOf)).toEqual(watch.kills.map(() => 'lookToSwitch'))
  expect(await healFaults(watch, [])).toEqual([])
  return landing
}

const landings = async (intent: Intent, beginning: Beginning, op: 'RotateComplete' | 'RotateCancel') => {
  const found: Landing[] = []
  for (let at = 0, isOver = false; !isOver; at += 1) {
    const landing = await landsLate(intent, beginning, { op, at })
    found.push(landing)
    isOver = landing.before === undefined
  }
  return found
}

describe('W4, a request of ours that Stytch carries out after we gave it up', () => {
  test('a complete kills only between the next start and the switch, and that rotation ends with an accepted AWSCURRENT', async () => {
    const found = await landings('rotate', 'overlap', 'RotateComplete')

    const killing = found.filter(({ killsCurrent }) => killsCurrent)
    expect(killing.at(0)?.before).toBe('createSecret PutSecretValue')
    expect(killing.at(-1)?.before).toBe('finishSecret UpdateSecretVersionStage')
    expect(killing).toHaveLength(found.indexOf(killing.at(-1) as Landing) - found.indexOf(killing.at(0) as Landing) + 1)
    expect(found.filter(({ isAcceptedAtEnd }) => !isAcceptedAtEnd)).toEqual([])
  })

  test('a complete that lands within the wait does what it was sent for', async () => {
    const found = await landings('settle', 'overlap', 'RotateComplete')

    expect(found.filter(({ killsCurrent }) => killsCurrent)).toEqual([])
  })

  test('a cancel leaves AWSCURRENT dead only if it lands at the switch or after it, while the next slot holds its value', async () => {
    const found = await landings('rotate', 'orphan', 'RotateCancel')

    const dead = found.filter(({ isAcceptedAtEnd }) => !isAcceptedAtEnd)
    expect(dead.map(({ before }) => before)).toEqual([
      'finishSecret UpdateSecretVersionStage',
      'finishSecret PutEvents',
      undefined,
    ])
  })
})
