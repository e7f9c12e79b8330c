// RateLimiter at a steady rate, slower for a while after a "slow down".
import { expect, it } from 'vitest'
import { createRateLimiter, type RateLimiter } from '../../../lambda/core/base/rate-limiter.ts'
import { createVirtualTiming } from '../../fakes/virtual-timing.ts'

const FAR = 3_600_000

const run = async (count: number, perSecond: number, at?: (n: number, limiter: RateLimiter) => void) => {
  const timing = createVirtualTiming()
  const limiter = createRateLimiter({ perSecond, timing })
  const startedAt = timing.now()
  const times: number[] = []
  await Promise.all(
    Array.from({ length: count }, async () => {
      await limiter.take(FAR)
      times.push(timing.now() - startedAt)
      at?.(times.length, limiter)
    }),
  )
  return { times }
}

it('gives one at once, and then so many a second, however many ask', async () => {
  const { times } = await run(101, 10)

  expect(times[0]).toBe(0)
  expect(times[100]).toBeCloseTo(10_000, -2)
})

it('takes no turn that is further away than asked, and says how far', async () => {
  const timing = createVirtualTiming()
  const limiter = createRateLimiter({ perSecond: 0.1, timing })

  expect(await limiter.take(0)).toEqual({ isTaken: true, ms: 0 })
  expect(await limiter.take(5000)).toEqual({ isTaken: false, ms: 10_000 })
  expect(await limiter.take(10_000)).toEqual({ isTaken: true, ms: 10_000 })
})

it('halves its rate when it is told to, and is itself again half a minute later', async () => {
  const timing = createVirtualTiming()
  const limiter = createRateLimiter({ perSecond: 10, timing })
  const gap = async (): Promise<number> => {
    await limiter.take(FAR)
    const before = timing.now()
    await limiter.take(FAR)
    return timing.now() - before
  }

  expect(await gap()).toBe(100)
  limiter.slowDown()
  await limiter.take(FAR)
  expect(await gap()).toBeGreaterThan(180)
  timing.advance(30_000)
  expect(await gap()).toBe(100)
})

it('never stands still, however often it is told', async () => {
  const timing = createVirtualTiming()
  const limiter = createRateLimiter({ perSecond: 10, timing })
  for (let n = 0; n < 50; n += 1) limiter.slowDown()
  await limiter.take(FAR)

  expect((await limiter.take(FAR)).ms).toBeLessThanOrEqual(1600)
})

it('lets nobody go in a pause, not even whoever waits already, and spaces them out behind it', async () => {
  const { times } = await run(4, 10, (n, { pause }) => {
    if (n === 2) pause(5000)
  })

  expect(times).toEqual([0, 100, 5100, 5200])
})

it('has no limit but its pauses when no rate is given', async () => {
  const timing = createVirtualTiming()
  const limiter = createRateLimiter({ timing })
  limiter.slowDown()

  expect(await limiter.take(0)).toEqual({ isTaken: true, ms: 0 })
  limiter.pause(1000)
  limiter.pause(10)
  expect(await limiter.take(999)).toEqual({ isTaken: false, ms: 1000 })
  expect(await limiter.take(1000)).toEqual({ isTaken: true, ms: 1000 })
})
