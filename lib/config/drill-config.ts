// How often a stage wants a drill (`m2m drill`). Nothing runs one by itself, since a person has to confirm the notice: the setting makes
// `m2m doctor` report that one is overdue.
import { readHours } from './client-config.ts'
import type { Place } from './config-place.ts'

export interface DrillConfig {
  /** Absent: none is asked for. */
  readonly everyHours?: number
}

export const readDrill = (root: Place): DrillConfig => {
  const place = root.inner('drill')
  if (place === undefined) return {}
  place.onlyKnows('every')
  const everyHours = readHours(place, 'every', '')
  return everyHours === undefined ? {} : { everyHours }
}
