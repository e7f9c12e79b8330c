// Looks until what it sees is final, or the time is up.
import { expect, test } from 'vitest'
import { pollUntil } from '../../../lambda/core/base/poll-until.ts'

/** `sights` one after another, a look each, of which each takes `lookMs`. */
const play = async (sights: readonly (string | Error)[], { everyMs = 100, withinMs = 1000, lookMs = 0 } = {}) => {
  let now = 5000
  const looks: number[] = []
  const rest = [...sights]
  const timing = {
    now: () => now,
    wait: async (ms: number) => {
      now += ms
    },
  }
  const look = async () => {
    looks.push(now - 5000)
    now += lookMs
    const sight = rest.shift() ?? 'pending'
    if (sight instanceof Error) throw sight
    return sight
  }
  const polling = { timing, everyMs, until: now + withinMs }
  const seen = await pollUntil(look, (sight) => sight !== 'pending', polling).catch((error: unknown) => error)
  return { seen, looks }
}

test('it looks at once, and again after each pause, until what it sees is final', async () => {
  expect(await play(['done'])).toEqual({ seen: 'done', looks: [0] })
  expect(await play(['pending', 'pending', 'done', 'never'])).toEqual({ seen: 'done', looks: [0, 100, 200] })
})

test('when the time is up, what was seen last is the answer, and no look begins after it', async () => {
  expect(await play([], { withinMs: 250 })).toEqual({ seen: 'pending', looks: [0, 100, 200] })
  expect(await play([], { withinMs: 200 })).toEqual({ seen: 'pending', looks: [0, 100, 200] })
  expect(await play([], { withinMs: 250, lookMs: 60 })).toEqual({ seen: 'pending', looks: [0, 160] })
})

test('without any time it looks once', async () => {
  expect(await play([], { withinMs: 0 })).toEqual({ seen: 'pending', looks: [0] })
})

test('a look that fails is the end', async () => {
  const failure = new Error('no')

  expect(await play(['pending', failure, 'done'])).toEqual({ seen: failure, looks: [0, 100] })
})
