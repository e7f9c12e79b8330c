// The evidence of a settle: every value that may have been accepted before is tried at the issuer, for real, and refused.
// Throws while one is still accepted, so that a settle never ends without its proof.
import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { type Origin, readRequestToken } from '../secret/request-token.ts'
import { LOST_VALUE } from '../secret/secret-format.ts'
import { pauseOf } from './bounds.ts'
import type { ClientView } from './issuer.ts'
import type { AcceptedValue, Evidence, RefusedValue } from './outcome.ts'
import { type Rotation, readForProof, sameValue, type Version, waitFor } from './rotation.ts'

/**
 * Two values were accepted before a revoke, at most. The others cover attempts that were cleared, and values stored by hand, which
 * lie newer in the list than the one that was alive: so keep reading until one lies behind a settle.
 */
const ENOUGH_PAST_VALUES = 6
const MAX_PAST_VALUES = 25
/** What Secrets Manager keeps of unlabelled versions (secrets-manager §1.4). Those of refused attempts hold no value. */
const MAX_PAST_READS = 100

const iso = (at: number): string => new Date(at).toISOString()

/** How often a value that is still accepted is tried again before the step gives up, and how long each time is waited. */
const STILL_ACCEPTED_WAITS_MS = [500, 1500, 4000] as const

interface Proving {
  readonly version: Version
  readonly wanted: number
  readonly requestIds: string[]
  readonly errors: string[]
  status: number
  firstRefusedAt: number | undefined
  lastAcceptedAt: number | undefined
}

const isProven = ({ requestIds, wanted }: Proving): boolean => requestIds.length >= wanted

/** One exchange. One that succeeds starts its count again. */
const tryAgain = async ({ issuer, timing }: Rotation, proving: Proving): Promise<void> => {
  const { clientId, clientSecret } = proving.version.secret
  const exchange = await issuer.exchange(clientId, clientSecret)
  if (exchange.accepted) {
    proving.requestIds.length = 0
    proving.errors.length = 0
    proving.firstRefusedAt = undefined
    proving.lastAcceptedAt = timing.now()
    return
  }
  proving.status = exchange.status
  proving.errors.push(exchange.error)
  proving.requestIds.push(exchange.requestId)
  proving.firstRefusedAt ??= timing.now()
}

const toRefused = ({ timing }: Rotation, proving: Proving): RefusedValue => {
  const { version, status, errors, requestIds, firstRefusedAt = timing.now(), lastAcceptedAt } = proving
  return {
    versionId: version.versionId,
    lastFour: version.secret.clientSecret.lastFour,
    status,
    error: errors.at(-1) ?? 'unknown',
    requestId: requestIds.at(-1) ?? 'none',
    provenAt: iso(timing.now()),
    refusals: requestIds.length,
    firstRefusedAt: iso(firstRefusedAt),
    ...defined({ lastAcceptedAt: lastAcceptedAt === undefined ? undefined : iso(lastAcceptedAt) }),
    errors: [...errors],
    requestIds: [...requestIds],
  }
}

/**
 * Tries each value until it was refused as often as its kind asks, all of them in turns, so that the pauses between the tries are shared.
 * Two were in a slot, at most, when the rotation before began, and attempts that were given up may lie newer than those in the list: so the
 * newest six are tried as often as the bounds say, older ones once.
 */
export const proveRefused = async (
  rotation: Rotation,
  versions: readonly Version[],
): Promise<readonly RefusedValue[]> => {
  const { refused: spread } = rotation.bounds
  const all = versions.map((version, at): Proving => {
    const wanted = at < ENOUGH_PAST_VALUES ? spread.count : 1
    return {
      version,
      wanted,
      requestIds: [],
      errors: [],
      status: 0,
      firstRefusedAt: undefined,
      lastAcceptedAt: undefined,
    }
  })
  let patient = 0
  for (let turn = 0; ; turn += 1) {
    const open = all.filter((proving) => !isProven(proving))
    if (open.length === 0) return all.map((proving) => toRefused(rotation, proving))
    const [alive] = open.filter(
      ({ lastAcceptedAt, requestIds }) => lastAcceptedAt !== undefined && requestIds.length === 0,
    )
    if (alive !== undefined) {
      const waitMs = STILL_ACCEPTED_WAITS_MS[patient]
      patient += 1
      if (waitMs === undefined) throw stillAccepted(alive.version)
      await rotation.timing.wait(waitMs)
    } else if (turn > 0) await waitFor(rotation, pauseOf(spread), 'Stytch refuses the value everywhere')
    for (const proving of open) await tryAgain(rotation, proving)
  }
}

