// What a campaign is asked to do: its input, checked as a whole, with every fault named at once. Pure. A setting that would not be
// obeyed – a canary for a revoke, which never stops – is a fault, not a silence.

import { defined } from '../base/defined.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { MAX_GRACE_SECONDS, MIN_GRACE_SECONDS } from '../drive/grace.ts'
import { isSubjectId, SUBJECT_ID_RULE } from '../drive/subject-id.ts'
import { isClientId } from '../secret/is-client-id.ts'
import { MAX_NAMED, readSelector, type Selector } from '../secret/selector.ts'

export type CampaignIntent = 'rotate' | 'revoke'

export interface CampaignRequest {
  readonly intent: CampaignIntent
  readonly selector: Selector
  /** How many are done first and alone; one that fails ends a rotate. */
  readonly canary: number
  /** How many clients are under way at once. */
  readonly concurrency: number
  /** A share of those begun; 100 for a revoke, which never stops. */
  readonly toleratedFailurePercentage: number
  readonly reason: string
  readonly requestedBy: string
  /** Selects and reports; changes nothing. */
  readonly dryRun: boolean
  /** What the request tokens are about: who asks again under the same id joins what runs, and has tried anew what failed. Absent: the execution's own name. */
  readonly id: string | undefined
  readonly incidentId: string | undefined
  /** For a revoke: rotate, leave the leaked value valid for so long, settle. Absent: settle at once. */
  readonly graceSeconds: number | undefined
  /** For a revoke: how many clients its reporter may ask for; more, and nothing is begun. */
  readonly maxClients?: number
  /** For a revoke: when Stytch accepted what leaked, epoch milliseconds. @default - nobody looked */
  readonly aliveAt?: number
  /** Client ids whose values are known to be out: done first. */
  readonly knownLeaked: readonly string[]
}

/** A revoke's concurrency is what AWS's quotas allow in flight (docs/campaigns.md, "How fast"); its pace is held by the quotas, not by this. */
const campaignDefaults = {
  rotate: { canary: 1, concurrency: 20, toleratedFailurePercentage: 5 },
  revoke: { canary: 0, concurrency: 200, toleratedFailurePercentage: 100 },
} as const

const MAX_CANARY = 100
const MAX_CONCURRENCY = 500
const MAX_LEAKED = 100

const known = [
  'intent',
  'selector',
  'canary',
  'concurrency',
  'toleratedFailurePercentage',
  'reason',
  'requestedBy',
  'dryRun',
  'campaignId',
  'incidentId',
  'graceSeconds',
  'maxClients',
  'aliveAt',
  'knownLeaked',
]

const readText = (event: JsonObject, name: string, max: number, faults: string[]): string => {
  const value = event[name]
  if (typeof value === 'string' && value.trim() !== '' && value.length <= max) return value
  faults.push(`${name} is ${value === undefined ? 'missing' : 'malformed'}: expected 1 to ${max} characters`)
  return ''
}

const readId = (event: JsonObject, name: string, faults: string[]): string | undefined => {
  const value = event[name]
  if (value === undefined) return undefined
  if (typeof value === 'string' && isSubjectId(value)) return value
  faults.push(`${name} is malformed: expected ${SUBJECT_ID_RULE}`)
  return undefined
}

interface Bounds {
  readonly fallback: number
  readonly min: number
  readonly max: number
  readonly isWhole: boolean
}

const readNumber = (event: JsonObject, name: string, bounds: Bounds, faults: string[]): number => {
  const { fallback, min, max, isWhole } = bounds
  const value = event[name] ?? fallback
  const fits = typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value))
  if (!fits) faults.push(`${name} is malformed: expected ${isWhole ? 'an integer' : 'a number'} from ${min} to ${max}`)
  return fits ? value : fallback
}

const readLeaked = (event: JsonObject, faults: string[]): readonly string[] => {
  const value = event.knownLeaked ?? []
  const fits =
    Array.isArray(value) &&
    value.length <= MAX_LEAKED &&
    value.every((one): one is string => typeof one === 'string' && isClientId(one))
  if (!fits) faults.push(`knownLeaked is malformed: expected at most ${MAX_LEAKED} client ids`)
  return fits ? value : []
}

const readFlag = (event: JsonObject, name: string, faults: string[]): boolean => {
  const value = event[name] ?? false
  if (typeof value !== 'boolean') faults.push(`${name} is malformed: expected true or false`)
  return value === true
}

