// Policies that are not the stage's are found by the sweep's round: each secret is looked at once in six hours, by turns, and whatever is found
// is reported then; what cannot be read is not judged.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import { type PolicyLooks, policyToLookAt } from '../../../lambda/core/sweep/look-at-policies.ts'
import { sweep } from '../../../lambda/core/sweep/sweep.ts'
import { createCallLog } from '../../fakes/call-log.ts'
import { createFakeEvents } from '../../fakes/fake-events.ts'
import { createFakeFleet, createFakeSteps } from '../../fakes/fake-fleet.ts'
import { createFakeFreeze } from '../../fakes/fake-freeze.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { DAY_MS, MINUTE_MS, makeSecret, ROTATION_FUNCTION } from '../../fakes/managed-secret.ts'

const SWEEP_EVERY_MS = 15 * MINUTE_MS
/** Six hours of them. */
const ROUND = 24

const createPlace = (names: readonly string[], look: PolicyLooks['look'] = async () => 'ours') => {
  const timing = createFakeTiming()
  const fleet = createFakeFleet(timing)
  fleet.pageSize = 100_000
  for (const name of names)
    fleet.add(makeSecret({ name: `m2m/test/${name}`, tags: { 'm2m:policy': '0123456789abcdef' } }))
  const events = createFakeEvents(createCallLog())
  const looked: string[] = []
  const policies: PolicyLooks = {
    look: async (subject) => {
      looked.push(subject.secretArn)
      return look(subject)
    },
  }
  const rules = {
    rotationFunctionArn: ROTATION_FUNCTION,
    stage: { periodMs: 300 * DAY_MS, overlapMs: DAY_MS },
    sweepEveryMs: SWEEP_EVERY_MS,
    longestHoldMs: 7 * DAY_MS,
  }
  const run = async () => {
    timing.restart(300_000)
    const summary = await sweep(
      {
        secrets: fleet,
        steps: createFakeSteps(fleet, timing),
        freeze: createFakeFreeze(),
        records: noRecords,
        events,
        timing,
        journal: createFakeJournal(),
        secretNamePrefix: 'm2m/test/',
        rules,
        policies,
      },
      Math.floor(timing.now() / SWEEP_EVERY_MS) * SWEEP_EVERY_MS,
    )
    timing.advance(SWEEP_EVERY_MS - (timing.now() % SWEEP_EVERY_MS))
    return summary
  }
  const round = async () => {
    const summaries: Awaited<ReturnType<typeof run>>[] = []
    for (let at = 0; at < ROUND; at += 1) summaries.push(await run())
    return summaries
  }
  const told = () => events.published.filter(({ type }) => type === 'Policy Foreign')
  return { looked, run, round, told, timing }
}
const many = Array.from({ length: 400 }, (_none, at) => `c${at}`)

test('every policy is looked at once in a round of sweeps, a share in each', async () => {
  const { looked, round } = createPlace(many)

  const summaries = await round()

  expect([looked.length, new Set(looked).size]).toEqual([400, 400])
  const counts = summaries.map(({ policiesSeen }) => policiesSeen)
  expect(Math.max(...counts)).toBeLessThan(50)
  expect(summaries.every(({ policiesForeign, policiesLeft }) => policiesForeign + policiesLeft === 0)).toBe(true)
})

test.each(['foreign', 'missing'] as const)(
  'one that is %s is reported within a round, and again the next day',
  async (found) => {
    const { round, told } = createPlace(['orders', 'billing'], async ({ secretArn }) =>
      secretArn.includes('orders') ? found : 'ours',
    )

    await round()
    expect(told()).toMatchObject([{ detail: { secretName: 'm2m/test/orders', found, since: expect.any(String) } }])
    for (let rounds = 0; rounds < 4; rounds += 1) await round()

    // Nothing is remembered here: the same event may come twice, under one id.
    expect(new Set(told().map(({ detail }) => detail.secretName))).toEqual(new Set(['m2m/test/orders']))
    expect(new Set(told().map(({ detail }) => detail.id)).size).toBe(2)
  },
)

describe('of one whose policy cannot be read', () => {
  test('nothing is said, and the others are looked at', async () => {
    const { round, told } = createPlace(['a', 'b', 'c', 'd'], async ({ secretArn }) => {
      if (!secretArn.includes('/b')) return 'ours'
      throw new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'denied, on purpose' })
    })

    const summaries = await round()

    expect(told()).toEqual([])
    const sum = (key: 'failed' | 'policiesSeen') => summaries.reduce((all, one) => all + one[key], 0)
    expect([sum('policiesSeen'), sum('failed')]).toEqual([3, 1])
  })
})

test('where none can be read, those that are left out are counted, and not asked for', async () => {
  const { round, looked } = createPlace(many, async () => {
    throw new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'denied, on purpose' })
  })

  const summaries = await round()

  const sum = (key: 'failed' | 'policiesLeft') => summaries.reduce((all, one) => all + one[key], 0)
  expect(looked.length).toBeLessThan(400)
  expect([sum('failed') + sum('policiesLeft'), sum('failed')]).toEqual([400, looked.length])
})

test('where no policy was ever recorded, none is looked for', async () => {
  const timing = createFakeTiming()
  const { secret } = makeSecret({ name: 'm2m/test/orders' })
  const rules = { rotationFunctionArn: ROTATION_FUNCTION, stage: { periodMs: DAY_MS, overlapMs: DAY_MS } }
  const sweeps = Array.from({ length: ROUND }, (_none, at) => ({
    rules: { ...rules, sweepEveryMs: SWEEP_EVERY_MS, longestHoldMs: DAY_MS },
    asOf: timing.now() + at * SWEEP_EVERY_MS,
  }))

  expect(sweeps.flatMap((one) => policyToLookAt(secret, one) ?? [])).toEqual([])
  const recorded = { ...secret, tags: { 'm2m:policy': '0123456789abcdef' } }
  expect(sweeps.flatMap((one) => policyToLookAt(recorded, one) ?? [])).toHaveLength(1)
})

test('with more than a sweep has time for, the rest is counted, and has its turn in a later round', async () => {
  const slow = { is: true }
  const place = createPlace(many, async () => {
    if (slow.is) await place.timing.wait(60_000)
    return 'ours'
  })
  const first = await place.round()
  expect(first.reduce((all, { policiesLeft }) => all + policiesLeft, 0)).toBeGreaterThan(0)
  const seen = new Set(place.looked)

  for (let rounds = 0; rounds < 3; rounds += 1) await place.round()

  expect(new Set(place.looked).size).toBeGreaterThan(seen.size)
})
