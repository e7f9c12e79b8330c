// What an outage keeps the incident function from finishing goes to a campaign, which waits for hours without a process. Lambda calls the
// function three times at most, and then the report would lie with the dead letters while the leaked value is accepted.

import { Fault } from '../base/fault.ts'
import type { Result } from '../base/result.ts'
import type { Timing } from '../base/timing.ts'
import { namedBy, type Selector } from '../secret/selector.ts'
import { type Choosing, type ChosenClients, chooseClients } from './choose-clients.ts'
import type { Campaigns } from './incident-ports.ts'
import type { LeakReport } from './leak-report.ts'

/** Of the function's time, for reporting the end and for Lambda's own. */
export const RESERVE_MS = 20_000

const PAUSE_MS = 3000

/**
 * Whom the report is about, asked for as long as the function lives.
 * @param onWait called once, when it does not say at first. @returns undefined: Secrets Manager did not say. @throws what no retry would help with
 */
export const choosePatiently = async (
  choosing: Choosing,
  timing: Timing,
  report: LeakReport,
  onWait: () => Promise<void>,
): Promise<Result<ChosenClients, string> | undefined> => {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await chooseClients(choosing, report)
    } catch (error) {
      if (!(error instanceof Fault && error.retryable)) throw error
      if (isFirst) await onWait()
      if (timing.remainingMs() < RESERVE_MS + PAUSE_MS) return undefined
      await timing.wait(PAUSE_MS)
    }
  }
}

interface HandOver {
  /** What the campaign's execution is named by: the same event, delivered again, starts none. */
  readonly eventId: string
  /** What is left: by the names of secrets, or, where the report named clients, by their ids, so that the campaign sees for itself who holds them. @default - all that the report selects */
  readonly left?: Left
}

export type Left = Extract<Selector, { readonly secretNames: unknown } | { readonly clientIds: unknown }>

/** @returns whether a campaign has it now. */
export const handOver = async (
  campaigns: Campaigns,
  report: LeakReport,
  { eventId, left }: HandOver,
): Promise<boolean> => {
  try {
    if (left === undefined) await campaigns.revoke(report, eventId)
    // By whom, too: an earlier call of this event may have handed over others.
    else await campaigns.revoke({ ...report, selector: left }, [eventId, ...namedBy(left)].join(' '))
    return true
  } catch (error) {
    // Where there are no campaigns, or Lambda does not answer, the event is tried again.
    if (error instanceof Fault) return false
    throw error
  }
}
