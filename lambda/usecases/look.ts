// One look at the issuer: is this client ours, and in which position does it stand. Exchanges stored values for tokens only
// when last fours collide; changes nothing.
import type { Refusal } from '../domain/failures.ts'
import type { ClientView } from '../domain/ports.ts'
import { type Acceptance, type Sighting, type StoredName, sightings } from '../domain/position.ts'
import type { Intent } from '../domain/request-token.ts'
import { ok, type Result, refused } from '../domain/result.ts'
import { isAccepted, type Rotation, type Version } from './rotation.ts'

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
}

export interface Seen {
  readonly view: ClientView
  readonly sighting: Sighting
}

/** What is left to say when several sightings fit: only what all of them agree on. */
const ambiguous = (fitting: readonly Sighting[]): Sighting => ({
  position: 'ambiguous',
  pendingAccepted: fitting.length > 0 && fitting.every(({ pendingAccepted }) => pendingAccepted),
  previousAccepted: fitting.length > 0 && fitting.every(({ previousAccepted }) => previousAccepted),
})

/** The client's view, if the client exists, is active and belongs to this secret. */
const viewOf = async (
  { issuer }: Rotation,
  { current }: Pick<Stored, 'current'>,
  mayBeUnbound = false,
): Promise<Result<ClientView, Refusal>> => {
  const view = await issuer.look(current.secret.clientId)
  if (view === undefined) return refused({ reason: 'clientNotFound' })
  const bound = view.boundTo === current.arn || (view.boundTo === undefined && mayBeUnbound)
  if (!bound) return refused({ reason: 'boundElsewhere', boundTo: view.boundTo })
  return view.isActive ? ok(view) : refused({ reason: 'clientInactive' })
}

const tryStoredValues = async (rotation: Rotation, stored: Stored): Promise<Acceptance> => {
  const acceptance: Partial<Record<StoredName, boolean>> = {}
  for (const name of ['current', 'pending', 'previous'] as const) {
    const version = stored[name]
    if (version !== undefined) acceptance[name] = await isAccepted(rotation, version)
  }
  return acceptance
}

/**
 * Looks without AWSPREVIOUS, which most moves do not need, and reads it only to name what will be refused.
 * @param readPrevious one more call to the vault.
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
  const { intent, stored, mayBeUnbound } = request
  const view = await viewOf(rotation, stored, mayBeUnbound)
  if (!view.ok) return view
  const input = {
    slots: view.value.slots,
    intent,
    stored: {
      current: stored.current.secret.clientSecret,
      pending: stored.pending?.secret.clientSecret,
      previous: stored.previous?.secret.clientSecret,
    },
  }
  const found = sightings(input)
  const [only] = found
  if (found.length === 1 && only !== undefined) return ok({ view: view.value, sighting: only })
  const told = sightings({ ...input, acceptance: await tryStoredValues(rotation, stored) })
  return ok({ view: view.value, sighting: told.length === 1 && told[0] !== undefined ? told[0] : ambiguous(told) })
}
