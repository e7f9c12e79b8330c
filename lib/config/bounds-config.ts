// What an operator decides about replies that are old: how far Secrets Manager's labels and Stytch's answers may be behind, and how often
// and for how long a value is tried. Read with the rest of the configuration (deploy-config.ts); absent, safe defaults.

import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import { type Bounds, DEPLOYED, type Spread } from '../../lambda/core/rotation/bounds.ts'
import { MOST_STEP_WAITS_MS, stepWaitsMs } from '../../lambda/core/rotation/step-waits.ts'
import type { Place } from './config-place.ts'

/** A value that is not accepted after an hour never will be. */
const LONGEST_PATIENCE_MS = HOUR_MS
/** The sweep that confirms comes every few minutes. */
const LONGEST_CONFIRMATION_MS = 600_000
const MOST_TRIES = 10

const readSpread = (place: Place, name: string, { count, overMs }: Spread): Spread => {
  const inner = place.innerOrEmpty(name)
  inner.onlyKnows('count', 'overMs')
  return {
    count: inner.integer('count', count, [1, MOST_TRIES]),
    overMs: inner.integer('overMs', overMs, [0, MOST_STEP_WAITS_MS]),
  }
}

export const readBoundsConfig = (root: Place): Bounds => {
  const faultsBefore = root.faults.length
  const staleness = root.innerOrEmpty('staleness')
  staleness.onlyKnows('boundMs')
  const propagation = root.innerOrEmpty('propagation')
  propagation.onlyKnows('readLagMs', 'patienceMs', 'accepted', 'refused', 'confirmedAfterMs')
  const patience = propagation.innerOrEmpty('patienceMs')
  patience.onlyKnows('rotate', 'revoke')
  const accepted = propagation.innerOrEmpty('accepted')
  accepted.onlyKnows('planned', 'urgent')
  const bounds: Bounds = {
    staleLabelsMs: staleness.integer('boundMs', DEPLOYED.staleLabelsMs, [0, MOST_STEP_WAITS_MS]),
    readLagMs: propagation.integer('readLagMs', DEPLOYED.readLagMs, [0, MOST_STEP_WAITS_MS]),
    patienceMs: {
      rotate: patience.integer('rotate', DEPLOYED.patienceMs.rotate, [0, LONGEST_PATIENCE_MS]),
      revoke: patience.integer('revoke', DEPLOYED.patienceMs.revoke, [0, LONGEST_PATIENCE_MS]),
    },
    accepted: {
      planned: readSpread(accepted, 'planned', DEPLOYED.accepted.planned),
      urgent: readSpread(accepted, 'urgent', DEPLOYED.accepted.urgent),
    },
    refused: readSpread(propagation, 'refused', DEPLOYED.refused),
    confirmedAfterMs: propagation.integer('confirmedAfterMs', DEPLOYED.confirmedAfterMs, [0, LONGEST_CONFIRMATION_MS]),
  }
  const waitsMs = stepWaitsMs(bounds)
  if (root.faults.length === faultsBefore && waitsMs > MOST_STEP_WAITS_MS) {
    root.fault(
      'staleness.boundMs',
      `and the spans under propagation make one step wait up to ${waitsMs} ms: expected at most ${MOST_STEP_WAITS_MS}, since the function is stopped soon after (twice boundMs, twice readLagMs, and the longest overMs)`,
    )
  }
  return bounds
}
