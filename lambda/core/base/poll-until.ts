// Looks again and again until what it sees is final, or the time is up. Own code for the same reason as retry.ts: its time is the caller's.
import { retry } from './retry.ts'
import type { Timing } from './timing.ts'

interface Polling {
  readonly timing: Pick<Timing, 'now' | 'wait'>
  readonly everyMs: number
  /** No look begins after it, but for the first; epoch milliseconds. */
  readonly until: number
}

/** @returns what was seen last, final or not. @throws what a look throws */
export const pollUntil = <Seen>(
  look: () => Promise<Seen>,
  isFinal: (seen: Seen) => boolean,
  { timing, everyMs, until }: Polling,
): Promise<Seen> =>
  retry(look, timing.wait, (end) => {
    if (end.status === 'rejected' || isFinal(end.value)) return undefined
    return timing.now() + everyMs > until ? undefined : everyMs
  })
