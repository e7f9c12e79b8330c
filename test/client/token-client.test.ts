// The token client: signs, asks once for all who want the same, keeps a token until shortly before it ends, and says what went wrong
// without a word of token or key.
import { inspect } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTokenClient, type TokenClientSettings, VendFailed } from '../../lambda/client/token-client.ts'
import { type FrontReply, keys, useFront } from './front-seat.ts'

const front = useFront()
let now = 1_793_622_600_000
let waits: number[] = []
let minted = 0
beforeEach(() => {
  now = 1_793_622_600_000
  waits = []
  minted = 0
  front.answers(vended)
})

const vended = (): FrontReply => {
  minted += 1
  return {
    status: 200,
    body: {
      access_token: `canary-token-${minted}`,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'a b',
      expires_at: now / 1000 + 3600,
    },
  }
}
const client = (more: Partial<TokenClientSettings> = {}) =>
  createTokenClient({
    ...front.place(),
    now: () => now,
    wait: async (ms) => {
      waits.push(ms)
    },
    ...more,
  })
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

    expect(token).toEqual({ accessToken: 'canary-token-1', scopes: ['a', 'b'], expiresAt: now + 3_600_000 })
    expect(front.asked).toEqual([
      { method: 'POST', url: '/prod/clients/orders/token', body: '{"scopes":["a","b"],"min_ttl":600}' },
    ])
  })

  test('is kept until a minute before it ends', async () => {
    const tokens = client()
    const ask = async () => (await tokens.token({ client: 'orders' })).accessToken

    const found = [await ask(), await ask()]
    now += 3_540_000
    found.push(await ask())
    now += 1
    found.push(await ask())

    expect(found).toEqual(['canary-token-1', 'canary-token-1', 'canary-token-1', 'canary-token-2'])
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

  test('is forgotten when it is said to be no good', async () => {
    const tokens = client()
    await tokens.token({ client: 'orders' })

    tokens.forget({ client: 'orders' })
    const { accessToken } = await tokens.token({ client: 'orders' })

    expect(accessToken).toBe('canary-token-2')
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
  test("in OAuth's shape is told as it is, and not asked again", async () => {
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

  test('that passes is asked again, after growing waits', async () => {
    const reply: (FrontReply | 'none')[] = ['none', { status: 502, body: 'gateway' }]
    front.answers(() => reply.shift() ?? vended())

    await client().token({ client: 'orders' })

    expect(waits).toHaveLength(2)
    expect(waits[0]).toBeGreaterThanOrEqual(100)
    expect(waits[0]).toBeLessThanOrEqual(200)
    expect(waits[1]).toBeGreaterThanOrEqual(200)
    expect(waits[1]).toBeLessThanOrEqual(400)
  })

  test('that lasts is told after two more tries', async () => {
    front.answers(() => 'none')

    expect(await failureOf(client().token({ client: 'orders' }))).toMatchObject({
      code: 'no_answer',
      status: undefined,
    })
    expect(front.asked).toHaveLength(3)
  })

  test('that says when to come back is waited for, if that is soon', async () => {
    const reply = (seconds: string): FrontReply => ({
      status: 503,
      body: { error: 'temporarily_unavailable', error_description: 'later' },
      headers: { 'retry-after': seconds },
    })
    const soon = [reply('1')]
    front.answers(() => soon.shift() ?? vended())
    await client().token({ client: 'orders' })
    front.answers(() => reply('30'))

    const failure = await failureOf(client().token({ client: 'billing' }))

    expect(waits).toEqual([1_000])
    expect(failure).toMatchObject({ code: 'temporarily_unavailable', retryAfterSeconds: 30 })
  })

  test('is never kept', async () => {
    const reply: FrontReply[] = [{ status: 400, body: { error: 'invalid_scope' } }]
    front.answers(() => reply.shift() ?? vended())
    const tokens = client()

    await failureOf(tokens.token({ client: 'orders' }))

    expect((await tokens.token({ client: 'orders' })).accessToken).toBe('canary-token-1')
  })

  test.each(['{}', 'no JSON', '{"access_token":"canary"}', '{"access_token":"","expires_at":1}'])(
    'is an answer without a token: %j',
    async (body) => {
      front.answers(() => ({ status: 200, body }))

      const failure = await failureOf(client({ retries: 0 }).token({ client: 'orders' }))

      expect(failure.code).toBe('server_error')
      expect(inspect(failure)).not.toContain('canary')
    },
  )
})
