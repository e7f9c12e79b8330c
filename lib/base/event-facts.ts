// What of an event goes into a message, by its type: label → path. EventBridge puts a field's value into a message as it is, without
// escaping, and leaves the place empty where the field is absent. So only fields belong here that hold nothing but ids, times, numbers
// and words of ours: a quotation mark or a line break would break the message, and what somebody typed may be a secret. The tests hold each
// path against the event's schema.
import type { EventType } from '../../lambda/core/base/event-types.ts'

const SECRET = { client: '$.detail.clientId' } as const
const LASTING = { ...SECRET, reason: '$.detail.explanation', since: '$.detail.since' } as const
const REFUSED = {
  ...SECRET,
  reason: '$.detail.reason',
  why: '$.detail.explanation',
  intent: '$.detail.intent',
  since: '$.detail.at',
} as const

export const eventFacts: Readonly<Partial<Record<EventType, Readonly<Record<string, string>>>>> = {
  'Rotation Refused': REFUSED,
  'Drift Detected': REFUSED,
  'Hold Too Long': LASTING,
  'Rotation Off': LASTING,
  'Rotation Stuck': LASTING,
  'Settle Refusing': LASTING,
  'Adoption Unproven': LASTING,
  'Secret Dead': { ...LASTING, found: '$.detail.found' },
  'Leak Unresolved': {
    incident: '$.detail.incidentId',
    detector: '$.detail.detector',
    reason: '$.detail.reason',
    why: '$.detail.explanation',
    since: '$.detail.at',
  },
  'Incident Held': {
    ...SECRET,
    incident: '$.detail.incidentId',
    detector: '$.detail.detector',
    since: '$.detail.at',
  },
  'Incident Completed': { since: '$.detail.at' },
  'Campaign Completed': {
    outcome: '$.detail.outcome',
    intent: '$.detail.intent',
    incident: '$.detail.incidentId',
    failed: '$.detail.counts.failed',
    settled: '$.detail.counts.settled',
    selected: '$.detail.counts.selected',
    since: '$.detail.startedAt',
  },
}
