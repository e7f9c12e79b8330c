// Stytch in memory: clients with two slots, the rotate calls that are not idempotent, and replies that get lost before their effect,
// after it, or long before it. Written from stytch-api §0, not from the adapter.

import { Fault } from '../../lambda/core/base/fault.ts'
import type { ClientRegistry } from '../../lambda/core/clients/client-registry.ts'
import type { Issuer, NotDone, RetireReply } from '../../lambda/core/rotation/issuer.ts'
import { createClientSecret } from '../../lambda/core/secret/client-secret.ts'
import type { CallLog } from './call-log.ts'
import { createHistory, type History } from './history.ts'

export const PROJECT_ID = 'project-test-00000000-0000-4000-8000-000000000000'

export interface FakeClient {
  current: string
  next: string | null
  isActive: boolean
  boundTo: string | undefined
}

/**
 * before: without the effect; after: with it; late: the effect comes when `land` is called. throttled is no loss: the reply says that
 * nothing was done, and how long to wait.
 */
export type Loss = 'before' | 'after' | 'late' | 'throttled'

export const THROTTLE_MS = 4000
const throttled: NotDone = {
  outcome: 'notDone',
  waitMs: THROTTLE_MS,
  fault: new Fault({ code: 'STYTCH_RATE_LIMITED', retryable: true, message: 'throttled, on purpose' }),
}

export interface FakeIssuer extends Issuer {
  readonly clients: Map<string, FakeClient>
  /** Makes chosen answers of look and exchange old: slots as they were. Whoever changes a client by hand notes it first. */
  readonly history: History<ReadonlyMap<string, FakeClient>>
  /** How the next replies get lost, one call each; the calls after them answer. */
  readonly losses: Record<'start' | 'complete' | 'cancel', Loss[]>
  /** Values that start hands out first; then it makes its own. */
  readonly fresh: string[]
  /** Values that are accepted although they sit in no slot, and values that are not although they do: propagation. */
  readonly lingering: Set<string>
  readonly unripe: Set<string>
  accepts(clientId: string, value: string): boolean
  /** The effects of late replies happen now. */
  land(): void
}

export const createFakeIssuer = (
  log: CallLog,
  { now }: { readonly now: () => number } = { now: () => 0 },
): FakeIssuer => {
  const clients = new Map<string, FakeClient>()
  const history = createHistory(
    now,
    (): ReadonlyMap<string, FakeClient> => new Map([...clients].map(([id, client]) => [id, { ...client }])),
  )
  const losses: FakeIssuer['losses'] = { start: [], complete: [], cancel: [] }
  const fresh: string[] = []
  const lingering = new Set<string>()
  const unripe = new Set<string>()
  const late: (() => void)[] = []
  let made = 0
  let requests = 0

  const nextRequestId = () => {
    requests += 1
    return `request-id-${requests}`
  }
  const makeValue = () => {
    made += 1
    return fresh.shift() ?? `canary-new${made}-n${String(made).padStart(3, '0')}`
  }
  const clientOf = (clientId: string): FakeClient => {
    const client = clients.get(clientId)
    if (client === undefined) throw new Error(`no client ${clientId}`)
    return client
  }
  const acceptsAs = (client: FakeClient | undefined, value: string): boolean => {
    if (client?.isActive !== true || unripe.has(value)) return false
    return client.current === value || client.next === value || lingering.has(value)
  }
  const accepts = (clientId: string, value: string): boolean => acceptsAs(clients.get(clientId), value)

  const start = (client: FakeClient): string | undefined => {
    if (client.next !== null) return undefined
    history.note()
    client.next = makeValue()
    return client.next
  }
  const complete = (client: FakeClient): Exclude<RetireReply['outcome'], 'notDone' | 'unknown'> => {
    if (client.next === null) return 'notRotating'
    history.note()
    client.current = client.next
    client.next = null
    return 'done'
  }
  const cancel = (client: FakeClient): Exclude<RetireReply['outcome'], 'notDone' | 'unknown'> => {
    if (client.next === null) return 'notRotating'
    history.note()
    client.next = null
    return 'done'
  }

  /** @returns what stands in for the reply, if it is lost; the effect has happened if it was to. */
  const lose = (
    name: keyof typeof losses,
    effect: () => void,
  ): { readonly outcome: 'unknown' } | NotDone | undefined => {
    const loss = losses[name].shift()
    if (loss === 'throttled') return throttled
    if (loss === 'after') effect()
    if (loss === 'late') late.push(effect)
    return loss === undefined ? undefined : { outcome: 'unknown' }
  }
  const retire = (
    name: 'complete' | 'cancel',
    clientId: string,
    effect: (client: FakeClient) => Exclude<RetireReply['outcome'], 'notDone' | 'unknown'>,
  ) =>
    log.run({ port: 'issuer', name, about: clientId }, (): RetireReply => {
      const client = clientOf(clientId)
      return lose(name, () => effect(client)) ?? { outcome: effect(client) }
    })

  return {
    projectId: PROJECT_ID,
    keepsBinding: () => true,
    clients,
    history,
    losses,
    fresh,
    lingering,
    unripe,
    accepts,
    land: () => {
      for (const effect of late.splice(0)) effect()
    },
    look: (clientId) =>
      log.run({ port: 'issuer', name: 'look', about: clientId }, () => {
        const client = history.read().get(clientId)
        if (client === undefined) return undefined
        const { current, next, isActive, boundTo } = client
        const slots = { current: current.slice(-4), next: next === null ? null : next.slice(-4) }
        return { slots, isActive, boundTo, requestId: nextRequestId() }
      }),
    exchange: (clientId, secret) =>
      log.run({ port: 'issuer', name: 'exchange', about: secret.reveal() }, () => {
        const requestId = nextRequestId()
        if (acceptsAs(history.read().get(clientId), secret.reveal())) return { accepted: true, requestId }
        return { accepted: false, status: 401, error: 'invalid_client', requestId }
      }),
    start: (clientId) =>
      log.run({ port: 'issuer', name: 'start', about: clientId }, () => {
        const client = clientOf(clientId)
        const lost = lose('start', () => start(client))
        if (lost !== undefined) return lost
        const value = start(client)
        return value === undefined
          ? { outcome: 'alreadyRotating' }
          : { outcome: 'started', secret: createClientSecret(value) }
      }),
    complete: (clientId) => retire('complete', clientId, complete),
    cancel: (clientId) => retire('cancel', clientId, cancel),
    bind: (clientId, secretArn) =>
      log.run({ port: 'issuer', name: 'bind', about: `${clientId} to ${secretArn}` }, () => {
        history.note()
        clientOf(clientId).boundTo = secretArn
      }),
  }
}

export interface FakeRegistry extends ClientRegistry {
  /** How the next replies of create get lost. */
  readonly losses: ('before' | 'after')[]
}

/** The registrar's side of the same clients. */
export const createFakeRegistry = (log: CallLog, { clients }: FakeIssuer): FakeRegistry => {
  const losses: FakeRegistry['losses'] = []
  return {
    losses,
    create: ({ clientId }) =>
      log.run({ port: 'registry', name: 'create', about: clientId }, () => {
        const value = 'canary-first-f001'
        const loss = losses.shift()
        if (loss !== 'before') clients.set(clientId, { current: value, next: null, isActive: true, boundTo: undefined })
        return loss === undefined ? { outcome: 'created', secret: createClientSecret(value) } : { outcome: 'unknown' }
      }),
    remove: (clientId) =>
      log.run({ port: 'registry', name: 'remove', about: clientId }, () => {
        clients.delete(clientId)
      }),
  }
}