const stillAccepted = ({ versionId, secret }: Version): Fault =>
  new Fault({
    code: 'STILL_ACCEPTED',
    retryable: true,
    message: `Stytch still accepts the value of version ${versionId} of client ${secret.clientId}, which should be dead; the step is retried.`,
  })

const proveAccepted = async ({ issuer, timing }: Rotation, version: Version): Promise<AcceptedValue> => {
  const { clientId, clientSecret } = version.secret
  const exchange = await issuer.exchange(clientId, clientSecret)
  if (exchange.accepted) {
    const { requestId } = exchange
    return { versionId: version.versionId, lastFour: clientSecret.lastFour, requestId, provenAt: iso(timing.now()) }
  }
  throw new Fault({
    code: 'PENDING_REFUSED',
    retryable: true,
    message: `Stytch refuses the value of version ${version.versionId} of client ${clientId}, which should be accepted; the step is retried.`,
  })
}

interface SettleFacts {
  readonly secretId: string
  /** What AWSCURRENT's version came from: after a revoke, everything that was valid before it must be proven dead. */
  readonly currentOrigin: Origin
  readonly current: Version
  readonly previous: Version | undefined
  /** The revoke's version, where AWSCURRENT has moved on from it: what is older was valid before it. */
  readonly revokeId?: string
  /** The look that found the client settled. */
  readonly view: ClientView
}

interface PastVersion {
  readonly versionId: string
  /** Whether a settle lies between AWSPREVIOUS and this version: its value had been replaced by then, or was the one that is left. */
  readonly isBehindSettle: boolean
}

/** The versions worth reading, newest first. A settle's is a copy of another's value. */
const pastVersions = async ({ secrets }: Rotation, facts: SettleFacts): Promise<readonly PastVersion[]> => {
  const { secretId, current, previous } = facts
  const found: PastVersion[] = []
  let isOlder = false
  let isBehindSettle = false
  for (const { versionId } of await secrets.listVersions(secretId)) {
    if (versionId === (facts.revokeId ?? previous?.versionId)) isOlder = true
    if (readRequestToken(versionId).origin === 'settle') isBehindSettle ||= isOlder
    else if (![current.versionId, previous?.versionId].includes(versionId)) found.push({ versionId, isBehindSettle })
  }
  return found.slice(0, MAX_PAST_READS)
}

interface PastValues {
  readonly values: readonly Version[]
  /** Versions in whose text no value is found: what Stytch says of them, its slots say. */
  readonly unreadable: readonly string[]
}

/** The values before AWSCURRENT's, newest first, without repeats; what only stands for a lost one proves nothing. */
const pastValues = async (rotation: Rotation, facts: SettleFacts): Promise<PastValues> => {
  const { secretId, current, previous, currentOrigin } = facts
  const { clientId } = current.secret
  const isPast = (version: Version, found: readonly Version[]): boolean =>
    !version.secret.clientSecret.equals(LOST_VALUE) && ![current, ...found].some((known) => sameValue(known, version))
  const values = previous !== undefined && isPast(previous, []) ? [previous] : []
  const unreadable: string[] = []
  if (currentOrigin !== 'revoke') return { values, unreadable }
  for (const { versionId, isBehindSettle } of await pastVersions(rotation, facts)) {
    const version = await readForProof(rotation, secretId, { versionId, clientId })
    if (version === 'unreadable') unreadable.push(versionId)
    if (version === undefined || version === 'unreadable' || !isPast(version, values)) continue
    values.push(version)
    if (values.length >= (isBehindSettle ? ENOUGH_PAST_VALUES : MAX_PAST_VALUES)) break
  }
  return { values, unreadable }
}

export const proveSettled = async (rotation: Rotation, facts: SettleFacts): Promise<Evidence> => {
  const { view } = facts
  const slots = { current: view.slots.current, next: null, requestId: view.requestId }
  const { values, unreadable } = await pastValues(rotation, facts)
  const refused = await proveRefused(rotation, values)
  if (facts.currentOrigin !== 'revoke') return { slots, refused }
  const bySlots = unreadable.length === 0 ? {} : { bySlots: unreadable }
  return { slots, refused, ...bySlots, accepted: await proveAccepted(rotation, facts.current) }
}
