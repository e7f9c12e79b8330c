// What only the incident function asks of the outside, beside the ports it shares with others.
import type { LeakReport } from './leak-report.ts'

/** The campaign function, for what is too much for one execution, or has to wait. */
export interface Campaigns {
  /**
   * Starts one for what the report selects, or joins the one that this very event has started before.
   * @throws Fault CAMPAIGN_NOT_STARTED
   */
  revoke(report: LeakReport, eventId: string): Promise<void>
}
