// What happens under the vendor: rotations, revokes, refusals that stay, and what Stytch may answer. No vend fails for a rotation; what
// fails says so at once, asks for nothing in a storm, and tells the bus.
import { describe, expect, test } from 'vitest'
import { createVendWorld } from '../../fakes/fake-vending.ts'

const refused = { outcome: 'credentialRefused', error: 'invalid_client', requestId: 'r' } as const
const lost = { outcome: 'unavailable', error: 'no reply within 3 s' } as const

describe('a refused credential', () => {
  test('that was rotated meanwhile: the secret is read again, and asked with at once', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    await world.vended('orders')
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))

    const { source } = await world.vended('orders', { scopes: ['write:things'] })

    expect(source).toBe('minted')
    expect(world.secrets.calls.slice(2)).toEqual(['read m2m/test/orders'])
    expect(world.mint.requests).toHaveLength(3)
    expect(world.timing.waits).toEqual([])
    expect(world.events.published).toEqual([])
  })

  test('that is switched just then is found by the one retry, a moment later', async () => {
    const world = createVendWorld({}, 0.5)
    const { clientId } = world.place({ name: 'orders' })
    world.mint.accepted.set(clientId, new Set())
    world.timing.onWait.push(() => {
      world.switchTo('orders', 'revoke', 'canary-orders-2')
      world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    })

    const { source } = await world.vended('orders')

    expect(source).toBe('minted')
    expect(world.timing.waits).toEqual([625])
    expect(world.mint.requests).toHaveLength(2)
  })

  test('that stays one: two mints, one event, and a time when to come back', async () => {
    const world = createVendWorld({}, 1)
    const { clientId } = world.place({ name: 'orders' })
    world.mint.accepted.set(clientId, new Set())

    const outcome = await world.vend('orders')

    expect(outcome).toMatchObject({
      ok: false,
      refusal: { reason: 'credentialRefused', until: world.timing.now() + 5_000 },
    })
    expect(world.mint.requests).toHaveLength(2)
    expect(world.events.published).toMatchObject([
      { type: 'Credential Refused', detail: { clientId, secretName: 'm2m/test/orders', error: 'invalid_client' } },
    ])
  })

  test('makes no mint in a storm of a thousand, whatever their scopes, and no second event for a quarter of an hour', async () => {
    const world = createVendWorld({}, 1)
    const { clientId } = world.place({ name: 'orders' })
    world.mint.accepted.set(clientId, new Set())
    await world.vend('orders')

    for (let at = 0; at < 1000; at += 1) {
      expect(await world.reason('orders', { scopes: at % 2 === 0 ? [] : ['write:things'] })).toBe('credentialRefused')
    }
    const mints = world.mint.requests.length
    world.timing.advance(14 * 60_000)
    await world.vend('orders')
    const events = world.events.published.length
    world.timing.advance(2 * 60_000)
    await world.vend('orders')

    expect(mints).toBe(2)
    expect([events, world.events.published.length]).toEqual([1, 2])
    expect(new Set(world.events.published.map(({ detail }) => detail.id)).size).toBe(2)
  })

  test('is over as soon as another value is current: the pause was for the old one', async () => {
    const world = createVendWorld({}, 1)
    const { clientId } = world.place({ name: 'orders' })
    world.mint.accepted.set(clientId, new Set())
    await world.vend('orders')
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))

    world.timing.advance(30_000)

    expect(await world.reason('orders')).toBe('minted')
  })

  test('of a token that grows old leaves that token served: it is good, whatever became of the secret', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    await world.vended('orders')
    world.mint.accepted.set(clientId, new Set())
    world.timing.advance(45 * 60_000)

    expect([await world.reason('orders'), await world.reason('orders')]).toEqual(['stale', 'cached'])
    expect(world.events.published).toHaveLength(1)
  })

  test('is told even when the bus does not take it: the log has it', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    world.mint.accepted.set(clientId, new Set())
    world.events.publish = () => Promise.reject(new Error('the bus is down'))

    expect(await world.reason('orders')).toBe('credentialRefused')
    expect(world.journal.entries).toContainEqual({
      event: 'Credential Refused',
      sent: false,
      message: 'the bus is down',
    })
  })
})

describe('a rotation', () => {
  test('and its settle pass without a failed vend: both values are accepted until no consumer uses the old one', async () => {
    const world = createVendWorld()
    const { clientId, value } = world.place({ name: 'orders' })
    const reasons: string[] = []
    const vendFor = async (ms: number) => {
      for (let left = ms; left > 0; left -= 10_000) {
        reasons.push(await world.reason('orders'))
        world.timing.advance(10_000)
      }
    }

    await vendFor(60_000)
    world.mint.accepted.set(clientId, new Set([value, 'canary-orders-2']))
    world.switchTo('orders', 'rotate', 'canary-orders-2')
    await vendFor(60_000)
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    world.switchTo('orders', 'settle')
    await vendFor(60_000)

    expect(reasons.filter((reason) => reason !== 'cached')).toEqual(['minted', 'minted'])
  })

  test('two of three mints at most, though Stytch answers nothing, then no, then yes', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    world.mint.planned.push(lost)
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    world.mint.onMint = () => {
      if (world.mint.requests.length === 2) world.switchTo('orders', 'revoke', 'canary-orders-2')
    }

    expect(await world.reason('orders')).toBe('minted')
    expect(world.mint.requests).toHaveLength(3)
  })
})

