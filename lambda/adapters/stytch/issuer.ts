// Stytch's M2M clients as the domain's Issuer: two slots, looked at by last four. Turns the vendor's error kinds into outcomes
// where a rotation has a next move, and into Faults where it has none.
import { Fault, type FaultCode } from '../../core/base/fault.ts'
import type { ClientView, Issuer, LookedAt, NotDone, RetireReply } from '../../core/rotation/issuer.ts'
import type { ClientSecret } from '../../core/secret/client-secret.ts'
import type { StytchApi, StytchClient } from './api.ts'
import type { StytchError, StytchErrorKind, StytchReply } from './reply.ts'
import { backoffMs } from './retry.ts'

const MANAGED_BY = 'managed_by'

interface Explanation {
  readonly code: FaultCode
  readonly retryable: boolean
  readonly advice: string
}

const explanations = (pair: string): Partial<Record<StytchErrorKind, Explanation>> => ({
  rateLimited: {
    code: 'STYTCH_RATE_LIMITED',
    retryable: true,
    advice: 'it can be retried; lower the pace if it lasts',
  },
  unavailable: {
    code: 'STYTCH_UNAVAILABLE',
    retryable: true,
    advice: 'Stytch could not be reached; it can be retried',
  },
  outcomeUnknown: {
    code: 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    advice: 'no reply said what happened; it can be retried',
  },
  unauthorizedProject: {
    code: 'STYTCH_UNAUTHORIZED',
    retryable: true,
    advice: `Stytch refuses the ${pair}; store the right one, then ask again`,
  },
})
const rejected: Explanation = {
  code: 'STYTCH_REJECTED',
  retryable: false,
  advice: 'asking again will not help; see the error name',
}

export interface FailedCall {
  readonly operation: string
  /** "client …", "project …". */
  readonly about: string
  /** What a 401 refuses. @default - the project secret */
  readonly pair?: string
}

/** The Fault for a reply that leaves its caller no next move. */
export const faultOf = ({ operation, about, pair = 'project secret' }: FailedCall, error: StytchError): Fault => {
  const { code, retryable, advice } = explanations(pair)[error.kind] ?? rejected
  const status = error.status === undefined ? '' : `HTTP ${error.status}, `
  return new Fault({
    code,
    retryable,
    message: `Stytch ${operation} for ${about} failed: ${status}${error.error}, request ${error.requestId}; ${advice}.`,
  })
}

export const stytchFault = (operation: string, clientId: string, error: StytchError): Fault =>
  faultOf({ operation, about: `client ${clientId}` }, error)

const boundTo = ({ trustedMetadata }: StytchClient): string | undefined => {
  const arn = trustedMetadata[MANAGED_BY]
  return typeof arn === 'string' && arn !== '' ? arn : undefined
}

/** Refused or unsent without effect: the caller waits, looks, and decides anew. */
export const toNotDone = (call: FailedCall, error: StytchError): NotDone | undefined =>
  error.kind === 'rateLimited' || error.kind === 'unavailable' || error.kind === 'unauthorizedProject'
    ? { outcome: 'notDone', waitMs: backoffMs(error, 1), fault: faultOf(call, error) }
    : undefined

/** The calls that a kind with two slots has, whatever its paths and envelopes are. */
export interface SlotCalls {
  /** The endpoint that tries a value knows no other 401 than the value's, and publishes no name for it. @default - refused by name only */
  readonly isRefusedWithoutName?: boolean
  /** Stytch keeps `managed_by` of it. @default - it has no such field */
  readonly keepsBinding?: boolean
  get(clientId: string): Promise<StytchReply<Omit<ClientView, 'requestId'>>>
  /** Those of these ids that there are, by one search. @default - the kind has none that goes by ids */
  search?(clientIds: readonly string[]): Promise<StytchReply<ReadonlyMap<string, Omit<ClientView, 'requestId'>>>>
  /** Succeeds when Stytch accepts the value. */
  exchange(clientId: string, clientSecret: ClientSecret): Promise<StytchReply<unknown>>
  start(clientId: string): Promise<StytchReply<ClientSecret>>
  /** `before`: where an issuer names each value by an id, it is the one that was looked at that goes. */
  complete(clientId: string, before: LookedAt): Promise<StytchReply<unknown>>
  cancel(clientId: string, before: LookedAt): Promise<StytchReply<unknown>>
  bind(clientId: string, secretArn: string): Promise<void>
}

