// What an operator decides about proof that consumers have moved (docs/adoption.md). Read with the rest of the rotation's settings
// (deploy-config.ts); absent, an overlap ends by its time alone.
import { readHours } from './client-config.ts'
import type { Place } from './config-place.ts'

export interface AdoptionProofConfig {
  /** How long a planned settle waits past the overlap for those who were not seen to move. */
  readonly waitAtMostHours: number
  /** Whoever has read nothing for so long before a switch is taken for gone. */
  readonly lookBackHours: number
}

export const adoptionDefaults = {
  /** A weekend, and the Monday on which somebody reads the mail. */
  waitAtMost: '72h',
  /** As long as the default period: whoever reads once between two rotations counts. */
  lookBack: '30d',
} as const

export interface AdoptionBounds {
  readonly periodHours: number
  readonly overlapHours: number
}

export const readAdoptionProof = (
  rotation: Place,
  { periodHours, overlapHours }: AdoptionBounds,
): AdoptionProofConfig | undefined => {
  const place = rotation.inner('adoptionProof')
  if (place === undefined) return undefined
  place.onlyKnows('waitAtMost', 'lookBack')
  const waitAtMostHours = readHours(place, 'waitAtMost', adoptionDefaults.waitAtMost) ?? 1
  const lookBackHours = readHours(place, 'lookBack', adoptionDefaults.lookBack) ?? 1
  const longest = overlapHours + waitAtMostHours
  if (longest >= periodHours) {
    place.fault('waitAtMost', `and the overlap make ${longest}h: expected less than the period of ${periodHours}h`)
  }
  if (lookBackHours < longest) {
    place.fault('lookBack', `is shorter than overlap and wait: expected at least ${longest}h`)
  }
  return { waitAtMostHours, lookBackHours }
}
