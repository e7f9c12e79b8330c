// The token client: signs, asks once for all who want the same, keeps a token until shortly before it ends, and says what went wrong
// without a word of token or key.
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createTokenClient, type TokenClientSettings } from '../../lambda/client/token-client.ts'
import { VendFailed } from '../../lambda/client/vended-token.ts'
import { type FrontReply, keys, useFront } from './front-seat.ts'

const front = useFront()
let now = 1_793_622_600_000
/** Milliseconds on the clock that nobody sets. */
let elapsed = 0
let waits: number[] = []
let minted = 0
beforeEach(() => {
  now = 1_793_622_600_000
  elapsed = 0
  waits = []
  minted = 0
  front.answers(vended)
})

const pass = (ms: number): void => {
  now += ms
  elapsed += ms
}

/** Signed by nobody: the client reads nothing of it but when it was issued. */
const tokenOf = (n: number): string => {
  const claims = Buffer.from(JSON.stringify({ iat: Math.floor(now / 1000) })).toString('base64url')
  return `canary-token-${n}.${claims}.x`
}
const numberOf = ({ accessToken }: { readonly accessToken: string }): number =>
  Number(/^canary-token-(\d+)/.exec(accessToken)?.[1])

const vended = (): FrontReply => {
  minted += 1
  return {
    status: 200,
    body: {
      access_token: tokenOf(minted),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'a b',
      expires_at: now / 1000 + 3600,
    },
  }
}
const later = (seconds: string): FrontReply => ({
  status: 503,
  body: { error: 'temporarily_unavailable', error_description: 'later' },
  headers: { 'retry-after': seconds },
})
const client = (more: Partial<TokenClientSettings> = {}) =>
  createTokenClient({
    ...front.place(),
    // A request that a busy machine answers late would be sent twice.
    timeoutMs: 60_000,
    now: () => now,
    elapsed: () => elapsed,
    wait: async (ms, signal) => {
      // A caller's own time: nothing is asked meanwhile, so that it would pass at once.
      if (signal !== undefined) return setTimeout(ms, undefined, { signal })
      waits.push(ms)
      pass(ms)
    },
    chance: () => 0.5,
    ...more,
  })
/** It ends what hangs, and judges no speed. */
const PATIENCE = { timeout: 60_000 }
const bodies = () => front.asked.map(({ body }) => JSON.parse(body))
const failureOf = async (asked: Promise<unknown>): Promise<VendFailed> => {
  const error = await asked.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (error instanceof VendFailed) return error
  throw new Error(`expected a failure, found ${error}`)
}

