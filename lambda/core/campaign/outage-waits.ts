// How long a revoke waits while Secrets Manager, Stytch or the rotation function does not answer: for six hours, in waits that grow with
// the outage, since a leaked value that nobody replaces is accepted until somebody does. A planned rotation is tried again another day.

import { Fault } from '../base/fault.ts'
import type { Durable } from './campaign-ports.ts'

/** At first. */
const FIRST_SECONDS = [5, 20, 60, 90] as const
/** About what those take, with what is tried between them. */
const FIRST_TAKE_SECONDS = 300
const ALTOGETHER_SECONDS = 6 * 3600
/** Two operations a wait: a page of a hundred spends two thousand of its execution's 3,000 on them. */
const WAITS_OF_A_PAGE = 1000
const MOST_WAITS = 60

/**
 * @param nth 1 for the first wait of an outage. @param secrets how many share the execution's operations: the more, the fewer and longer waits
 * @returns seconds; undefined: it has lasted too long.
 */
export const outageWaitSeconds = (nth: number, secrets: number): number | undefined => {
  const first = FIRST_SECONDS[nth - 1]
  if (first !== undefined) return first
  const waits = Math.min(MOST_WAITS, Math.floor(WAITS_OF_A_PAGE / Math.max(1, secrets))) - FIRST_SECONDS.length
  const place = nth - FIRST_SECONDS.length
  if (place > waits) return undefined
  // Each as long as the one before, times the same: the end of an outage is found late by no more than a share of it.
  const growth = (ALTOGETHER_SECONDS / FIRST_TAKE_SECONDS) ** (1 / waits)
  return Math.ceil(FIRST_TAKE_SECONDS * (growth ** place - growth ** (place - 1)))
}

const isPassing = (error: unknown): boolean => error instanceof Fault && error.retryable

/**
 * A step of which everything else waits, tried again while AWS does not answer.
 * @param otherwise the reply after six hours. @default - it throws the last Fault then
 */
export const throughOutage = async <Reply>(
  durable: Durable,
  name: string,
  act: () => Promise<Reply>,
  otherwise?: () => Reply,
): Promise<Reply> => {
  for (let tries = 1; ; tries += 1) {
    const waitSeconds = outageWaitSeconds(tries, 1)
    const kept = await durable.step(name, async (): Promise<{ readonly reply: Reply } | 'unavailable'> => {
      try {
        return { reply: await act() }
      } catch (error) {
        if (!isPassing(error) || (waitSeconds === undefined && otherwise === undefined)) throw error
        return waitSeconds === undefined && otherwise !== undefined ? { reply: otherwise() } : 'unavailable'
      }
    })
    if (kept !== 'unavailable') return kept.reply
    if (waitSeconds !== undefined) await durable.wait(`${name} again`, waitSeconds)
  }
}
