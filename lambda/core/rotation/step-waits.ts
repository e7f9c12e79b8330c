// How long one step waits by its bounds alone, however fast everybody answers. It has to fit into the function's timeout.

import { STEP_CALLS_MS, STEP_TIMEOUT_MS } from '../secret/step-timeout.ts'
import type { Bounds } from './bounds.ts'

/** What the bounds may ask of a step. Milliseconds. */
export const MOST_STEP_WAITS_MS = STEP_TIMEOUT_MS - STEP_CALLS_MS

/**
 * In milliseconds, at the most: until labels show, a second look at them and at the slots, and then what the longest of its tries takes.
 * Patience and the confirmation are longer than a step, and are waited for between steps.
 */
export const stepWaitsMs = ({ staleLabelsMs, readLagMs, accepted, refused }: Bounds): number =>
  2 * staleLabelsMs + 2 * readLagMs + Math.max(accepted.planned.overMs, accepted.urgent.overMs, refused.overMs)
