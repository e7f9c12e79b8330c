// How a drill ends, step by step, whatever the stage does: it says at which step, and what it made is removed every time.
import { expect, it } from 'vitest'
import { assertRemovable } from '../../bin/commands/drill.ts'
import { drillExit, drillSentence } from '../../bin/drill/drill-words.ts'
import { type DrillParts, runDrill } from '../../bin/drill/run-drill.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { Progress } from '../../lambda/core/drive/attempts.ts'
import { createFakeTiming } from '../fakes/fake-timing.ts'

const fault = (message: string, retryable = false): Fault => new Fault({ code: 'FUNCTION_REFUSED', retryable, message })

const run = async (changes: Partial<DrillParts> = {}) => {
  const timing = createFakeTiming()
  let looks = 0
  let removals = 0
  const settled: Progress = { state: 'settled', attempt: 1, requestToken: 'r', settleToken: 's' }
  const progress = (): Progress => {
    looks += 1
    return looks < 3 ? { state: 'ask', attempt: 1, made: 0 } : settled
  }
  const lines: string[] = []
  const end = await runDrill(
    {
      timing,
      isStopped: () => false,
      register: async () => ({ clientId: 'id', secretArn: 'arn' }),
      report: async () => {},
      progress: async () => progress(),
      isSigned: async () => true,
      isCompleted: async () => true,
      askNotice: async () => 'confirmed',
      remove: async () => {
        removals += 1
        return 'removed'
      },
      isGone: async () => true,
      onStep: ({ step, state }) => lines.push(`${step} ${state}`),
      ...changes,
    },
    { until: timing.now() + 10_000 },
  )
  return { end, lines, removals, says: drillSentence(end, 'drill-1'), exit: drillExit(end, true) }
}

it('passes when each part did its own', async () => {
  const { end, lines, exit, says } = await run()

  expect(end).toMatchObject({ result: 'passed', notice: 'confirmed' })
  expect(lines).toHaveLength(9)
  expect(exit).toBe(0)
  expect(says).toBe('The drill passed, and the notice came (1 s); everything it made is removed.')
})

const ask: Progress = { state: 'ask', attempt: 1, made: 0 }

it.each<[string, Partial<DrillParts>, string, RegExp]>([
  ['nobody takes the report up', { progress: async () => ask }, 'taken failed', /the report was not taken up/],
  [
    'every attempt is refused',
    { progress: async () => ({ state: 'exhausted', attempt: 5 }) },
    'taken failed',
    /Rotation Refused/,
  ],
  [
    'the old value is not ended',
    { progress: async () => ({ state: 'switched', attempt: 1, requestToken: 'r' }) },
    'refused failed',
    /was not ended/,
  ],
  ['no proof is signed', { isSigned: async () => false }, 'signed failed', /signed proof/],
  [
    'the client cannot be made',
    { register: () => Promise.reject(fault('no rights')) },
    'registered failed',
    /no rights/,
  ],
])('fails when %s, and removes what it made', async (_, changes, line, words) => {
  const { end, lines, removals, says, exit } = await run(changes)

  expect(end.result).toBe('failed')
  expect(lines.slice(-2)).toEqual([line, 'removed done'])
  expect(says).toMatch(words)
  expect(removals).toBe(1)
  expect(exit).toBe(1)
})

it('says what it could not look at, and does not call that failed', async () => {
  const { end, exit, says } = await run({ isSigned: () => Promise.reject(fault('s3:GetObject is denied')) })

  expect(end.result).toBe('passed')
  expect(says).toContain('as far as it could be seen')
  expect(exit).toBe(3)
})

it('fails when the notice did not come, though every part did its own', async () => {
  const { end, exit, says } = await run({ askNotice: async () => 'missing' })

  expect(end.result).toBe('failed')
  expect(says).toContain('the notice did not come')
  expect(exit).toBe(3)
})

it('interrupted, waits until the rotation that it caused has ended, and removes it then', async () => {
  let isStopped = false
  let looks = 0
  const { end, exit, lines } = await run({
    isStopped: () => isStopped,
    progress: async () => {
      looks += 1
      if (looks === 2) isStopped = true
      return looks < 5
        ? { state: 'running', attempt: 1, requestToken: 'r' }
        : { state: 'settled', attempt: 1, requestToken: 'r', settleToken: 's' }
    },
  })

  expect(end).toMatchObject({ result: 'interrupted' })
  expect(looks).toBe(5)
  expect(lines).toEqual(['registered done', 'reported done', 'taken done', 'removed done'])
  expect(exit).toBe(130)
})

it('makes nothing that the deployed clients function could not remove', async () => {
  const view = {
    ...{ projectId: 'p', secretNamePrefix: 'm2m/prod/', rotationFunctionArn: 'f', tokenUrl: 't', policyRevision: 'r' },
    ...{ backstop: { everyDays: 60 }, periodHours: 720, overlapHours: 24 },
  }
  const functionName = (part: string): string => `m2m-prod-${part}`

  await expect(assertRemovable({ view: async () => view, functionName })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringMatching(/^m2m-prod-clients is of a version .* nothing was changed\. Deploy/),
  })
  await expect(assertRemovable({ view: async () => ({ ...view, drills: {} }), functionName })).resolves.toBeUndefined()
})

it('removes what it made also when something unforeseen happens', async () => {
  let removals = 0
  const ran = run({
    isCompleted: () => Promise.reject(new TypeError('unforeseen')),
    remove: async () => {
      removals += 1
      return 'removed'
    },
  })

  await expect(ran).rejects.toThrow('unforeseen')
  expect(removals).toBe(1)
})

it('tries a removal again, and says what is left and how to remove it', async () => {
  let tries = 0
  const { says, exit } = await run({
    remove: () => {
      tries += 1
      return Promise.reject(fault('it is throttled', true))
    },
  })

  expect(tries).toBe(3)
  expect(says).toBe(
    'The drill passed, and the notice came (5 s); drill-1 could NOT be removed (it is throttled): m2m drill --clean.',
  )
  expect(exit).toBe(3)
})
