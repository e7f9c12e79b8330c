// A vend from the outside: what it asks Secrets Manager and Stytch for, what it serves, and what it keeps to itself.
import { describe, expect, test } from 'vitest'
import { createVendWorld, TOKEN_SECONDS } from '../../fakes/fake-vending.ts'

const MINUTE_MS = 60_000

describe('a first request', () => {
  test('looks at the secret, reads it, mints, and keeps the token', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })

    const first = await world.vended('orders')
    const second = await world.vended('orders')

    expect(world.secrets.calls).toEqual(['describe m2m/test/orders', 'read m2m/test/orders'])
    expect(world.mint.requests).toHaveLength(1)
    expect(world.mint.requests[0]).toMatchObject({ clientId, scopes: ['read:things'] })
    expect([first.source, second.source]).toEqual(['minted', 'cached'])
    expect(second.token).toBe(first.token)
  })

  test('a thousand at once make one look, one read and one mint', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })

    const all = await Promise.all(Array.from({ length: 1000 }, () => world.vended('orders')))

    expect(world.secrets.calls).toHaveLength(2)
    expect(world.mint.requests).toHaveLength(1)
    expect(new Set(all.map(({ token }) => token)).size).toBe(1)
  })

  test('scopes in another order, or twice, are the same token', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })

    await world.vended('orders', { scopes: ['read:things', 'write:things'] })
    const again = await world.vended('orders', { scopes: ['write:things', 'read:things', 'write:things'] })

    expect(again.source).toBe('cached')
    expect(again.token.scopes).toEqual(['read:things', 'write:things'])
  })

  test('an hour of requests, a minute apart, makes two mints: one, and one ahead of its end', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })

    for (let minute = 0; minute < 60; minute += 1) {
      const { token } = await world.vended('orders')
      expect(token.expiresAt - world.timing.now()).toBeGreaterThanOrEqual(MINUTE_MS)
      world.timing.advance(MINUTE_MS)
    }

    expect(world.mint.requests).toHaveLength(2)
  })
})

describe('who is authorised', () => {
  test.each([
    ['unknown', 'nobody'],
    ['retired', 'retired'],
    ['without a rule', 'ruleless'],
  ])('a client that is %s is refused before its value is read', async (_what, name) => {
    const world = createVendWorld()
    world.place({ name: 'retired', tags: { 'm2m:retired': '2026-11-01T00:00:00Z' } })
    world.place({ name: 'ruleless', scopes: [] })

    const reason = await world.reason(name)

    expect(['noSuchClient', 'noRule']).toContain(reason)
    expect(world.secrets.calls.filter((call) => !call.startsWith('describe'))).toEqual([])
    expect(world.mint.requests).toEqual([])
  })

  test('scopes beyond the rule are refused before the value is read, and an empty request is never all', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders', defaults: [] })

    expect(await world.reason('orders', { scopes: ['read:things', 'delete:things'] })).toBe('scopesNotAllowed')
    expect(await world.reason('orders')).toBe('noDefaultScopes')
    expect(world.secrets.calls).toEqual(['describe m2m/test/orders'])
  })

  test('a token in the cache does not help who may not have its scopes any more', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    await world.vended('orders', { scopes: ['write:things'] })
    world.secretOf('orders').tags['vend:scopes'] = 'read:things'

    const before = await world.reason('orders', { scopes: ['write:things'] })
    world.timing.advance(30_000)
    const after = await world.reason('orders', { scopes: ['write:things'] })

    expect([before, after]).toEqual(['cached', 'scopesNotAllowed'])
  })

  test('names that are none are remembered for half a minute, and drive no client out', async () => {
    const world = createVendWorld({ maxClients: 10 })
    world.place({ name: 'orders' })
    await world.vended('orders')

    for (let at = 0; at < 100; at += 1) await world.reason(`nobody-${at}`)
    await world.reason('nobody-99')
    await world.vended('orders')

    expect(world.secrets.calls.filter((call) => call.includes('nobody-99'))).toHaveLength(1)
    expect(world.secrets.calls.filter((call) => call.includes('orders'))).toHaveLength(2)
  })

  test('a name becomes a client within half a minute of its registration', async () => {
    const world = createVendWorld()

    const before = await world.reason('orders')
    world.place({ name: 'orders' })
    const early = await world.reason('orders')
    world.timing.advance(30_000)
    const later = await world.reason('orders')

    expect([before, early, later]).toEqual(['noSuchClient', 'noSuchClient', 'minted'])
  })
})

