// The story's attacker: holds a leaked secret and uses it as fast as it can, until long after it is dead.
import { setTimeout as sleep } from 'node:timers/promises'
import { exchange } from './consumers.ts'
import type { Credentials } from './operator.ts'

export interface Attack {
  readonly accepted: number
  readonly refused: number
  /** Accepted again after the first refusal: must be 0. */
  readonly acceptedAfterRefusal: number
}

export interface Attacker {
  /** Until now. */
  tally(): Attack
  stop(): Promise<Attack>
}

const PAUSE_MS = 10

export const startAttacker = (leaked: Credentials): Attacker => {
  const count = { accepted: 0, refused: 0, acceptedAfterRefusal: 0 }
  let isStopped = false
  const work = async (): Promise<void> => {
    while (!isStopped) {
      const token = await exchange(leaked).catch(() => undefined)
      if (token === undefined) count.refused += 1
      else {
        count.accepted += 1
        if (count.refused > 0) count.acceptedAfterRefusal += 1
      }
      await sleep(PAUSE_MS)
    }
  }
  const done = work()
  return {
    tally: () => ({ ...count }),
    stop: async () => {
      isStopped = true
      await done
      return count
    },
  }
}
