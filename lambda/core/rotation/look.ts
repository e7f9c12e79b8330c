// One look at the issuer: is this client ours, and in which position does it stand. Exchanges stored values for tokens only
// when last fours collide; changes nothing.

import { ok, type Result, refused } from '../base/result.ts'
import { type Intent, makesNewValue, readRequestToken } from '../secret/request-token.ts'
import type { ClientView } from './issuer.ts'
import { type Acceptance, type Sighting, type StoredName, sightings } from './position.ts'
import type { Refusal } from './refusal.ts'
import { isAccepted, type Rotation, readPast, type Version } from './rotation.ts'

/** Newest first; Secrets Manager keeps a hundred (secrets-manager §1.4). */
const MAX_LISTED = 25

/** A settle's version holds the same value as another. */
const isCopy = (versionId: string): boolean => readRequestToken(versionId).origin === 'settle'

export interface Stored {
  readonly current: Version
  readonly pending?: Version | undefined
  readonly previous?: Version | undefined
}

export interface LookRequest {
  readonly intent: Intent
  readonly stored: Stored
  /** createSecret claims an unbound client; every other step refuses it. */
  readonly mayBeUnbound?: boolean
  /** A next secret was asked for while AWSCURRENT's value sat in the current slot, or in none: it will never sit in next. */
  readonly isNextNew?: boolean
}

export interface Seen {
  readonly view: ClientView
  /** What the look was given to know (Issuer.look). */
  readonly known: readonly string[]
  readonly sighting: Sighting
}

/** Several fit, or none. Every stored value has been tried, so they agree on what is accepted. */
const ambiguous = ([first]: readonly Sighting[]): Sighting => ({
  position: 'ambiguous',
  pendingAccepted: first?.pendingAccepted ?? false,
  previousAccepted: first?.previousAccepted ?? false,
})

const onlyOne = (fitting: readonly Sighting[]): Sighting | undefined => (fitting.length === 1 ? fitting[0] : undefined)

/**
 * Marks of the stored values, AWSCURRENT's first. Where the issuer keeps a list, of all that were ever stored, as far as they can be
 * read: one of them may live that no label points at any more, and everything else in the list is somebody else's.
 */
const marksOf = async (rotation: Rotation, { current, pending, previous }: Stored): Promise<readonly string[]> => {
  const versions = [current, pending, previous].filter((version) => version !== undefined)
  const { arn } = current
  const { clientId } = current.secret
  if (rotation.issuer.keepsList?.(clientId) === true) {
    const others = (await rotation.secrets.listVersions(arn)).filter(({ versionId }) => !isCopy(versionId))
    for (const { versionId } of others.slice(0, MAX_LISTED)) {
      const past = await readPast(rotation, arn, { versionId, clientId })
      if (past !== undefined) versions.push(past)
    }
  }
  return [...new Set(versions.map(({ secret }) => secret.clientSecret.mark))]
}

/**
 * A revoke, and what ends its overlap, goes by the slots where the client is inactive: nothing of it is accepted then, and what leaked has to
 * be gone before somebody activates it.
 */
const mayBeInactive = (intent: Intent): boolean => intent === 'revoke' || intent === 'settle'

/** The client's view, if the client exists, is active and belongs to this secret. */
const viewOf = async (
  { issuer }: Rotation,
  { intent, stored, mayBeUnbound = false }: LookRequest,
  known: Seen['known'],
): Promise<Result<ClientView, Refusal>> => {
  const { current } = stored
  const view = await issuer.look(current.secret.clientId, known)
  if (view === undefined) return refused({ reason: 'clientNotFound' })
  const bound = view.boundTo === current.arn || (view.boundTo === undefined && mayBeUnbound)
  if (!bound) return refused({ reason: 'boundElsewhere', boundTo: view.boundTo })
  // What has begun ends by the slots as well: its AWSPENDING would stand in the way of a revoke.
  const hasBegun = stored.pending !== undefined && makesNewValue(intent)
  return view.isActive || mayBeInactive(intent) || hasBegun ? ok(view) : refused({ reason: 'clientInactive' })
}

const tryStoredValues = async (rotation: Rotation, stored: Stored): Promise<Acceptance> => {
  const acceptance: Partial<Record<StoredName, boolean>> = {}
  for (const name of ['current', 'pending', 'previous'] as const) {
    const version = stored[name]
    if (version !== undefined && version.isUnknown !== true) acceptance[name] = await isAccepted(rotation, version)
  }
  return acceptance
}

/**
 * Whether its value is one of ours: we store none that ends like the one beside it (docs/decisions/007). One that was stored by hand,
 * or adopted, may be a colleague's.
 */
const isMadeUnlike = ({ versionId }: Version): boolean => {
  const { origin, askedAt } = readRequestToken(versionId)
  return askedAt !== undefined && origin !== 'adopt'
}

/**
 * Looks without AWSPREVIOUS, which most moves do not need, and reads it only to name what will be refused.
 * @param readPrevious one more call to Secrets Manager.
 */
export const lookAndName = async (
  rotation: Rotation,
  request: LookRequest,
  readPrevious: () => Promise<Version | undefined>,
): Promise<Result<Seen, Refusal>> => {
  const seen = await look(rotation, request)
  if (!seen.ok || seen.value.sighting.position !== 'drift') return seen
  const previous = await readPrevious()
  return previous === undefined ? seen : look(rotation, { ...request, stored: { ...request.stored, previous } })
}

export const look = async (rotation: Rotation, request: LookRequest): Promise<Result<Seen, Refusal>> => {
  const { intent, stored, isNextNew = false } = request
  const known = await marksOf(rotation, stored)
  const view = await viewOf(rotation, request, known)
  if (!view.ok) return view
  const input = {
    slots: view.value.slots,
    intent,
    stored: {
      current: stored.current.secret.clientSecret,
      pending: stored.pending?.secret.clientSecret,
      previous: stored.previous?.secret.clientSecret,
    },
    isCurrentUnlike: isNextNew || isMadeUnlike(stored.current),
  }
  const shown = onlyOne(sightings(input))
  if (shown !== undefined) return ok({ view: view.value, known, sighting: shown })
  const fitting = sightings({ ...input, acceptance: await tryStoredValues(rotation, stored) })
  return ok({ view: view.value, known, sighting: onlyOne(fitting) ?? ambiguous(fitting) })
}
