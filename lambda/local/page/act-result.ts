// What an act of the page came to: whether it was done, one sentence, and why AWS denied it.
import type { DenialSight } from './denials.ts'

export interface ActResult {
  readonly isDone: boolean
  /** One sentence, for people. */
  readonly says: string
  readonly denial?: DenialSight
}

export const done = (says: string): ActResult => ({ isDone: true, says })
export const refused = (says: string): ActResult => ({ isDone: false, says })
