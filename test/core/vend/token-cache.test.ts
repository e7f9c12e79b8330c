// The cache against a model that is slow and plain, with a clock that is moved at will; and its rules one by one.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { createAccessToken, type MintedToken } from '../../../lambda/core/vend/access-token.ts'
import {
  cacheRules,
  createTokenCache,
  fingerprintOf,
  type Look,
  type MintFailure,
  type TokenCache,
  type TokenKey,
} from '../../../lambda/core/vend/token-cache.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const NOON = Date.UTC(2026, 10, 2, 12)

let made = 0
const tokenAt = (now: number, lifetimeMs = HOUR_MS): MintedToken => {
  made += 1
  return {
    token: createAccessToken(`token ${made}`),
    scopes: [],
    issuedAt: now,
    mintedAt: now,
    expiresAt: now + lifetimeMs,
    lifetimeMs,
    keyId: 'key',
  }
}
const key = (client = 'c', scopes: readonly string[] = ['a'], fingerprint = 'f'): TokenKey => ({
  client,
  scopes,
  fingerprint,
})
const lookAt = (cache: TokenCache, now: number, minTtlMs = 0, of = key()): Look['see'] =>
  cache.look(of, { now, minTtlMs }).see

describe('a token of one hour', () => {
  test.each([
    [0, 'fresh'],
    [44 * MINUTE_MS, 'fresh'],
    [45 * MINUTE_MS - 1, 'fresh'],
    [45 * MINUTE_MS, 'ageing'],
    [59 * MINUTE_MS, 'ageing'],
    [59 * MINUTE_MS + 1, 'nothing'],
    [2 * HOUR_MS, 'nothing'],
  ])('is, %i ms later, %s', (later, see) => {
    const cache = createTokenCache()
    cache.store(key(), tokenAt(NOON), 0)

    expect(lookAt(cache, NOON + later)).toBe(see)
  })

  test('is refreshed up to six minutes earlier, by chance', () => {
    const cache = createTokenCache()
    cache.store(key(), tokenAt(NOON), 1)

    expect(lookAt(cache, NOON + 39 * MINUTE_MS - 1)).toBe('fresh')
    expect(lookAt(cache, NOON + 39 * MINUTE_MS)).toBe('ageing')
  })

  test('is not served to who wants more life than it has left', () => {
    const cache = createTokenCache()
    cache.store(key(), tokenAt(NOON), 0)

    expect(lookAt(cache, NOON + 31 * MINUTE_MS, 30 * MINUTE_MS)).toBe('nothing')
    expect(lookAt(cache, NOON + 29 * MINUTE_MS, 30 * MINUTE_MS)).toBe('fresh')
  })

  test('nobody may want more than half of its life: every request would be a mint', () => {
    const cache = createTokenCache()
    cache.store(key(), tokenAt(NOON, 10 * MINUTE_MS), 0)

    expect(lookAt(cache, NOON + 4 * MINUTE_MS, 30 * MINUTE_MS)).toBe('fresh')
  })

  test('is served once more with one minute left, and never later, also when the clock jumps', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -HOUR_MS, max: 2 * HOUR_MS }), { maxLength: 20 }), (jumps) => {
        const cache = createTokenCache()
        const token = tokenAt(NOON)
        cache.store(key(), token, 0.5)
        let now = NOON
        for (const jump of jumps) {
          now += jump
          const look = cache.look(key(), { now, minTtlMs: 0 })
          if ('token' in look) expect(look.token.expiresAt - now).toBeGreaterThanOrEqual(cacheRules.floorMs)
        }
      }),
    )
  })
})

describe('a key', () => {
  test.each([
    ['another client', key('d')],
    ['other scopes', key('c', ['a', 'b'])],
    ['a scope that only begins the same', key('c', ['a:b'])],
    ['another value of the secret', key('c', ['a'], 'g')],
    ['a name that reads like the rest of a key', key('c f', ['a'])],
  ])('does not fit %s', (_what, other) => {
    const cache = createTokenCache()
    cache.store(key(), tokenAt(NOON), 0)

    expect(lookAt(cache, NOON, 0, other)).toBe('nothing')
  })

  test("holds a fingerprint of the secret's value, and not the value", () => {
    const [one, other] = [fingerprintOf(createClientSecret('canary-1')), fingerprintOf(createClientSecret('canary-2'))]

    expect(one).toMatch(/^[0-9a-f]{32}$/)
    expect(one).not.toBe(other)
    expect(fingerprintOf(createClientSecret('canary-1'))).toBe(one)
  })
})

