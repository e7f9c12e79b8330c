// The sentences of the page's timeline: what a rotation does while it goes on, what it has done, and what an event means. Pure.
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import type { Intent, Origin } from '../../core/secret/request-token.ts'

/** busy: it goes on. */
export type StoryTone = 'plain' | 'busy' | 'good' | 'bad'

export interface Sentence {
  /** Without a full stop. */
  readonly says: string
  /** A sentence more, or ''. */
  readonly detail: string
  readonly tone: StoryTone
}

const value = (lastFour: string | null | undefined): string => (lastFour ? `…${lastFour}` : 'another value')

const beginnings: Readonly<Record<Intent, (name: string) => string>> = {
  rotate: (name) => `Rotating ${name}`,
  settle: (name) => `Settling ${name}: ending the overlap`,
  rollback: (name) => `Rolling ${name} back`,
  revoke: (name) => `Revoking the secret of ${name}`,
}

export const beginning = (intent: Intent, name: string): Sentence => ({
  says: beginnings[intent](name),
  detail: '',
  tone: 'busy',
})

/** Turning rotation on makes Secrets Manager try the function, under a token of its own and without a value. */
export const dryRun = {
  begins: (name: string): Sentence => ({ says: `Testing the rotation of ${name}`, detail: '', tone: 'busy' }),
  ends: (name: string): Sentence => ({
    says: `The rotation of ${name} was tested`,
    detail: 'A dry run: nothing changed.',
    tone: 'plain',
  }),
}

/** Without an event that says how it ended. */
export const endedQuietly = (name: string): Sentence => ({
  says: `${name}: the rotation ended without a change`,
  detail: '',
  tone: 'plain',
})

/** @param lastFour of AWSCURRENT's value now */
export const storedSentence = (origin: Origin, name: string, lastFour: string | null): Sentence => ({
  says:
    origin === 'adopt'
      ? `${name} was adopted with ${value(lastFour)}`
      : `${name} was registered with ${value(lastFour)}`,
  detail: '',
  tone: 'good',
})

interface Refused {
  readonly lastFour: string
  readonly refusals: number | undefined
}

const refusedIn = (detail: JsonObject): readonly Refused[] => {
  const { evidence } = detail
  const refused = isJsonObject(evidence) && Array.isArray(evidence.refused) ? evidence.refused : []
  return refused.flatMap((one) =>
    isJsonObject(one) && typeof one.lastFour === 'string'
      ? [{ lastFour: one.lastFour, refusals: typeof one.refusals === 'number' ? one.refusals : undefined }]
      : [],
  )
}

const fewTimes = ['never', 'once', 'twice', 'three times', 'four times', 'five times', 'six times']
const times = (count: number): string => fewTimes[count] ?? `${count} times`

const refusedWords = (refused: readonly Refused[]): string =>
  refused
    .map(
      ({ lastFour, refusals }) => `Stytch refused …${lastFour}${refusals === undefined ? '' : ` ${times(refusals)}`}`,
    )
    .join('; ')

const text = (detail: JsonObject, field: string): string => {
  const found = detail[field]
  return typeof found === 'string' ? found : ''
}

const completed = (detail: JsonObject, name: string, lastFour: string | null): Sentence => {
  const refused = refusedIn(detail)
  switch (text(detail, 'intent')) {
    case 'settle':
      return {
        says: `${name} settled on ${value(lastFour)}`,
        detail: refused.length > 0 ? `${refusedWords(refused)}.` : '',
        tone: 'good',
      }
    case 'rollback':
      return {
        says: `${name} rolled back to ${value(lastFour)}`,
        detail: 'Consumers read the earlier value again.',
        tone: 'good',
      }
    case 'revoke':
      return {
        says: `${name} switched to ${value(lastFour)}`,
        detail: 'The revoked value is ended next.',
        tone: 'good',
      }
    default:
      return {
        says: `${name} switched to ${value(lastFour)}`,
        detail: 'Both values work until the overlap ends.',
        tone: 'good',
      }
  }
}

const intentNouns: Readonly<Record<string, string>> = {
  rotate: 'Rotation',
  settle: 'Settle',
  rollback: 'Rollback',
  revoke: 'Revoke',
}

/** Of events that end a rotation; undefined: it does not. */
export const endingOf = (
  detailType: string,
  detail: JsonObject,
  name: string,
  lastFour: string | null,
): Sentence | undefined => {
  if (detailType === 'Rotation Completed') return completed(detail, name, lastFour)
  if (detailType !== 'Rotation Refused') return undefined
  const noun = intentNouns[text(detail, 'intent')] ?? 'Rotation'
  return { says: `${noun} of ${name} refused`, detail: text(detail, 'explanation'), tone: 'bad' }
}

/** Of events that say nothing which others do not. */
const unsaid = new Set(['M2M Secret Changed', 'Daily Summary', 'Sweep Digest'])
const bad = new Set([
  'Secret Leak Reported',
  'Drift Detected',
  'Rotation Stuck',
  'Secret Dead',
  'Credential Refused',
  'Policy Foreign',
])
const incident = new Set([
  'Secret Leak Reported',
  'Incident Begun',
  'Incident Delayed',
  'Incident Completed',
  'Secret Revoked',
  'Leak Unresolved',
  'Leak Closed',
  'Incident Held',
  'Leak Report Refused',
  'Revoke Confirmed',
])

const outcomes: Readonly<Record<string, string>> = {
  dead: 'the leaked value was dead before',
  refused: 'Stytch refuses the leaked value',
  partly: 'some leaked values may still be accepted',
  failed: 'the leaked value may still be accepted',
  nobody: 'no client matched',
}

/** What an incident's outcome means to a person. */
export const outcomeWords = (outcome: string): string => outcomes[outcome] ?? outcome

const subjectOf = (name: string): string => (name === '' ? '' : ` of ${name}`)

/** Of any other event. @returns undefined: it is left out */
export const eventSentence = (
  detailType: string,
  given: unknown,
  name: string,
): (Sentence & { readonly isIncident: boolean }) | undefined => {
  if (unsaid.has(detailType)) return undefined
  const detail = isJsonObject(given) ? given : {}
  const isIncident = incident.has(detailType)
  const more = text(detail, 'summary') || text(detail, 'explanation') || text(detail, 'reason')
  const tone: StoryTone = bad.has(detailType) ? 'bad' : 'plain'
  switch (detailType) {
    case 'Secret Leak Reported':
      return {
        says: name === '' ? 'A leak was reported' : `${name} was reported as leaked`,
        detail: more,
        tone,
        isIncident,
      }
    case 'Incident Begun':
      return {
        says: `Incident ${text(detail, 'incidentId')} began`,
        detail: text(detail, 'reason'),
        tone: 'plain',
        isIncident,
      }
    case 'Incident Completed': {
      const isGood = ['refused', 'dead'].includes(text(detail, 'outcome'))
      return {
        says: `Incident ${text(detail, 'incidentId')} ended: ${outcomeWords(text(detail, 'outcome'))}`,
        detail: more,
        tone: isGood ? 'good' : 'bad',
        isIncident,
      }
    }
    case 'Secret Revoked':
      return {
        says: `The leaked value${subjectOf(name)} is refused`,
        detail: `${refusedWords(refusedIn(detail))}.`,
        tone: 'good',
        isIncident,
      }
    default:
      return { says: `${detailType}${name === '' ? '' : `: ${name}`}`, detail: more, tone, isIncident }
  }
}
