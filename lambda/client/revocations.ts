// For whoever verifies tokens: which clients' tokens died with their secret, as the stage publishes it. The last list answers at once, and a
// newer one is asked for beside it; never by a timer, which a Lambda function would freeze. A vendor that hangs delays nobody twice: after
// a failure it is left alone for a while. The last list holds for an hour without it, and then none does.
import { setTimeout } from 'node:timers/promises'
import { createElapsed } from './elapsed.ts'
import {
  type ReadList,
  RevocationsUnavailable,
  readPinnedKey,
  readUnsignedList,
  verifyList,
} from './revocation-list.ts'
import { createSignedRequest, type VendorPlace } from './signed-request.ts'

export interface Revocations {
  /**
   * @returns epoch seconds: a token of this client with an earlier `iat` is to be refused; undefined: none is.
   * @throws RevocationsUnavailable
   */
  notBefore(clientId: string): Promise<number | undefined>
}

export interface RevocationSettings extends VendorPlace {
  /**
   * Of the key that signs the list, the stack's output RevocationsPublicKey: as `aws kms get-public-key` prints it, PEM, or a JWK.
   * @default - needed, unless `acceptUnsigned` is set
   */
  readonly publicKey?: string
  /** Takes lists on the connection's word, signed or not: for the time in which a stack is upgraded. @default false */
  readonly acceptUnsigned?: boolean
  /** In seconds. @default 30 */
  readonly pollSeconds?: number
  /** For how long the last list holds while no newer one comes, in seconds; never longer than it says itself. @default 3600 */
  readonly maxAgeSeconds?: number
  /** Epoch milliseconds, against which a list expires. @default - the system's */
  readonly now?: () => number
  /** Milliseconds on a clock that nobody sets. @default - Node's, and the time in which the machine slept */
  readonly elapsed?: () => number
  /** @default - the system's */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** From 0 to 1, for jitter. @default - Math.random */
  readonly chance?: () => number
}

/** What a request waits for a newer list when the last one is older than two polls, as after a quiet hour. */
const PATIENCE_MS = 250
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

interface List extends ReadList {
  readonly askedAt: number
  readonly etag: string | null
}

interface Flight {
  readonly startedAt: number
  /** Never rejects. */
  readonly landing: Promise<void>
}

interface Trouble {
  readonly until: number
  readonly failures: number
  readonly error: RevocationsUnavailable
}

const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, signal === undefined ? {} : { signal })

const toUnavailable = (error: unknown): RevocationsUnavailable => {
  if (error instanceof RevocationsUnavailable) return error
  return new RevocationsUnavailable(error instanceof Error ? error.name : 'unknown')
}

/** This clock may be ahead. */
const CLOCK_TOLERANCE_MS = 60_000

/** @throws TypeError without a key. */
const readerOf = ({ publicKey, acceptUnsigned = false }: RevocationSettings) => {
  if (publicKey !== undefined) {
    const key = readPinnedKey(publicKey)
    return (text: string) => verifyList(text, key)
  }
  if (acceptUnsigned) return async (text: string) => readUnsignedList(text)
  throw new TypeError("publicKey: expected the key of the stack's output RevocationsPublicKey")
}

/** @throws TypeError without a key. */
export const createRevocations = (settings: RevocationSettings): Revocations => {
  const { pollSeconds = 30, maxAgeSeconds = 3600, wait = sleep, chance = Math.random } = settings
  const { elapsed = createElapsed(), now = Date.now } = settings
  const read = readerOf(settings)
  const send = createSignedRequest(settings)
  let known: List | undefined
  let flight: Flight | undefined
  let trouble: Trouble | undefined

  const ask = async (): Promise<void> => {
    const askedAt = elapsed()
    const etag = known?.etag ?? undefined
    const response = await send({
      method: 'GET',
      path: '/revocations',
      headers: etag === undefined ? {} : { 'if-none-match': etag },
    })
    const { status } = response
    if (status === 304 && known !== undefined) known = { ...known, askedAt }
    else if (status !== 200) throw new RevocationsUnavailable(`HTTP ${status}`)
    else {
      const list = await read(await response.text())
      // Somebody on the way shows what was so before.
      if (list.at < (known?.at ?? 0)) throw new RevocationsUnavailable('it is older than the one before')
      known = { ...list, askedAt, etag: response.headers.get('etag') }
    }
    // Nobody writes it any more: asked for with each request, it would use up what the API lets through.
    if (hasExpired()) throw new RevocationsUnavailable('it has expired')
    trouble = undefined
  }

  const fail = (error: unknown): void => {
    const failures = (trouble?.failures ?? 0) + 1
    const mostMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)
    trouble = { until: elapsed() + mostMs * (0.5 + chance() / 2), failures, error: toUnavailable(error) }
  }

  /** @returns undefined while the vendor is left alone. */
  const refresh = (): Flight | undefined => {
    if (flight !== undefined) return flight
    if (trouble !== undefined && trouble.until > elapsed()) return undefined
    const landing = ask()
      .catch(fail)
      .finally(() => {
        flight = undefined
      })
    flight = { startedAt: elapsed(), landing }
    return flight
  }

  const waitBriefly = async ({ startedAt, landing }: Flight): Promise<void> => {
    const restMs = startedAt + PATIENCE_MS - elapsed()
    if (restMs <= 0) return
    const done = new AbortController()
    const patience = wait(restMs, done.signal).catch(() => undefined)
    await Promise.race([landing, patience])
    done.abort()
  }

  const ageMs = (): number => (known === undefined ? Number.POSITIVE_INFINITY : elapsed() - known.askedAt)
  const hasExpired = (): boolean => known !== undefined && now() - CLOCK_TOLERANCE_MS > known.validUntil * 1000
  const isTooOld = (): boolean => ageMs() > maxAgeSeconds * 1000 || hasExpired()

  return {
    notBefore: async (clientId) => {
      if (ageMs() >= pollSeconds * 1000 || isTooOld()) {
        const newer = refresh()
        if (isTooOld()) await newer?.landing
        // After a quiet hour; while the vendor does not answer, nobody waits.
        else if (newer !== undefined && trouble === undefined && ageMs() >= 2 * pollSeconds * 1000) {
          await waitBriefly(newer)
        }
      }
      // A revoked token must not live on because nobody answers.
      if (isTooOld()) throw trouble?.error ?? new RevocationsUnavailable('no answer')
      return known?.clients.get(clientId)
    },
  }
}
