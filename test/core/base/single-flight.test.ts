// Single flight: one asks, all hear; and nothing is remembered.
import { expect, test } from 'vitest'
import { createSingleFlight } from '../../../lambda/core/base/single-flight.ts'

test('a thousand who want the same at once make one ask', async () => {
  const flights = createSingleFlight<number>()
  const { promise, resolve } = Promise.withResolvers<number>()
  let asked = 0
  const ask = () => {
    asked += 1
    return promise
  }

  const all = Array.from({ length: 1000 }, () => flights.run('a', ask))
  const other = flights.run('b', async () => 2)
  resolve(1)

  expect(await Promise.all(all)).toEqual(Array.from({ length: 1000 }, () => 1))
  expect(await other).toBe(2)
  expect(asked).toBe(1)
})

test("a failure is everybody's, and the next one asks anew", async () => {
  const flights = createSingleFlight<number>()
  const failing = () => Promise.reject(new Error('down'))

  const both = [flights.run('a', failing), flights.run('a', async () => 1)]

  await expect(Promise.allSettled(both)).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  expect(flights.isUp('a')).toBe(false)
  expect(await flights.run('a', async () => 1)).toBe(1)
})
