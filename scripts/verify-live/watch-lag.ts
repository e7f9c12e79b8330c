// How far replies are behind: asks again and again after a change was acknowledged, and notes each reply that does not show it. A reply
// counts by when it was asked for, so that a slow one is not taken for an old one.
import { pause, type Run } from './run.ts'

export interface SeenLag {
  readonly replies: number
  /** How many of them did not show the change. */
  readonly behind: number
  /** From the acknowledgement until the last of those was asked for, milliseconds; 0: none was behind. */
  readonly lastMs: number
}

export const noLag: SeenLag = { replies: 0, behind: 0, lastMs: 0 }

/**
 * Asks until no reply has been behind for the pace's quiet span, or until its short wait is over.
 * @param asks each is asked once a round, all of them at once. They say whether the reply was behind.
 */
export const watchLag = async (
  run: Run,
  everyMs: number,
  asks: readonly (() => Promise<boolean>)[],
): Promise<readonly SeenLag[]> => {
  const { lagQuietMs, shortWaitMs } = run.pace
  const acknowledgedAt = run.now()
  const seen = asks.map(() => noLag)
  let lastBehindAt = acknowledgedAt
  while (run.now() - lastBehindAt < lagQuietMs && run.now() - acknowledgedAt < shortWaitMs) {
    const askedAt = run.now()
    const replies = await Promise.all(asks.map((ask) => ask()))
    for (const [at, isBehind] of replies.entries()) {
      const { replies: count, behind, lastMs } = seen[at] ?? noLag
      // At least one, so that a reply that was behind at once is not taken for none.
      const afterMs = isBehind ? Math.max(1, askedAt - acknowledgedAt) : lastMs
      seen[at] = { replies: count + 1, behind: behind + (isBehind ? 1 : 0), lastMs: afterMs }
      if (isBehind) lastBehindAt = askedAt
    }
    await pause(run, everyMs)
  }
  return seen
}

/** Of the same kind of reply, after several changes. */
export const worst = (seen: readonly SeenLag[]): SeenLag =>
  seen.reduce(
    (all, { replies, behind, lastMs }) => ({
      replies: all.replies + replies,
      behind: all.behind + behind,
      lastMs: Math.max(all.lastMs, lastMs),
    }),
    noLag,
  )

export const describeLag = ({ behind, lastMs }: Pick<SeenLag, 'behind' | 'lastMs'>): string =>
  behind === 0 ? 'never behind' : `behind for up to ${lastMs} ms`

export const expectedLag = (settingMs: number): string =>
  settingMs === 0 ? 'never behind' : `behind for up to ${settingMs} ms`

/** What was seen in minutes is not the worst there is: twice as much, in full seconds, and never less than the default. */
export const settingFor = (lastMs: number, defaultMs: number): number =>
  Math.max(defaultMs, Math.ceil((2 * lastMs) / 1000) * 1000)
