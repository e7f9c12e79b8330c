// How far the services may be behind, as settings of the functions that rotate. Absent: the defaults of a deployment.

import { type Bounds, DEPLOYED, type Spread } from '../core/rotation/bounds.ts'
import { MOST_STEP_WAITS_MS, stepWaitsMs } from '../core/rotation/step-waits.ts'
import type { Reader } from './reader.ts'

const readMs = (reader: Reader, name: string, otherwise: number): number => {
  const text = reader.optional(name)
  if (text === undefined) return otherwise
  if (/^\d{1,9}$/.test(text)) return Number(text)
  reader.fault(name, 'is malformed: expected milliseconds, 0 or more')
  return otherwise
}

/** `3 over 1000`: so many answers, the first and the last at least so many milliseconds apart. */
export const readSpread = (reader: Reader, name: string, otherwise: Spread): Spread => {
  const text = reader.optional(name)
  if (text === undefined) return otherwise
  const [, count, overMs] = /^([1-9]\d?) over (\d{1,9})$/.exec(text) ?? []
  if (count !== undefined && overMs !== undefined) return { count: Number(count), overMs: Number(overMs) }
  reader.fault(name, 'is malformed: expected a count from 1 to 99 and milliseconds, such as "3 over 10000"')
  return otherwise
}

/** @param otherwise what an absent setting means. */
export const readBounds = (reader: Reader, otherwise: Bounds = DEPLOYED): Bounds => {
  const { patienceMs, accepted } = otherwise
  const bounds: Bounds = {
    staleLabelsMs: readMs(reader, 'M2M_STALE_LABELS_MS', otherwise.staleLabelsMs),
    readLagMs: readMs(reader, 'M2M_READ_LAG_MS', otherwise.readLagMs),
    patienceMs: {
      rotate: readMs(reader, 'M2M_PATIENCE_ROTATE_MS', patienceMs.rotate),
      revoke: readMs(reader, 'M2M_PATIENCE_REVOKE_MS', patienceMs.revoke),
    },
    accepted: {
      planned: readSpread(reader, 'M2M_ACCEPTED_PLANNED', accepted.planned),
      urgent: readSpread(reader, 'M2M_ACCEPTED_URGENT', accepted.urgent),
    },
    refused: readSpread(reader, 'M2M_REFUSED', otherwise.refused),
    confirmedAfterMs: readMs(reader, 'M2M_CONFIRMED_AFTER_MS', otherwise.confirmedAfterMs),
  }
  const waitsMs = stepWaitsMs(bounds)
  if (waitsMs > MOST_STEP_WAITS_MS) {
    reader.fault(
      'M2M_STALE_LABELS_MS',
      `and the other spans make a step wait ${waitsMs} ms, over ${MOST_STEP_WAITS_MS}`,
    )
  }
  return bounds
}

/** The inverse of readSpread. */
export const writeSpread = ({ count, overMs }: Spread): string => `${count} over ${overMs}`

/** The inverse of readBounds. */
export const writeBounds = (bounds: Bounds): Record<string, string> => ({
  M2M_STALE_LABELS_MS: String(bounds.staleLabelsMs),
  M2M_READ_LAG_MS: String(bounds.readLagMs),
  M2M_PATIENCE_ROTATE_MS: String(bounds.patienceMs.rotate),
  M2M_PATIENCE_REVOKE_MS: String(bounds.patienceMs.revoke),
  M2M_ACCEPTED_PLANNED: writeSpread(bounds.accepted.planned),
  M2M_ACCEPTED_URGENT: writeSpread(bounds.accepted.urgent),
  M2M_REFUSED: writeSpread(bounds.refused),
  M2M_CONFIRMED_AFTER_MS: String(bounds.confirmedAfterMs),
})
