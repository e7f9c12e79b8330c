// What every check works with: the run's id and prefix, how long to wait for what, the list of what it has made, and the values
// that must never be printed. Made once by verify.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { CheckBrokeOff } from './finding.ts'

/** How patient a run is; the real services are slower than the stand-ins. */
export interface Pace {
  readonly pollMs: number
  /** What comes within this counts as at once. */
  readonly atOnceMs: number
  /** For what must come, or the checks cannot go on: a step that was asked for. */
  readonly stepWaitMs: number
  /** For what should come within seconds: a retired value's refusal, a label's cleanup. */
  readonly shortWaitMs: number
  /** Between two looks at how old labels are. */
  readonly lagPollMs: number
  /** No reply behind for so long: then none will be. */
  readonly lagQuietMs: number
  /** For what may come late or never: a re-drive. */
  readonly redriveWaitMs: number
  /** For events that come to CloudTrail's history minutes later. */
  readonly trailWaitMs: number
}

export const livePace: Pace = {
  pollMs: 1000,
  atOnceMs: 5000,
  stepWaitMs: 300_000,
  shortWaitMs: 120_000,
  lagPollMs: 250,
  lagQuietMs: 15_000,
  redriveWaitMs: 600_000,
  trailWaitMs: 1_200_000,
}

/** The stand-ins re-drive twice, a second apart; a machine that is busy may need a minute to start the probe's process. */
export const rehearsalPace: Pace = {
  pollMs: 40,
  atOnceMs: 500,
  stepWaitMs: 60_000,
  shortWaitMs: 6000,
  lagPollMs: 25,
  lagQuietMs: 1000,
  redriveWaitMs: 8000,
  trailWaitMs: 2000,
}

export interface Run {
  /** Starts every name: `m2m-verify/<run id>/`. */
  readonly prefix: string
  readonly pace: Pace
  readonly signal: AbortSignal
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Remembers a value that must not be printed. @returns the value */
  readonly keepQuiet: (value: string) => string
  /** Makes something, and remembers it before it is there, so that a lost reply leaves nothing behind. */
  readonly make: <Made>(what: Leftover, create: () => Promise<Made>) => Promise<Made>
}

/** What a run made, and how to remove it. Removing what is not there is no failure. */
export interface Leftover {
  readonly what: string
  readonly remove: () => Promise<void>
}

/** @throws AbortError when the run is interrupted. */
export const pause = async ({ signal }: Run, ms: number): Promise<void> => {
  await sleep(ms, undefined, { signal })
}

/** Asks until `look` answers something, or the time is over. */
export const until = async <T>(
  run: Run,
  waitMs: number,
  look: () => Promise<T | undefined>,
): Promise<{ readonly value: T; readonly afterMs: number; readonly tries: number } | undefined> => {
  const startedAt = run.now()
  for (let tries = 1; ; tries += 1) {
    const value = await look()
    const afterMs = run.now() - startedAt
    if (value !== undefined) return { value, afterMs, tries }
    if (afterMs >= waitMs) return undefined
    await pause(run, run.pace.pollMs)
  }
}

/** Takes every value that must not be printed out of a text. */
export const createQuiet = () => {
  const values = new Set<string>()
  return {
    keepQuiet: (value: string): string => {
      if (value.length >= 8) values.add(value)
      return value
    },
    quieten: (text: string): string => [...values].reduce((left, value) => left.replaceAll(value, '***'), text),
  }
}

/** What a run makes, from before it is there until it is removed. */
export interface Workshop {
  readonly make: Run['make']
  /**
   * Nothing is made from now on. Waits for what is on its way, since what is removed before it is there stays; then removes all, newest
   * first. @returns what could not be removed
   */
  clear(): Promise<readonly string[]>
}

export const createWorkshop = (signal: AbortSignal): Workshop => {
  const made: Leftover[] = []
  const onTheirWay = new Set<Promise<unknown>>()
  let isClosed = false
  return {
    make: async (what, create) => {
      signal.throwIfAborted()
      if (isClosed) throw new CheckBrokeOff('the run is over')
      made.push(what)
      const coming = create()
      onTheirWay.add(coming)
      try {
        return await coming
      } finally {
        onTheirWay.delete(coming)
      }
    },
    clear: async () => {
      isClosed = true
      await Promise.allSettled(onTheirWay)
      return removeAll(made.splice(0))
    },
  }
}

const removeAll = async (leftovers: readonly Leftover[]): Promise<readonly string[]> => {
  const left: string[] = []
  for (const { what, remove } of leftovers.toReversed()) {
    try {
      await remove()
    } catch (error) {
      left.push(`${what} (${error instanceof Error ? error.name : 'unknown'})`)
    }
  }
  return left
}
