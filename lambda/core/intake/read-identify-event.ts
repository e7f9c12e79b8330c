// What the identify function is asked, checked as a whole; every fault at once, and none of them quotes what leaked.

import { defined } from '../base/defined.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import type { StageSecrets } from '../secret/stage-secrets.ts'
import type { SearchRequest } from './identify-leak.ts'
import { type LeakProof, readProof } from './leak-proof.ts'

const FIELDS = ['value', 'hmslHash', 'clientId', 'prefix', 'tags']
const MAX_TAGS = 10

const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= max

const readTags = (value: unknown, faults: string[]): Readonly<Record<string, string>> => {
  if (value === undefined) return {}
  const entries = isJsonObject(value) ? Object.entries(value) : []
  const fits = entries.every(([key, text]) => isText(key, 128) && typeof text === 'string' && text.length <= 256)
  if (entries.length >= 1 && entries.length <= MAX_TAGS && fits)
    return Object.fromEntries(entries) as Record<string, string>
  faults.push(`tags is malformed: expected an object of 1 to ${MAX_TAGS} tags, each with its value`)
  return {}
}

type Where = Pick<SearchRequest, 'prefix' | 'extraPrefixes'>

/** A prefix narrows the search to a part of the stage's own secrets. */
const readWhere = (value: unknown, { secretNamePrefix, extraPrefixes }: StageSecrets, faults: string[]): Where => {
  const all = { prefix: secretNamePrefix, ...defined({ extraPrefixes }) }
  if (value === undefined) return all
  if (isText(value, 512) && value.startsWith(secretNamePrefix)) return { prefix: value }
  faults.push(`prefix is malformed: expected a beginning of secrets' names below ${secretNamePrefix}`)
  return all
}

const unknownFields = (event: JsonObject): readonly string[] =>
  // A field's name may be anything, so it is counted, not repeated.
  Object.keys(event).some((name) => !FIELDS.includes(name)) ? [`a field is unknown: expected ${FIELDS.join(', ')}`] : []

/** @param stage whose secrets may be searched. */
export const readIdentifyEvent = (event: unknown, stage: StageSecrets): Result<SearchRequest, readonly string[]> => {
  if (!isJsonObject(event)) return refused(['the input is malformed: expected a JSON object'])
  const faults = [...unknownFields(event)]
  const proof: Result<LeakProof, string> = readProof(event.value, event.hmslHash)
  if (!proof.ok) faults.push(proof.refusal)
  const { clientId } = event
  if (clientId !== undefined && !isText(clientId, 256))
    faults.push('clientId is malformed: expected 1 to 256 characters')
  const where = readWhere(event.prefix, stage, faults)
  const tags = readTags(event.tags, faults)
  if (faults.length > 0 || !proof.ok) return refused(faults)
  return ok({ proof: proof.value, ...where, tags, ...(isText(clientId, 256) ? { clientId } : {}) })
}
