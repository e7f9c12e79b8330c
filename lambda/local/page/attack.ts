// The page's attacker: uses a leaked value against Stytch again and again, over HTTP, until some time after it is refused. What it got is
// kept as letters, so that a page can draw it: nothing of the value leaves here.
import { setTimeout as sleep } from 'node:timers/promises'
import { playerAgent } from '../stand-in/server.ts'
import { requestToken } from '../story/consumers.ts'
import type { Credentials } from '../story/operator.ts'

export interface AttackSight {
  /** Of the last attempts, oldest first: `a` accepted, `r` refused, `x` no answer. */
  readonly recent: string
  readonly accepted: number
  readonly refused: number
  /** Accepted again after the first refusal: must be 0. */
  readonly acceptedAgain: number
  /** Epoch milliseconds on the shared clock. */
  readonly lastAcceptedAt: number | null
  readonly firstRefusedAt: number | null
  readonly isRunning: boolean
}

export interface Attack {
  sight(): AttackSight
  /** Ends it soon after. */
  stopAfter(ms: number): void
  stop(): void
}

const PAUSE_MS = 90
const LONGEST_MS = 120_000
const KEPT = 160
const agent = playerAgent('attacker')

/** @param now the shared clock */
export const startAttack = (leaked: Credentials, now: () => number): Attack => {
  const count = { accepted: 0, refused: 0, acceptedAgain: 0 }
  let recent = ''
  let lastAcceptedAt: number | null = null
  let firstRefusedAt: number | null = null
  let endsAt = Date.now() + LONGEST_MS
  let isRunning = true

  const note = (letter: 'a' | 'r' | 'x'): void => {
    recent = `${recent}${letter}`.slice(-KEPT)
    if (letter === 'r') {
      count.refused += 1
      firstRefusedAt ??= now()
    }
    if (letter !== 'a') return
    count.accepted += 1
    lastAcceptedAt = now()
    if (firstRefusedAt !== null) count.acceptedAgain += 1
  }
  /** An outage is no refusal. */
  const letterOf = (status: number): 'a' | 'r' | 'x' => (status === 200 ? 'a' : status === 401 ? 'r' : 'x')
  const work = async (): Promise<void> => {
    while (Date.now() < endsAt) {
      note(
        await requestToken(leaked, agent).then(
          ({ status }) => letterOf(status),
          () => 'x' as const,
        ),
      )
      await sleep(PAUSE_MS)
    }
    isRunning = false
  }
  void work()
  return {
    sight: () => ({ ...count, recent, lastAcceptedAt, firstRefusedAt, isRunning }),
    stopAfter: (ms) => {
      endsAt = Math.min(endsAt, Date.now() + ms)
    },
    stop: () => {
      endsAt = 0
    },
  }
}