describe('which version is current', () => {
  test('is asked at most every thirty seconds, awaited, by all callers at once', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    await world.vended('orders')
    const describes = () => world.secrets.calls.filter((call) => call.startsWith('describe')).length

    world.timing.advance(29_999)
    await Promise.all([world.vended('orders'), world.vended('orders')])
    const before = describes()
    world.timing.advance(1)
    await Promise.all([world.vended('orders'), world.vended('orders')])

    expect([before, describes()]).toEqual([1, 2])
  })

  test('a token of the value before is not served once thirty seconds have passed', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    const before = await world.vended('orders')
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))

    world.timing.advance(30_000)
    const after = await world.vended('orders')

    expect(after.source).toBe('minted')
    expect(after.token).not.toBe(before.token)
    expect(world.mint.requests.at(-1)?.clientSecret.reveal()).toBe('canary-orders-2')
  })

  test('a settle, which stores the same value again, costs one read and no mint', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    await world.vended('orders')
    world.switchTo('orders', 'settle')
    world.timing.advance(30_000)

    const { source } = await world.vended('orders')

    expect(source).toBe('cached')
    expect(world.secrets.calls.slice(2)).toEqual(['describe m2m/test/orders', 'read m2m/test/orders'])
  })

  test('is not retried for a second after nothing answered', async () => {
    const world = createVendWorld({}, 1)
    world.place({ name: 'orders' })
    world.secrets.failing = 1

    const found = [await world.reason('orders'), await world.reason('orders')]
    const calls = world.secrets.calls.length
    world.timing.advance(1_000)
    found.push(await world.reason('orders'))

    expect(found).toEqual(['secretUnreadable', 'secretUnreadable', 'minted'])
    expect(calls).toBe(1)
  })

  test('holds for ten minutes while nothing answers, and a token is served; then none is', async () => {
    const world = createVendWorld({}, 1)
    world.place({ name: 'orders' })
    await world.vended('orders')
    world.secrets.failing = Number.POSITIVE_INFINITY
    const reasons: string[] = []

    for (let second = 10; second <= 610; second += 10) {
      world.timing.advance(10_000)
      reasons.push(await world.reason('orders'))
    }

    expect(reasons.slice(0, 59)).toEqual(Array.from({ length: 59 }, () => 'cached'))
    expect(reasons.at(-1)).toBe('secretUnreadable')
  })

  test('is believed when the answer is a no', async () => {
    const world = createVendWorld({}, 1)
    world.place({ name: 'orders' })
    await world.vended('orders')
    world.timing.advance(30_000)
    world.secrets.failing = 1
    world.secrets.isDenied = true

    expect(await world.reason('orders')).toBe('secretUnreadable')
  })

  test('does not hold while a revoke is under way', async () => {
    const world = createVendWorld({}, 1)
    const { clientId } = world.place({ name: 'orders' })
    await world.vended('orders')
    world.mint.accepted.get(clientId)?.add('canary-orders-2')
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.timing.advance(30_000)
    await world.vended('orders')
    world.secrets.failing = 1
    world.timing.advance(1_000)

    expect(await world.reason('orders')).toBe('secretUnreadable')
  })

  test('holds with the value before while the new one cannot be read', async () => {
    const world = createVendWorld({}, 1)
    world.place({ name: 'orders' })
    const { token } = await world.vended('orders')
    world.switchTo('orders', 'rotate', 'canary-orders-2')
    world.timing.advance(30_000)
    world.secrets.isSealed = true

    const again = await world.vended('orders')

    expect(again.token).toBe(token)
    expect(world.mint.requests).toHaveLength(1)
  })

  test('the pauses between questions grow, up to five seconds', async () => {
    const world = createVendWorld({}, 1)
    world.place({ name: 'orders' })
    world.secrets.failing = 5
    const pauses: number[] = []

    for (let at = 0; at < 5; at += 1) {
      const outcome = await world.vend('orders')
      if (outcome.ok || !('until' in outcome.refusal)) throw new Error('expected a pause')
      pauses.push(outcome.refusal.until - world.timing.now())
      world.timing.advance(pauses.at(-1) ?? 0)
    }

    expect(pauses).toEqual([1_000, 2_000, 4_000, 5_000, 5_000])
    expect(await world.reason('orders')).toBe('minted')
  })

  test('a clock that was set back proves nothing', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    await world.vended('orders')

    world.timing.advance(-10_000)
    await world.vended('orders')

    expect(world.secrets.calls.filter((call) => call.startsWith('describe'))).toHaveLength(2)
  })
})

