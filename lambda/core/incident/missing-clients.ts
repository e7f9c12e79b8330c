// Whom an incident is about beyond those that the archive names: who says that all of an incident is proven must know of all.

import { INCIDENT_COMPLETED, LEAK_REPORTED } from '../base/event-types.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { readSelector, selectionOf } from '../secret/selector.ts'
import type { ArchivedEvent } from './archived-event.ts'

interface Known {
  readonly clientId: string | null
}

interface Missing {
  readonly what: string
  readonly why: string
}

const textsIn = (selector: JsonObject, name: string): readonly string[] => {
  const value = selector[name]
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}

const numberIn = (object: unknown, name: string): number => {
  const value = isJsonObject(object) ? object[name] : undefined
  return typeof value === 'number' ? value : 0
}

const isNamed = (selector: JsonObject): boolean => 'clientIds' in selector || 'secretNames' in selector

/**
 * Whether it is known whom a report means that describes its clients: by the end of that very selection. Whoever may report leaks or start campaigns
 * can have another selection end under the same incident's id. Ends of earlier releases do not say which they are of.
 */
const isEnded = (selector: JsonObject, ends: readonly ArchivedEvent[]): boolean => {
  const read = readSelector(selector)
  const selection = read.ok ? selectionOf(read.value) : undefined
  return ends.some(({ detail }) => detail.selection === undefined || detail.selection === selection)
}

export const missingOf = (
  incidentId: string,
  said: readonly ArchivedEvent[],
  clients: readonly Known[],
): readonly Missing[] => {
  const selectors = said
    .filter(({ type }) => type === LEAK_REPORTED)
    .flatMap(({ detail }) => (isJsonObject(detail.selector) ? [detail.selector] : []))
  const known = new Set(clients.map(({ clientId }) => clientId))
  const unnamed = [...new Set(selectors.flatMap((selector) => textsIn(selector, 'clientIds')))]
    .filter((clientId) => !known.has(clientId))
    .map((what) => ({ what, why: 'the archive does not say yet which secret holds this client' }))
  const ends = said.filter(({ type }) => type === INCIDENT_COMPLETED)
  const counted = Math.max(
    0,
    ...ends.map(({ detail }) => numberIn(detail.counts, 'clients') + numberIn(detail, 'open')),
  )
  if (counted > clients.length) {
    const why = `it was about ${counted} clients, of which the archive names ${clients.length}`
    return [...unnamed, { what: incidentId, why }]
  }
  if (selectors.every((selector) => isNamed(selector) || isEnded(selector, ends))) return unnamed
  const why =
    ends.length === 0
      ? 'it has no end yet, so that not all whom it is about are known'
      : 'a report of it has no end of its own yet, so that not all whom it is about are known'
  return [...unnamed, { what: incidentId, why }]
}
