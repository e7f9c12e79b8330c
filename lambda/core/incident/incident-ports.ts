// What only the incident function asks of the outside, beside the ports it shares with others.
import type { ManagedSecret } from '../secret/fleet.ts'
import type { LeakReport } from './leak-report.ts'

/** ListSecrets by a tag's value, so that one client among thousands is found by one call. */
export interface FleetSearch {
  /** Can lag behind by five minutes. A value that is only the beginning of a tag's may be found as well. */
  tagged(prefix: string, value: string): Promise<readonly ManagedSecret[]>
}

/** The campaign function, for what is too much for one execution, or has to wait. */
export interface Campaigns {
  /**
   * Starts one, or joins the one that this very event has started before.
   * @throws Fault CAMPAIGN_NOT_STARTED
   */
  revoke(report: LeakReport, eventId: string): Promise<void>
}