describe('a token that grows old', () => {
  const old = async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    const first = await world.vended('orders')
    world.timing.advance(0.75 * TOKEN_SECONDS * 1000)
    return { world, first }
  }

  test('is replaced while it is awaited, in a second at most', async () => {
    const { world, first } = await old()

    const { token, source } = await world.vended('orders')

    expect(source).toBe('refreshed')
    expect(token).not.toBe(first.token)
    expect(world.mint.requests.at(-1)?.withinMs).toBe(1_000)
  })

  test('is served when Stytch does not answer, and not asked for again for seconds', async () => {
    const { world, first } = await old()
    world.mint.planned.push(
      { outcome: 'unavailable', error: 'no reply' },
      { outcome: 'unavailable', error: 'no reply' },
    )

    const sources = [await world.reason('orders'), await world.reason('orders')]
    const mints = world.mint.requests.length
    world.timing.advance(3_000)
    const later = await world.vended('orders')

    expect(sources).toEqual(['stale', 'cached'])
    expect(mints).toBe(3)
    expect(later.source).toBe('refreshed')
    expect(later.token).not.toBe(first.token)
  })

  test('is served to the end of its floor and not beyond, however long Stytch is away', async () => {
    const { world } = await old()
    const gone = Array.from({ length: 400 }, () => ({ outcome: 'unavailable', error: 'no reply' }) as const)
    world.mint.planned.push(...gone)
    const reasons: string[] = []

    for (let minute = 45; minute < 61; minute += 1) {
      reasons.push(await world.reason('orders'))
      world.timing.advance(MINUTE_MS)
    }

    expect(reasons.slice(0, 15).every((reason) => reason === 'stale' || reason === 'cached')).toBe(true)
    expect(reasons.at(-1)).toBe('unavailable')
  })

  test('is replaced once: who comes while that is under way gets the old one at once', async () => {
    const { world, first } = await old()
    const { promise, resolve } = Promise.withResolvers<void>()
    world.mint.gate = promise

    // Their metadata is due as well: both wait for that first.
    const one = world.vended('orders')
    await Promise.resolve()
    const rest = Promise.all([world.vended('orders'), world.vended('orders')])
    await new Promise((done) => {
      setImmediate(done)
    })
    resolve()

    expect((await one).source).toBe('refreshed')
    for (const { token, source } of await rest) {
      expect(source).toBe('cached')
      expect(token).toBe(first.token)
    }
    expect(world.mint.requests).toHaveLength(2)
  })
})

describe('a credential that Stytch refuses', () => {
  test('buys nothing more, and after a minute of refusals what it bought is not served either', async () => {
    const world = createVendWorld({}, 1)
    const { clientId } = world.place({ name: 'orders' })
    await world.vended('orders')
    world.mint.accepted.delete(clientId)
    world.timing.advance(45 * MINUTE_MS)
    const reasons: string[] = []

    for (let second = 0; second <= 120; second += 10) {
      reasons.push(await world.reason('orders'))
      world.timing.advance(10_000)
    }

    expect(reasons.slice(0, 6).every((reason) => reason === 'stale' || reason === 'cached')).toBe(true)
    expect(reasons.at(-1)).toBe('credentialRefused')
    expect(world.cache.size().tokens).toBe(0)
  })

  test('by a node that is behind, for some seconds, costs no token', async () => {
    const world = createVendWorld({}, 1)
    const { clientId } = world.place({ name: 'orders' })
    await world.vended('orders')
    world.mint.accepted.delete(clientId)
    world.timing.advance(45 * MINUTE_MS)
    const reasons: string[] = []

    for (let second = 0; second <= 40; second += 1) {
      if (second === 20) world.mint.accepted.set(clientId, new Set(['canary-orders-1']))
      reasons.push(await world.reason('orders'))
      world.timing.advance(1_000)
    }

    expect(reasons).not.toContain('credentialRefused')
    expect(reasons).toContain('refreshed')
  })
})

