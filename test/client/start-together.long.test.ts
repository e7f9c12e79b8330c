// Services that start at the same moment, against the limits that the vendor is deployed with, in virtual time: API Gateway's rate and
// burst, the function's executions at once, and a cold start of each. Requests are signed as ever; what answers them is this file's model.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTokenClient } from '../../lambda/client/token-client.ts'
import { keys } from './front-seat.ts'

const RATE = 50
const BURST = 200
const EXECUTIONS = 20
const COLD_START_MS = 1_000
const WARM_MS = 10

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const sleep = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, ms)
  })

/** As lib/vend/vendor.ts deploys it, and answers what API Gateway answers. */
const createDeployed = () => {
  let tokens = BURST
  let filledAt = performance.now()
  let running = 0
  let warm = 0
  const counts = { throttled: 0, full: 0, served: 0 }
  const later = (status: number) =>
    new Response('{"error":"temporarily_unavailable"}', { status, headers: { 'retry-after': '1' } })
  const answer = async (): Promise<Response> => {
    const now = performance.now()
    tokens = Math.min(BURST, tokens + ((now - filledAt) / 1000) * RATE)
    filledAt = now
    if (tokens < 1) {
      counts.throttled += 1
      return later(429)
    }
    tokens -= 1
    if (running >= EXECUTIONS) {
      counts.full += 1
      return later(503)
    }
    running += 1
    const isWarm = warm > 0
    if (isWarm) warm -= 1
    await sleep(isWarm ? WARM_MS : COLD_START_MS)
    warm += 1
    running -= 1
    counts.served += 1
    return new Response('{"access_token":"t","expires_in":3600,"scope":"a"}')
  }
  return { answer, counts }
}

const waitReal = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((done, fail) => {
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      fail(new Error('aborted'))
    })
  })

test.each([
  [200, 10_000],
  [1000, 30_000],
])('%i services that start at once all have a token after %i ms', async (services, withinMs) => {
  const { answer, counts } = createDeployed()
  const startedAt = performance.now()
  const took: number[] = []
  let failed = 0
  const start = async (): Promise<void> => {
    const tokens = createTokenClient({
      url: 'https://abc123.execute-api.eu-west-1.amazonaws.com/v1',
      credentials: keys,
      fetch: answer,
      wait: waitReal,
    })
    await tokens.token({ client: 'orders' }).then(
      () => took.push(performance.now() - startedAt),
      () => {
        failed += 1
      },
    )
  }
  const all = Promise.all(Array.from({ length: services }, start))
  let isOver = false
  void all.then(() => {
    isOver = true
  })

  while (!isOver && performance.now() - startedAt < 60_000) {
    await vi.advanceTimersByTimeAsync(50)
    // Signing is real work, outside of the timers.
    await new Promise((done) => {
      setImmediate(done)
    })
  }

  console.log(`${services} services: the last after ${Math.round(Math.max(...took))} ms; ${JSON.stringify(counts)}`)
  expect(failed).toBe(0)
  expect(took).toHaveLength(services)
  expect(Math.max(...took)).toBeLessThanOrEqual(withinMs)
})
