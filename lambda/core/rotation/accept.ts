// Whether a value is accepted, or refused, asked often enough and for long enough that every node of the issuer's has had its time: an answer is
// one node's, and a change is not everywhere at once (docs/decisions/052).

import type { Intent } from '../secret/request-token.ts'
import { acceptanceOf, pauseOf, type Spread } from './bounds.ts'
import { isAccepted, type Rotation, type Version, waitFor } from './rotation.ts'

interface Question {
  readonly spread: Spread
  readonly wanted: 'accepted' | 'refused'
  /** What a wait between two tries is for. */
  readonly until: string
}

/** @returns whether each try was answered as wanted; the first other answer ends it. @throws Fault TIME_TOO_SHORT */
const isAnsweredSteadily = async (
  rotation: Rotation,
  version: Version,
  { spread, wanted, until }: Question,
): Promise<boolean> => {
  for (let tries = 0; tries < spread.count; tries += 1) {
    if (tries > 0) await waitFor(rotation, pauseOf(spread), until)
    if ((await isAccepted(rotation, version)) !== (wanted === 'accepted')) return false
  }
  return true
}

export const isAcceptedSteadily = (rotation: Rotation, intent: Intent, version: Version): Promise<boolean> =>
  isAnsweredSteadily(rotation, version, {
    spread: acceptanceOf(rotation.bounds, intent),
    wanted: 'accepted',
    until: 'Stytch accepts the new value everywhere',
  })

/** So that taking its label away hides nothing that works. */
export const isRefusedSteadily = (rotation: Rotation, version: Version): Promise<boolean> =>
  isAnsweredSteadily(rotation, version, {
    spread: rotation.bounds.refused,
    wanted: 'refused',
    until: 'Stytch refuses the value everywhere',
  })
