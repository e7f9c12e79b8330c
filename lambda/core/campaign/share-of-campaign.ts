// How many of the secrets whose turn has come one periodic campaign rotates: no more than one and a half times what it would be if all were
// spread evenly. What would get older than its period goes in any case. Pure (docs/decisions/062).

export interface DueSecret {
  /** Epoch seconds until when it can be left to a later campaign; absent: it cannot. */
  readonly waitsUntil?: number
  /** Older than its period: every campaign tries it, and it takes no other's place. */
  readonly isLate?: true
  /** Its last attempt failed: likewise. */
  readonly isKnownFailure?: true
  /** It is known to have leaked: it waits for no later campaign. */
  readonly isLeaked?: true
}

const MOST_OF_MEAN = 1.5
/** The mean is a sum of as many fractions as there are secrets. */
const ROUNDING = 1e-6

/** @param mean how many secrets a campaign rotates, if all of the stage are spread evenly over their periods */
export const withinShare = <Due extends DueSecret>(due: readonly Due[], mean: number): readonly Due[] => {
  const isUrgent = ({ waitsUntil, isKnownFailure, isLeaked }: Due): boolean =>
    waitsUntil === undefined || isKnownFailure === true || isLeaked === true
  const takesPlace = ({ isLate, isKnownFailure }: Due): boolean => isLate !== true && isKnownFailure !== true
  const urgent = due.filter(isUrgent)
  const room = Math.max(1, Math.floor(mean * MOST_OF_MEAN + ROUNDING)) - urgent.filter(takesPlace).length
  const waiting = due
    .filter((one) => !isUrgent(one))
    .toSorted((one, other) => (one.waitsUntil ?? 0) - (other.waitsUntil ?? 0))
  return [...urgent, ...waiting.slice(0, Math.max(0, room))]
}
