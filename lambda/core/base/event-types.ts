// Every source that puts events on the bus, who speaks as it, the detail types that it may put, and where the evidence archive keeps each:
// the one table from which functions, the bus's policy, its rules, the archive's keys, the report on an incident and the laptop take what
// they need. What a type's detail holds is in docs/events, a schema each; tests compare the two.

/** Where the archive keeps a type: below its secret, its incident or campaign, or its day; null: nowhere. */
export type ArchivePlace = 'secret' | 'incident' | 'day' | null

/**
 * Whose roles speak as a source: functions of the stage by their part, and people whom the configuration names. Nobody stands beside two
 * sources whose types differ: in one request that names both, either could be given the other's types.
 */
export type Speaker =
  | 'rotation'
  | 'project-rotation'
  | 'sweep'
  | 'campaign'
  | 'incident'
  | 'intake'
  | 'vendor'
  | 'security'
  | 'break-glass'

interface SourceRow {
  readonly by: readonly Speaker[]
  readonly types: Readonly<Record<string, ArchivePlace>>
}

/** Of whoever may only report a leak: one list for both, so that the bus's policy has one statement for both. */
const REPORTS = { 'Secret Leak Reported': 'incident' } as const satisfies SourceRow['types']

/** An event's `source` → who speaks as it, and what they may say. The bus denies everything else. */
export const eventTable = {
  'm2m.rotation': {
    by: ['rotation', 'project-rotation'],
    types: {
      'M2M Secret Changed': null,
      'Rotation Completed': 'secret',
      'Rotation Refused': 'secret',
      'Secret Revoked': 'secret',
      'Drift Detected': 'secret',
    },
  },
  'm2m.sweep': {
    by: ['sweep'],
    types: {
      'Adoption Awaited': null,
      'Adoption Unproven': 'secret',
      // So that each day shows that what is put on the bus arrives.
      'Daily Summary': 'day',
      'Hold Too Long': null,
      'Policy Foreign': 'secret',
      'Revoke Confirmed': null,
      'Rotation Off': null,
      'Rotation Stuck': 'secret',
      'Secret Dead': 'secret',
      'Secret Overdue': null,
      'Settle Refusing': null,
      'Sweep Digest': null,
    },
  },
  'm2m.campaign': { by: ['campaign'], types: { 'Campaign Completed': 'incident' } },
  'm2m.incident': {
    by: ['incident'],
    types: {
      'Incident Begun': null,
      'Incident Delayed': 'incident',
      'Incident Completed': 'incident',
      'Leak Report Refused': 'incident',
    },
  },
  'm2m.leak-intake': {
    by: ['intake'],
    types: { ...REPORTS, 'Leak Unresolved': 'incident', 'Leak Closed': 'incident', 'Incident Held': 'incident' },
  },
  'm2m.security': { by: ['security'], types: REPORTS },
  'm2m.break-glass': { by: ['break-glass'], types: REPORTS },
  'm2m.vendor': { by: ['vendor'], types: { 'Credential Refused': null } },
} as const satisfies Readonly<Record<string, SourceRow>>

export type EventSource = keyof typeof eventTable
type TypesOf<Source extends EventSource> = Source extends EventSource
  ? keyof (typeof eventTable)[Source]['types']
  : never
/** The detail types of one source; of any, when none is named. */
export type EventType<Source extends EventSource = EventSource> = TypesOf<Source>

/** The annotation lets a function that names one source leave the table out of its bundle. */
export const eventSources = /* @__PURE__ */ Object.keys(eventTable) as readonly EventSource[]

const rowOf = (source: string): SourceRow | undefined =>
  Object.entries<SourceRow>(eventTable).find(([name]) => name === source)?.[1]

/** @returns undefined of a source that is not ours. */
export const eventTypesOf = (source: string): readonly EventType[] | undefined => {
  const row = rowOf(source)
  return row === undefined ? undefined : (Object.keys(row.types) as readonly EventType[])
}

/** Whether this source may put this type: of anything else, whatever holds it was not put on our bus by whom it names. */
export const isSpokenBy = (source: string, type: string): boolean =>
  eventTypesOf(source)?.some((one) => one === type) === true

/** Where an event is archived; null: it is not, or its source may not put it. */
export const archivePlaceOf = (source: string, type: string): ArchivePlace =>
  isSpokenBy(source, type) ? (rowOf(source)?.types[type] ?? null) : null

/** The sources that may put a type. */
export const sourcesOf = (type: string): readonly EventSource[] =>
  eventSources.filter((source) => isSpokenBy(source, type))

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
