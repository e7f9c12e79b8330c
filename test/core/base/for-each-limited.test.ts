// Many, no faster than allowed: the order of turns, the pause when somebody says "slower", the end of the time, and that one that fails
// stops nobody. The clock is the test's.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forEachLimited, type LimitedResult, type Limits } from '../../../lambda/core/base/for-each-limited.ts'
import { createFakeTiming, NOON_THIRTY } from '../../fakes/fake-timing.ts'

class Throttle extends Error {}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at)

interface Played {
  readonly result: LimitedResult
  /** When each item was begun, milliseconds from the start. */
  readonly begunAt: readonly number[]
  readonly failures: readonly (readonly [number, string])[]
  readonly mostAtOnce: number
}

const play = async (
  items: Iterable<number> | AsyncIterable<number>,
  limits: Partial<Limits<number>> = {},
  task: (item: number, timing: ReturnType<typeof createFakeTiming>) => Promise<void> = async () => {},
): Promise<Played> => {
  const timing = createFakeTiming()
  const begunAt: number[] = []
  const failures: (readonly [number, string])[] = []
  let atOnce = 0
  let mostAtOnce = 0
  const onFailure = (item: number, error: unknown) => failures.push([item, (error as Error).message])
  const isThrottle = (error: unknown) => error instanceof Throttle
  const result = await forEachLimited(
    items,
    { timing, concurrency: 4, onFailure, isThrottle, ...limits },
    async (item) => {
      begunAt.push(timing.now() - NOON_THIRTY)
      atOnce += 1
      mostAtOnce = Math.max(mostAtOnce, atOnce)
      try {
        await task(item, timing)
      } finally {
        atOnce -= 1
      }
    },
  )
  return { result, begunAt, failures, mostAtOnce }
}

const pauseReally = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the pace', () => {
  test('begins no more than so many a second', async () => {
    const { begunAt, result } = await play(range(5), { perSecond: 10 })

    expect(begunAt).toEqual([0, 100, 200, 300, 400])
    expect(result).toEqual({ begun: 5, throttles: 0, isWhole: true })
  })

  test('does not make up for a slow one', async () => {
    const { begunAt } = await play(range(4), { perSecond: 10, concurrency: 1 }, async (item, timing) => {
      if (item === 0) timing.advance(1000)
    })

    expect(begunAt).toEqual([0, 1000, 1100, 1200])
  })

  test('lets no more than so many be under way', async () => {
    const { mostAtOnce } = await play(range(20), { concurrency: 3 }, pauseReally)

    expect(mostAtOnce).toBe(3)
  })

  test('takes items one by one, as they are needed', async () => {
    let taken = 0
    let done = 0
    const source = async function* () {
      for (const item of range(50)) {
        expect(taken - done).toBeLessThanOrEqual(4)
        taken += 1
        yield item
      }
    }
    const { result } = await play(source(), {}, async () => {
      await pauseReally()
      done += 1
    })

    expect(result.begun).toBe(50)
  })

  test('of nothing is over at once', async () => {
    expect((await play([])).result).toEqual({ begun: 0, throttles: 0, isWhole: true })
  })
})

describe('a failure', () => {
  test('is told, and stops nobody', async () => {
    const { result, failures } = await play(range(6), {}, async (item) => {
      if (item % 2 === 0) throw new Error(`no ${item}`)
    })

    expect(failures).toEqual([
      [0, 'no 0'],
      [2, 'no 2'],
      [4, 'no 4'],
    ])
    expect(result).toMatchObject({ begun: 6, isWhole: true })
  })

  test('of the source itself goes on', async () => {
    const source = async function* () {
      yield 1
      throw new Error('no more')
    }

    await expect(play(source())).rejects.toThrow('no more')
  })
})

describe('"slower"', () => {
  test('lets the item be tried again, after pauses that grow', async () => {
    let tries = 0
    const { begunAt, failures, result } = await play(range(1), {}, async () => {
      tries += 1
      if (tries < 4) throw new Throttle('slower')
    })

    expect(begunAt).toEqual([0, 1000, 3000, 7000])
    expect(failures).toEqual([])
    expect(result).toEqual({ begun: 1, throttles: 3, isWhole: true })
  })

  test('holds the others up as well', async () => {
    let tries = 0
    const { begunAt } = await play(range(3), { concurrency: 1 }, async () => {
      tries += 1
      if (tries === 1) throw new Throttle('slower')
    })

    expect(begunAt).toEqual([0, 1000, 1000, 1000])
  })

  test('that does not end is a failure at last', async () => {
    const { failures, begunAt, result } = await play(range(2), { concurrency: 1 }, async (item) => {
      if (item === 0) throw new Throttle('slower')
    })

    expect(failures).toEqual([[0, 'slower']])
    expect(begunAt).toHaveLength(6)
    expect(result).toMatchObject({ begun: 2, throttles: 4, isWhole: true })
  })
})

describe('the time', () => {
  test('ends it: what has not begun is left', async () => {
    const { result, begunAt } = await play(range(100), { perSecond: 10, until: NOON_THIRTY + 450 })

    expect(begunAt).toEqual([0, 100, 200, 300, 400])
    expect(result).toEqual({ begun: 5, throttles: 0, isWhole: false })
  })

  test('that is up already lets nothing begin', async () => {
    expect((await play(range(3), { until: NOON_THIRTY })).result).toEqual({ begun: 0, throttles: 0, isWhole: false })
  })

  test('ends the pauses, too', async () => {
    const { result } = await play(range(2), { until: NOON_THIRTY + 500 }, async () => {
      throw new Throttle('slower')
    })

    expect(result.isWhole).toBe(false)
  })
})

test('whatever goes wrong, every item is begun once, or failed, or left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('fine', 'fails', 'throttled once', 'throttled'), { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      async (fates, concurrency) => {
        const seen = new Map<number, number>()
        const { result, failures } = await play(range(fates.length), { concurrency, perSecond: 50 }, async (item) => {
          seen.set(item, (seen.get(item) ?? 0) + 1)
          if (fates[item] === 'fails') throw new Error('fails')
          if (fates[item] === 'throttled' || (fates[item] === 'throttled once' && seen.get(item) === 1)) {
            throw new Throttle('slower')
          }
        })

        expect(result).toMatchObject({ begun: fates.length, isWhole: true })
        expect(failures).toHaveLength(fates.filter((fate) => fate === 'fails' || fate === 'throttled').length)
      },
    ),
  )
})
