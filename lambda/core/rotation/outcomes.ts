// The event bus, and the freeze, as a rotation asks for them.
import type { FreezeState } from './freeze.ts'
import type { OutcomeEvent } from './outcome.ts'

/** The event bus. */
export interface Outcomes {
  /** @throws Fault EVENT_NOT_SENT */
  emit(events: readonly OutcomeEvent[]): Promise<void>
}

/** Whether rotations are frozen: one switch for a stage, which native schedules meet too. */
export interface Freeze {
  /** @throws Fault FREEZE_UNREADABLE */
  read(): Promise<FreezeState>
}
