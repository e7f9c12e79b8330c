// That no secret waits for ever behind others: looks are not held to the pace of requests, every sweep begins elsewhere, and what keeps
// being refused goes behind what was not tried yet. And that a list which breaks off loses nothing that was found.

import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { ASKED_A_SECOND } from '../../../lambda/core/sweep/sweep.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { MINUTE_MS } from '../../fakes/managed-secret.ts'
import { manyRefused } from './refused-lately.ts'
import { createPlace, over, revoked } from './sweep-place.ts'

describe('ten thousand secrets whose settles were refused lately', () => {
  test('keep no other from being settled in the same sweep, at the pace of requests', async () => {
    const place = createPlace()
    place.fleet.add(...manyRefused(10_000))
    place.add(...Array.from({ length: 50 }, (_, at) => ({ name: `fresh${at}`, ...over })))

    await place.run()

    const times = place.fleet.calls.filter(({ op }) => op === 'rotate').map(({ at }) => at)
    expect(times).toHaveLength(50)
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual((45 * 1000) / ASKED_A_SECOND)
  }, 60_000)

  test('of revokes, leave time for what is planned, and for what is only to be reported', async () => {
    const place = createPlace()
    place.fleet.add(...manyRefused(10_000, revoked))
    const twenty = Array.from({ length: 20 }, (_, at) => at)
    place.add(...twenty.map((at) => ({ name: `fresh${at}`, ...over })))
    const off = { current: 'settle', more: { rotationEnabled: false } } as const
    place.add(...twenty.map((at) => ({ name: `off${at}`, ...off })))

    await place.run()

    expect(place.rotated()).toHaveLength(20)
    expect(place.reports().filter(({ type }) => type === 'Rotation Off')).toHaveLength(20)
  }, 60_000)
})

const tokenLost = (): Fault =>
  new Fault({ code: 'LIST_TOKEN_LOST', retryable: false, message: 'InvalidNextTokenException' })

const tenRevokes = (): ReturnType<typeof createPlace> => {
  const place = createPlace()
  place.fleet.pageSize = 10
  place.add(...Array.from({ length: 10 }, (_, at) => ({ name: `a${at}`, ...revoked })))
  place.add(...Array.from({ length: 15 }, (_, at) => ({ name: `b${at}`, ...over })))
  return place
}

describe('a list whose paging token is lost', () => {
  test('is begun anew, and nothing is counted or asked for twice', async () => {
    const place = tenRevokes()
    let isLost = false
    place.fleet.before = ({ op, about }) => {
      if (op !== 'list' || isLost || !about.startsWith('10')) return
      isLost = true
      throw tokenLost()
    }

    const summary = await place.run()

    expect(summary).toMatchObject({ seen: 25, managed: 25, overlapsOpen: 25, settlesAsked: 25, isWhole: true })
    expect(place.fleet.calls.filter(({ op }) => op === 'list').map(({ about }) => about.split(' ')[0])).toEqual([
      '0',
      '10',
      '0',
      '10',
      '20',
    ])
  })

  test('again and again: what was found is acted on, and it says that it was not all', async () => {
    const place = tenRevokes()
    place.fleet.before = ({ op, about }) => {
      if (op === 'list' && about.startsWith('10')) throw tokenLost()
    }

    const summary = await place.run()

    expect(summary).toMatchObject({ seen: 10, settlesAsked: 10, isWhole: false })
    expect(place.rotated().every((name) => name.startsWith('a'))).toBe(true)
    expect(place.fleet.calls.filter(({ op }) => op === 'list').length).toBeLessThanOrEqual(8)
  })

  test('or that is refused in the middle for another reason, is named as a failure', async () => {
    const place = tenRevokes()
    place.fleet.before = ({ op, about }) => {
      if (op === 'list' && about.startsWith('10')) {
        throw new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'a 400' })
      }
    }

    const summary = await place.run()

    expect(summary).toMatchObject({ seen: 10, settlesAsked: 10, failed: 1, isWhole: false })
    expect(place.journal.entries).toContainEqual(expect.objectContaining({ outcome: 'listBroken', message: 'a 400' }))
  })
})

describe('a sweep that takes longer than its period', () => {
  test('meets the next one, and every secret is settled once', async () => {
    const place = tenRevokes()
    place.fleet.before = () => new Promise((resolve) => setImmediate(resolve))
    place.fleet.outcome = () => 'run'

    const first = place.run()
    const second = place.run(NOON_THIRTY + 15 * MINUTE_MS)
    const summaries = await Promise.all([first, second])

    expect(place.fleet.rotations()).toHaveLength(25)
    expect(summaries.map(({ failed }) => failed)).toEqual([0, 0])
  })
})
