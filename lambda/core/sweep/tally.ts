// What one sweep has seen and done, as numbers.

/** The numbers of a sweep's summary. */
export interface Tally {
  seen: number
  managed: number
  /** Overlaps that are open, by the version that carries AWSCURRENT. */
  overlapsOpen: number
  /** Of the value that was rotated longest ago, in whole days. */
  oldestDays: number
  overdue: number
  rotationOff: number
  heldTooLong: number
  settleRefusing: number
  settlesAsked: number
  /** Overlaps that go on until consumers have been seen to move. */
  adoptionsAwaited: number
  /** Something else was under way for the secret. */
  busy: number
  stuckFinished: number
  stuckEnded: number
  stuckLeft: number
  /** Proofs of revokes that this sweep had made. */
  proofsStored: number
  /** Of those that were looked at, how many still lack a proof that is due. */
  proofsOwed: number
  /** Secrets of which it was found out whether Stytch accepts what consumers read. */
  checked: number
  /** Of those, the ones that consumers cannot use: the value is dead, or its client gone, or another secret's. */
  secretsDead: number
  clientsInactive: number
  /** A planned rotation would refuse what is stored. */
  valuesMalformed: number
  /** A next secret is open at Stytch, although the label says settled. */
  nextOpen: number
  /** Not asked about for want of time, or without an answer: a later sweep's. */
  checksLeft: number
  /** Secrets whose resource policy was looked at, each once in six hours. */
  policiesSeen: number
  /** Of those, how many have none, or one that the stage does not write. */
  policiesForeign: number
  /** Not looked at for want of time, when their turn had come. */
  policiesLeft: number
  reported: number
  failed: number
  throttles: number
  /** Not looked at for want of time: the next sweep's. */
  left: number
}

export const emptyTally = (): Tally => ({
  seen: 0,
  managed: 0,
  overlapsOpen: 0,
  oldestDays: 0,
  overdue: 0,
  rotationOff: 0,
  heldTooLong: 0,
  settleRefusing: 0,
  settlesAsked: 0,
  adoptionsAwaited: 0,
  busy: 0,
  stuckFinished: 0,
  stuckEnded: 0,
  stuckLeft: 0,
  proofsStored: 0,
  proofsOwed: 0,
  checked: 0,
  secretsDead: 0,
  clientsInactive: 0,
  valuesMalformed: 0,
  nextOpen: 0,
  checksLeft: 0,
  policiesSeen: 0,
  policiesForeign: 0,
  policiesLeft: 0,
  reported: 0,
  failed: 0,
  throttles: 0,
  left: 0,
})
