// Whether a value is accepted, asked often enough and for long enough that every node of the issuer's has had its time: an answer is one
// node's, and a change is not everywhere at once (docs/decisions/052).

import type { Intent } from '../secret/request-token.ts'
import { acceptanceOf } from './bounds.ts'
import { isAccepted, type Rotation, type Version, waitFor } from './rotation.ts'

/** @returns whether it was accepted each time; a refusal ends it. @throws Fault TIME_TOO_SHORT */
export const isAcceptedSteadily = async (rotation: Rotation, intent: Intent, version: Version): Promise<boolean> => {
  const { count, overMs } = acceptanceOf(rotation.bounds, intent)
  const pauseMs = count > 1 ? Math.ceil(overMs / (count - 1)) : 0
  for (let accepted = 0; accepted < count; accepted += 1) {
    if (accepted > 0) await waitFor(rotation, pauseMs, 'Stytch accepts the new value everywhere')
    if (!(await isAccepted(rotation, version))) return false
  }
  return true
}

/** @returns whether it was refused each time, so that taking its label away hides nothing that works. */
export const isRefusedSteadily = async (rotation: Rotation, version: Version): Promise<boolean> => {
  const { count, overMs } = rotation.bounds.refused
  const pauseMs = count > 1 ? Math.ceil(overMs / (count - 1)) : 0
  for (let refusals = 0; refusals < count; refusals += 1) {
    if (refusals > 0) await waitFor(rotation, pauseMs, 'Stytch refuses the value everywhere')
    if (await isAccepted(rotation, version)) return false
  }
  return true
}
