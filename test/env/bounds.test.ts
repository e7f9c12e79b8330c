// How far the services may be behind, as settings: absent ones are the deployment's defaults, malformed ones are all named, and what does
// not fit into a step is refused.
import { describe, expect, test } from 'vitest'
import { DEPLOYED, WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { MOST_STEP_WAITS_MS, stepWaitsMs } from '../../lambda/core/rotation/step-waits.ts'
import { readBounds, writeBounds } from '../../lambda/env/bounds.ts'
import { createReader, type Environment } from '../../lambda/env/reader.ts'

const read = (env: Environment, otherwise = DEPLOYED) => {
  const reader = createReader(env)
  const bounds = readBounds(reader, otherwise)
  reader.finish()
  return bounds
}

test('nothing set is what a deployment defaults to, or what the caller says', () => {
  expect(read({})).toEqual(DEPLOYED)
  expect(read({}, WITHOUT_LAG)).toEqual(WITHOUT_LAG)
})

test('one that is set changes that one', () => {
  expect(read({ M2M_STALE_LABELS_MS: '2500' }, WITHOUT_LAG)).toEqual({ ...WITHOUT_LAG, staleLabelsMs: 2500 })
})

test.each([DEPLOYED, WITHOUT_LAG])('what is written is read back, whatever is the default', (bounds) => {
  expect(read(writeBounds(bounds), DEPLOYED)).toEqual(bounds)
  expect(read(writeBounds(bounds), WITHOUT_LAG)).toEqual(bounds)
})

test('whatever is malformed is named at once', () => {
  const env = { ...writeBounds(DEPLOYED), M2M_READ_LAG_MS: '-1', M2M_ACCEPTED_PLANNED: '0 over 10', M2M_REFUSED: '3' }

  expect(() => read(env)).toThrow(
    /M2M_READ_LAG_MS is malformed[\s\S]*M2M_ACCEPTED_PLANNED is malformed[\s\S]*M2M_REFUSED is malformed/,
  )
})

describe('the waits of one step', () => {
  test('fit into it by default', () => {
    expect(stepWaitsMs(DEPLOYED)).toBe(36_000)
    expect(stepWaitsMs(DEPLOYED)).toBeLessThanOrEqual(MOST_STEP_WAITS_MS)
    expect(stepWaitsMs(WITHOUT_LAG)).toBe(0)
  })

  test('are refused together when they do not', () => {
    const longest = { ...DEPLOYED, staleLabelsMs: 14_500 }

    expect(read(writeBounds(longest))).toEqual(longest)
    expect(() => read(writeBounds({ ...longest, staleLabelsMs: 14_501 }))).toThrow('45002 ms, over 45000')
  })
})
