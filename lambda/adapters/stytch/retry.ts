// When a Stytch call may be sent again within the step. A call that changes slots is never repeated here, not even when it surely
// had no effect: while it waited, the slots may have changed, so its caller looks first. Waits grow, are jittered, and never
// outlive the function.

import { retry } from '../../core/base/retry.ts'
import { CALL_RESERVE_MS } from '../../core/secret/step-timeout.ts'
import type { StytchError, StytchReply } from './reply.ts'

/** The part of a Timing that a retry needs. */
export interface RetryTiming {
  remainingMs(): number
  wait(ms: number): Promise<void>
}

const MAX_TRIES = 4
const FIRST_WAIT_MS = 200

export type Repetition =
  /** Sending it twice does no more than sending it once. */
  | 'free'
  /** Only when it surely had no effect. */
  | 'ifNotDone'
  /** Its caller looks, then decides. */
  | 'never'

const mayRepeat = ({ kind }: StytchError, repetition: Repetition): boolean => {
  if (kind === 'rateLimited' || kind === 'unavailable') return repetition !== 'never'
  return kind === 'outcomeUnknown' && repetition === 'free'
}

/** Full jitter on a wait that grows threefold; the vendor's own word, when it gives one, is the least. */
export const backoffMs = (error: StytchError, tries: number): number => {
  const grown = FIRST_WAIT_MS * 3 ** (tries - 1)
  return Math.max(error.retryAfterMs ?? 0, grown * (0.5 + Math.random() / 2))
}

interface RetryRule {
  readonly timing: RetryTiming
  readonly repetition: Repetition
}

export const withRetries = <Value>(
  { timing, repetition }: RetryRule,
  send: () => Promise<StytchReply<Value>>,
): Promise<StytchReply<Value>> =>
  retry(send, timing.wait, (end, tries) => {
    if (end.status === 'rejected' || end.value.ok || tries >= MAX_TRIES) return undefined
    if (!mayRepeat(end.value, repetition)) return undefined
    const waitMs = backoffMs(end.value, tries)
    return waitMs + CALL_RESERVE_MS > timing.remainingMs() ? undefined : waitMs
  })
