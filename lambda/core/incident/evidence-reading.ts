// Evidence read back from an archived event, field by field: what is not whole is no proof. Pure.

import { defined } from '../base/defined.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import type { AcceptedValue, Evidence, RefusedValue } from '../rotation/outcome.ts'
import { textOf } from './archived-event.ts'

const readAccepted = (value: unknown): AcceptedValue | undefined => {
  if (!isJsonObject(value)) return undefined
  const [versionId, lastFour, requestId, provenAt] = ['versionId', 'lastFour', 'requestId', 'provenAt'].map((name) =>
    textOf(value, name),
  )
  if (versionId === undefined || lastFour === undefined || requestId === undefined || provenAt === undefined) {
    return undefined
  }
  return Number.isNaN(Date.parse(provenAt)) ? undefined : { versionId, lastFour, requestId, provenAt }
}

const readRefused = (value: unknown): RefusedValue | undefined => {
  const tried = readAccepted(value)
  if (tried === undefined || !isJsonObject(value)) return undefined
  const { status } = value
  const error = textOf(value, 'error')
  if (typeof status !== 'number' || error === undefined) return undefined
  const { refusals } = value
  const counted = typeof refusals === 'number' ? { refusals } : {}
  const [firstRefusedAt, lastAcceptedAt] = ['firstRefusedAt', 'lastAcceptedAt'].map((name) => textOf(value, name))
  return { ...tried, status, error, ...counted, ...defined({ firstRefusedAt, lastAcceptedAt }) }
}

const readSlots = (value: unknown): Evidence['slots'] | undefined => {
  if (!isJsonObject(value) || value.next !== null) return undefined
  const [current, requestId] = ['current', 'requestId'].map((name) => textOf(value, name))
  return current === undefined || requestId === undefined ? undefined : { current, next: null, requestId }
}

/** @returns undefined when there is none, or when a part of it cannot be read. */
export const readEvidence = ({ evidence }: JsonObject): Evidence | undefined => {
  if (!isJsonObject(evidence) || !Array.isArray(evidence.refused)) return undefined
  const slots = readSlots(evidence.slots)
  const refused = evidence.refused.map((one: unknown) => readRefused(one))
  const whole = refused.filter((one) => one !== undefined)
  if (slots === undefined || whole.length < refused.length) return undefined
  if (evidence.accepted === undefined) return { slots, refused: whole }
  const accepted = readAccepted(evidence.accepted)
  return accepted === undefined ? undefined : { slots, refused: whole, accepted }
}
