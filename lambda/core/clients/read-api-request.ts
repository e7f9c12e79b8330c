// What is asked of the clients function, from an untyped event to a request. Pure. Every fault is reported at once, by its field and never by
// what stands in it: one field is a client's secret.

import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { isScopes, SCOPE_RULE } from '../secret/scope.ts'
import type { RotationRules } from '../secret/secret.ts'
import { isSecretName } from '../secret/secret-name.ts'
import { readSpan } from '../secret/secret-tags.ts'
import {
  type AdoptAsked,
  type AdoptionTerms,
  type ClientsRequest,
  type DeclareAsked,
  type InPlaceAsked,
  MAX_EXAMINED,
} from './clients-api.ts'
import { isOwnTagKey, isSetName, isTagValue, type Removal, removals, SET_RULE } from './declared-client.ts'

const CLIENT_ID = /^[\x21-\x7e]{1,128}$/

/** The fields of one object; a faulty one is noted, and a stand-in returned that no one gets to see. */
const createFields = (fields: JsonObject, faults: string[], path = '') => {
  const fault = (name: string, expected: string): void => {
    faults.push(`${path}${name}: expected ${expected}`)
  }
  const text = (name: string, expected: string, fits = (value: string): boolean => value !== ''): string => {
    const value = fields[name]
    if (typeof value === 'string' && fits(value)) return value
    fault(name, expected)
    return ''
  }
  const texts = (name: string): readonly string[] => {
    const value = fields[name] ?? []
    if (Array.isArray(value) && value.every((one): one is string => typeof one === 'string' && one !== '')) return value
    fault(name, 'a list of texts')
    return []
  }
  const scopes = (): readonly string[] => {
    const value = fields.scopes ?? []
    if (isScopes(value)) return value
    fault('scopes', `a list, each ${SCOPE_RULE}`)
    return []
  }
  const span = (name: 'overlap' | 'period'): Readonly<Record<string, string>> => {
    const value = fields[name]
    if (value === undefined) return {}
    if (typeof value === 'string' && readSpan(value) !== undefined) return { [name]: value }
    fault(name, 'hours or days, such as "12h"')
    return {}
  }
  const tags = (): Readonly<Record<string, string>> => {
    const value = fields.tags ?? {}
    const fits = (entry: readonly [string, unknown]): entry is [string, string] =>
      isOwnTagKey(entry[0]) && typeof entry[1] === 'string' && isTagValue(entry[1])
    const entries = isJsonObject(value) ? Object.entries(value) : undefined
    if (entries?.every(fits)) return Object.fromEntries(entries.filter(fits))
    fault('tags', 'keys that do not begin with m2m: or aws:, each with a text')
    return {}
  }
  const rules = (): RotationRules => {
    const value = fields.rules
    if (isJsonObject(value)) {
      const { everyDays, schedule, durationHours } = value
      if (Number.isInteger(everyDays) && schedule === undefined) return { everyDays: Number(everyDays) }
      if (typeof schedule === 'string' && everyDays === undefined) {
        return { schedule, ...(Number.isInteger(durationHours) ? { durationHours: Number(durationHours) } : {}) }
      }
    }
    fault('rules', '{ everyDays } or { schedule, durationHours }')
    return { everyDays: 0 }
  }
  const onRemoval = (): Removal => {
    const found = removals.find((one) => one === fields.onRemoval)
    if (found === undefined) fault('onRemoval', removals.join(', '))
    return found ?? 'retain'
  }
  const names = (): Readonly<Record<string, string>> => {
    const value = fields.fields ?? {}
    const entries = isJsonObject(value) ? Object.entries(value) : []
    const fits = (entry: readonly [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'
    if (isJsonObject(value) && entries.every(fits)) return Object.fromEntries(entries.filter(fits))
    fault('fields', "our members' names, each with the secret's own")
    return {}
  }
  return { fault, text, texts, scopes, span, tags, rules, onRemoval, names }
}

const idOf = (fields: ReturnType<typeof createFields>): string =>
  fields.text('clientId', "a client's id", (value) => CLIENT_ID.test(value))

const readBy = (event: JsonObject, fields: ReturnType<typeof createFields>): { readonly by?: string } =>
  event.by === undefined ? {} : { by: fields.text('by', 'who asks', isTagValue) }

const readDeclare = (event: JsonObject, faults: string[]): DeclareAsked => {
  const outer = createFields(event, faults)
  const set = outer.text('set', SET_RULE, isSetName)
  const requestId = outer.text('requestId', 'an id of this run')
  if (!isJsonObject(event.client)) outer.fault('client', 'an object')
  const inner = createFields(isJsonObject(event.client) ? event.client : {}, faults, 'client.')
  return {
    set,
    requestId,
    client: {
      secretName: inner.text('secretName', "the secret's full name"),
      displayName: inner.text('displayName', 'a text'),
      description: inner.text('description', 'a text', () => true),
      scopes: inner.scopes(),
      consumers: inner.texts('consumers'),
      rules: inner.rules(),
      onRemoval: inner.onRemoval(),
      ...inner.span('overlap'),
      ...inner.span('period'),
      tags: inner.tags(),
    },
  }
}

const readTerms = (fields: ReturnType<typeof createFields>): AdoptionTerms => ({
  consumers: fields.texts('consumers'),
  rules: fields.rules(),
  ...fields.span('overlap'),
  ...fields.span('period'),
  tags: fields.tags(),
  heldBy: fields.text('heldBy', 'who holds it', (value) => value !== '' && isTagValue(value)),
})

const readAdopt = (event: JsonObject, faults: string[]): AdoptAsked => {
  const fields = createFields(event, faults)
  const { clientSecret } = event
  const isValue = typeof clientSecret === 'string' && clientSecret.length >= 8 && clientSecret.length <= 1024
  if (clientSecret !== undefined && !isValue) fields.fault('clientSecret', '8 to 1024 characters')
  return {
    secretName: fields.text('secretName', "the secret's full name"),
    clientId: idOf(fields),
    ...(isValue ? { clientSecret } : {}),
    description: fields.text('description', 'a text', () => true),
    ...readTerms(fields),
  }
}

const readInPlace = (event: JsonObject, faults: string[]): InPlaceAsked => {
  const fields = createFields(event, faults)
  const { isDryRun } = event
  if (isDryRun !== undefined && typeof isDryRun !== 'boolean') fields.fault('isDryRun', 'true or false')
  return {
    secretName: fields.text('secretName', "the secret's full name", isSecretName),
    ...(event.clientId === undefined ? {} : { clientId: idOf(fields) }),
    fields: fields.names(),
    ...readTerms(fields),
    ...(isDryRun === true ? { isDryRun } : {}),
  }
}

const readAction = (event: JsonObject, faults: string[]): ClientsRequest => {
  const fields = createFields(event, faults)
  const { action } = event
  switch (action) {
    case 'declare':
      return { action, ...readDeclare(event, faults) }
    case 'adopt':
    case 'rehearseAdoption':
      return { action, ...readAdopt(event, faults) }
    case 'adoptInPlace':
      return { action, ...readInPlace(event, faults) }
    case 'closeReading':
      return {
        action,
        secretName: fields.text('secretName', "the secret's full name", isSecretName),
        readers: fields.texts('readers'),
      }
    case 'giveBack': {
      const { isDryRun } = event
      if (isDryRun !== undefined && typeof isDryRun !== 'boolean') fields.fault('isDryRun', 'true or false')
      return {
        action,
        secretName: fields.text('secretName', "the secret's full name", isSecretName),
        ...(isDryRun === true ? { isDryRun } : {}),
      }
    }
    case 'retire': {
      const owner = createFields(isJsonObject(event.owner) ? event.owner : {}, faults, 'owner.')
      const secretName = fields.text('secretName', "the secret's full name")
      return {
        action,
        secretName,
        owner: { stackId: owner.text('stackId', 'a text'), resource: owner.text('resource', 'a text') },
      }
    }
    case 'discard':
      return { action, clientId: idOf(fields) }
    case 'setActive': {
      if (typeof event.isActive !== 'boolean') fields.fault('isActive', 'true or false')
      return {
        action,
        secretName: fields.text('secretName', "the secret's full name"),
        isActive: event.isActive === true,
        ...readBy(event, fields),
      }
    }
    case 'list': {
      const { page } = event
      if (page !== undefined && typeof page !== 'string') fields.fault('page', 'a text')
      return {
        action,
        ...(event.clientIds === undefined ? {} : { clientIds: fields.texts('clientIds') }),
        ...(typeof page === 'string' ? { page } : {}),
      }
    }
    case 'examine': {
      const secretNames = fields.texts('secretNames')
      if (secretNames.length > MAX_EXAMINED) fields.fault('secretNames', `at most ${MAX_EXAMINED}`)
      return { action, secretNames }
    }
    case 'hold':
    case 'release': {
      const secretNames = fields.texts('secretNames')
      if (secretNames.length > MAX_EXAMINED) fields.fault('secretNames', `at most ${MAX_EXAMINED}`)
      return { action, secretNames, ...readBy(event, fields) }
    }
    case 'claims': {
      const clientIds = fields.texts('clientIds')
      if (clientIds.length > MAX_EXAMINED) fields.fault('clientIds', `at most ${MAX_EXAMINED}`)
      return { action, clientIds }
    }
    case 'writeClaims': {
      const secretNames = fields.texts('secretNames')
      if (secretNames.length > MAX_EXAMINED) fields.fault('secretNames', `at most ${MAX_EXAMINED}`)
      return { action, secretNames, ...readBy(event, fields) }
    }
    case 'removeDrill':
      return { action, secretName: fields.text('secretName', "the secret's full name") }
    case 'stage':
    case 'whoami':
      return { action }
    default:
      fields.fault(
        'action',
        'stage, declare, adopt, rehearseAdoption, adoptInPlace, closeReading, giveBack, retire, discard, setActive, list, examine, hold, release, claims, writeClaims, removeDrill or whoami',
      )
      return { action: 'whoami' }
  }
}

/** @returns the request, or every fault, one each. */
export const readApiRequest = (event: unknown): Result<ClientsRequest, readonly string[]> => {
  if (!isJsonObject(event)) return refused(['the request: expected an object'])
  const faults: string[] = []
  const request = readAction(event, faults)
  return faults.length > 0 ? refused(faults) : ok(request)
}
