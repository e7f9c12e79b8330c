// How much the suites of this folder played in one run of the tests, so that a share that shrinks is seen: each suite notes what it played, and
// scripts/check.ts prints the sums. Noted in the file that M2M_PLAYED names; nowhere without it.
import { appendFileSync } from 'node:fs'

export interface Played {
  readonly crashPoints?: number
  readonly crashRuns?: number
  readonly faults?: number
  readonly races?: number
  readonly collisions?: number
  readonly walks?: number
  readonly requests?: number
  readonly modelStates?: number
  readonly staleReplies?: number
}

export const notePlayed = (played: Played): void => {
  const file = process.env.M2M_PLAYED
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(played)}\n`)
}
