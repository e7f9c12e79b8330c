// One client as an operator writes it, in cdk.json or in a file for `m2m apply`: the same fields, checked by the same code. Pure; notes
// every fault with its path and never stops at the first.

import { defined } from '../../lambda/core/base/defined.ts'
import { isTagValue, type Removal, removals } from '../../lambda/core/clients/declared-client.ts'
import { CLIENT_NAME_RULE, expectedClientName, isClientName } from '../../lambda/core/secret/client-name.ts'
import { isScope, SCOPE_RULE } from '../../lambda/core/secret/scope.ts'
import { matching, type Place, type Shape } from './config-place.ts'
import { periodFault } from './rotation-schedule.ts'

export interface ClientConfig {
  readonly name: string
  /** As people see it at Stytch. @default - the name */
  readonly displayName?: string
  readonly description: string
  readonly scopes: readonly string[]
  /** IAM roles, of any account, that may read the secret. */
  readonly readers: readonly string[]
  readonly onRemoval: Removal
  /** `12h`, `2d`: its own, instead of the stage's. */
  readonly overlap?: string
  readonly period?: string
  /** The operator's own, to find and select by. */
  readonly tags: Readonly<Record<string, string>>
}

export const clientFields = [
  'name',
  'displayName',
  'description',
  'scopes',
  'readers',
  'onRemoval',
  'overlap',
  'period',
  'tags',
] as const

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/
const TAG_KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u

export const roleArnShape = matching(
  ROLE_ARN,
  "a role's full ARN without wildcards, arn:aws:iam::<account>:role/<name>",
)

export const tagKeyShape = matching(
  TAG_KEY,
  '1 to 128 letters, digits, spaces and _ . : / = + - @, not starting with aws:',
)
export const tagValueShape: Shape = {
  expected: 'at most 256 letters, digits, spaces and _ . : / = + - @',
  fits: isTagValue,
}

export const clientNameShape: Shape = {
  expected: CLIENT_NAME_RULE,
  fits: isClientName,
  expectedFor: expectedClientName,
}

const shapes = {
  displayName: matching(/^\S(?:.{0,126}\S)?$/, '1 to 128 characters on one line'),
  description: matching(/^[\s\S]{1,2000}$/, '1 to 2000 characters'),
  scope: { expected: SCOPE_RULE, fits: isScope },
} satisfies Record<string, Shape>

/** With its client id, its policy's fingerprint, its owner and what `hold` writes: fifty are AWS's limit. */
const MAX_TAGS = 20
/** Their tags: five values of 256 characters, at the least. */
const MAX_SCOPES_CHARACTERS = 2000

const HOURS_IN = { h: 1, d: 24 } as const

/** `12h` or `30d`, in hours; undefined for anything else. */
export const spanHours = (value: unknown): number | undefined => {
  const match = typeof value === 'string' ? /^([1-9]\d{0,3})([hd])$/.exec(value) : null
  return match === null ? undefined : Number(match[1]) * HOURS_IN[match[2] === 'd' ? 'd' : 'h']
}

export const spanFault = (value: unknown): string =>
  `is malformed: ${JSON.stringify(value)}; expected hours or days, such as "12h" or "30d"`

/** `12h` or `30d`, in hours. */
export const readHours = (place: Place, name: string, fallback: string): number | undefined => {
  const value = place.fields[name] ?? fallback
  const hours = spanHours(value)
  if (hours === undefined) place.fault(name, spanFault(value))
  return hours
}

const readSpan = (place: Place, name: 'overlap' | 'period'): string | undefined => {
  if (!place.has(name)) return undefined
  const value = place.fields[name]
  if (spanHours(value) !== undefined) return String(value)
  place.fault(name, spanFault(value))
  return undefined
}

const readTags = (place: Place): Readonly<Record<string, string>> => {
  const inner = place.inner('tags')
  if (inner === undefined) return {}
  const tags: Record<string, string> = {}
  for (const [key, value] of Object.entries(inner.fields)) {
    if (!tagKeyShape.fits(key) || /^m2m:/i.test(key)) {
      inner.fault(key, `is no tag's key: expected ${tagKeyShape.expected} or m2m:`)
    }
    if (typeof value === 'string' && tagValueShape.fits(value)) tags[key] = value
    else inner.fault(key, `is malformed: expected ${tagValueShape.expected}`)
  }
  if (Object.keys(tags).length > MAX_TAGS) inner.fault('', `are too many: expected at most ${MAX_TAGS}`)
  return tags
}

const checkSpans = (place: Place, { overlap, period }: Pick<ClientConfig, 'overlap' | 'period'>): void => {
  const hours = { overlap: spanHours(overlap), period: spanHours(period) }
  const fault = hours.period === undefined ? undefined : periodFault(hours.period)
  if (fault !== undefined) place.fault('period', fault)
  if (hours.overlap !== undefined && hours.period !== undefined && hours.overlap >= hours.period) {
    place.fault('overlap', `is not shorter than the period of ${period}: expected at most half of it`)
  }
}

/** A faulty field yields a stand-in that nobody gets to see, since the caller throws when there is any fault. */
export const readClient = (place: Place, fallback: Removal): ClientConfig => {
  place.onlyKnows(...clientFields)
  const displayName = place.optional('displayName', shapes.displayName)
  const [overlap, period] = [readSpan(place, 'overlap'), readSpan(place, 'period')]
  const spans = { ...defined({ overlap, period }) }
  checkSpans(place, spans)
  const scopes = place.texts('scopes', shapes.scope)
  if (new Set(scopes).size < scopes.length) place.fault('scopes', 'name one twice: expected each scope once')
  if (scopes.join(' ').length > MAX_SCOPES_CHARACTERS) {
    place.fault('scopes', `are too long: expected at most ${MAX_SCOPES_CHARACTERS} characters together`)
  }
  return {
    name: place.text('name', clientNameShape),
    ...defined({ displayName }),
    description: place.text('description', shapes.description),
    scopes,
    readers: place.texts('readers', roleArnShape),
    onRemoval: place.oneOf('onRemoval', removals, fallback),
    ...spans,
    tags: readTags(place),
  }
}

/** Each of the list, and each name once. */
export const readClientList = (places: readonly Place[], fallback: Removal): readonly ClientConfig[] => {
  const seen = new Map<string, string>()
  return places.map((place) => {
    const client = readClient(place, fallback)
    const first = seen.get(client.name)
    if (first !== undefined && client.name !== '') {
      place.fault('name', `is ${JSON.stringify(client.name)}, as in ${first}: expected each name once`)
    }
    seen.set(client.name, first ?? place.path)
    return client
  })
}