/** An answer that Stytch does not publish for a refused credential shows neither that the value is dead nor that it lives. */
const exchangeFault = (clientId: string, error: StytchError): Fault => {
  const isUnknown = error.kind === 'rejected' || error.kind === 'unauthorizedProject'
  if (!isUnknown) return stytchFault('Token', clientId, error)
  return new Fault({
    code: 'STYTCH_ANSWER_UNKNOWN',
    retryable: true,
    message: `Stytch answered the exchange of a value of client ${clientId} with HTTP ${error.status ?? 'no status'}, ${error.error}, request ${error.requestId}: none of its names for a refused credential, so that the value counts neither as accepted nor as refused; the step is retried.`,
  })
}

const createLookMany =
  (search: NonNullable<SlotCalls['search']>): NonNullable<Issuer['lookMany']> =>
  async (clientIds) => {
    // Without an operand, a search is for all clients there are.
    if (clientIds.length === 0) return new Map()
    const reply = await search(clientIds)
    if (!reply.ok) throw faultOf({ operation: 'Search', about: count(clientIds) }, reply)
    const { requestId, value } = reply
    return new Map(
      clientIds.map((clientId) => {
        const view = value.get(clientId)
        return [clientId, view === undefined ? undefined : { ...view, requestId }]
      }),
    )
  }

const count = ({ length }: readonly string[]): string => `${length} client${length === 1 ? '' : 's'}`

const toRetireReply = (operation: string, clientId: string, reply: StytchReply<unknown>): RetireReply => {
  if (reply.ok) return { outcome: 'done' }
  if (reply.kind === 'notRotating') return { outcome: 'notRotating' }
  if (reply.kind === 'outcomeUnknown') return { outcome: 'unknown' }
  const notDone = toNotDone({ operation, about: `client ${clientId}` }, reply)
  if (notDone !== undefined) return notDone
  throw stytchFault(operation, clientId, reply)
}

export const createSlotIssuer = (calls: SlotCalls, projectId: string): Issuer => ({
  projectId,
  keepsBinding: () => calls.keepsBinding === true,
  look: async (clientId) => {
    const reply = await calls.get(clientId)
    if (reply.ok) return { ...reply.value, requestId: reply.requestId }
    if (reply.kind === 'notFound') return undefined
    throw stytchFault('Get', clientId, reply)
  },
  ...(calls.search === undefined ? {} : { lookMany: createLookMany(calls.search) }),
  exchange: async (clientId, clientSecret) => {
    const reply = await calls.exchange(clientId, clientSecret)
    const { requestId } = reply
    if (reply.ok) return { accepted: true, requestId }
    const isRefused =
      reply.kind === 'refusedCredential' ||
      reply.kind === 'notFound' ||
      (calls.isRefusedWithoutName === true && reply.kind === 'unauthorizedProject')
    if (!isRefused) throw exchangeFault(clientId, reply)
    return { accepted: false, status: reply.status ?? 0, error: reply.error, requestId }
  },
  start: async (clientId) => {
    const reply = await calls.start(clientId)
    if (reply.ok) return { outcome: 'started', secret: reply.value }
    if (reply.kind === 'alreadyRotating') return { outcome: 'alreadyRotating' }
    if (reply.kind === 'outcomeUnknown') return { outcome: 'unknown' }
    const notDone = toNotDone({ operation: 'Rotate Start', about: `client ${clientId}` }, reply)
    if (notDone !== undefined) return notDone
    throw stytchFault('Rotate Start', clientId, reply)
  },
  complete: async (clientId, before) => toRetireReply('Rotate', clientId, await calls.complete(clientId, before)),
  cancel: async (clientId, before) => toRetireReply('Rotate Cancel', clientId, await calls.cancel(clientId, before)),
  bind: calls.bind,
})

const toView = (client: StytchClient): Omit<ClientView, 'requestId'> => ({
  slots: client.slots,
  isActive: client.isActive,
  boundTo: boundTo(client),
})

/** Of Stytch's 1000 at most. */
const PAGE = 1000

export const createStytchIssuer = (api: StytchApi, projectId: string): Issuer =>
  createSlotIssuer(
    {
      keepsBinding: true,
      get: async (clientId) => {
        const reply = await api.getClient(clientId)
        return reply.ok ? { ...reply, value: toView(reply.value) } : reply
      },
      search: async (clientIds) => {
        const reply = await api.searchClients({ clientIds, limit: PAGE })
        if (!reply.ok) return reply
        return { ...reply, value: new Map(reply.value.clients.map((client) => [client.clientId, toView(client)])) }
      },
      exchange: (clientId, clientSecret) => api.token({ clientId, clientSecret }),
      start: api.rotateStart,
      complete: api.rotateComplete,
      cancel: api.rotateCancel,
      bind: async (clientId, secretArn) => {
        const reply = await api.updateClient(clientId, { trustedMetadata: { [MANAGED_BY]: secretArn } })
        if (!reply.ok) throw stytchFault('Update', clientId, reply)
      },
    },
    projectId,
  )
