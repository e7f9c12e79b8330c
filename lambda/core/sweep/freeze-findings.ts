// A freeze that somebody forgot, and one that cannot be read, for which everything planned waits as well. Both are noted from the first sweep that
// meets them, and people are notified once they last.
import { DAY_MS, HOUR_MS } from '../base/time-units.ts'
import type { FreezeReading } from '../rotation/freeze.ts'
import type { OpenFinding, Reports, StageFactKind, SweepFinding } from './reports.ts'

const FREEZE = 'freeze'
export const FREEZE_KINDS = ['frozen', 'freezeUnreadable'] as const satisfies readonly StageFactKind[]

/** Whoever freezes knows it on the same day. */
export const FROZEN_FOR_LONG_MS = DAY_MS
/** Systems Manager does not answer now and then. */
export const UNREADABLE_FOR_LONG_MS = HOUR_MS

export interface SeenFreeze {
  readonly reading: FreezeReading
  /** When the parameter was last changed, epoch milliseconds; undefined: not known. */
  readonly changedAt: number | undefined
}

export const freezeFinding = (
  { reading, changedAt }: SeenFreeze,
  known: readonly OpenFinding[],
  asOf: number,
): SweepFinding | undefined => {
  if (reading === 'off') return undefined
  const kind = reading === 'unreadable' ? 'freezeUnreadable' : 'frozen'
  const before = known.find((one) => one.kind === kind)?.since
  const since = changedAt ?? before ?? asOf
  const longMs = kind === 'frozen' ? FROZEN_FOR_LONG_MS : UNREADABLE_FOR_LONG_MS
  return { about: FREEZE, name: reading, kind, since, isForPeople: asOf - since >= longMs }
}

export const reportFreeze = (reports: Reports, seen: SeenFreeze, asOf: number): void => {
  const finding = freezeFinding(seen, reports.known ?? [], asOf)
  reports.looked(FREEZE, FREEZE_KINDS, finding === undefined ? [] : [finding.kind])
  if (finding !== undefined && reports.isDue(finding)) reports.made(finding)
}