describe('a revoke', () => {
  test('while it waits for its settle, is looked at every second', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    world.timing.advance(2_000)
    await world.vended('orders')
    const describes = () => world.secrets.calls.filter((call) => call.startsWith('describe')).length

    world.timing.advance(999)
    await world.vended('orders')
    const early = describes()
    world.timing.advance(1)
    await world.vended('orders')

    expect([early, describes()]).toEqual([1, 2])
  })

  test('once it is settled, drops what was issued before: verifiers refuse it from then on', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    const between = await world.vended('orders')
    world.timing.advance(5_000)
    world.switchTo('orders', 'settle')

    const after = await world.vended('orders')

    expect(between.source).toBe('minted')
    expect(after.source).toBe('minted')
    const settledSecond = Math.floor((world.secretOf('orders').lastRotatedAt ?? 0) / 1000)
    expect(after.token.issuedAt / 1000).toBeGreaterThan(settledSecond)
  })

  test('a mint in the very second of the death waits for the next: its token would be refused with the dead ones', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    world.timing.advance(300)
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    world.switchTo('orders', 'settle')

    await world.vended('orders')

    expect(world.timing.waits).toEqual([700])
  })
})

describe('what Stytch may answer', () => {
  test('nothing, once: retried, and served', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.mint.planned.push(lost)

    expect(await world.reason('orders')).toBe('minted')
    expect(world.mint.requests).toHaveLength(2)
  })

  test('nothing, twice: a clear refusal, and no third try for seconds', async () => {
    const world = createVendWorld({}, 1)
    world.place({ name: 'orders' })
    world.mint.planned.push(lost, lost)

    const first = await world.vend('orders')
    const second = await world.reason('orders')

    expect(first).toMatchObject({ refusal: { reason: 'unavailable', until: world.timing.now() + 3_000 } })
    expect(second).toBe('unavailable')
    expect(world.mint.requests).toHaveLength(2)
  })

  test('too many requests: its own word on when to come back is kept', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.mint.planned.push({ outcome: 'throttled', error: 'too_many_requests', leastMs: 17_000 })

    expect(await world.vend('orders')).toMatchObject({
      refusal: { reason: 'throttled', until: world.timing.now() + 17_000 },
    })
    world.timing.advance(16_999)
    expect(await world.reason('orders')).toBe('throttled')
    expect(world.mint.requests).toHaveLength(1)
  })

  test('no to these scopes: once in half a minute, while others are served', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.mint.planned.push({ outcome: 'scopeRefused', error: 'invalid_scope', requestId: 'r' })

    const reasons = [
      await world.reason('orders'),
      await world.reason('orders'),
      await world.reason('orders', { scopes: ['write:things'] }),
    ]

    expect(reasons).toEqual(['scopeRefused', 'scopeRefused', 'minted'])
    expect(world.mint.requests).toHaveLength(2)
  })

  test.each([
    ['another client', { sub: 'somebody-else' }],
    ['another project', { aud: ['project-test-2'] }],
    ['more scopes', { scope: 'read:things write:things' }],
    ['no life', { exp: 1 }],
  ])('a token for %s: nobody gets it, it is not kept, and the log says what was wrong', async (_what, change) => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.mint.claims = (claims) => ({ ...claims, ...change })

    const reasons = [await world.reason('orders'), await world.reason('orders')]

    expect(reasons).toEqual(['tokenUnfit', 'tokenUnfit'])
    expect(world.mint.requests).toHaveLength(1)
    expect(world.cache.size().tokens).toBe(0)
    expect(world.journal.entries).toMatchObject([{ mint: 'tokenUnfit', client: 'orders' }])
  })

  test('a token with hardly any life left: nobody gets it', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.mint.claims = (claims) => ({ ...claims, exp: Number(claims.iat) + 59 })

    expect(await world.reason('orders')).toBe('tokenUnfit')
  })

  test('a rejection is never kept as a value', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.mint.planned.push(refused, refused)
    await world.vend('orders')

    expect(world.cache.size().tokens).toBe(0)
  })
})

describe('a secret that is none', () => {
  test.each([
    ['no JSON', 'canary'],
    ["another project's", JSON.stringify({ client_id: 'a', client_secret: 'canary', project_id: 'p', token_url: 'u' })],
  ])('(%s) is refused and named, without a word of its value', async (_what, text) => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.secrets.readValue = async () => ({ arn: 'arn', versionId: 'v', text, createdAt: 0 })

    const outcome = await world.vend('orders')

    expect(outcome).toMatchObject({ ok: false, refusal: { reason: 'malformedSecret' } })
    expect(JSON.stringify(outcome)).not.toContain('canary')
  })
})

test('nothing that is said holds a value or a token', async () => {
  const world = createVendWorld()
  const { clientId } = world.place({ name: 'orders' })
  const { token } = await world.vended('orders')
  world.mint.accepted.set(clientId, new Set())
  await world.vend('orders', { scopes: ['write:things'] })
  world.mint.claims = (claims) => ({ ...claims, sub: 'other' })

  expect(world.said()).toContain('invalid_client')
  expect(world.said()).not.toContain('canary')
  expect(world.said()).not.toContain(token.token.reveal().split('.')[1])
})
