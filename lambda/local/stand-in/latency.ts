// How long a stand-in lets a call wait before its effect, besides the time it takes by itself. Ends early when the server closes.
import { setTimeout as realSleep } from 'node:timers/promises'

/** Waits; must end early, by rejecting or resolving, when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>

export interface Latency {
  /** @returns undefined when there is nothing to wait for. */
  wait(ms: number): Promise<void> | undefined
  /** Ends every wait. */
  end(): void
}

/** @param sleep - @default real time */
export const createLatency = (sleep: Sleep = (ms, signal) => realSleep(ms, undefined, { signal })): Latency => {
  const ending = new AbortController()
  return {
    wait: (ms) =>
      ms <= 0
        ? undefined
        : sleep(ms, ending.signal).then(
            () => {},
            (error: unknown) => {
              if (!ending.signal.aborted) throw error
            },
          ),
    end: () => ending.abort(),
  }
}
