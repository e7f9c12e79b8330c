// Where an event lies in the archive (docs/evidence.md): below its incident, its campaign or its secret, so that a report is
// assembled by listing a prefix. The key is made of the event alone, never of the time of archiving: the same thing published again
// has the same key, and the archive keeps the first.

import type { ArchivedType } from '../base/event-types.ts'
import type { JsonObject } from '../base/json-object.ts'
import { keyHash, keyPath, keySegment } from '../base/key-segment.ts'
import { summaryPrefix } from '../base/summary-place.ts'
import { readRequestToken } from '../secret/request-token.ts'
import { type ArchivedEvent, textOf } from './archived-event.ts'

const slug = (type: string): string =>
  type
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)

export const incidentPrefix = (incidentId: string): string => `incidents/${keySegment(incidentId)}/`

export const campaignPrefix = (campaignId: string): string => `campaigns/${keySegment(campaignId)}/`

export const secretPrefix = (secretName: string): string => `secrets/${keyPath(secretName)}/`

/** @param at - epoch milliseconds */
export const dayPrefix = (secretName: string, at: number): string =>
  `${secretPrefix(secretName)}${new Date(at).toISOString().slice(0, 10).replaceAll('-', '/')}/`

/** Whether a key's own name says that it is of this type. */
export const isKeyOf = (key: string, ...types: readonly ArchivedType[]): boolean => {
  const name = key.slice(key.lastIndexOf('/') + 1)
  return types.some((type) => name.startsWith(`${slug(type)}-`))
}

/** ISO 8601, in a year of four digits: another would sort elsewhere. @returns undefined for anything else. */
const instantOf = (text: string | undefined): number | undefined => {
  const at = text === undefined || !/^\d{4}-/.test(text) ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/**
 * The day it was asked for, which a repeat cannot change: a step that is driven again a day later publishes the same event with another
 * time. Only a token that is not ours says nothing, and then the event's own time must do.
 */
const dayOf = ({ detail, time }: ArchivedEvent): number =>
  readRequestToken(textOf(detail, 'requestToken') ?? '').askedAt ??
  instantOf(textOf(detail, 'at')) ??
  instantOf(time) ??
  0

/** What the rotation function and the sweep publish about one secret. */
const ofOneSecret: ReadonlySet<string> = new Set<ArchivedType>([
  'Secret Revoked',
  'Rotation Completed',
  'Adoption Unproven',
  'Rotation Refused',
  'Rotation Stuck',
  'Drift Detected',
])

const placeOf = (event: ArchivedEvent): string => {
  const { type, detail } = event
  const [secretName, incidentId, campaignId] = ['secretName', 'incidentId', 'campaignId'].map((name) =>
    textOf(detail, name),
  )
  if (ofOneSecret.has(type)) return secretName === undefined ? 'unsorted/' : dayPrefix(secretName, dayOf(event))
  if (type === 'Daily Summary') return summaryPrefix(dayOf(event))
  if (incidentId !== undefined) return incidentPrefix(incidentId)
  return campaignId === undefined ? 'unsorted/' : campaignPrefix(campaignId)
}

const ownId = (detail: JsonObject): string | undefined => {
  const id = textOf(detail, 'id')
  return id !== undefined && /^[A-Za-z0-9_-]{8,64}$/.test(id) ? id : undefined
}

/**
 * An event of one secret is known by its own id: published again, it proves the same again. What is said of an incident or a campaign is
 * known by all it says: two that differ in a word, such as a second report under the same incident, are both kept.
 */
const identityOf = ({ type, source, detail }: ArchivedEvent): string =>
  (ofOneSecret.has(type) ? ownId(detail) : undefined) ?? keyHash([source, type, detail])

export const archiveKey = (event: ArchivedEvent): string =>
  `${placeOf(event)}${slug(event.type)}-${identityOf(event)}.json`
