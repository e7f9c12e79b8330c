// What this system writes on a secret as tags, and reads there: whose client it holds, a secret's own overlap and period, and a hold.
// Whoever registered the secret, the tags are the same. Nothing here is a secret. Values keep to what Secrets Manager lets a tag
// hold: at most 256 letters, digits, spaces and + - = . _ : / @.
import { HOUR_MS } from '../base/time-units.ts'
import type { Secret } from './secret.ts'

export const TAG = {
  client: 'm2m:client-id',
  /** `12h` or `2d`: ends this secret's overlaps, instead of the stage's own. */
  overlap: 'm2m:overlap',
  /** `30d`: this secret's own period for the periodic campaign. */
  period: 'm2m:period',
  /** ISO 8601 since when: no planned rotation or settle until it is released; a revoke ignores it. */
  held: 'm2m:held',
  heldBy: 'm2m:held-by',
  /** ISO 8601 since when: its client was deactivated, and its rotation is off for good. */
  retired: 'm2m:retired',
  /** The scopes, separated by spaces; more than fit go on in `m2m:scopes.2` and so on. */
  scopes: 'm2m:scopes',
  /** What becomes of the client when it is no longer declared; only what a file declares needs it. */
  onRemoval: 'm2m:on-removal',
  /** A fingerprint of policy and replicas as they were set, so that a plan need not read each one. */
  policy: 'm2m:policy',
  /** Of a secret that was adopted where it is: which of its owner's members holds what (mapped-form.ts). */
  fields: 'm2m:fields',
  /** Of such a secret, while its readers are not known yet: `open`. */
  reading: 'm2m:reading',
} as const

/**
 * Keys of the tags that something is decided by: the secret's policy lets nobody but its changers write them. All that this system writes begin
 * so, those of whoever declares it (client-ownership.ts) included.
 */
export const GUARDED_TAG_KEYS = ['m2m:*', 'vend:*'] as const

type Tagged = Pick<Secret, 'tags'>

const SPAN = /^([1-9]\d{0,4})([hd])$/

/** `12h` or `30d` in milliseconds; undefined for anything else. */
export const readSpan = (text: string | undefined): number | undefined => {
  const match = SPAN.exec(text ?? '')
  return match === null ? undefined : Number(match[1]) * HOUR_MS * (match[2] === 'd' ? 24 : 1)
}

/** What holds for a secret whose tags say nothing. */
export interface StageSpans {
  readonly periodMs: number
  readonly overlapMs: number
  /** The longest time between two periodic campaigns; absent: there is none, or nothing is decided by it. */
  readonly campaignEveryMs?: number | undefined
}

export const periodOf = ({ tags }: Tagged, stage: StageSpans): number => readSpan(tags[TAG.period]) ?? stage.periodMs

/** A secret's own; else the stage's, but never over half of the secret's own period, so that overlaps do not meet. */
export const overlapOf = (secret: Tagged, stage: StageSpans): number =>
  readSpan(secret.tags[TAG.overlap]) ?? Math.min(stage.overlapMs, periodOf(secret, stage) / 2)

export interface Hold {
  /** Epoch milliseconds; undefined when the tag is unreadable – it holds all the same. */
  readonly since: number | undefined
  readonly by: string | undefined
}

export const holdOf = ({ tags }: Tagged): Hold | undefined => {
  const held = tags[TAG.held]
  if (held === undefined) return undefined
  const since = Date.parse(held)
  return { since: Number.isNaN(since) ? undefined : since, by: tags[TAG.heldBy] }
}

export const isRetired = ({ tags }: Tagged): boolean => tags[TAG.retired] !== undefined

const MAX_TAG_VALUE = 256

const scopesKey = (at: number): string => (at === 0 ? TAG.scopes : `${TAG.scopes}.${at + 1}`)

/** A scope with a character that no tag value may hold is left out: it selects nothing, and the client has it all the same. */
export const scopeTags = (scopes: readonly string[]): Readonly<Record<string, string>> => {
  const chunks: string[] = []
  for (const scope of [...scopes].sort()) {
    if (!/^[\p{L}\p{N}+\-=._:/@]{1,256}$/u.test(scope)) continue
    const last = chunks.at(-1)
    if (last === undefined || last.length + 1 + scope.length > MAX_TAG_VALUE) chunks.push(scope)
    else chunks[chunks.length - 1] = `${last} ${scope}`
  }
  return Object.fromEntries(chunks.map((chunk, at) => [scopesKey(at), chunk]))
}

export const scopesOf = ({ tags }: Tagged): readonly string[] => {
  const scopes: string[] = []
  for (let at = 0; tags[scopesKey(at)] !== undefined; at += 1) scopes.push(...(tags[scopesKey(at)] ?? '').split(' '))
  return scopes.filter((scope) => scope !== '')
}

export const clientIdOf = ({ tags }: Tagged): string | undefined => tags[TAG.client]

/** The client of a secret, as an event or a report names it. */
export interface ClientNaming {
  readonly clientId?: string
  /** Nothing but the secret's tag says so, and whoever makes a secret chooses its tags. */
  readonly clientIdFrom?: 'tag'
}

/** @param known by what the issuer or a claim says, or by the stored value. @default - a tag names it, if there is one */
export const clientNaming = (secret: Tagged, known?: string): ClientNaming => {
  if (known !== undefined) return { clientId: known }
  const clientId = clientIdOf(secret)
  return clientId === undefined ? {} : { clientId, clientIdFrom: 'tag' }
}
