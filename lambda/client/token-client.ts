// For services in Node: asks the vendor for tokens, keeps each, and replaces it ahead of its end while it is still served. The service
// holds no secret, and asks once for all of its requests that want the same. How long a token lives is measured on a clock that nobody
// sets; while the vendor does not answer, a good token is served until its last second.
import { setTimeout } from 'node:timers/promises'
import { createLruMap } from '../core/base/lru-map.ts'
import { expectedClientName, isClientName } from '../core/secret/client-name.ts'
import { createElapsed } from './elapsed.ts'
import { createSignedRequest, type VendorPlace } from './signed-request.ts'
import {
  issuedAtOf,
  mayPass,
  readAnsweredToken,
  readVendFailure,
  type VendedToken,
  VendFailed,
} from './vended-token.ts'

export interface TokenRequest {
  /** The client's name, as the vendor's path has it. */
  readonly client: string
  /** @default - the client's default scopes */
  readonly scopes?: readonly string[]
  /** Life that the token must have left, in seconds, up to 1800. @default 60, and less while the vendor does not answer */
  readonly minTtlSeconds?: number
  /** How long the caller waits at most, in milliseconds. @default - the client's `patienceMs` */
  readonly withinMs?: number
}

export interface TokenClient {
  /** @throws VendFailed */
  token(request: TokenRequest): Promise<VendedToken>
  /**
   * For when a service refuses a token (it may have been revoked): the vendor is asked for one that was issued later.
   * @param refused the token that was refused: a newer one that somebody fetched meanwhile is then kept. @default - whatever is kept
   */
  forget(request: TokenRequest, refused?: string): void
}

export interface TokenClientSettings extends VendorPlace {
  /** For how long a request that got no answer, a 429 or a 5xx is sent again, in milliseconds. @default 30000 */
  readonly patienceMs?: number
  /** A token with less life left than this is replaced in the background, in seconds. @default 600 */
  readonly refreshAheadSeconds?: number
  /** Milliseconds on a clock that nobody sets. @default - Node's, and the time in which the machine slept */
  readonly elapsed?: () => number
  /** Epoch milliseconds, for `expiresAt` alone. @default - the system's */
  readonly now?: () => number
  /** @default - the system's */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** From 0 to 1, for jitter. @default - Math.random */
  readonly chance?: () => number
}

const DEFAULT_MIN_TTL_SECONDS = 60
/** The vendor takes no more. */
const MAX_MIN_TTL_SECONDS = 1800
const FIRST_PAUSE_MS = 400
const LONGEST_PAUSE_MS = 4_000
/** What a request waits for a newer token while the one that is here has less than the default life left. */
const LAST_MINUTE_WAIT_MS = 1_000
/** Between two tries to replace a token that is still good. */
const AHEAD_EVERY_MS = 15_000
/** The same after a definite no: what was missing may be there by now. */
const REFUSED_EVERY_MS = 1_000
const MAX_KEPT = 256
/** Of a try, in timeouts: credentials, a request, and the same request signed by another clock. */
const LONGEST_TRY = 3

interface Kept {
  readonly accessToken: string
  readonly scopes: readonly string[]
  /** On the clock that nobody sets. */
  readonly endsAt: number
}

interface Need {
  readonly client: string
  readonly scopes: readonly string[] | undefined
  readonly minTtlSeconds: number | undefined
  /** Epoch seconds; undefined: of any age. */
  readonly notIssuedBefore: number | undefined
}

interface Flight {
  readonly need: Need
  readonly generation: number
  readonly startedAt: number
  /** No try begins after that: as late as the most patient of its callers wants. */
  untilAt: number
  /** Of the last try. */
  failure?: VendFailed
  readonly landing: Promise<Kept>
}

/** What is known of one client and one set of scopes. */
interface Place {
  kept?: Kept | undefined
  /** Each fetches what all of its callers need. */
  flights: readonly Flight[]
  /** Of a token that was refused: nothing as old is served again. */
  notIssuedBefore?: number | undefined
  refused?: string | undefined
  /** How often something was refused: what was asked for before then is not kept. */
  generation: number
  aheadFrom: number
  /** Of the last flight, and when it ended; undefined: it brought a token. */
  failure?: { readonly reason: unknown; readonly at: number } | undefined
}

const keyOf = ({ client, scopes = [] }: TokenRequest): string => JSON.stringify([client, [...new Set(scopes)].sort()])

const covers = (flight: Need, need: Need): boolean => (flight.minTtlSeconds ?? 0) >= (need.minTtlSeconds ?? 0)

const bodyOf = ({ scopes = [], minTtlSeconds, notIssuedBefore }: Need): string =>
  JSON.stringify({
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(minTtlSeconds === undefined ? {} : { min_ttl: minTtlSeconds }),
    ...(notIssuedBefore === undefined ? {} : { not_issued_before: notIssuedBefore }),
  })

