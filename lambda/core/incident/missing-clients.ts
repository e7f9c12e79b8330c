// Whom an incident is about beyond those that the archive names: who says that all of an incident is proven must know of all.

import { INCIDENT_COMPLETED, LEAK_REPORTED } from '../base/event-types.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
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
  const isOpen = ends.length === 0 && selectors.some((selector) => !isNamed(selector))
  const why = 'it has no end yet, so that not all whom it is about are known'
  return isOpen ? [...unnamed, { what: incidentId, why }] : unnamed
}