describe('not_issued_before', () => {
  const seconds = (ms: number): number => Math.floor(ms / 1000) * 1000

  test('makes a mint when the token is older, and that token is for all', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    const first = await world.vended('orders')
    world.timing.advance(10_000)

    const notIssuedBefore = first.token.issuedAt + 1000
    const reasons = [
      await world.reason('orders', { notIssuedBefore }),
      await world.reason('orders', { notIssuedBefore }),
      await world.reason('orders'),
    ]

    expect(reasons).toEqual(['minted', 'cached', 'cached'])
  })

  test('looks at the labels again, a second after the last time, and so finds a revoke that a service knows of', async () => {
    const world = createVendWorld()
    const { clientId } = world.place({ name: 'orders' })
    await world.vended('orders')
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.switchTo('orders', 'settle')
    world.timing.advance(2_000)

    const { token } = await world.vended('orders', { notIssuedBefore: seconds(world.timing.now()) - 1000 })

    expect(token.issuedAt).toBeGreaterThanOrEqual(seconds(world.timing.now()) - 1000)
    expect(world.secrets.calls.filter((call) => call.startsWith('describe'))).toHaveLength(2)
    expect(world.mint.requests.at(-1)?.clientSecret.reveal()).toBe('canary-orders-2')
  })

  test('of whoever asks for it all the time brings one token in five seconds', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    await world.vended('orders')
    const reasons: string[] = []

    for (let second = 0; second < 10; second += 1) {
      world.timing.advance(1_000)
      reasons.push(await world.reason('orders', { notIssuedBefore: seconds(world.timing.now()) }))
    }

    expect(world.mint.requests.length).toBeLessThanOrEqual(4)
    expect(reasons).toContain('renewedLately')
  })

  test('after a revoke brings each scope set a token at once', async () => {
    const world = createVendWorld()
    const scopes = Array.from({ length: 8 }, (_, at) => `scope:${at}`)
    const { clientId } = world.place({ name: 'orders', scopes })
    const before = await Promise.all(scopes.map((one) => world.vended('orders', { scopes: [one] })))
    world.mint.accepted.set(clientId, new Set(['canary-orders-2']))
    world.switchTo('orders', 'revoke', 'canary-orders-2')
    world.switchTo('orders', 'settle')
    world.timing.advance(2_000)

    const found: string[] = []
    for (const [at, { token }] of before.entries()) {
      const asked = { scopes: [scopes[at] ?? ''], notIssuedBefore: token.issuedAt + 1000 }
      found.push(await world.reason('orders', asked))
    }

    expect(found).toEqual(scopes.map(() => 'minted'))
  })

  test('in the second of the token’s own issue is waited for', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    const first = await world.vended('orders')

    const second = await world.vended('orders', { notIssuedBefore: first.token.issuedAt + 1000 })

    expect(second.token.issuedAt).toBeGreaterThan(first.token.issuedAt)
  })

  test('that is far ahead is refused', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })

    expect(await world.reason('orders', { notIssuedBefore: world.timing.now() + 61_000 })).toBe('notYet')
    expect(world.mint.requests).toEqual([])
  })
})

describe('min_ttl', () => {
  test('makes a mint when the token has less left, and that token is for all', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    await world.vended('orders')
    world.timing.advance(35 * MINUTE_MS)

    const reasons = [
      await world.reason('orders', { minTtlMs: 20 * MINUTE_MS }),
      await world.reason('orders', { minTtlMs: 30 * MINUTE_MS }),
      await world.reason('orders', { minTtlMs: 30 * MINUTE_MS }),
    ]

    expect(reasons).toEqual(['cached', 'minted', 'cached'])
  })
})

describe('no time left', () => {
  test('is said, and nothing is asked', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.timing.restart(400)

    expect(await world.reason('orders')).toBe('outOfTime')
    expect(world.secrets.calls).toEqual([])
  })

  test('each call is bounded by what is left', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })
    world.timing.restart(1_500)

    await world.vended('orders')

    expect(world.mint.requests[0]?.withinMs).toBe(1_000)
  })
})

describe('whoever asks for ten thousand scope sets', () => {
  test('takes no token away from another client, and no more memory than a few dozen tokens', async () => {
    const world = createVendWorld()
    const scopes = Array.from({ length: 14 }, (_, at) => `scope:${at}`)
    world.place({ name: 'orders' })
    world.place({ name: 'greedy', scopes })
    const before = await world.vended('orders')

    for (let set = 1; set <= 10_000; set += 1) {
      await world.vended('greedy', { scopes: scopes.filter((_, at) => (set >> at) % 2 === 1) })
    }

    const after = await world.vended('orders')
    expect(after.source).toBe('cached')
    expect(after.token).toBe(before.token)
    expect(world.cache.size()).toEqual({ tokens: 33, pauses: 0 })
  })

  test('who is refused them all takes no more either, and asks Stytch for none', async () => {
    const world = createVendWorld()
    world.place({ name: 'orders' })

    for (let set = 0; set < 10_000; set += 1) await world.reason('orders', { scopes: [`other:${set}`] })

    expect(world.mint.requests).toEqual([])
    expect(world.cache.size()).toEqual({ tokens: 0, pauses: 0 })
    expect(world.secrets.calls).toHaveLength(1)
  })
})