const failed = (client: string, code: string, description: string, status?: number): VendFailed =>
  new VendFailed(client, { status, code, description, retryAfterSeconds: undefined })

const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, signal === undefined ? {} : { signal })

/** Whether the kept token is another than the refused one, and no older. */
const isNewer = ({ accessToken }: Kept, refused: string): boolean => {
  const issuedAt = issuedAtOf(refused)
  return accessToken !== refused && (issuedAt === undefined || (issuedAtOf(accessToken) ?? 0) > issuedAt)
}

export const createTokenClient = (settings: TokenClientSettings): TokenClient => {
  const { patienceMs = 30_000, refreshAheadSeconds = 600, wait = sleep, chance = Math.random } = settings
  const { elapsed = createElapsed(), now = Date.now, timeoutMs = 5_000 } = settings
  const send = createSignedRequest(settings)
  const places = createLruMap<Place>(MAX_KEPT)
  /** Client → until when the vendor wants to be left alone, and what it said. */
  const blocked = createLruMap<{ readonly until: number; readonly failure: VendFailed }>(MAX_KEPT)

  const placeOf = (key: string): Place => {
    const known = places.get(key)
    if (known !== undefined) return known
    const place: Place = { flights: [], generation: 0, aheadFrom: 0 }
    places.set(key, place)
    return place
  }

  const once = async (need: Need): Promise<Kept> => {
    const { client } = need
    const askedAt = elapsed()
    const response = await send({ method: 'POST', path: `/clients/${client}/token`, body: bodyOf(need) }).catch(
      (error: unknown) => {
        throw failed(client, 'no_answer', error instanceof Error ? error.name : '')
      },
    )
    const text = await response.text().catch(() => '')
    if (response.status !== 200) throw new VendFailed(client, readVendFailure(response.status, text, response.headers))
    const token = readAnsweredToken(text)
    if (token === undefined) throw failed(client, 'server_error', 'The answer holds no token.', 200)
    const { accessToken, scopes, livesMs } = token
    return { accessToken, scopes, endsAt: askedAt + livesMs }
  }

  /** Full jitter: services that were turned away together must not come back together. */
  const pauseMs = (tries: number): number => chance() * Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS)

  const heed = (client: string, failure: VendFailed): void => {
    const { retryAfterSeconds } = failure
    if (retryAfterSeconds === undefined || !mayPass(failure)) return
    blocked.set(client, { until: elapsed() + retryAfterSeconds * 1000, failure })
  }

  const blockedMs = (client: string): number => Math.max(0, (blocked.get(client)?.until ?? 0) - elapsed())

  const fetchToken = async (need: Need, flight: Pick<Flight, 'untilAt' | 'failure'>): Promise<Kept> => {
    const { client } = need
    for (let tries = 1; ; tries += 1) {
      const askedFor = blockedMs(client)
      const said = blocked.get(client)?.failure
      if (askedFor > 0 && said !== undefined) {
        const restMs = askedFor + (tries === 1 ? pauseMs(1) : 0)
        if (elapsed() + restMs >= flight.untilAt) throw said
        await wait(restMs)
      }
      const [end] = await Promise.allSettled([once(need)])
      if (end.status === 'fulfilled') return end.value
      const failure: unknown = end.reason
      if (!(failure instanceof VendFailed) || !mayPass(failure)) throw failure
      flight.failure = failure
      heed(client, failure)
      const restMs = pauseMs(tries)
      if (elapsed() + Math.max(restMs, blockedMs(client)) >= flight.untilAt) throw failure
      await wait(restMs)
    }
  }

  const flightFor = (place: Place, need: Need, untilAt: number): Flight => {
    const { generation } = place
    const known = place.flights.find((flight) => flight.generation === generation && covers(flight.need, need))
    if (known !== undefined) {
      known.untilAt = Math.max(known.untilAt, untilAt)
      return known
    }
    const tries: Pick<Flight, 'untilAt' | 'failure'> = { untilAt }
    const landing = fetchToken(need, tries).then((token) => {
      const isOutdated = generation !== place.generation
      if (!isOutdated && token.endsAt > (place.kept?.endsAt ?? 0)) place.kept = token
      return token
    })
    const flight: Flight = Object.assign(tries, { need, generation, startedAt: elapsed(), landing })
    place.flights = [...place.flights, flight]
    const end = (failure: Place['failure']): void => {
      place.failure = failure
      place.flights = place.flights.filter((one) => one !== flight)
    }
    landing.then(
      () => end(undefined),
      (reason: unknown) => end({ reason, at: elapsed() }),
    )
    return flight
  }

  const leftMs = ({ endsAt }: Kept): number => endsAt - elapsed()

  const shown = (token: Kept): VendedToken => ({
    accessToken: token.accessToken,
    scopes: token.scopes,
    expiresAt: now() + leftMs(token),
  })

  /** Nobody waits for it, and nobody hears that it failed: the next one tries again. */
  const replaceBeside = (place: Place, need: Need): void => {
    if (place.flights.length > 0 || elapsed() < place.aheadFrom || blockedMs(need.client) > 0) return
    place.aheadFrom = elapsed() + AHEAD_EVERY_MS
    flightFor(place, need, elapsed() + patienceMs)
  }

  const replaceAhead = (place: Place, need: Need, kept: Kept): void => {
    if (leftMs(kept) >= refreshAheadSeconds * 1000) return
    // Twice the margin, or the vendor would answer with what is here already.
    replaceBeside(place, { ...need, minTtlSeconds: Math.min(2 * refreshAheadSeconds, MAX_MIN_TTL_SECONDS) })
  }

  /** One caller's time, whatever the flight has left. @returns undefined when it is over. */
  const within = async <Landed>(landing: Promise<Landed>, restMs: number): Promise<Landed | undefined> => {
    const done = new AbortController()
    const deadline = wait(Math.max(0, restMs), done.signal).then(() => undefined)
    deadline.catch(() => undefined)
    try {
      return await Promise.race([landing, deadline])
    } finally {
      done.abort()
    }
  }

  const fetchWithin = async (place: Place, need: Need, { withinMs }: TokenRequest): Promise<Kept> => {
    const flight = flightFor(place, need, elapsed() + (withinMs ?? patienceMs))
    // A last try may take its time; whoever came later with more patience is not waited for.
    const token = await within(flight.landing, withinMs ?? patienceMs + LONGEST_TRY * timeoutMs)
    if (token !== undefined) return token
    const said = flight.failure ?? blocked.get(need.client)?.failure
    throw said ?? failed(need.client, 'no_answer', 'No token came within the time of the caller.')
  }

  const isDefinite = ({ reason }: NonNullable<Place['failure']>): boolean =>
    !(reason instanceof VendFailed && mayPass(reason))

  /** While a token is good, a vendor that hangs is waited for once, and briefly. @throws a definite no that came to this very request */
  const replaceSoon = async (
    place: Place,
    need: Need,
    { withinMs = LAST_MINUTE_WAIT_MS }: TokenRequest,
  ): Promise<void> => {
    const askedAt = elapsed()
    const before = place.failure
    if (before !== undefined && isDefinite(before)) {
      place.aheadFrom = Math.min(place.aheadFrom, before.at + REFUSED_EVERY_MS)
    }
    replaceBeside(place, need)
    const flight = place.flights.at(-1)
    const restMs = flight === undefined ? 0 : flight.startedAt + LAST_MINUTE_WAIT_MS - elapsed()
    if (flight !== undefined && restMs > 0) {
      await within(Promise.allSettled([flight.landing]), Math.min(restMs, withinMs))
    }
    const { failure } = place
    if (failure !== undefined && failure.at >= askedAt && failure !== before && isDefinite(failure)) {
      throw failure.reason
    }
  }

  return {
    token: async (request) => {
      const { client, scopes, minTtlSeconds } = request
      if (!isClientName(client)) throw new TypeError(`client: expected ${expectedClientName(client)}`)
      const place = placeOf(keyOf(request))
      const need: Need = { client, scopes, minTtlSeconds, notIssuedBefore: place.notIssuedBefore }
      const hasLeft = (leastMs: number): boolean => place.kept !== undefined && leftMs(place.kept) >= leastMs
      if (place.kept !== undefined && hasLeft((minTtlSeconds ?? DEFAULT_MIN_TTL_SECONDS) * 1000)) {
        replaceAhead(place, need, place.kept)
        return shown(place.kept)
      }
      if (minTtlSeconds === undefined && hasLeft(1)) {
        await replaceSoon(place, need, request)
        if (place.kept !== undefined && hasLeft(1)) return shown(place.kept)
      }
      return shown(await fetchWithin(place, need, request))
    },
    forget: (request, refused) => {
      const place = places.get(keyOf(request))
      const accessToken = refused ?? place?.kept?.accessToken
      // Several requests of a service may be refused with the same token.
      if (place === undefined || accessToken === undefined || accessToken === place.refused) return
      if (place.kept !== undefined && isNewer(place.kept, accessToken)) return
      // Nor is what is being fetched for those who were refused a newer one as old as this.
      if (place.kept === undefined && (issuedAtOf(accessToken) ?? 0) < (place.notIssuedBefore ?? 0)) return
      place.kept = undefined
      place.refused = accessToken
      place.generation += 1
      const issuedAt = issuedAtOf(accessToken)
      if (issuedAt !== undefined) place.notIssuedBefore = Math.max(place.notIssuedBefore ?? 0, issuedAt + 1)
    },
  }
}
