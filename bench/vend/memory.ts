// How much memory a full cache holds, a client's and in all: many caches of each form are filled with tokens of a JWT's length, and weighed.

import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCache } from 'async-cache-dedupe'
import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import { createAccessToken } from '../../lambda/core/vend/access-token.ts'
import { cacheRules, createTokenCache } from '../../lambda/core/vend/token-cache.ts'
import { integer, type Table } from '../report.ts'

const CACHES = 30
const SIZES = [cacheRules.maxTokens, 4_096] as const

const collect = (): number => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let times = 0; times < 3; times += 1) gc()
  return process.memoryUsage().heapUsed
}

/** As long as a client's JWT with a scope or two. */
const newToken = (): string => randomBytes(600).toString('base64url')
const scopeOf = (at: number): string => `read:thing${at}`
const CLIENTS = 16

type Fill = (count: number) => Promise<unknown>

const ours: Fill = async (count) => {
  const cache = createTokenCache()
  const now = Date.now()
  const fingerprint = 'f'.repeat(32)
  for (let at = 0; at < count; at += 1) {
    const scopes = [scopeOf(at)]
    const life = { issuedAt: now, mintedAt: now, expiresAt: now + HOUR_MS, lifetimeMs: HOUR_MS }
    const key = { client: `client-${at % CLIENTS}`, fingerprint, scopes }
    cache.store(key, { token: createAccessToken(newToken()), scopes, keyId: 'jwk-test-1', ...life }, 0.5)
  }
  return cache
}

const dedupe: Fill = async (count) => {
  const cache = createCache({ ttl: 3500, storage: { type: 'memory', options: { size: count } } }).define(
    'token',
    async (_key: string): Promise<string> => newToken(),
  )
  for (let at = 0; at < count; at += 1) await cache.token(`client-${at % CLIENTS} ${scopeOf(at)}`)
  return cache
}

const map: Fill = async (count) => {
  const kept = new Map<string, { readonly token: string; readonly until: number }>()
  for (let at = 0; at < count; at += 1) {
    kept.set(`client-${at % CLIENTS} ${scopeOf(at)}`, { token: newToken(), until: Date.now() + HOUR_MS })
  }
  return kept
}

/** kB of one. */
const weigh = async (fill: Fill, count: number): Promise<number> => {
  const before = collect()
  const kept: unknown[] = []
  for (let at = 0; at < CACHES; at += 1) kept.push(await fill(count))
  const kB = (collect() - before) / kept.length / 1000
  // Used once more, so that nothing is collected before it is weighed.
  if (kept.length !== CACHES) throw new Error('a cache was lost')
  return kB
}

export const memoryTable = async (): Promise<Table> => {
  const rows: (readonly string[])[] = []
  for (const [name, fill] of [
    ['**this project’s cache**', ours],
    ['`async-cache-dedupe`', dedupe],
    ['a Map with a TTL (for reference)', map],
  ] as const) {
    const cells: string[] = []
    for (const size of SIZES) cells.push(integer(await weigh(fill, size)))
    rows.push([name, ...cells])
  }
  return {
    title: `Memory of a cache, kB, after so many different scope sets of ${CLIENTS} clients were asked for`,
    columns: ['cache', ...SIZES.map(integer)],
    rows,
    notes: [
      `This project’s keeps ${cacheRules.maxTokensOfClient} tokens of a client and ${cacheRules.maxTokens} in all: a caller who makes up scope sets fills no environment’s memory, and drives no other out.`,
    ],
  }
}
