// Carries a plan out: one client after another by the clients function, no faster than either service allows, and slower when one says
// so. What fails is reported and stops no other. It may be stopped at any moment: what was begun is finished by the function, and the
// next plan begins with what is there.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { forEachLimited, type LimitedResult } from '../base/for-each-limited.ts'
import type { Timing } from '../base/timing.ts'
import type { ClientsApi } from './clients-api.ts'
import type { PlannedChange } from './plan-clients.ts'

export interface Applying {
  readonly clientsApi: Pick<ClientsApi, 'declare' | 'retire' | 'discard'>
  readonly timing: Timing
}

export interface ApplyOrder {
  readonly set: string
  /** New with every run. */
  readonly requestId: string
  readonly changes: readonly PlannedChange[]
  /** How many at once. */
  readonly concurrency: number
  /** Calls a second that Stytch may see of it. */
  readonly stytchRate: number
  /** No further client is begun once it says so. */
  readonly isStopped: () => boolean
  readonly onEnd: (end: ApplyEnd) => void
}

export interface ApplyEnd {
  readonly change: PlannedChange
  readonly outcome: 'done' | 'failed'
  /** Of what was retired; or why it failed. */
  readonly words?: string
}

/**
 * Of Stytch, by the kind of change: a look and three calls for a new client (create, bind, and the exchange of the dry run that turns
 * rotation on); two looks at most for the others, and the change.
 */
const STYTCH_CALLS = { create: 4, update: 3, retire: 3, discard: 2 } as const

/** Half of AWS's 50 a second for policies, tags, creations and RotateSecret, each once a client: an incident needs the other half. */
export const CLIENTS_PER_SECOND = 25

const faultWords = (error: unknown): string => (error instanceof Fault ? error.message : 'an unforeseen failure')

/** Throttled, or without an answer: the request may be retried. */
const mayPass = (error: unknown): boolean => error instanceof Fault && error.retryable

const carryOut = async (
  { clientsApi }: Applying,
  { set, requestId }: ApplyOrder,
  change: PlannedChange,
): Promise<string | undefined> => {
  switch (change.kind) {
    case 'create':
    case 'update':
      await clientsApi.declare({ set, requestId, client: change.client })
      return undefined
    case 'retire':
      return clientsApi.retire({ secretName: change.secretName, owner: change.owner })
    case 'discard':
      await clientsApi.discard(change.clientId)
      return undefined
  }
}

/** How many clients may be begun a second so that Stytch sees no more than its rate, whatever mixture this is. */
const clientsPerSecond = ({ changes, stytchRate }: ApplyOrder): number => {
  const calls = changes.reduce((sum, { kind }) => sum + STYTCH_CALLS[kind], 0)
  return Math.min(CLIENTS_PER_SECOND, (stytchRate * changes.length) / Math.max(calls, 1))
}

const until = function* (changes: readonly PlannedChange[], isStopped: () => boolean): Generator<PlannedChange, void> {
  for (const change of changes) {
    if (isStopped()) return
    yield change
  }
}

export const applyClients = async (applying: Applying, order: ApplyOrder): Promise<LimitedResult> => {
  const { changes, concurrency, isStopped, onEnd } = order
  return forEachLimited(
    until(changes, isStopped),
    {
      timing: applying.timing,
      concurrency,
      perSecond: clientsPerSecond(order),
      isThrottle: mayPass,
      onFailure: (change, error) => onEnd({ change, outcome: 'failed', words: faultWords(error) }),
    },
    async (change) => {
      const words = await carryOut(applying, order, change)
      onEnd({ change, outcome: 'done', ...defined({ words }) })
    },
  )
}
