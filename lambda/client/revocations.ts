// For whoever verifies tokens: which clients' tokens died with their secret, as the vendor lists it. Asked for when it is needed and
// older than half a minute, once for all; never by a timer, which a Lambda function would freeze. While the vendor does not answer, the
// last list holds for a few minutes, and then none does.
import { isJsonObject, parseJsonObject } from '../core/base/json-object.ts'
import { createSingleFlight } from '../core/base/single-flight.ts'
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
  /** @default - the system's */
  readonly now?: () => number
}

export class RevocationsUnavailable extends Error {
  constructor(why: string) {
    super(`The list of revocations could not be read: ${why}.`)
    this.name = 'RevocationsUnavailable'
  }
}

interface List {
  readonly clients: ReadonlyMap<string, number>
  readonly askedAt: number
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

export const createRevocations = (settings: RevocationSettings): Revocations => {
  const { pollSeconds = 30, maxAgeSeconds = 300, now = Date.now } = settings
  const send = createSignedRequest(settings)
  let known: List | undefined
  const flights = createSingleFlight<void>()

  const ask = async (): Promise<void> => {
    const askedAt = now()
    const response = await send({ method: 'GET', path: '/revocations' })
    const clients = response.status === 200 ? readList(await response.text()) : undefined
    if (clients === undefined) throw new RevocationsUnavailable(`HTTP ${response.status}`)
    known = { clients, askedAt }
  }

  return {
    notBefore: async (clientId) => {
      const age = known === undefined ? Number.POSITIVE_INFINITY : now() - known.askedAt
      if (!(age >= 0 && age < pollSeconds * 1000)) {
        await flights.run('list', ask).catch((error: unknown) => {
          // The last list holds only so long: a revoked token must not live on because nobody answers.
          if (known !== undefined && now() - known.askedAt <= maxAgeSeconds * 1000) return
          throw error instanceof RevocationsUnavailable
            ? error
            : new RevocationsUnavailable(error instanceof Error ? error.name : 'unknown')
        })
      }
      return known?.clients.get(clientId)
    },
  }
}