const readGrace = (event: JsonObject, faults: string[]): number | undefined => {
  if (event.graceSeconds === undefined) return undefined
  const bounds = { fallback: MIN_GRACE_SECONDS, min: MIN_GRACE_SECONDS, max: MAX_GRACE_SECONDS, isWhole: true }
  return readNumber(event, 'graceSeconds', bounds, faults)
}

const readMaxClients = (event: JsonObject, faults: string[]): number | undefined => {
  if (event.maxClients === undefined) return undefined
  return readNumber(event, 'maxClients', { fallback: 1, min: 1, max: MAX_NAMED, isWhole: true }, faults)
}

const readAliveAt = (event: JsonObject, faults: string[]): number | undefined => {
  if (event.aliveAt === undefined) return undefined
  return readNumber(event, 'aliveAt', { fallback: 0, min: 0, max: Number.MAX_SAFE_INTEGER, isWhole: true }, faults)
}

/** Settings that would not be obeyed. */
const misplacedFaults = (request: CampaignRequest): readonly string[] => {
  const { intent, selector, canary, toleratedFailurePercentage, incidentId, graceSeconds, maxClients, knownLeaked } =
    request
  const faults: string[] = []
  if (intent === 'rotate') {
    if (graceSeconds !== undefined) faults.push('graceSeconds is misplaced: a rotate keeps the overlap')
    if (maxClients !== undefined) faults.push('maxClients is misplaced: it limits who reports a leak')
    if (request.aliveAt !== undefined) faults.push('aliveAt is misplaced: a rotate does not end the old value; revoke')
    if (knownLeaked.length > 0) faults.push('knownLeaked is misplaced: a rotate does not end the old value; revoke')
    return faults
  }
  if ('due' in selector) faults.push('selector.due is misplaced: a revoke does not look at age')
  if (canary !== 0) faults.push('canary is misplaced: a revoke never stops; leave it out')
  if (toleratedFailurePercentage !== 100) {
    faults.push('toleratedFailurePercentage is misplaced: a revoke never stops; leave it out')
  }
  if (incidentId === undefined) {
    faults.push(
      'incidentId is missing: a revoke belongs to an incident, which its evidence and its repetition refer to',
    )
  }
  return faults
}

/** @returns the request with its defaults, or every fault, one each. */
export const readCampaignRequest = (event: unknown): Result<CampaignRequest, readonly string[]> => {
  if (!isJsonObject(event)) return refused(['the input is malformed: expected a JSON object'])
  const faults: string[] = []
  for (const name of Object.keys(event)) if (!known.includes(name)) faults.push(`${name} is unknown`)
  const { intent } = event
  if (intent !== 'rotate' && intent !== 'revoke') {
    faults.push(`intent is ${intent === undefined ? 'missing' : 'malformed'}: expected "rotate" or "revoke"`)
  }
  const fallbacks = campaignDefaults[intent === 'revoke' ? 'revoke' : 'rotate']
  const selector = readSelector(event.selector)
  if (!selector.ok) faults.push(...selector.refusal)
  const whole = (name: 'canary' | 'concurrency', min: number, max: number) =>
    readNumber(event, name, { fallback: fallbacks[name], min, max, isWhole: true }, faults)
  const tolerated = { fallback: fallbacks.toleratedFailurePercentage, min: 0, max: 100, isWhole: false }
  const campaignId = readId(event, 'campaignId', faults)
  const incidentId = readId(event, 'incidentId', faults)
  const request: CampaignRequest = {
    intent: intent === 'revoke' ? 'revoke' : 'rotate',
    selector: selector.ok ? selector.value : { due: true },
    canary: whole('canary', 0, MAX_CANARY),
    concurrency: whole('concurrency', 1, MAX_CONCURRENCY),
    toleratedFailurePercentage: readNumber(event, 'toleratedFailurePercentage', tolerated, faults),
    reason: readText(event, 'reason', 500, faults),
    requestedBy: readText(event, 'requestedBy', 200, faults),
    dryRun: readFlag(event, 'dryRun', faults),
    id: incidentId ?? campaignId,
    incidentId,
    graceSeconds: readGrace(event, faults),
    ...defined({ maxClients: readMaxClients(event, faults), aliveAt: readAliveAt(event, faults) }),
    knownLeaked: readLeaked(event, faults),
  }
  // What is misplaced shows only once each part is readable.
  if (faults.length === 0) faults.push(...misplacedFaults(request))
  return faults.length > 0 ? refused(faults) : ok(request)
}
