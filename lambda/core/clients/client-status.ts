// What is known of a client without reading its value: from its secret's metadata, and from what Stytch shows of its slots. Pure. For
// people who look; what is to be done about it is due.ts's and the rotation's to decide.

import { isM2mClient } from '../secret/client-id.ts'
import { type AsOf, isManaged } from '../secret/is-managed.ts'
import { isOverdue, issuedAtEstimate } from '../secret/is-overdue.ts'
import { isStuck } from '../secret/is-stuck.ts'
import { CURRENT, unfinishedVersion, versionLabelled } from '../secret/labels.ts'
import { overlapEndsAt } from '../secret/overlap.ts'
import { isSettledOrigin, type Origin, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { type Hold, holdOf, isRetired } from '../secret/secret-tags.ts'
import type { ClientRecord } from './client-keeper.ts'

export const visibleStates = [
  'settled',
  'overlap',
  'revoked',
  'rotating',
  'stuck',
  'off',
  'retired',
  'empty',
  'deleted',
] as const
/**
 * settled: one value is accepted. overlap: two may be. revoked: a settle is due at once. rotating: a rotation is under way; stuck: one is,
 * and has been for over ten minutes. off: nothing rotates it. retired: its client was deactivated. empty: no AWSCURRENT. deleted: the
 * secret is scheduled for deletion.
 */
export type VisibleState = (typeof visibleStates)[number]

export interface Visible {
  readonly state: VisibleState
  /** What AWSCURRENT came from, and when that was asked for. */
  readonly last:
    | { readonly origin: Origin; readonly versionId: string; readonly askedAt: number | undefined }
    | undefined
  /** When the overlap ends at the earliest, epoch milliseconds; with a hold: not before it is released. */
  readonly overlapUntil: number | undefined
  /** When the value was issued, as far as metadata shows: its age. */
  readonly issuedAt: number | undefined
  /** When Secrets Manager last saw a rotation succeed, a settle included; before the first, when the secret was created. */
  readonly rotatedAt: number | undefined
  readonly isOverdue: boolean
  readonly hold: Hold | undefined
}

const stateOf = (secret: Secret, asOf: AsOf): VisibleState => {
  if (secret.isDeleted) return 'deleted'
  const current = versionLabelled(secret, CURRENT)
  if (current === undefined) return 'empty'
  if (isRetired(secret)) return 'retired'
  if (unfinishedVersion(secret) !== undefined) return isStuck(secret, asOf.now) ? 'stuck' : 'rotating'
  if (!isManaged(secret, asOf)) return 'off'
  if (isSettledOrigin(current.origin)) return 'settled'
  return current.origin === 'revoke' ? 'revoked' : 'overlap'
}

export const visibleOf = (secret: Secret, asOf: AsOf): Visible => {
  const state = stateOf(secret, asOf)
  const current = versionLabelled(secret, CURRENT)
  return {
    state,
    last: current === undefined ? undefined : { ...current, askedAt: readRequestToken(current.versionId).askedAt },
    overlapUntil: state === 'overlap' ? overlapEndsAt(secret, asOf.spans) : undefined,
    issuedAt: issuedAtEstimate(secret) || undefined,
    rotatedAt: secret.lastRotatedAt ?? secret.createdAt,
    isOverdue: isOverdue(secret, asOf),
    hold: holdOf(secret),
  }
}

/** What labels and slots say together; undefined where they say nothing that the state does not. */
export const slotWords = (
  state: VisibleState,
  record: ClientRecord | undefined,
  clientId?: string,
): string | undefined => {
  if (record === undefined && clientId !== undefined && !isM2mClient(clientId)) return undefined
  if (record === undefined) return 'Stytch knows no such client'
  if (!record.isActive) return 'inactive at Stytch: every value is refused'
  const { next } = record.slots
  if (state === 'settled' && next !== null)
    return `its label says settled, and a next secret, …${next}, is open at Stytch`
  if (state === 'overlap' && next === null) return 'no second value is accepted any more; a settle will say so'
  return undefined
}
