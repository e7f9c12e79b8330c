// What operators want of a campaign that runs: to pause, or to stop. The wish stands beside the campaign, which looks at it before each page
// and before each secret begins. A wish that cannot be read changes nothing: what held before holds on.

import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'

export interface ControlWish {
  readonly state: 'paused' | 'stopped'
  /** Who asked, in their own words; whom AWS knows them as is in CloudTrail. */
  readonly by: string
  readonly reason?: string
  /** As ISO 8601. */
  readonly at: string
}

export interface CampaignControl {
  /** @param execution the campaign's execution name @returns undefined: it shall run. @throws Fault CONTROL_UNREADABLE */
  wishFor(execution: string): Promise<ControlWish | undefined>
}

/** Where nobody can pause or stop one. */
export const noControl: CampaignControl = { wishFor: async () => undefined }

/** A wish is met within this time. */
const WISH_KEPT_MS = 10_000

interface Looking {
  readonly control?: CampaignControl | undefined
  readonly timing: Pick<Timing, 'now'>
  readonly journal: Journal
}

/** @returns looks for the wish, at most once in ten seconds. */
export const createWishGlance = (
  { control = noControl, timing, journal }: Looking,
  execution: string | undefined,
): (() => Promise<ControlWish | undefined>) => {
  let known: { readonly at: number; readonly wish: Promise<ControlWish | undefined> } | undefined
  const look = async (
    name: string,
    before: Promise<ControlWish | undefined> | undefined,
  ): Promise<ControlWish | undefined> => {
    try {
      return await control.wishFor(name)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      journal.note({ outcome: 'failed', code: error.code, message: error.message })
      return before
    }
  }
  return async () => {
    if (execution === undefined) return undefined
    const now = timing.now()
    if (known === undefined || now - known.at > WISH_KEPT_MS) known = { at: now, wish: look(execution, known?.wish) }
    return known.wish
  }
}

/** For the report. */
export const wishWords = ({ by, reason }: ControlWish): string =>
  `stopped by ${by}${reason === undefined ? '' : `: ${reason}`}`
