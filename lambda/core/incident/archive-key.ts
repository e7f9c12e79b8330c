// Where an event lies in the archive (docs/evidence.md): below its incident, its campaign or its secret, so that a report is
// assembled by listing a prefix. The key is made of the event alone, never of the time of archiving: the same thing said again, word for
// word, has the same key, and the archive keeps the first.

import { archivePlaceOf, type EventType } from '../base/event-types.ts'
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

/** Whether a key's own name says that it is of one of these types. */
export const isKeyOf = (key: string, ...types: readonly EventType[]): boolean => {
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

const UNSORTED = 'unsorted/'

const placeOf = (event: ArchivedEvent): string => {
  const { source, type, detail } = event
  const [secretName, incidentId, campaignId] = ['secretName', 'incidentId', 'campaignId'].map((name) =>
    textOf(detail, name),
  )
  switch (archivePlaceOf(source, type)) {
    case 'secret':
      return secretName === undefined ? UNSORTED : dayPrefix(secretName, dayOf(event))
    case 'day':
      return summaryPrefix(dayOf(event))
    case 'incident':
      if (incidentId !== undefined) return incidentPrefix(incidentId)
      return campaignId === undefined ? UNSORTED : campaignPrefix(campaignId)
    case null:
      return UNSORTED
  }
}

const sourceSlug = (source: string): string => slug(source.replace(/^m2m\./, ''))

/**
 * An event is known by who said it and by all that it says: nobody can take its key by saying something else first. Published again word
 * for word, it is the same.
 */
export const archiveKey = (event: ArchivedEvent): string => {
  const { type, source, detail } = event
  return `${placeOf(event)}${slug(type)}-${sourceSlug(source)}-${keyHash([source, type, detail])}.json`
}
