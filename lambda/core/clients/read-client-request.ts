// CloudFormation's request about one client, from an untyped event to what is asked. Pure. Everything that is wrong is reported together.

import { defined } from '../base/defined.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { readReturnAddress } from '../base/return-address.ts'
import { isScopes, SCOPE_RULE } from '../secret/scope.ts'
import type { RotationRules } from '../secret/secret.ts'
import { readSpan } from '../secret/secret-tags.ts'
import { type DeclaredClient, isOwnTagKey, isTagValue, type Owner, removals } from './declared-client.ts'

export interface ClientRequest {
  readonly type: 'Create' | 'Update' | 'Delete'
  /** CloudFormation's; the same when it asks again. */
  readonly requestId: string
  readonly owner: Owner
  /** What an earlier answer called the resource; absent on Create. */
  readonly physicalId: string | undefined
  readonly client: DeclaredClient
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)

export const CLAIMS_RESOURCE = 'Custom::M2mClaims'

/** CloudFormation turns every number into text. */
const positive = (value: unknown): number | undefined => {
  const text = typeof value === 'number' ? String(value) : value
  return isText(text) && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined
}

const readRules = (value: unknown): RotationRules | undefined => {
  if (!isFields(value)) return undefined
  const everyDays = positive(value.EveryDays)
  if (everyDays !== undefined && value.Schedule === undefined) return { everyDays }
  if (!isText(value.Schedule) || value.EveryDays !== undefined) return undefined
  const durationHours = positive(value.DurationHours)
  return { schedule: value.Schedule, ...defined({ durationHours }) }
}

const isSpan = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === 'string' && readSpan(value) !== undefined)

const isTags = (value: unknown): value is Readonly<Record<string, string>> =>
  isFields(value) &&
  Object.entries(value).every(([key, text]) => isOwnTagKey(key) && typeof text === 'string' && isTagValue(text))

export const readClientRequest = (event: unknown): Result<ClientRequest, readonly string[]> => {
  const address = readReturnAddress(event)
  if (!isFields(event) || address === undefined) return refused(["the event is not a custom resource's"])
  const { RequestType: type, PhysicalResourceId: physicalId, ResourceProperties: properties } = event
  const faults: string[] = []
  const given = isFields(properties) ? properties : {}
  const { SecretName, DisplayName, Description, Scopes = [], Consumers = [], Rotation, OnRemoval } = given
  const { Overlap: overlap, Period: period, Tags: tags = {} } = given
  if (type !== 'Create' && type !== 'Update' && type !== 'Delete')
    faults.push('RequestType: expected Create, Update or Delete')
  if (!isText(SecretName)) faults.push("SecretName: expected the secret's full name")
  if (!isText(DisplayName)) faults.push('DisplayName: expected a text')
  if (typeof Description !== 'string') faults.push('Description: expected a text')
  if (!isScopes(Scopes)) faults.push(`Scopes: expected a list, each ${SCOPE_RULE}`)
  if (!isTexts(Consumers)) faults.push("Consumers: expected a list of roles' ARNs")
  const rules = readRules(Rotation)
  if (rules === undefined) faults.push('Rotation: expected { EveryDays } or { Schedule, DurationHours }')
  const onRemoval = removals.find((one) => one === OnRemoval)
  if (onRemoval === undefined) faults.push(`OnRemoval: expected ${removals.join(', ')}`)
  if (!isSpan(overlap)) faults.push('Overlap: expected hours or days, such as "12h"')
  if (!isSpan(period)) faults.push('Period: expected hours or days, such as "30d"')
  if (!isTags(tags)) faults.push('Tags: expected keys that do not begin with m2m: or aws:, each with a text')
  if (faults.length > 0 || rules === undefined || onRemoval === undefined || !isTags(tags)) return refused(faults)
  return ok({
    type: type as ClientRequest['type'],
    requestId: address.requestId,
    owner: { stackId: address.stackId, resource: address.logicalId },
    physicalId: isText(physicalId) ? physicalId : undefined,
    client: {
      secretName: String(SecretName),
      displayName: String(DisplayName),
      description: String(Description),
      scopes: isScopes(Scopes) ? Scopes : [],
      consumers: Consumers as readonly string[],
      rules,
      onRemoval,
      ...(isSpan(overlap) && overlap !== undefined ? { overlap } : {}),
      ...(isSpan(period) && period !== undefined ? { period } : {}),
      tags,
    },
  })
}
