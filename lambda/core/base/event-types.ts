// Every source that puts events on the bus, and the detail types that it may put: the one table from which functions, the bus's policy,
// its rules, the evidence archive and the laptop take their names. What a type's detail holds is in docs/events, a schema each; a test
// compares the two.

/** Of whoever may only report a leak: one list for both, so that the bus's policy has one statement for both. */
const REPORTS = ['Secret Leak Reported'] as const

/** An event's `source` → its detail types. The bus denies every other, so that a role that speaks as one source cannot forge evidence. */
export const eventTypes = {
  'm2m.rotation': ['M2M Secret Changed', 'Rotation Completed', 'Rotation Refused', 'Secret Revoked', 'Drift Detected'],
  'm2m.sweep': [
    'Adoption Awaited',
    'Adoption Unproven',
    'Daily Summary',
    'Hold Too Long',
    'Policy Foreign',
    'Revoke Confirmed',
    'Rotation Off',
    'Rotation Stuck',
    'Secret Dead',
    'Secret Overdue',
    'Settle Refusing',
    'Sweep Digest',
  ],
  'm2m.campaign': ['Campaign Completed'],
  'm2m.incident': ['Incident Begun', 'Incident Delayed', 'Incident Completed', 'Leak Report Refused'],
  'm2m.leak-intake': ['Secret Leak Reported', 'Leak Unresolved', 'Leak Closed', 'Incident Held'],
  'm2m.security': REPORTS,
  'm2m.break-glass': REPORTS,
  'm2m.vendor': ['Credential Refused'],
} as const

export type EventSource = keyof typeof eventTypes
/** The detail types of one source; of any, when none is named. */
export type EventType<Source extends EventSource = EventSource> = (typeof eventTypes)[Source][number]

/** @returns undefined of a source that is not ours. */
export const eventTypesOf = (source: string): readonly EventType[] | undefined =>
  Object.entries(eventTypes).find(([name]) => name === source)?.[1]

export const ROTATION_SOURCE = 'm2m.rotation' satisfies EventSource
export const SWEEP_SOURCE = 'm2m.sweep' satisfies EventSource
export const CAMPAIGN_SOURCE = 'm2m.campaign' satisfies EventSource
export const INCIDENT_SOURCE = 'm2m.incident' satisfies EventSource
export const VENDOR_SOURCE = 'm2m.vendor' satisfies EventSource

/** intake: a detector's alert that was resolved. security: named people and their tools. breakGlass: whoever may do everything. */
export const leakSources = {
  intake: 'm2m.leak-intake',
  security: 'm2m.security',
  breakGlass: 'm2m.break-glass',
} as const satisfies Readonly<Record<string, EventSource>>
export type LeakSource = (typeof leakSources)[keyof typeof leakSources]

export const LEAK_REPORTED = 'Secret Leak Reported' satisfies EventType<LeakSource>
export const INCIDENT_COMPLETED = 'Incident Completed' satisfies EventType<typeof INCIDENT_SOURCE>
export const CAMPAIGN_COMPLETED = 'Campaign Completed' satisfies EventType<typeof CAMPAIGN_SOURCE>

/** The detail types that an auditor asks for; the bus's rule hands these and no others to the evidence archive. */
export const archivedTypes = [
  'Secret Revoked',
  'Rotation Completed',
  'Rotation Refused',
  'Rotation Stuck',
  'Drift Detected',
  'Secret Dead',
  'Policy Foreign',
  'Adoption Unproven',
  // So that each day shows that what is put on the bus arrives.
  'Daily Summary',
  'Campaign Completed',
  'Secret Leak Reported',
  'Leak Closed',
  'Leak Unresolved',
  'Incident Held',
  'Incident Delayed',
  'Incident Completed',
  'Leak Report Refused',
] as const satisfies readonly EventType[]
export type ArchivedType = (typeof archivedTypes)[number]
