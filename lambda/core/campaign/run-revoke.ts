// A revoke: it never stops, whatever fails. With a grace it is a rotate, a wait, and a settle.

import { pagesOf } from './campaign.ts'
import type { CampaignWork, Stop, Wave } from './campaign-work.ts'
import { mayGoOn } from './may-go-on.ts'
import { isHeldUp, type PageEnd, runPages, switchedIn, waitingIn } from './run-pages.ts'
import { leave } from './run-planned.ts'
import { leaveToSweep, settleSwitched } from './settle-switched.ts'

/** @returns what stopped it; undefined: nothing did. */
export const runRevoke = async (work: CampaignWork, names: readonly string[]): Promise<Stop | undefined> => {
  const { run, shares } = work
  const { graceSeconds } = run.request
  const phase = graceSeconds === undefined ? 'revoke' : 'switch'
  let queue: readonly Wave[] = pagesOf(names, shares.pagesAtOnce).map((page, at) => ({ page: at + 1, names: page }))
  const pages: PageEnd[] = []
  let stop: Stop | undefined
  while (queue.length > 0 && stop === undefined) {
    const ended = await runPages(work, queue, 'revoke', () => ({ phase }))
    pages.push(...ended)
    queue = waitingIn(ended)
    stop = isHeldUp(ended) ? await mayGoOn(work) : undefined
  }
  if (stop !== undefined) leave(work, stop, queue)
  if (graceSeconds === undefined) return stop
  const switched = switchedIn(pages, graceSeconds * 1000)
  if (stop === undefined) return settleSwitched(work, switched)
  leaveToSweep(work, switched)
  return stop
}
