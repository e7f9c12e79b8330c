// The rules on the bus by which the incident function is called: for every report of a leak, whoever sent it and whatever it holds, since a
// report that no rule matches is one that nobody ever learns of; and for the end of a campaign that carried out an incident. Who may report
// what, the bus's policy says first, and then the function (lambda/core/incident/leak-report.ts), which answers every report. The stack and
// the laptop make their rules from this list.
import { CAMPAIGN_COMPLETED, CAMPAIGN_SOURCE, LEAK_REPORTED } from '../core/base/event-types.ts'

type Leaf = string | { readonly exists: boolean }

/** An alias, so that it fits where any pattern does. */
type IncidentPattern = {
  readonly source?: readonly string[]
  readonly 'detail-type': readonly string[]
  readonly detail?: Readonly<Record<string, readonly Leaf[]>>
}

export interface IncidentRule {
  /** Names the rule's construct; never changes. */
  readonly id: string
  readonly says: string
  readonly pattern: IncidentPattern
}

export const leakReportRule: IncidentRule = {
  id: 'LeakReports',
  says: 'Every report of a leak goes to the incident function, which answers it',
  pattern: { 'detail-type': [LEAK_REPORTED] },
}

export const campaignEndRule: IncidentRule = {
  id: 'CampaignEnds',
  says: 'An incident that a campaign has carried out ends by an event of the incident function',
  pattern: {
    source: [CAMPAIGN_SOURCE],
    'detail-type': [CAMPAIGN_COMPLETED],
    detail: { intent: ['revoke'], incidentId: [{ exists: true }] },
  },
}
