// A sweep that is killed at any of its calls to the outside, before or after the call's effect, with another one beside it or alone: the next
// one finishes what was due, and nothing is settled twice.

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../fakes/managed-secret.ts'
import { createPlace, held, over, revoked, stuckSince } from './sweep-place.ts'

type Place = ReturnType<typeof createPlace> & {
  /** Settles that went through, by name. */
  readonly settled: string[]
}

const fill = (): Place => {
  const place = { ...createPlace(), settled: [] as string[] }
  place.fleet.pageSize = 3
  // As the rotation function: whoever comes second finds that AWSCURRENT has moved.
  place.fleet.outcome = (name) => {
    if (place.fleet.currentOf(name)?.startsWith('settle-') && !name.endsWith('stuck')) return 'refuse'
    place.settled.push(name.split('/').at(-1) ?? '')
    return 'succeed'
  }
  place.add(
    { name: 'over', ...over },
    { name: 'leaked', ...revoked },
    { name: 'stuck', current: 'settle', pending: stuckSince('rotate') },
    { name: 'held', ...over, tags: held(HOUR_MS) },
    { name: 'old', current: 'settle', rotatedAgoMs: 40 * DAY_MS },
    { name: 'settled', current: 'settle', rotatedAgoMs: DAY_MS },
    { name: 'open', current: 'rotate', rotatedAgoMs: HOUR_MS },
  )
  place.steps.answer = (asked) => {
    place.steps.clear(asked)
    return 'refused'
  }
  return place
}

/** Every method by which a sweep reaches out. */
const outsideOf = ({ fleet, steps, freeze, events }: Place): readonly (readonly [object, string])[] => [
  [fleet, 'list'],
  [fleet, 'describe'],
  [fleet, 'listVersions'],
  [fleet, 'rotate'],
  [steps, 'ask'],
  [freeze, 'read'],
  [events, 'publish'],
]

/** Counts all calls; from the given one on, nothing is answered any more, whether or not that call still has its effect. */
const watch = (place: Place, killAt = Number.POSITIVE_INFINITY, hasEffect = false) => {
  let calls = 0
  let isDead = false
  const never = new Promise<never>(() => {})
  const originals = outsideOf(place).map(([owner, name]) => {
    const methods = owner as Record<string, (...args: unknown[]) => Promise<unknown>>
    const original = methods[name]
    if (original === undefined) throw new Error(`no ${name}`)
    methods[name] = async (...args) => {
      if (isDead) return never
      calls += 1
      if (calls <= killAt) return original(...args)
      isDead = true
      if (hasEffect) await original(...args)
      return never
    }
    return () => {
      methods[name] = original
    }
  })
  const restore = (): void => {
    for (const one of originals) one()
  }
  return { calls: () => calls, restore }
}

const turnsOfTheLoop = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const expectDone = (place: Place): void => {
  for (const name of ['over', 'leaked']) expect(place.fleet.currentOf(`m2m/test/${name}`)).toMatch(/^settle-/)
  expect(Object.values(place.fleet.find('m2m/test/stuck').secret.labels).flat()).toEqual(['AWSCURRENT'])
  for (const name of ['held', 'open']) expect(place.fleet.currentOf(`m2m/test/${name}`)).toMatch(/^rotate-/)
  expect(place.settled.filter((name) => name !== 'stuck').toSorted()).toEqual(['leaked', 'over'])
}

const callsOfOne = async (): Promise<number> => {
  const place = fill()
  const watched = watch(place)
  await place.run()
  expectDone(place)
  return watched.calls()
}

test.each([
  ['before', false],
  ['after', true],
] as const)('killed %s the effect of any call, it loses nothing', async (_when, hasEffect) => {
  const calls = await callsOfOne()
  expect(calls).toBeGreaterThan(15)

  for (let kill = 0; kill < calls; kill += 1) {
    const place = fill()
    const watched = watch(place, kill, hasEffect)
    await Promise.race([place.run(), turnsOfTheLoop()])
    watched.restore()

    await place.next()

    expectDone(place)
  }
})

test('killed at any call while its double runs on, it loses nothing', async () => {
  const calls = await callsOfOne()

  for (let kill = 0; kill < calls; kill += 1) {
    const place = fill()
    const asOf = place.timing.now()
    const watched = watch(place, kill, true)
    const first = Promise.race([place.run(asOf), turnsOfTheLoop()])
    watched.restore()
    await Promise.all([first, place.run(asOf)])

    await place.next()

    expectDone(place)
  }
})

test('longer than its period, it goes on beside the next one, and each is settled once', async () => {
  const place = fill()
  place.fleet.before = async () => {
    await new Promise((resolve) => setImmediate(resolve))
  }
  const at = place.timing.now()

  const summaries = await Promise.all([0, 15, 30].map((minutes) => place.run(at + minutes * MINUTE_MS)))

  expectDone(place)
  expect(summaries.map(({ failed }) => failed)).toEqual([0, 0, 0])
})
