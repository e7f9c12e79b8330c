// The second half of a rotate, or of a revoke with a grace: when the overlaps are over, what was switched is settled. Whoever stops the campaign
// before that leaves them to the sweep, which ends every overlap in its time.

import type { CampaignWork, Stop } from './campaign-work.ts'
import { stoppedBy, waitUntil } from './may-go-on.ts'
import { runPages, type Switched, waitingIn } from './run-pages.ts'

export const leaveToSweep = ({ tally }: CampaignWork, switched: readonly Switched[]): void => {
  for (const { names, sweptAt } of switched) {
    for (const name of names) tally.ended(name, { end: 'leftToSweep', until: sweptAt })
  }
}

/** @returns who stopped it meanwhile; undefined: nobody. */
export const settleSwitched = async (work: CampaignWork, switched: readonly Switched[]): Promise<Stop | undefined> => {
  const endOf = new Map(switched.map(({ page, overlapsEndAt, sweptAt }) => [page, { overlapsEndAt, sweptAt }]))
  let queue = switched
  while (queue.length > 0) {
    // Each page waits for its own last one; the campaign can be stopped while it waits for the first.
    const stop = await waitUntil(work, Math.min(...queue.map(({ overlapsEndAt }) => overlapsEndAt)))
    if (stop !== undefined) {
      leaveToSweep(work, queue)
      return stop
    }
    const ended = await runPages(work, queue, 'settle', ({ page }) => ({
      phase: 'settle',
      notBefore: endOf.get(page)?.overlapsEndAt,
    }))
    queue = waitingIn(ended).map((wave) => ({ ...wave, ...(endOf.get(wave.page) ?? { overlapsEndAt: 0, sweptAt: 0 }) }))
    const isLeft = ended.some(({ ends }) => ends.some(({ end }) => end === 'leftToSweep'))
    // A page that was stopped says no more than that its secrets are left to the sweep.
    const stopped = queue.length === 0 && isLeft ? await stoppedBy(work) : undefined
    if (stopped !== undefined) return stopped
  }
  return undefined
}