describe('after a failure', () => {
  const failing = (failure: MintFailure, times: number, chance = 1) => {
    const cache = createTokenCache()
    let until = NOON
    const pauses = Array.from({ length: times }, () => {
      const before = until
      until = cache.fail(key(), failure, { now: before, chance })
      return until - before
    })
    return { cache, pauses, until }
  }

  test.each([
    ['credentialRefused', [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]],
    ['unavailable', [3_000, 6_000, 12_000, 24_000, 48_000, 60_000]],
    ['throttled', [3_000, 6_000, 12_000, 24_000, 48_000, 60_000]],
    ['scopeRefused', [30_000, 30_000, 30_000, 30_000, 30_000, 30_000]],
    ['tokenUnfit', [30_000, 60_000, 60_000, 60_000, 60_000, 60_000]],
  ] as const)('%s: the pauses grow up to their most', (failure, expected) => {
    expect(failing(failure, 6).pauses).toEqual(expected)
  })

  test('the pauses are jittered by half', () => {
    expect(failing('unavailable', 2, 0).pauses).toEqual([1_500, 3_000])
  })

  test('nothing is asked until the pause is over, and then once', () => {
    const { cache, until } = failing('unavailable', 1)

    expect(cache.look(key(), { now: until - 1, minTtlMs: 0 })).toEqual({ see: 'paused', failure: 'unavailable', until })
    expect(lookAt(cache, until)).toBe('nothing')
  })

  test("Stytch's own word is the least", () => {
    const cache = createTokenCache()

    expect(cache.fail(key(), 'throttled', { now: NOON, chance: 1, leastMs: 90_000 })).toBe(NOON + 90_000)
  })

  test('a token that is still good goes on being served, and is not refreshed until the pause is over', () => {
    const cache = createTokenCache()
    cache.store(key(), tokenAt(NOON), 0)
    const at = NOON + 50 * MINUTE_MS
    const until = cache.fail(key(), 'unavailable', { now: at, chance: 1 })

    expect(lookAt(cache, at)).toBe('fresh')
    expect(lookAt(cache, until)).toBe('ageing')
  })

  test.each(['credentialRefused', 'unavailable', 'throttled'] as const)(
    '%s holds for the credential, whatever the scopes',
    (failure) => {
      const { cache } = failing(failure, 1)

      expect(lookAt(cache, NOON, 0, key('c', ['other']))).toBe('paused')
      expect(lookAt(cache, NOON, 0, key('d'))).toBe('nothing')
    },
  )

  test.each(['scopeRefused', 'tokenUnfit'] as const)('%s holds for these scopes alone', (failure) => {
    const { cache } = failing(failure, 1)

    expect(lookAt(cache, NOON)).toBe('paused')
    expect(lookAt(cache, NOON, 0, key('c', ['other']))).toBe('nothing')
  })

  test('another value of the secret is asked for at once', () => {
    const { cache } = failing('credentialRefused', 4)

    expect(lookAt(cache, NOON, 0, key('c', ['a'], 'g'))).toBe('nothing')
  })

  test('a success ends it: the next failure begins anew', () => {
    const { cache } = failing('unavailable', 5)
    cache.store(key(), tokenAt(NOON, 1), 0)

    expect(cache.fail(key(), 'unavailable', { now: NOON, chance: 1 })).toBe(NOON + 3_000)
  })
})

