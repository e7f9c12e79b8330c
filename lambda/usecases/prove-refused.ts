// The evidence of a settle: every value that may have been accepted before is tried at the issuer, for real, and refused.
// Throws while one is still accepted, so that a settle never ends without its proof.
import { Fault } from '../domain/failures.ts'
import type { AcceptedValue, Evidence, RefusedValue } from '../domain/outcome.ts'
import type { ClientView } from '../domain/ports.ts'
import { type Origin, readRequestToken } from '../domain/request-token.ts'
import { PROPAGATION_WAITS_MS, type Rotation, readPast, sameValue, type Version } from './rotation.ts'

/**
 * Two values were accepted before a revoke, at most. The others cover attempts that were cleared, and values stored by hand, which
 * lie newer in the list than the one that was alive.
 */
const MAX_PAST_VALUES = 6
const MAX_PAST_VERSIONS = 20

const iso = (at: number): string => new Date(at).toISOString()

const proveRefused = async ({ issuer, timing }: Rotation, version: Version): Promise<RefusedValue> => {
  const { clientId, clientSecret } = version.secret
  for (const waitMs of [...PROPAGATION_WAITS_MS, undefined]) {
    const exchange = await issuer.exchange(clientId, clientSecret)
    if (!exchange.accepted) {
      const { status, error, requestId } = exchange
      const { versionId } = version
      return { versionId, lastFour: clientSecret.lastFour, status, error, requestId, provenAt: iso(timing.now()) }
    }
    if (waitMs !== undefined) await timing.wait(waitMs)
  }
  throw new Fault({
    code: 'STILL_ACCEPTED',
    retryable: true,
    message: `Stytch still accepts the value of version ${version.versionId} of client ${clientId}, which should be dead; the step will be asked again.`,
  })
}

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
    message: `Stytch refuses the value of version ${version.versionId} of client ${clientId}, which should be accepted; the step will be asked again.`,
  })
}

export interface SettleFacts {
  readonly secretId: string
  readonly requestToken: string
  /** What AWSCURRENT's version came from: after a revoke, everything that was valid before it must be proven dead. */
  readonly currentOrigin: Origin
  readonly current: Version
  readonly previous: Version | undefined
  /** The look that found the client settled. */
  readonly view: ClientView
}

/** The values before AWSCURRENT's, newest first, without repeats. */
const pastValues = async (rotation: Rotation, facts: SettleFacts): Promise<readonly Version[]> => {
  const { secretId, requestToken, current, previous, currentOrigin } = facts
  const past = previous === undefined || sameValue(previous, current) ? [] : [previous]
  if (currentOrigin !== 'revoke') return past
  const skip = new Set([requestToken, current.versionId, previous?.versionId])
  // A settle's version is a copy of another's value; a settle that was asked for often must not hide older ones.
  const entries = (await rotation.vault.listVersions(secretId)).filter(
    ({ versionId }) => !skip.has(versionId) && readRequestToken(versionId).origin !== 'settle',
  )
  for (const { versionId } of entries.slice(0, MAX_PAST_VERSIONS)) {
    if (past.length >= MAX_PAST_VALUES) break
    const version = await readPast(rotation, secretId, { versionId, clientId: current.secret.clientId })
    if (version === undefined || [current, ...past].some((known) => sameValue(known, version))) continue
    past.push(version)
  }
  return past
}

export const proveSettled = async (rotation: Rotation, facts: SettleFacts): Promise<Evidence> => {
  const { view } = facts
  const slots = { current: view.slots.current, next: null, requestId: view.requestId }
  const refused: RefusedValue[] = []
  for (const version of await pastValues(rotation, facts)) refused.push(await proveRefused(rotation, version))
  if (facts.currentOrigin !== 'revoke') return { slots, refused }
  return { slots, refused, accepted: await proveAccepted(rotation, facts.current) }
}
