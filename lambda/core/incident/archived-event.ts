// An event as it is archived: EventBridge's envelope, whole. Says what of it the layout and a report need, and keeps the rest as it
// came. Refuses only what is no event at all.
import { filled, isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { readRequestToken } from '../secret/request-token.ts'

export interface ArchivedEvent {
  /** EventBridge's `detail-type`. */
  readonly type: string
  readonly source: string
  /** ISO 8601, to the second: when the bus took it. */
  readonly time: string
  readonly detail: JsonObject
  /** The envelope as it was delivered. */
  readonly envelope: JsonObject
}

/** A field that is a text and not empty. */
export const textOf = (object: JsonObject, name: string): string | undefined => filled(object[name])

/** @returns what is missing, in words. */
export const readArchivedEvent = (envelope: unknown): Result<ArchivedEvent, readonly string[]> => {
  if (!isJsonObject(envelope)) return refused(['expected an object'])
  const type = textOf(envelope, 'detail-type')
  const source = textOf(envelope, 'source')
  const time = textOf(envelope, 'time')
  const { detail } = envelope
  if (type !== undefined && source !== undefined && time !== undefined && isJsonObject(detail)) {
    return ok({ type, source, time, detail, envelope })
  }
  const missing = [
    ...(type === undefined ? ['detail-type: expected a text'] : []),
    ...(source === undefined ? ['source: expected a text'] : []),
    ...(time === undefined ? ['time: expected a text'] : []),
    ...(isJsonObject(detail) ? [] : ['detail: expected an object']),
  ]
  return refused(missing)
}

/** How long a revoke took, from the request to the proof, in seconds. @returns undefined of any other event. */
export const secondsToProof = ({ type, detail }: ArchivedEvent): number | undefined => {
  if (type !== 'Secret Revoked') return undefined
  const { askedAt } = readRequestToken(textOf(detail, 'revokeToken') ?? '')
  const provenAt = Date.parse(textOf(detail, 'at') ?? '')
  return askedAt === undefined || Number.isNaN(provenAt) ? undefined : Math.max(0, (provenAt - askedAt) / 1000)
}

/** The text of an object in the archive. @returns undefined when it is no event. */
export const parseArchivedEvent = (text: string): ArchivedEvent | undefined => {
  const read = readArchivedEvent(parseJsonObject(text))
  return read.ok ? read.value : undefined
}

/** Two spaces deep, so that a person can read it. */
export const writeArchivedEvent = ({ envelope }: ArchivedEvent): string => `${JSON.stringify(envelope, undefined, 2)}\n`
