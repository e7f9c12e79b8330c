// Turns at a steady rate, slower for a while after a "slow down".
import { expect, it } from 'vitest'
import { createTurns } from '../../../lambda/core/base/turns.ts'
import { createVirtualTiming } from '../../fakes/virtual-timing.ts'

const FAR = 3_600_000

const run = async (count: number, perSecond: number, at?: (n: number, slowDown: () => void) => void) => {
  const timing = createVirtualTiming()
  const turns = createTurns({ perSecond, timing })
  const startedAt = timing.now()
  const times: number[] = []
  await Promise.all(
    Array.from({ length: count }, async () => {
      await turns.next(FAR)
      times.push(timing.now() - startedAt)
      at?.(times.length, turns.slowDown)
    }),
  )
  return { times, turns, timing }
}

it('gives one at once, and then so many a second, however many ask', async () => {
  const { times } = await run(101, 10)

  expect(times[0]).toBe(0)
  expect(times[100]).toBeCloseTo(10_000, -2)
})

it('takes no turn that is further away than asked, and says how far', async () => {
  const timing = createVirtualTiming()
  const turns = createTurns({ perSecond: 0.1, timing })

  expect(await turns.next(0)).toEqual({ isTaken: true, ms: 0 })
  expect(await turns.next(5000)).toEqual({ isTaken: false, ms: 10_000 })
  expect(await turns.next(10_000)).toEqual({ isTaken: true, ms: 10_000 })
})

it('halves its rate when it is told to, and is itself again half a minute later', async () => {
  const timing = createVirtualTiming()
  const turns = createTurns({ perSecond: 10, timing })
  const gap = async (): Promise<number> => {
    await turns.next(FAR)
    const before = timing.now()
    await turns.next(FAR)
    return timing.now() - before
  }

  expect(await gap()).toBe(100)
  turns.slowDown()
  await turns.next(FAR)
  expect(await gap()).toBeGreaterThan(180)
  timing.advance(30_000)
  expect(await gap()).toBe(100)
})

it('never stands still, however often it is told', async () => {
  const timing = createVirtualTiming()
  const turns = createTurns({ perSecond: 10, timing })
  for (let n = 0; n < 50; n += 1) turns.slowDown()
  await turns.next(FAR)

  expect((await turns.next(FAR)).ms).toBeLessThanOrEqual(1600)
})
