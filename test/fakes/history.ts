// What a service was like before each of its changes, so that a read can be answered as one was some changes ago: replies that are old.

/** ago: as so many changes ago; asOf: as before the change of this number, from 0. */
export type Old = { readonly ago: number } | { readonly asOf: number }

export interface History<State> {
  /** By the read's number since `reads` was last set to 0: how old its reply is. */
  readonly old: Map<number, Old>
  /** Reads so far. */
  reads: number
  /** No reply is older than this, in milliseconds. @default - as old as it is told to be */
  boundMs: number
  /** Changes so far. */
  changes(): number
  /** Called before each change. */
  note(): void
  /** What the next read shows; counts it. */
  read(): State
}

export const createHistory = <State>(now: () => number, take: () => State): History<State> => {
  const past: { readonly at: number; readonly state: State }[] = []
  const placeOf = (old: Old | undefined): number => {
    if (old === undefined) return past.length
    return Math.max(0, 'ago' in old ? past.length - old.ago : old.asOf)
  }
  const history: History<State> = {
    old: new Map(),
    reads: 0,
    boundMs: Number.POSITIVE_INFINITY,
    changes: () => past.length,
    note: () => {
      past.push({ at: now(), state: take() })
    },
    read: () => {
      const from = placeOf(history.old.get(history.reads))
      history.reads += 1
      const shown = past.slice(from).find(({ at }) => now() - at < history.boundMs)
      return shown === undefined ? take() : shown.state
    },
  }
  return history
}
