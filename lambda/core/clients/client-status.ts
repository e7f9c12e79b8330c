// What is known of a client without reading its value: from its secret's metadata, and from what Stytch shows of its slots. Pure. For
// people who look; what is to be done about it is due.ts's and the rotation's to decide.

import type { CheckFinding } from '../rotation/check-answer.ts'
import { isM2mClient } from '../secret/client-id.ts'
import { type AsOf, isManaged } from '../secret/is-managed.ts'
import { isOverdue, issuedAtEstimate } from '../secret/is-overdue.ts'
import { isStuck } from '../secret/is-stuck.ts'
import { CURRENT, unfinishedVersion, versionLabelled } from '../secret/labels.ts'
import { overlapEndsAt } from '../secret/overlap.ts'
import { isSettledOrigin, type Origin, readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf, type Hold, holdOf, isRetired } from '../secret/secret-tags.ts'
import { TOKEN_LIFETIME_MS } from '../secret/token-lifetime.ts'
import type { ClientRecord } from './client-keeper.ts'

/** What labels and dates alone tell. */
export const labelledStates = [
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
/** What only Stytch tells: that consumers cannot use what they read. */
export const checkedStates = ['dead', 'inactive', 'gone', 'foreign'] as const
/**
 * settled: one value is accepted. overlap: two may be. revoked: a settle is due at once. rotating: a rotation is under way; stuck: one is,
 * and has been for over ten minutes. off: nothing rotates it. retired: its client was deactivated. empty: no AWSCURRENT. deleted: the
 * secret is scheduled for deletion. dead: Stytch refuses AWSCURRENT. inactive: it accepts nothing of the client. gone: it knows no such client.
 * foreign: the client belongs to another secret.
 */
export type VisibleState = LabelledState | (typeof checkedStates)[number]
export type LabelledState = (typeof labelledStates)[number]
/** As it is printed. held: neither rotated nor settled as planned, until somebody releases it; a revoke takes no notice. */
export type ShownState = VisibleState | 'held'
export const shownStates: readonly ShownState[] = [...labelledStates, 'held', ...checkedStates]

/** Whether only Stytch can tell. */
export const isCheckedState = (state: ShownState): boolean => checkedStates.some((one) => one === state)

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

const stateOf = (secret: Secret, asOf: AsOf): LabelledState => {
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

/** What waits for a person's release and would else be rotated or settled as planned. */
export const shownState = ({ state, hold }: Pick<Visible, 'state' | 'hold'>): ShownState =>
  hold !== undefined && (state === 'settled' || state === 'overlap') ? 'held' : state

/** By what Stytch shows of the client, where nobody could try its value. */
const byRecord = (secret: Secret, record: ClientRecord | undefined): VisibleState | undefined => {
  const clientId = clientIdOf(secret)
  if (clientId === undefined || !isM2mClient(clientId)) return undefined
  if (record === undefined) return 'gone'
  if (record.boundTo !== undefined && record.boundTo !== secret.arn) return 'foreign'
  return record.isActive ? undefined : 'inactive'
}

/** States in which consumers read AWSCURRENT and nothing is about to change it. */
const inUse: readonly VisibleState[] = ['settled', 'overlap', 'revoked', 'off']

/** The state with what the rotation function found, if it found anything. */
export const foundState = (state: VisibleState, finding: CheckFinding | undefined): VisibleState =>
  inUse.includes(state) ? (checkedStates.find((one) => one === finding?.found) ?? state) : state

/** The state with what Stytch says of it. @param finding undefined or unknown: its value was not tried, and the client's record alone says something */
export const checkedState = (
  state: VisibleState,
  {
    secret,
    record,
    finding,
  }: { readonly secret: Secret; readonly record: ClientRecord | undefined; readonly finding: CheckFinding | undefined },
): VisibleState => {
  if (!inUse.includes(state)) return state
  if (finding === undefined || finding.found === 'unknown') return byRecord(secret, record) ?? state
  return foundState(state, finding)
}

const iso = (at: number): string => new Date(at).toISOString()

/** By whom, where that is on record; a colleague in the dashboard leaves no trace of it, and neither did this stage before it kept one. */
export const inactiveWords = ({ switchedOff }: ClientRecord): string => {
  const refused = 'inactive at Stytch: every value is refused'
  if (switchedOff === undefined) return `${refused}; tokens that it has end within an hour of it`
  if (switchedOff === null)
    return `${refused}; not by this stage's commands, as far as is recorded; tokens that it has end within an hour of it`
  const { at, by } = switchedOff
  return `${refused}; recorded: by ${by}, ${iso(at)}; tokens that it has end by ${iso(at + TOKEN_LIFETIME_MS)}`
}

/** What labels and slots say together; undefined where they say nothing that the state does not. */
export const slotWords = (
  state: VisibleState,
  record: ClientRecord | undefined,
  clientId?: string,
): string | undefined => {
  if (record === undefined && clientId !== undefined && !isM2mClient(clientId)) return undefined
  if (record === undefined) return 'Stytch knows no such client'
  if (!record.isActive) return inactiveWords(record)
  const { next } = record.slots
  if (state === 'settled' && next !== null)
    return `its label says settled, and a next secret, …${next}, is open at Stytch`
  if (state === 'overlap' && next === null) return 'no second value is accepted any more; a settle will say so'
  return undefined
}
