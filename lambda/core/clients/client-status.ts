// What can be told of a client without reading its value: from its secret's metadata, and from what Stytch shows of its slots. Pure. For
// people who look; what is to be done about it is due.ts's and the rotation's to decide.

import { isM2mClient } from '../secret/client-id.ts'
import { type ManagedSecret, switchedAt, unfinishedVersion, versionLabelled } from '../secret/fleet.ts'
import { isSettledOrigin, type Origin, readRequestToken } from '../secret/request-token.ts'
import { type Hold, holdOf, isRetired, overlapOf, periodOf, type StageSpans } from '../secret/secret-tags.ts'
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
  /** Since when the value is in place, as far as metadata tells. */
  readonly rotatedAt: number | undefined
  readonly isOverdue: boolean
  readonly hold: Hold | undefined
}

const STUCK_AFTER_MS = 10 * 60_000

export interface Looking {
  readonly rotationFunctionArn: string
  readonly spans: StageSpans
  readonly now: number
}

const stateOf = (secret: ManagedSecret, { rotationFunctionArn, now }: Looking): VisibleState => {
  if (secret.isDeleted) return 'deleted'
  const current = versionLabelled(secret, 'AWSCURRENT')
  if (current === undefined) return 'empty'
  if (isRetired(secret)) return 'retired'
  const unfinished = unfinishedVersion(secret)
  if (unfinished !== undefined) {
    const since = readRequestToken(unfinished.versionId).askedAt ?? secret.lastChangedAt ?? now
    return now - since > STUCK_AFTER_MS ? 'stuck' : 'rotating'
  }
  if (!secret.rotationEnabled || secret.rotationFunctionArn !== rotationFunctionArn) return 'off'
  if (isSettledOrigin(current.origin)) return 'settled'
  return current.origin === 'revoke' ? 'revoked' : 'overlap'
}

export const visibleOf = (secret: ManagedSecret, looking: Looking): Visible => {
  const { spans, now } = looking
  const state = stateOf(secret, looking)
  const current = versionLabelled(secret, 'AWSCURRENT')
  const rotatedAt = secret.lastRotatedAt ?? secret.createdAt
  const hold = holdOf(secret)
  return {
    state,
    last: current === undefined ? undefined : { ...current, askedAt: readRequestToken(current.versionId).askedAt },
    overlapUntil: state === 'overlap' ? switchedAt(secret) + overlapOf(secret, spans) : undefined,
    rotatedAt,
    isOverdue:
      hold === undefined && rotatedAt !== undefined && state !== 'retired' && now > rotatedAt + periodOf(secret, spans),
    hold,
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
