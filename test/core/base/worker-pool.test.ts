// So many at once: the bound, the order of results, stopping early, and what a failure leaves behind.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mapInParallel, runWorkers } from '../../../lambda/core/base/worker-pool.ts'

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('hands back each result in its place, with no more than so many under way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      async (delays, concurrency) => {
        let underWay = 0
        let most = 0
        const found = await mapInParallel([...delays.entries()], concurrency, async ([at, delay]) => {
          underWay += 1
          most = Math.max(most, underWay)
          for (let turn = 0; turn < delay; turn += 1) await soon()
          underWay -= 1
          return at
        })

        expect(found).toEqual([...delays.keys()])
        expect(most).toBeLessThanOrEqual(concurrency)
      },
    ),
  )
})

describe('one that says stop', () => {
  test('lets what was begun end, and begins no other', async () => {
    const begun: number[] = []
    const ended: number[] = []
    await runWorkers([1, 2, 3, 4, 5, 6], 2, async (item) => {
      begun.push(item)
      await soon()
      if (item === 1) return 'stop'
      await soon()
      ended.push(item)
      return undefined
    })

    expect(begun).toEqual([1, 2])
    expect(ended).toEqual([2])
  })

  test('closes a source that has more', async () => {
    let isClosed = false
    const source = async function* () {
      try {
        for (let at = 0; ; at += 1) yield at
      } finally {
        isClosed = true
      }
    }
    await runWorkers(source(), 1, async (item) => (item === 3 ? 'stop' : undefined))

    expect(isClosed).toBe(true)
  })
})

test('a failure is thrown once what was begun has ended, and nothing is begun after it', async () => {
  const begun: number[] = []
  let hasOtherEnded = false
  const run = runWorkers([1, 2, 3, 4], 2, async (item) => {
    begun.push(item)
    await soon()
    if (item === 1) throw new Error('no 1')
    await soon()
    hasOtherEnded = true
    return undefined
  })

  await expect(run).rejects.toThrow('no 1')
  expect(hasOtherEnded).toBe(true)
  expect(begun).toEqual([1, 2])
})
