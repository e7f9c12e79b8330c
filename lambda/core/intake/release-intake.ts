// Opens the intake's gate again: every leak that it holds is reported first, as its own incident under its own id, and only then is the
// gate open. Killed in between, it is run again: an incident that is reported twice joins what runs. A person's decision, in their name.

import type { Events } from '../base/events.ts'
import { leakReported } from './intake-event.ts'
import { type Gate, type HeldLeak, OPEN_GATE } from './intake-gate.ts'
import { changeGate, type GateKeeper } from './pass-gate.ts'

export interface Release {
  readonly keeper: GateKeeper
  /** As whoever releases: the intake's own name is the intake's. */
  readonly events: Events<'m2m.security'>
}

const toEvent = (requestedBy: string) => (leak: HeldLeak) => {
  const { incidentId, reference, clientId } = leak
  const event = leakReported({ detector: 'plain', incidentId, reference }, clientId)
  return { ...event, detail: { ...event.detail, requestedBy } }
}

/** @returns what was held and is reported now. */
export const releaseIntake = ({ keeper, events }: Release, requestedBy: string): Promise<Gate['held']> =>
  changeGate(keeper, async (gate) => {
    if (gate.held.length > 0) await events.publish(gate.held.map(toEvent(requestedBy)))
    return { decision: gate.held, next: OPEN_GATE }
  })
