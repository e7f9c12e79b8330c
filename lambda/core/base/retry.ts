// Tries again for as long as the caller's rule gives a pause. The rule decides by how a try ended and by how many there were: what is worth
// another try, how long to wait, and when the function's time would not do. Own code: p-retry and its kind set timers by themselves.

/** @returns milliseconds until the next try; undefined: this end is final. */
export type PauseRule<Reply> = (end: PromiseSettledResult<Reply>, tries: number) => number | undefined

/** For a call on whose reply everything waits, after a first failure and further ones. */
export const PATIENT_PAUSES_MS = [1000, 2000, 4000, 8000] as const

/** @returns the last try's reply. @throws what the last try threw */
export const retry = async <Reply>(
  task: () => Promise<Reply>,
  wait: (ms: number) => Promise<unknown>,
  pauseAfter: PauseRule<Reply>,
): Promise<Reply> => {
  for (let tries = 1; ; tries += 1) {
    const [end] = await Promise.allSettled([task()])
    const pauseMs = pauseAfter(end, tries)
    if (pauseMs !== undefined) {
      if (pauseMs > 0) await wait(pauseMs)
    } else if (end.status === 'fulfilled') {
      return end.value
    } else {
      throw end.reason
    }
  }
}
