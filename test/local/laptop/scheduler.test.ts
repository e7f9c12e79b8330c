// The laptop's scheduler: by the shared clock, with the time it was due for, one call for any number of turns that were missed.
import { beforeEach, expect, test } from 'vitest'
import { createScheduler } from '../../../lambda/local/laptop/scheduler.ts'

const NOON = Date.UTC(2026, 2, 10, 12)
const MINUTE_MS = 60_000
let now = NOON
const sent: (readonly [string, number])[] = []
const schedule = (name: string, expression: string) => ({
  name,
  expression,
  targetArn: name,
  roleArn: 'role',
  input: '{"scheduledAt":"<aws.scheduler.scheduled-time>"}',
  isEnabled: true,
})
const paused = new Set<string>()
const start = () => {
  const scheduler = createScheduler({
    now: () => now,
    isPaused: (name) => paused.has(name),
    send: ({ targetArn }, event) => {
      const { scheduledAt } = event as { readonly scheduledAt: string }
      sent.push([targetArn, (Date.parse(scheduledAt) - NOON) / MINUTE_MS])
    },
  })
  scheduler.put(schedule('sweep', 'rate(15 minutes)'))
  scheduler.put(schedule('daily', 'cron(0 2 * * ? *)'))
  return scheduler
}

beforeEach(() => {
  now = NOON
  sent.length = 0
  paused.clear()
})

test('nothing is called before its time, and then once', () => {
  const scheduler = start()

  scheduler.tick()
  now += 15 * MINUTE_MS - 1
  scheduler.tick()
  expect(sent).toEqual([])
  now += 1
  scheduler.tick()
  scheduler.tick()

  expect(sent).toEqual([['sweep', 15]])
})

test('a late tick does not move the turns after it', () => {
  const scheduler = start()
  now += 20 * MINUTE_MS
  scheduler.tick()
  now = NOON + 30 * MINUTE_MS
  scheduler.tick()

  expect(sent).toEqual([
    ['sweep', 15],
    ['sweep', 30],
  ])
})

test('a clock that is moved over many turns makes up for the last of them', () => {
  const scheduler = start()
  now += 25 * 60 * MINUTE_MS
  scheduler.tick()
  scheduler.tick()

  expect(sent).toEqual([
    ['sweep', 25 * 60],
    ['daily', 14 * 60],
  ])
})

test('a clock that is set back begins anew', () => {
  const scheduler = start()
  now += 60 * MINUTE_MS
  scheduler.tick()
  now = NOON
  scheduler.restart()
  sent.length = 0

  now += 15 * MINUTE_MS
  scheduler.tick()

  expect(sent).toEqual([['sweep', 15]])
})

test('a schedule that is paused skips its turns, and one that is refused is named', () => {
  const scheduler = start()
  paused.add('sweep')
  now += 20 * MINUTE_MS
  scheduler.tick()
  paused.clear()
  now += 10 * MINUTE_MS
  scheduler.tick()

  expect(sent).toEqual([['sweep', 30]])
  expect(() => scheduler.put(schedule('odd', 'every(1 hour)'))).toThrow('every(1 hour)')
})
