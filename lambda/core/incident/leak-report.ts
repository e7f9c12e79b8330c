// The incident event: `Secret Leak Reported`, read and checked as a whole, every fault at once; and what each of its three sources may
// ask for. The bus's policy says who may speak as which source, and its rules look at the form; this is the check that counts.

import { defined } from '../base/defined.ts'
import { type LeakSource, leakSources } from '../base/event-types.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { MAX_GRACE_SECONDS, MIN_GRACE_SECONDS } from '../drive/grace.ts'
import { isSubjectId, SUBJECT_ID_RULE } from '../drive/subject-id.ts'
import { readSelector, type Selector } from '../secret/selector.ts'

export interface LeakLimits {
  /** How many clients one incident of m2m.security may be about. */
  readonly maxSecurityClients: number
}

/** As many as the incident function does by itself. */
export const defaultLeakLimits: LeakLimits = { maxSecurityClients: 25 }

export interface LeakReport {
  readonly source: LeakSource
  /** Who reports the same leak again under the same id joins what runs, and has tried anew what failed. */
  readonly incidentId: string
  readonly selector: Selector
  readonly reason: string
  readonly requestedBy: string
  /** Rotate, leave the leaked value valid for so long, settle. Absent: revoke at once. */
  readonly graceSeconds?: number
  /** How many clients it may come to; what tags and scopes select is known only later. Absent: any number. */
  readonly maxClients?: number
  /** When Stytch accepted what leaked, epoch milliseconds. Absent: nobody looked. */
  readonly aliveAt?: number
}

/** EventBridge's envelope, as far as it matters here. */
export interface LeakEvent {
  /** The bus's own: the same when it delivers an event twice. */
  readonly id?: unknown
  /** ISO 8601, to the second: when the bus took it, the same each time that it is delivered. */
  readonly time?: unknown
  readonly source: unknown
  readonly detail: unknown
}

const MAX_REASON = 500
const MAX_REQUESTER = 200

const known = ['incidentId', 'selector', 'reason', 'requestedBy', 'graceSeconds']

const readText = (detail: JsonObject, name: string, max: number, faults: string[]): string => {
  const value = detail[name]
  if (typeof value === 'string' && value.trim() !== '' && value.length <= max) return value
  faults.push(`${name} is ${value === undefined ? 'missing' : 'malformed'}: expected 1 to ${max} characters`)
  return ''
}

const readIncidentId = ({ incidentId }: JsonObject, faults: string[]): string => {
  if (typeof incidentId === 'string' && isSubjectId(incidentId)) return incidentId
  const what = incidentId === undefined ? 'missing' : 'malformed'
  faults.push(`incidentId is ${what}: expected ${SUBJECT_ID_RULE}`)
  return ''
}

const readGrace = ({ graceSeconds }: JsonObject, faults: string[]): number | undefined => {
  if (graceSeconds === undefined) return undefined
  const isSpan =
    typeof graceSeconds === 'number' &&
    Number.isInteger(graceSeconds) &&
    graceSeconds >= MIN_GRACE_SECONDS &&
    graceSeconds <= MAX_GRACE_SECONDS
  if (isSpan) return graceSeconds
  faults.push(`graceSeconds is malformed: expected an integer from ${MIN_GRACE_SECONDS} to ${MAX_GRACE_SECONDS}`)
  return undefined
}

/** How many clients the selector names; undefined when it names none, but describes them. */
const countNamed = (selector: Selector): number | undefined => {
  if ('clientIds' in selector) return selector.clientIds.length
  return 'secretNames' in selector ? selector.secretNames.length : undefined
}

const intakeFaults = (selector: Selector, graceSeconds: number | undefined): readonly string[] => [
  ...('clientIds' in selector && selector.clientIds.length === 1
    ? []
    : [`selector is not ${leakSources.intake}'s to use: expected exactly one client, by clientIds`]),
  ...(graceSeconds === undefined ? [] : [`graceSeconds is not ${leakSources.intake}'s to use: expected none`]),
]

const securityFaults = (selector: Selector, { maxSecurityClients }: LeakLimits): readonly string[] => {
  if ('all' in selector)
    return [`selector.all is not ${leakSources.security}'s to use: expected ${leakSources.breakGlass}`]
  const count = countNamed(selector) ?? 0
  if (count <= maxSecurityClients) return []
  return [
    `selector names ${count} clients: expected at most ${maxSecurityClients} of ${leakSources.security}, or ${leakSources.breakGlass}`,
  ]
}

const sourceFaults = (source: LeakSource, report: LeakReport, limits: LeakLimits): readonly string[] => {
  const { selector, graceSeconds } = report
  const due = 'due' in selector ? ['selector.due is no incident: expected who leaked'] : []
  switch (source) {
    case 'm2m.leak-intake':
      return [...due, ...intakeFaults(selector, graceSeconds)]
    case 'm2m.security':
      return [...due, ...securityFaults(selector, limits)]
    case 'm2m.break-glass':
      return due
  }
}

const maxClientsOf = (source: LeakSource, { maxSecurityClients }: LeakLimits): number | undefined => {
  switch (source) {
    case 'm2m.leak-intake':
      return 1
    case 'm2m.security':
      return maxSecurityClients
    case 'm2m.break-glass':
      return undefined
  }
}

/** @returns the report, or every fault, one each. */
export const readLeakReport = (
  { source: spoken, detail }: LeakEvent,
  limits: LeakLimits,
): Result<LeakReport, readonly string[]> => {
  const source = Object.values(leakSources).find((one) => one === spoken)
  const faults: string[] =
    source === undefined ? [`source is unknown: expected one of ${Object.values(leakSources).join(', ')}`] : []
  if (!isJsonObject(detail)) return refused([...faults, 'detail is malformed: expected an object'])
  for (const name of Object.keys(detail)) if (!known.includes(name)) faults.push(`${name} is unknown`)
  const incidentId = readIncidentId(detail, faults)
  const selector = readSelector(detail.selector)
  if (!selector.ok) faults.push(...selector.refusal)
  const reason = readText(detail, 'reason', MAX_REASON, faults)
  const requestedBy = readText(detail, 'requestedBy', MAX_REQUESTER, faults)
  const graceSeconds = readGrace(detail, faults)
  if (source === undefined || !selector.ok) return refused(faults)
  const maxClients = maxClientsOf(source, limits)
  const report: LeakReport = {
    source,
    incidentId,
    selector: selector.value,
    reason,
    requestedBy,
    ...defined({ graceSeconds, maxClients }),
  }
  faults.push(...sourceFaults(source, report, limits))
  return faults.length > 0 ? refused(faults) : ok(report)
}

/**
 * When it was reported, epoch milliseconds: what was asked for before is an earlier report's. A retry says the same.
 * @param now taken where an event has no time, and never exceeded: whoever calls the function by hand may write any
 */
export const reportedAt = ({ time }: Pick<LeakEvent, 'time'>, now: number): number => {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) ? now : Math.min(Math.floor(at / 1000) * 1000, now)
}

/** Once it is known whom the selector means. @returns the fault, or undefined. */
export const clientCountFault = ({ source, maxClients }: LeakReport, found: number): string | undefined =>
  maxClients === undefined || found <= maxClients
    ? undefined
    : `the selector means ${found} clients, and ${source} may ask for ${maxClients} at most: nothing was begun`