describe('a token', () => {
  test('is asked for with a signature, below the stage, and read', async () => {
    const token = await client().token({ client: 'orders', scopes: ['a', 'b'], minTtlSeconds: 600 })

    expect(token).toEqual({ accessToken: tokenOf(1), scopes: ['a', 'b'], expiresAt: now + 3_600_000 })
    expect(front.asked).toEqual([
      { method: 'POST', url: '/prod/clients/orders/token', body: '{"scopes":["a","b"],"min_ttl":600}' },
    ])
  })

  test('is kept until a minute before it ends', async () => {
    const tokens = client({ refreshAheadSeconds: 0 })
    const ask = async () => numberOf(await tokens.token({ client: 'orders' }))

    const found = [await ask(), await ask()]
    pass(3_540_000)
    found.push(await ask())
    pass(1)
    found.push(await ask())

    expect(found).toEqual([1, 1, 1, 2])
  })

  test.each([62, -62])('is kept as long as it lives by a clock that is %i minutes off', async (minutes) => {
    const tokens = client({ now: () => now + minutes * 60_000 })
    const ask = async () => numberOf(await tokens.token({ client: 'orders' }))

    const found = [await ask()]
    pass(60_000)
    found.push(await ask())
    pass(3_500_000)
    found.push(await ask())

    expect(found).toEqual([1, 1, 2])
  })

  test('is replaced ahead of its end, while it is still served', async () => {
    const tokens = client()
    await tokens.token({ client: 'orders' })

    pass(3_001_000)
    expect(numberOf(await tokens.token({ client: 'orders' }))).toBe(1)
    await vi.waitFor(async () => expect(numberOf(await tokens.token({ client: 'orders' }))).toBe(2), PATIENCE)

    expect(bodies()).toEqual([{}, { min_ttl: 1200 }])
  })

  test('that cannot be replaced yet is tried again a quarter of a minute later, and served', async () => {
    const tokens = client({ patienceMs: 0 })
    await tokens.token({ client: 'orders' })
    front.answers(() => 'none')
    const found: number[] = []
    const askUntil = (times: number) =>
      vi.waitFor(async () => {
        found.push(numberOf(await tokens.token({ client: 'orders' })))
        expect(front.asked).toHaveLength(times)
      }, PATIENCE)

    pass(3_001_000)
    await askUntil(2)
    pass(15_000)
    await askUntil(3)

    expect(new Set(found)).toEqual(new Set([1]))
  })

  test.each([3_541_000, 3_599_000])(
    'is served until its last second while the vendor does not answer: %i ms',
    async (ms) => {
      const tokens = client({ patienceMs: 0 })
      await tokens.token({ client: 'orders' })
      front.answers(() => later('1'))

      pass(ms)

      expect(numberOf(await tokens.token({ client: 'orders' }))).toBe(1)
      expect(await failureOf(tokens.token({ client: 'orders', minTtlSeconds: 120 }))).toMatchObject({ status: 503 })
    },
  )

  test('with less than a minute left is served at once while the vendor hangs, which is waited for once and briefly', async () => {
    const briefly: number[] = []
    let isDown = false
    const tokens = client({
      wait: async (ms, signal) => {
        if (!isDown) return setTimeout(ms, undefined, { signal })
        briefly.push(ms)
      },
    })
    await tokens.token({ client: 'orders' })
    let hangUp = (): void => undefined
    const hung = new Promise<FrontReply>((done) => {
      hangUp = () => done({ status: 403, body: {} })
    })
    front.answers(() => hung)
    isDown = true

    pass(3_545_000)
    const found = [numberOf(await tokens.token({ client: 'orders' }))]
    pass(1_000)
    for (let request = 0; request < 100; request += 1) found.push(numberOf(await tokens.token({ client: 'orders' })))

    expect(new Set(found)).toEqual(new Set([1]))
    expect(briefly).toEqual([1_000])
    hangUp()
  })

  test('is served no longer than it lives, and not after a definite no', async () => {
    const tokens = client({ patienceMs: 0 })
    await tokens.token({ client: 'orders' })
    front.answers(() => ({ status: 403, body: { error: 'unauthorized_client' } }))
    pass(3_541_000)
    expect(await failureOf(tokens.token({ client: 'orders' }))).toMatchObject({ code: 'unauthorized_client' })

    front.answers(() => 'none')
    pass(60_000)
    expect(await failureOf(tokens.token({ client: 'orders' }))).toMatchObject({ code: 'no_answer' })
  })

  test('is served again once a refusal is old, which a request a second later asks about anew', async () => {
    const tokens = client({ patienceMs: 0 })
    await tokens.token({ client: 'orders' })
    front.answers(() => ({ status: 403, body: { error: 'unauthorized_client' } }))
    pass(3_541_000)
    expect(await failureOf(tokens.token({ client: 'orders' }))).toMatchObject({ code: 'unauthorized_client' })
    const asked = front.asked.length

    pass(500)
    expect(numberOf(await tokens.token({ client: 'orders' }))).toBe(1)
    expect(front.asked).toHaveLength(asked)

    pass(600)
    expect(await failureOf(tokens.token({ client: 'orders' }))).toMatchObject({ code: 'unauthorized_client' })
    expect(front.asked).toHaveLength(asked + 1)

    // Somebody has admitted the service meanwhile.
    front.answers(vended)
    pass(1_100)
    expect(numberOf(await tokens.token({ client: 'orders' }))).toBe(2)
  })

  test('for who wants more life left is not waited for with who wants less', async () => {
    const tokens = client()

    await Promise.all([
      tokens.token({ client: 'orders' }),
      tokens.token({ client: 'orders', minTtlSeconds: 1800 }),
      tokens.token({ client: 'orders', minTtlSeconds: 600 }),
    ])

    expect(bodies()).toHaveLength(2)
    expect(bodies()).toEqual(expect.arrayContaining([{}, { min_ttl: 1800 }]))
  })

  test('is asked for once by all who want the same, in whatever order they name its scopes', async () => {
    const tokens = client()

    await Promise.all([
      tokens.token({ client: 'orders', scopes: ['a', 'b'] }),
      tokens.token({ client: 'orders', scopes: ['b', 'a', 'a'] }),
    ])
    await tokens.token({ client: 'orders' })

    expect(front.asked).toHaveLength(2)
  })

  test('that was refused is replaced by one that was issued later', async () => {
    const tokens = client()
    await tokens.token({ client: 'orders' })

    tokens.forget({ client: 'orders' })
    const token = await tokens.token({ client: 'orders' })

    expect(numberOf(token)).toBe(2)
    expect(bodies()).toEqual([{}, { not_issued_before: Math.floor(now / 1000) + 1 }])
  })

  test('that was refused to many is replaced once', async () => {
    const tokens = client()
    const { accessToken } = await tokens.token({ client: 'orders' })
    pass(5000)

    tokens.forget({ client: 'orders' }, accessToken)
    tokens.forget({ client: 'orders' }, accessToken)
    await tokens.token({ client: 'orders' })
    tokens.forget({ client: 'orders' }, accessToken)
    const token = await tokens.token({ client: 'orders' })

    expect(numberOf(token)).toBe(2)
    expect(front.asked).toHaveLength(2)
  })

  test('that was refused late, after a newer one was refused as well, makes nobody ask once more', async () => {
    const tokens = client()
    const { accessToken: older } = await tokens.token({ client: 'orders' })
    pass(5000)
    const { accessToken: newer } = await tokens.token({ client: 'orders', minTtlSeconds: 1800 }).then(async () => {
      pass(1_900_000)
      return tokens.token({ client: 'orders', minTtlSeconds: 1800 })
    })
    const asked = front.asked.length

    tokens.forget({ client: 'orders' }, newer)
    const first = tokens.token({ client: 'orders' })
    tokens.forget({ client: 'orders' }, older)
    const second = tokens.token({ client: 'orders' })

    expect(numberOf(await first)).toBe(numberOf(await second))
    expect(front.asked).toHaveLength(asked + 1)
  })

  test('that was asked for before another was refused is not kept', async () => {
    const tokens = client()
    const { accessToken } = await tokens.token({ client: 'orders' })
    let isRefused = false
    front.answers(() => {
      // While this one is on its way, the service refuses what is kept.
      if (!isRefused) tokens.forget({ client: 'orders' }, accessToken)
      isRefused = true
      return vended()
    })

    await tokens.token({ client: 'orders', minTtlSeconds: 1800, scopes: [] }).catch(() => undefined)
    pass(1_900_000)
    const slow = numberOf(await tokens.token({ client: 'orders', minTtlSeconds: 1800 }))
    const next = numberOf(await tokens.token({ client: 'orders' }))

    expect([slow, next]).toEqual([2, 3])
  })

  test.each([62, -62])('is asked for by a machine whose clock is %i minutes off', async (minutes) => {
    const tokens = client({ signingTime: () => Date.now() + minutes * 60_000 })

    const found = [await tokens.token({ client: 'orders' }), await tokens.token({ client: 'billing' })]

    expect(found.map(numberOf)).toEqual([1, 2])
    expect(front.refused).toHaveLength(1)
  })

  test('takes credentials from a provider, each time it asks', async () => {
    let provided = 0
    const credentials = async () => {
      provided += 1
      return { ...keys, expiration: new Date() }
    }
    const tokens = client({ credentials })

    await tokens.token({ client: 'orders' })
    await tokens.token({ client: 'billing' })

    expect(provided).toBe(2)
  })

  test('of a name that is none is not asked for', async () => {
    await expect(client().token({ client: '../billing' })).rejects.toThrow(TypeError)
    expect(front.asked).toEqual([])
  })
})

