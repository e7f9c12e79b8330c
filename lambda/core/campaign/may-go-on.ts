// Whether a campaign goes on that an operator may have paused or stopped. A pause is waited for without a process, in looks at the wish;
// each costs two operations of the execution's 3,000, so they become rarer, and a pause that outlasts a day is a stop. While pages run,
// the pages look.

import { DAY_MS, MINUTE_MS } from '../base/time-units.ts'
import { type ControlWish, wishWords } from './campaign-control.ts'
import type { CampaignWork, Stop } from './campaign-work.ts'

/** Of all pauses together. */
const LONGEST_PAUSE_MS = DAY_MS
const QUICK_LOOKS = 10
const QUICK_LOOK_SECONDS = 60
const SLOW_LOOK_SECONDS = 300

interface Seen {
  /** null: it shall run. */
  readonly wish: ControlWish | null
  /** Epoch milliseconds. */
  readonly at: number
}

const look = ({ durable, wish, campaigning }: CampaignWork): Promise<Seen> =>
  durable.step('wish', async () => ({ wish: (await wish()) ?? null, at: campaigning.timing.now() }))

const stopBy = (wish: ControlWish): Stop => ({ why: 'stopped', explanation: wishWords(wish) })

/** @returns since when it may go on, or why it does not. */
const whenItMay = async (work: CampaignWork): Promise<{ readonly at: number } | { readonly stop: Stop }> => {
  for (let looks = 0; ; looks += 1) {
    const { wish, at } = await look(work)
    if (wish === null) return { at }
    if (wish.state === 'stopped') return { stop: stopBy(wish) }
    if (work.pausedMs >= LONGEST_PAUSE_MS) {
      return { stop: { why: 'pausedTooLong', explanation: `paused by ${wish.by}, and not resumed within a day` } }
    }
    const seconds = looks < QUICK_LOOKS ? QUICK_LOOK_SECONDS : SLOW_LOOK_SECONDS
    await work.durable.wait('paused', seconds)
    work.pausedMs += seconds * 1000
  }
}

/** Waits for the end of a pause. @returns why it does not go on; undefined: it does. */
export const mayGoOn = async (work: CampaignWork): Promise<Stop | undefined> => {
  const seen = await whenItMay(work)
  return 'stop' in seen ? seen.stop : undefined
}

/** Where nothing is left to begin, a pause keeps nothing back. @returns who stopped it; undefined: nobody. */
export const stoppedBy = async (work: CampaignWork): Promise<Stop | undefined> => {
  const { wish } = await look(work)
  return wish?.state === 'stopped' ? stopBy(wish) : undefined
}

/** So many looks, at most, while overlaps are waited for. */
const MOST_LOOKS = 48
const SHORTEST_LOOK_MS = 10 * MINUTE_MS

/** Waits until then, epoch milliseconds, unless the campaign is stopped before. */
export const waitUntil = async (work: CampaignWork, until: number): Promise<Stop | undefined> => {
  let sliceMs: number | undefined
  for (;;) {
    const seen = await whenItMay(work)
    if ('stop' in seen) return seen.stop
    const leftMs = until - seen.at
    if (leftMs <= 0) return undefined
    sliceMs ??= Math.max(SHORTEST_LOOK_MS, leftMs / MOST_LOOKS)
    await work.durable.wait('overlap', Math.max(1, Math.ceil(Math.min(leftMs, sliceMs) / 1000)))
  }
}