describe('the bounds', () => {
  const scopeSet = (at: number): readonly string[] => [`s${at}`]

  test('ten thousand scope sets of one client leave 32 tokens of it, and none of another is lost', () => {
    const cache = createTokenCache()
    const others = Array.from({ length: 100 }, (_, at) => key(`client-${at}`))
    for (const other of others) cache.store(other, tokenAt(NOON), 0)

    for (let at = 0; at < 10_000; at += 1) cache.store(key('greedy', scopeSet(at)), tokenAt(NOON), 0)

    expect(cache.size().tokens).toBe(132)
    for (const other of others) expect(lookAt(cache, NOON, 0, other)).toBe('fresh')
  })

  test('ten thousand refused scope sets leave a bounded number of pauses, and the refused credential stays one', () => {
    const cache = createTokenCache()
    cache.fail(key('other'), 'credentialRefused', { now: NOON, chance: 1 })

    for (let at = 0; at < 10_000; at += 1) {
      cache.fail(key('greedy', scopeSet(at)), 'scopeRefused', { now: NOON, chance: 1 })
    }

    expect(cache.size().pauses).toBeLessThanOrEqual(cacheRules.maxTokens + 1)
    expect(lookAt(cache, NOON, 0, key('other'))).toBe('paused')
  })

  test('many clients: the one that keeps most gives way, its longest unused first', () => {
    const cache = createTokenCache({ ...cacheRules, maxTokens: 4, maxTokensOfClient: 3 })
    cache.store(key('a'), tokenAt(NOON), 0)
    for (const at of [0, 1, 2]) cache.store(key('b', scopeSet(at)), tokenAt(NOON), 0)
    lookAt(cache, NOON, 0, key('b', scopeSet(0)))

    cache.store(key('d'), tokenAt(NOON), 0)

    const seen = [key('a'), key('b', scopeSet(0)), key('b', scopeSet(1)), key('b', scopeSet(2)), key('d')]
    expect(seen.map((one) => lookAt(cache, NOON, 0, one))).toEqual(['fresh', 'fresh', 'nothing', 'fresh', 'fresh'])
  })
})

describe('what must go', () => {
  test('goes when another value becomes current: tokens and pauses of the others', () => {
    const cache = createTokenCache()
    cache.store(key('c', ['a'], 'old'), tokenAt(NOON), 0)
    cache.store(key('c', ['a'], 'new'), tokenAt(NOON), 0)
    cache.store(key('d', ['a'], 'old'), tokenAt(NOON), 0)
    cache.fail(key('c', ['b'], 'old'), 'scopeRefused', { now: NOON, chance: 1 })

    cache.keepOnly('c', 'new')

    expect(lookAt(cache, NOON, 0, key('c', ['a'], 'old'))).toBe('nothing')
    expect(lookAt(cache, NOON, 0, key('c', ['a'], 'new'))).toBe('fresh')
    expect(lookAt(cache, NOON, 0, key('d', ['a'], 'old'))).toBe('fresh')
    expect(cache.size()).toEqual({ tokens: 2, pauses: 0 })
  })

  test('goes when it was issued before its client was revoked', () => {
    const cache = createTokenCache()
    cache.store(key('c', ['a']), tokenAt(NOON), 0)
    cache.store(key('c', ['b']), tokenAt(NOON + 1000), 0)
    cache.store(key('d', ['a']), tokenAt(NOON), 0)

    cache.dropIssuedBefore('c', NOON + 1000)

    expect(lookAt(cache, NOON, 0, key('c', ['a']))).toBe('nothing')
    expect(lookAt(cache, NOON, 0, key('c', ['b']))).toBe('fresh')
    expect(lookAt(cache, NOON, 0, key('d', ['a']))).toBe('fresh')
  })
})

/** Everything that ever happened to a key, and what follows from it, without any of the cache's own bookkeeping. */
interface Model {
  now: number
  readonly tokens: Map<string, { readonly key: TokenKey; readonly token: MintedToken; readonly refreshAt: number }>
  readonly pauses: Map<string, { readonly client: string; readonly fingerprint: string; until: number; count: number }>
}

const text = ({ client, fingerprint, scopes }: TokenKey) => JSON.stringify([client, fingerprint, scopes])
const credential = ({ client, fingerprint }: TokenKey) => JSON.stringify([client, fingerprint])

/** Few enough that nothing is ever evicted: bounds are tested apart. */
const anyKey = fc.record({
  client: fc.constantFrom('c', 'd'),
  fingerprint: fc.constantFrom('f', 'g'),
  scopes: fc.constantFrom<readonly string[]>(['a'], ['a', 'b'], ['b']),
})

interface Command {
  check: (model: Readonly<Model>) => boolean
  run: (model: Model, cache: TokenCache) => void
  toString: () => string
}

const always = () => true

const isPausedIn = (model: Model, of: TokenKey): boolean =>
  [credential(of), text(of)].some((subject) => (model.pauses.get(subject)?.until ?? 0) > model.now)

