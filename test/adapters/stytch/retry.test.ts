// When a call to Stytch is sent again inside a step: never when it may have been done and doing it twice would matter, never past
// what the function has left, and never before the vendor said.
import { describe, expect, test } from 'vitest'
import type { StytchErrorKind, StytchReply } from '../../../lambda/adapters/stytch/reply.ts'
import { type Repetition, withRetries } from '../../../lambda/adapters/stytch/retry.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'

const failed = (kind: StytchErrorKind, retryAfterMs?: number): StytchReply<string> => ({
  ok: false,
  kind,
  status: undefined,
  error: kind,
  requestId: 'none',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})
const done: StytchReply<string> = { ok: true, value: 'done', requestId: 'none' }

interface Run {
  readonly replies: readonly StytchReply<string>[]
  readonly repetition?: Repetition
  readonly remainingMs?: number
}

/** Sends until withRetries stops; the last reply repeats itself. */
const run = async ({ replies, repetition = 'free', remainingMs = 30_000 }: Run) => {
  const timing = createFakeTiming()
  timing.restart(remainingMs)
  let sent = 0
  const leftAt: number[] = []
  const reply = await withRetries({ timing, repetition }, async () => {
    leftAt.push(timing.remainingMs())
    sent += 1
    return replies[Math.min(sent, replies.length) - 1] ?? done
  })
  return { reply, sent, waits: timing.waits, leftAt }
}

describe('which failures are sent again', () => {
  const again: readonly (readonly [StytchErrorKind, boolean, boolean])[] = [
    ['rateLimited', true, true],
    ['unavailable', true, true],
    ['outcomeUnknown', true, false],
    ['alreadyRotating', false, false],
    ['notRotating', false, false],
    ['notFound', false, false],
    ['refusedCredential', false, false],
    ['unauthorizedProject', false, false],
    ['rejected', false, false],
  ]

  test.each(again)(
    '%s: %s when repeating is free, %s when only what was not done may be',
    async (kind, free, ifNotDone) => {
      const replies = [failed(kind), done]

      expect((await run({ replies, repetition: 'free' })).sent).toBe(free ? 2 : 1)
      expect((await run({ replies, repetition: 'ifNotDone' })).sent).toBe(ifNotDone ? 2 : 1)
      expect((await run({ replies, repetition: 'never' })).sent).toBe(1)
    },
  )

  test('a success is sent once', async () => {
    expect(await run({ replies: [done] })).toMatchObject({ reply: done, sent: 1, waits: [] })
  })

  test('it gives up after four tries, with the last reply', async () => {
    const last = failed('unavailable')

    const { reply, sent } = await run({
      replies: [failed('rateLimited'), failed('rateLimited'), failed('rateLimited'), last],
    })

    expect(sent).toBe(4)
    expect(reply).toBe(last)
  })
})

describe('how long it waits', () => {
  test('longer each time, with jitter', async () => {
    const { waits } = await run({ replies: [failed('unavailable')] })

    expect(waits.length).toBe(3)
    for (const [at, most] of [200, 600, 1800].entries()) {
      expect(waits[at]).toBeGreaterThanOrEqual(most / 2)
      expect(waits[at]).toBeLessThanOrEqual(most)
    }
  })

  test('at least as long as the vendor says', async () => {
    const { waits } = await run({ replies: [failed('rateLimited', 2000), failed('rateLimited', 0), done] })

    expect(waits[0]).toBe(2000)
    expect(waits[1]).toBeGreaterThanOrEqual(300)
  })
})

describe('when time is short', () => {
  test('it does not wait for what the function will not live to see', async () => {
    const reply = failed('rateLimited', 25_000)

    expect(await run({ replies: [reply, done], remainingMs: 30_000 })).toMatchObject({ reply, sent: 1, waits: [] })
  })

  test('a call that is sent again still has its own timeout to run out', async () => {
    for (const remainingMs of [6_000, 6_100, 6_500, 8_000, 12_000]) {
      const { leftAt } = await run({ replies: [failed('unavailable')], remainingMs })

      for (const left of leftAt.slice(1)) expect(left).toBeGreaterThanOrEqual(6_000)
    }
  })

  test('the first try is always made', async () => {
    expect(await run({ replies: [failed('unavailable')], remainingMs: 0 })).toMatchObject({ sent: 1, waits: [] })
  })
})
