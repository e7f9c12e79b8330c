// How far the two services may be behind what they acknowledged, and how long a rotation allows for it. Settings of a deployment, since
// neither service documents its own (docs/guarantees.md, "When replies are old").

import { MINUTE_MS } from '../base/time-units.ts'
import type { Intent } from '../secret/request-token.ts'

/** So many answers, the first and the last at least so far apart. */
export interface Spread {
  readonly count: number
  readonly overMs: number
}

/** Milliseconds between two of the answers. */
export const pauseOf = ({ count, overMs }: Spread): number => (count > 1 ? Math.ceil(overMs / (count - 1)) : 0)

/** All in milliseconds. */
export interface Bounds {
  /** How old Secrets Manager's labels may be when they are read. */
  readonly staleLabelsMs: number
  /** How far a look at Stytch may be behind a change of its slots. */
  readonly readLagMs: number
  /** How long an issued value may take until it is accepted, counted from when it was asked for. */
  readonly patienceMs: { readonly rotate: number; readonly revoke: number }
  /** What a value has to pass before consumers are switched to it. */
  readonly accepted: { readonly planned: Spread; readonly urgent: Spread }
  /** What shows that a value which was in a slot is refused. */
  readonly refused: Spread
  /** So long after that, as many refusals again confirm it. */
  readonly confirmedAfterMs: number
}

export const DEPLOYED: Bounds = {
  staleLabelsMs: 10_000,
  readLagMs: 3000,
  patienceMs: { rotate: 10 * MINUTE_MS, revoke: 2 * MINUTE_MS },
  accepted: { planned: { count: 3, overMs: 10_000 }, urgent: { count: 2, overMs: 500 } },
  refused: { count: 3, overMs: 1000 },
  confirmedAfterMs: 60_000,
}

/** For stand-ins that answer with what is so: the same questions, without a wait between them. */
export const WITHOUT_LAG: Bounds = {
  ...DEPLOYED,
  staleLabelsMs: 0,
  readLagMs: 0,
  accepted: { planned: { count: 3, overMs: 0 }, urgent: { count: 2, overMs: 0 } },
  refused: { count: 3, overMs: 0 },
  confirmedAfterMs: 0,
}

export const patienceOf = ({ patienceMs }: Bounds, intent: Intent): number =>
  intent === 'rotate' ? patienceMs.rotate : patienceMs.revoke

/** A settle switches nobody: its value is AWSCURRENT's, which was tested before it was switched to. */
const ONCE: Spread = { count: 1, overMs: 0 }

export const acceptanceOf = ({ accepted }: Bounds, intent: Intent): Spread => {
  if (intent === 'settle') return ONCE
  return intent === 'rotate' ? accepted.planned : accepted.urgent
}
