// A small fleet through all that a large one goes through (bench/fleet-run.ts): nothing is left behind, and no consumer is refused.
import { expect, test } from 'vitest'
import { liveThrough } from './fleet-life.ts'

test('applied, adopted, released, rotated by a campaign that is killed while calls fail, and settled', {
  timeout: 280_000,
}, async () => {
  const lines: string[] = []
  const result = await liveThrough({ clients: 24, consumers: 9, patienceMs: 200_000, say: (line) => lines.push(line) })

  expect(result.faults, lines.join('\n')).toEqual([])
  expect(result).toMatchObject({ applied: 12, adopted: 12, rotated: 24, failures: 0 })
  expect(result.kills).toBeGreaterThan(0)
  expect(result.failedCalls).toBeGreaterThan(5)
  expect(result.requests).toBeGreaterThan(100)
})
