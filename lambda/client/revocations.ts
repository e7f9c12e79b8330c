// For whoever verifies tokens: which clients' tokens died with their secret, as the vendor lists it. The last list answers at once, and a
// newer one is asked for beside it; never by a timer, which a Lambda function would freeze. A vendor that hangs delays nobody twice: after
// a failure it is left alone for a while. The last list holds for a few minutes without it, and then none does.
import { setTimeout } from 'node:timers/promises'
import { isJsonObject, parseJsonObject } from '../core/base/json-object.ts'
import { createSignedRequest, type VendorPlace } from './signed-request.ts'

export interface Revocations {
  /**
   * @returns epoch seconds: a token of this client with an earlier `iat` is to be refused; undefined: none is.
   * @throws RevocationsUnavailable
   */
  notBefore(clientId: string): Promise<number | undefined>
}

export interface RevocationSettings extends VendorPlace {
  /** In seconds. @default 30 */
  readonly pollSeconds?: number
  /** For how long the last list holds while no newer one comes, in seconds. @default 300 */
  readonly maxAgeSeconds?: number
  /** Milliseconds on a clock that nobody sets. @default - performance.now */
  readonly elapsed?: () => number
  /** @default - the system's */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** From 0 to 1, for jitter. @default - Math.random */
  readonly chance?: () => number
}

export class RevocationsUnavailable extends Error {
  constructor(why: string) {
    super(`The list of revocations could not be read: ${why}.`)
    this.name = 'RevocationsUnavailable'
  }
}

/** What a request waits for a newer list when the last one is older than two polls, as after a quiet hour. */
const PATIENCE_MS = 250
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

interface List {
  readonly clients: ReadonlyMap<string, number>
  readonly askedAt: number
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

const readList = (text: string): ReadonlyMap<string, number> | undefined => {
  const { revocations } = parseJsonObject(text) ?? {}
  if (!Array.isArray(revocations)) return undefined
  const clients = new Map<string, number>()
  for (const one of revocations) {
    const { client_id: clientId, not_before: notBefore } = isJsonObject(one) ? one : {}
    if (typeof clientId !== 'string' || typeof notBefore !== 'number') return undefined
    clients.set(clientId, Math.max(notBefore, clients.get(clientId) ?? 0))
  }
  return clients
}

const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, signal === undefined ? {} : { signal })

const toUnavailable = (error: unknown): RevocationsUnavailable => {
  if (error instanceof RevocationsUnavailable) return error
  return new RevocationsUnavailable(error instanceof Error ? error.name : 'unknown')
}

export const createRevocations = (settings: RevocationSettings): Revocations => {
  const { pollSeconds = 30, maxAgeSeconds = 300, wait = sleep, chance = Math.random } = settings
  const { elapsed = () => performance.now() } = settings
  const send = createSignedRequest(settings)
  let known: List | undefined
  let flight: Flight | undefined
  let trouble: Trouble | undefined

  const ask = async (): Promise<void> => {
    const askedAt = elapsed()
    const response = await send({ method: 'GET', path: '/revocations' })
    const clients = response.status === 200 ? readList(await response.text()) : undefined
    if (clients === undefined) throw new RevocationsUnavailable(`HTTP ${response.status}`)
    known = { clients, askedAt }
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

  return {
    notBefore: async (clientId) => {
      if (ageMs() >= pollSeconds * 1000) {
        const newer = refresh()
        if (ageMs() > maxAgeSeconds * 1000) await newer?.landing
        else if (newer !== undefined && ageMs() >= 2 * pollSeconds * 1000) await waitBriefly(newer)
      }
      // A revoked token must not live on because nobody answers.
      if (ageMs() > maxAgeSeconds * 1000) throw trouble?.error ?? new RevocationsUnavailable('no answer')
      return known?.clients.get(clientId)
    },
  }
}