const looking = (of: TokenKey, minTtlMs: number): Command => ({
  check: always,
  run: (model, cache) => {
    const held = model.tokens.get(text(of))
    const isPaused = isPausedIn(model, of)
    const least = Math.max(60_000, Math.min(minTtlMs, (held?.token.lifetimeMs ?? 0) / 2))
    const isUsable = held !== undefined && held.token.expiresAt - model.now >= least
    const expected = isUsable
      ? model.now >= held.refreshAt && !isPaused
        ? 'ageing'
        : 'fresh'
      : isPaused
        ? 'paused'
        : 'nothing'

    const look = cache.look(of, { now: model.now, minTtlMs })

    expect(look.see).toBe(expected)
    if ('token' in look) expect(look.token).toBe(held?.token)
  },
  toString: () => `look(${text(of)}, ${minTtlMs})`,
})

const storing = (of: TokenKey, lifetimeMs: number, chance: number): Command => ({
  check: always,
  run: (model, cache) => {
    const token = tokenAt(model.now, lifetimeMs)
    model.tokens.set(text(of), { key: of, token, refreshAt: model.now + (0.75 - 0.1 * chance) * lifetimeMs })
    model.pauses.delete(text(of))
    model.pauses.delete(credential(of))
    cache.store(of, token, chance)
  },
  toString: () => `store(${text(of)}, ${lifetimeMs}, ${chance})`,
})

const failingOnce = (of: TokenKey, failure: 'unavailable' | 'scopeRefused', chance: number): Command => ({
  check: always,
  run: (model, cache) => {
    const subject = failure === 'unavailable' ? credential(of) : text(of)
    const count = (model.pauses.get(subject)?.count ?? 0) + 1
    const grown = failure === 'unavailable' ? Math.min(3_000 * 2 ** (count - 1), 60_000) : 30_000
    const until = model.now + grown * (0.5 + chance / 2)
    model.pauses.set(subject, { client: of.client, fingerprint: of.fingerprint, until, count })

    expect(cache.fail(of, failure, { now: model.now, chance })).toBe(until)
  },
  toString: () => `fail(${text(of)}, ${failure}, ${chance})`,
})

const moving = (ms: number): Command => ({
  check: always,
  run: (model) => {
    model.now += ms
  },
  toString: () => `move(${ms})`,
})

const switching = (client: string, fingerprint: string): Command => ({
  check: always,
  run: (model, cache) => {
    for (const [name, { key: of }] of model.tokens) {
      if (of.client === client && of.fingerprint !== fingerprint) model.tokens.delete(name)
    }
    for (const [name, one] of model.pauses) {
      if (one.client === client && one.fingerprint !== fingerprint) model.pauses.delete(name)
    }
    cache.keepOnly(client, fingerprint)
  },
  toString: () => `switch(${client}, ${fingerprint})`,
})

const revoking = (client: string, agoMs: number): Command => ({
  check: always,
  run: (model, cache) => {
    const at = model.now - agoMs
    for (const [name, { key: of, token }] of model.tokens) {
      if (of.client === client && token.issuedAt < at) model.tokens.delete(name)
    }
    cache.dropIssuedBefore(client, at)
  },
  toString: () => `revoke(${client}, ${agoMs})`,
})

test('whatever happens in whatever order, with the clock moved to and fro, the cache does what the plain model does', () => {
  const chance = fc.constantFrom(0, 0.25, 0.5, 1)
  const commands = [
    fc.tuple(anyKey, fc.constantFrom(0, 0, MINUTE_MS, 30 * MINUTE_MS)).map((args) => looking(...args)),
    fc.tuple(anyKey, fc.constantFrom(HOUR_MS, 10 * MINUTE_MS, 1000), chance).map((args) => storing(...args)),
    fc
      .tuple(anyKey, fc.constantFrom<'unavailable' | 'scopeRefused'>('unavailable', 'scopeRefused'), chance)
      .map((args) => failingOnce(...args)),
    fc.oneof(fc.integer({ min: 0, max: 2 * HOUR_MS }), fc.integer({ min: -10_000, max: 10_000 })).map(moving),
    fc.tuple(fc.constantFrom('c', 'd'), fc.constantFrom('f', 'g')).map((args) => switching(...args)),
    fc.tuple(fc.constantFrom('c', 'd'), fc.integer({ min: 0, max: HOUR_MS })).map((args) => revoking(...args)),
  ]

  fc.assert(
    fc.property(fc.commands(commands, { size: '+1' }), (some) => {
      fc.modelRun(
        () => ({ model: { now: NOON, tokens: new Map(), pauses: new Map() }, real: createTokenCache() }),
        some,
      )
    }),
    { numRuns: 400 },
  )
})
