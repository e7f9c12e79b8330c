// Starts the campaign function for an incident, as an event: a durable execution with a name of its own, so that the same event delivered
// twice starts one. It does not wait for its end.

import { defined } from '../../core/base/defined.ts'
import { Fault } from '../../core/base/fault.ts'
import type { Campaigns } from '../../core/incident/incident-ports.ts'
import type { LeakReport } from '../../core/incident/leak-report.ts'
import { errorName } from '../error-name.ts'
import { executionName } from './execution-name.ts'
import type { Invoke } from './invoke.ts'

const TIMEOUT_MS = 10_000

const notStarted = (incidentId: string, why: string): Fault =>
  new Fault({
    code: 'CAMPAIGN_NOT_STARTED',
    retryable: true,
    message: `The campaign for incident ${incidentId} was not started: ${why}; the event will be tried again.`,
  })

/** How many it may be about, where the report itself does not say. */
const limitOf = ({ selector, maxClients }: LeakReport): number | undefined =>
  'tags' in selector || 'scopes' in selector ? maxClients : undefined

const orderOf = (report: LeakReport) => {
  const { selector, incidentId, reason, requestedBy, graceSeconds, aliveAt } = report
  return {
    intent: 'revoke',
    selector,
    incidentId,
    reason,
    requestedBy,
    ...defined({ graceSeconds, maxClients: limitOf(report), aliveAt }),
  }
}

/** Where campaigns are not deployed: no retry would help. */
export const noCampaigns: Campaigns = {
  revoke: async ({ incidentId }) => {
    throw new Fault({
      code: 'CAMPAIGN_NOT_STARTED',
      retryable: false,
      message: `Incident ${incidentId} is about more clients than one execution takes, or asks for a grace, and this stage has no campaigns (rotation.noCampaignsBecause): report it in parts, of 25 clients at most and without a grace.`,
    })
  },
}

/** @param functionArn of the alias: an execution in flight replays on the version that it began on. */
export const createCampaigns = (invoke: Invoke, functionArn: string): Campaigns => ({
  revoke: async (report, eventId) => {
    const { incidentId } = report
    const reply = await invoke({
      functionName: functionArn,
      type: 'Event',
      durableExecutionName: executionName(functionArn, 'incident', [incidentId, eventId]),
      payload: orderOf(report),
      timeoutMs: TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw notStarted(incidentId, errorName(error))
    })
    // The same event, delivered before.
    if (reply.taken || reply.why === 'DurableExecutionAlreadyStartedException') return
    throw notStarted(incidentId, reply.why)
  },
})
