// What the sweep does with what it sees (architecture §3, the last table), and what an incident does: as decisions, without the calls.
import type { Intent, State } from './state.ts'

/** A planned clear of a stuck AWSPENDING waits this long; no killed execution's request is under way by then. */
export const STUCK_AFTER_MS = 10 * 60_000

export interface Sight {
  readonly state: State
  /** Age of the version under AWSPENDING. */
  readonly pendingAgeMs: number
  /** Since the later of LastRotatedDate and LastChangedDate. */
  readonly restedMs: number
  readonly overlapMs: number
}

export interface Due {
  readonly clear: boolean
  readonly ask: readonly Intent[]
}

const nothing: Due = { clear: false, ask: [] }

export const due = ({ state, pendingAgeMs, restedMs, overlapMs }: Sight): Due => {
  if (state.pending !== null) {
    if (pendingAgeMs < STUCK_AFTER_MS) return nothing
    return { clear: true, ask: state.pending.origin === 'revoke' ? ['revoke', 'settle'] : ['settle'] }
  }
  switch (state.current.origin) {
    case 'revoke':
      return { clear: false, ask: ['settle'] }
    case 'rotate':
    case 'rollback':
      return restedMs >= overlapMs ? { clear: false, ask: ['settle'] } : nothing
    default:
      return nothing
  }
}