describe('the Region', () => {
  test("is the URL's own where that names it", () => {
    const url = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod'
    expect(() => createTokenClient({ url, credentials: keys })).not.toThrow()
  })

  test('must be named where the URL does not', () => {
    expect(() => createTokenClient({ url: 'https://tokens.example.com', credentials: keys })).toThrow(
      /region: expected/,
    )
  })
})

describe('a failure', () => {
  test("in OAuth's shape is reported as it is, and not retried", async () => {
    front.answers(() => ({ status: 400, body: { error: 'invalid_scope', error_description: 'not these' } }))

    const failure = await failureOf(client().token({ client: 'orders' }))

    expect(failure).toMatchObject({ status: 400, code: 'invalid_scope', description: 'not these' })
    expect(front.asked).toHaveLength(1)
  })

  test("of AWS's own is access_denied", async () => {
    const failure = await failureOf(
      client({ credentials: { ...keys, secretAccessKey: 'wrong' } }).token({ client: 'orders' }),
    )

    expect(failure).toMatchObject({ status: 403, code: 'access_denied' })
  })

  test('that passes is retried, after growing waits', async () => {
    const reply: (FrontReply | 'none')[] = ['none', { status: 502, body: 'gateway' }, { status: 429, body: {} }]
    front.answers(() => reply.shift() ?? vended())

    await client({ chance: () => 1 }).token({ client: 'orders' })

    expect(waits).toEqual([400, 800, 1600])
  })

  test.each([0, 0.5, 1])('that lasts is retried for half a minute, with full jitter: %f', async (chance) => {
    front.answers(() => {
      pass(50)
      return { status: 503, body: {} }
    })

    expect(await failureOf(client({ chance: () => chance }).token({ client: 'orders' }))).toMatchObject({ status: 503 })
    expect(elapsed).toBeLessThanOrEqual(30_050)
    expect(elapsed).toBeGreaterThanOrEqual(25_000)
    expect(Math.max(...waits)).toBe(4_000 * chance)
  })

  test('that lasts is reported within the time of the caller', async () => {
    front.answers(() => {
      pass(50)
      return 'none'
    })

    expect(await failureOf(client().token({ client: 'orders', withinMs: 3000 }))).toMatchObject({
      code: 'no_answer',
      status: undefined,
    })
    expect(elapsed).toBeLessThanOrEqual(3_050)
  })

  test('is reported within the time of a caller who joined somebody with more of it', async () => {
    let answer = (): void => undefined
    const held = new Promise<void>((done) => {
      answer = done
    })
    front.answers(async () => {
      await held
      return vended()
    })
    const tokens = client()
    const patient = tokens.token({ client: 'orders' })

    expect(await failureOf(tokens.token({ client: 'orders', withinMs: 1 }))).toMatchObject({ code: 'no_answer' })
    answer()
    expect(numberOf(await patient)).toBe(1)
    expect(front.asked).toHaveLength(1)
  })

  test('of a caller without time is not that of one who joined it with more', async () => {
    let answer = (): void => undefined
    const held = new Promise<void>((done) => {
      answer = done
    })
    const reply: (FrontReply | 'none')[] = ['none', 'none']
    front.answers(async () => {
      await held
      pass(1_000)
      return reply.shift() ?? vended()
    })
    const tokens = client()
    const hurried = failureOf(tokens.token({ client: 'orders', withinMs: 1 }))
    const patient = tokens.token({ client: 'orders' })

    expect(await hurried).toMatchObject({ code: 'no_answer' })
    answer()
    expect(numberOf(await patient)).toBe(1)
  })

  test('of a provider of credentials that hangs is a failure like others, and in time', async () => {
    const tokens = client({ credentials: () => new Promise(() => undefined), timeoutMs: 1, patienceMs: 0 })

    expect(await failureOf(tokens.token({ client: 'orders' }))).toMatchObject({
      code: 'no_answer',
      description: 'CredentialsTimeout',
    })
  })

  test('that says when to come back is waited for, by everybody, if there is time for it', async () => {
    const soon = [later('1')]
    front.answers(() => soon.shift() ?? vended())
    await client().token({ client: 'orders' })
    expect(elapsed).toBeGreaterThanOrEqual(1000)

    front.answers(() => later('40'))
    const tokens = client()
    const failure = await failureOf(tokens.token({ client: 'billing' }))
    const asked = front.asked.length
    const again = await failureOf(tokens.token({ client: 'billing' }))

    expect(failure).toMatchObject({ code: 'temporarily_unavailable', retryAfterSeconds: 40 })
    expect(again).toMatchObject({ retryAfterSeconds: 40 })
    expect(front.asked).toHaveLength(asked)
  })

  test('is never kept', async () => {
    const reply: FrontReply[] = [{ status: 400, body: { error: 'invalid_scope' } }]
    front.answers(() => reply.shift() ?? vended())
    const tokens = client()

    await failureOf(tokens.token({ client: 'orders' }))

    expect(numberOf(await tokens.token({ client: 'orders' }))).toBe(1)
  })

  test.each(['{}', 'no JSON', '{"access_token":"canary"}', '{"access_token":"","expires_in":1}'])(
    'is an answer without a token: %j',
    async (body) => {
      front.answers(() => ({ status: 200, body }))

      const failure = await failureOf(client({ patienceMs: 0 }).token({ client: 'orders' }))

      expect(failure.code).toBe('server_error')
      expect(inspect(failure)).not.toContain('canary')
    },
  )
})
