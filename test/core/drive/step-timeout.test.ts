// Whoever waits for a step, or for the end of one that was killed, waits long enough for the timeout that a step has.
import { expect, test } from 'vitest'
import { DRIVEN_STEP_MS } from '../../../lambda/core/drive/drive-again.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { MOST_STEP_WAITS_MS, stepWaitsMs } from '../../../lambda/core/rotation/step-waits.ts'
import { INCIDENT_WAITS_MS, STUCK_AFTER_MS } from '../../../lambda/core/secret/is-stuck.ts'
import { STEP_CALLS_MS, STEP_NEAR_TIMEOUT_MS, STEP_TIMEOUT_MS } from '../../../lambda/core/secret/step-timeout.ts'

const STEPS = 4

test('a rotation is stuck only once all four steps have had their whole time, twice over', () => {
  expect(STUCK_AFTER_MS).toBeGreaterThanOrEqual(2 * STEPS * STEP_TIMEOUT_MS)
})

test('an incident drives on only what was begun two timeouts ago, and no later than it is patient with a new value', () => {
  expect(INCIDENT_WAITS_MS).toBeGreaterThanOrEqual(2 * STEP_TIMEOUT_MS)
  expect(INCIDENT_WAITS_MS).toBeLessThanOrEqual(DEPLOYED.patienceMs.revoke)
})

test('a value is waited for at least until its rotation counts as in the way', () => {
  expect(DEPLOYED.patienceMs.rotate).toBeGreaterThanOrEqual(STUCK_AFTER_MS)
})

test('who drives a step on hears its answer, and has time left to report it', () => {
  expect(DRIVEN_STEP_MS).toBeGreaterThan(STEP_TIMEOUT_MS + 10_000)
})

test('a step that waits as long as its bounds allow is not near its timeout, as the alarm has it', () => {
  expect(MOST_STEP_WAITS_MS + STEP_CALLS_MS).toBeLessThanOrEqual(STEP_TIMEOUT_MS)
  expect(stepWaitsMs(DEPLOYED)).toBeLessThan(STEP_NEAR_TIMEOUT_MS - 10_000)
  expect(STEP_NEAR_TIMEOUT_MS).toBeLessThan(STEP_TIMEOUT_MS)
})

test('a step waits for its labels and its looks twice, and for the longest of its tries', () => {
  const bounds = {
    ...DEPLOYED,
    staleLabelsMs: 100,
    readLagMs: 10,
    accepted: { planned: { count: 3, overMs: 5 }, urgent: { count: 2, overMs: 6 } },
    refused: { count: 3, overMs: 7 },
  }

  expect(stepWaitsMs(bounds)).toBe(227)
  expect(stepWaitsMs({ ...bounds, accepted: { ...bounds.accepted, urgent: { count: 2, overMs: 8 } } })).toBe(228)
  expect(stepWaitsMs({ ...bounds, accepted: { ...bounds.accepted, planned: { count: 3, overMs: 9 } } })).toBe(229)
})
