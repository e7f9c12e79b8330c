// The project's public keys, read once and again every ten minutes beside what they are needed for. While Stytch does not answer, known
// keys hold for hours: a key that signed good tokens a minute ago signs good ones now. A key that nobody knows is looked for at most once in
// half a minute, however many tokens name one. Own code: jose's remote set forgets what it knows after its longest age, answer or none.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { isJsonObject, parseJsonObject } from '../core/base/json-object.ts'

export interface ProjectKeysSettings {
  readonly url: URL
  /** Milliseconds on a clock that nobody sets. */
  readonly elapsed: () => number
  /** In milliseconds. @default 5000 */
  readonly timeoutMs?: number
}

export class KeysUnavailable extends Error {
  constructor(why: string) {
    super(`The project's keys could not be read: ${why}.`)
    this.name = 'KeysUnavailable'
  }
}

/** How often Stytch's keys are read again. It rotates them every six months, and serves the one before for a month. */
const RENEW_EVERY_MS = 10 * 60_000
/** How long keys hold while they cannot be renewed. */
export const KEYS_HOLD_MS = 12 * 60 * 60_000
const PAUSE_MS = 30_000

interface Known {
  readonly find: JWTVerifyGetKey
  readonly readAt: number
}

const isKeySet = (value: unknown): value is JSONWebKeySet =>
  isJsonObject(value) && Array.isArray(value.keys) && value.keys.every(isJsonObject)

export const createProjectKeys = ({ url, elapsed, timeoutMs = 5_000 }: ProjectKeysSettings): JWTVerifyGetKey => {
  let known: Known | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let flight: Promise<void> | undefined
  let trouble: KeysUnavailable | undefined

  const ask = async (): Promise<void> => {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
    if (response.status !== 200) throw new KeysUnavailable(`HTTP ${response.status}`)
    const keys = parseJsonObject(await response.text())
    if (!isKeySet(keys)) throw new KeysUnavailable('the answer holds none')
    known = { find: createLocalJWKSet(keys), readAt: elapsed() }
    trouble = undefined
  }

  const renew = (): Promise<void> => {
    if (flight === undefined) {
      askedAt = elapsed()
      flight = ask()
        .catch((error: unknown) => {
          const why = error instanceof Error ? error.name : 'unknown'
          trouble = error instanceof KeysUnavailable ? error : new KeysUnavailable(why)
        })
        .finally(() => {
          flight = undefined
        })
    }
    return flight
  }

  const mayAsk = (): boolean => flight !== undefined || elapsed() - askedAt >= PAUSE_MS
  const ageMs = (): number => (known === undefined ? Number.POSITIVE_INFINITY : elapsed() - known.readAt)

  /** @throws KeysUnavailable */
  const keysNow = async (): Promise<Known> => {
    if (ageMs() >= KEYS_HOLD_MS) {
      if (known === undefined || mayAsk()) await renew()
    } else if (ageMs() >= RENEW_EVERY_MS && mayAsk()) {
      // Beside the token that is judged meanwhile.
      void renew()
    }
    if (known === undefined || ageMs() >= KEYS_HOLD_MS) throw trouble ?? new KeysUnavailable('no answer')
    return known
  }

  return async (header, token) => {
    const { find } = await keysNow()
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (mayAsk()) await renew()
      // Perhaps a new key: whoever cannot read them does not know.
      if (trouble !== undefined) throw trouble
      return (await keysNow()).find(header, token)
    }
  }
}
