// The calls to the services that speak AWS JSON, Secrets Manager aside. Clauses: service authorization reference, each service's page.

import type { PolicyDocument } from '../../iam/policy.ts'
import { type Condition, readCondition } from '../condition.ts'
import { readPlaceholders } from '../expression.ts'
import {
  arnFor,
  type Demand,
  type Demands,
  flagOf,
  keysOf,
  placeOf,
  type SignedCall,
  textOf,
  textsIn,
} from './demand.ts'
import type { GuardedKey } from './secrets-demands.ts'

const itemsIn = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  (Array.isArray(value) ? value : []).filter((one) => typeof one === 'object' && one !== null)

const distinct = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(values.filter((one) => one !== undefined)),
]

/** @returns undefined for an ARN that is given whole */
const named = (call: SignedCall, service: string, kind: string, name: string): string =>
  name.startsWith('arn:') ? name : arnFor(placeOf(call), service, `${kind}${name}`)

const busArn = (call: SignedCall, name: string | undefined): string =>
  named(call, 'events', 'event-bus/', name ?? 'default')

const ruleArn = (call: SignedCall, bus: string | undefined, rule: string): string => {
  const busName = busArn(call, bus).split('/').at(-1) ?? 'default'
  return arnFor(placeOf(call), 'events', `rule/${busName === 'default' ? '' : `${busName}/`}${rule}`)
}

/** One question for each bus: both keys have as many values as the entries have (EventBridge user guide, "Using IAM policy conditions"). */
const puttingEvents = (call: SignedCall): readonly Demand[] => {
  const entries = itemsIn(call.body.Entries)
  const buses = distinct(entries.map(({ EventBusName }) => busArn(call, textOf(EventBusName))))
  return buses.map((resource) => {
    const own = entries.filter(({ EventBusName }) => busArn(call, textOf(EventBusName)) === resource)
    return {
      action: 'events:PutEvents',
      resource,
      context: {
        'events:source': distinct(own.map(({ Source }) => textOf(Source))),
        'events:detail-type': distinct(own.map(({ DetailType }) => textOf(DetailType))),
        'events:eventBusInvocation': 'false',
      },
    }
  })
}

const onRule = [
  'DescribeRule',
  'EnableRule',
  'DisableRule',
  'PutRule',
  'DeleteRule',
  'PutTargets',
  'RemoveTargets',
  'ListTargetsByRule',
]
const onBus = ['DescribeEventBus', 'UpdateEventBus', 'DeleteEventBus']
const onAnyBus = ['ListRules', 'ListEventBuses', 'PutPermission', 'RemovePermission']

export const eventsDemands: Demands = (call) => {
  const { op, body } = call
  if (op === 'PutEvents') return puttingEvents(call)
  const action = `events:${op}`
  if (onAnyBus.includes(op)) return [{ action, resource: '*' }]
  if (onBus.includes(op)) return [{ action, resource: busArn(call, textOf(body.Name)) }]
  if (!onRule.includes(op)) return undefined
  const rule = textOf(body.Name) ?? textOf(body.Rule)
  return rule === undefined ? [] : [{ action, resource: ruleArn(call, textOf(body.EventBusName), rule) }]
}

const parameterArn = (call: SignedCall, name: string): string =>
  name.startsWith('arn:') ? name : arnFor(placeOf(call), 'ssm', `parameter/${name.replace(/^\//, '')}`)

export const parameterDemands: Demands = (call) => {
  const { op, body } = call
  const action = `ssm:${op}`
  switch (op) {
    case 'DescribeParameters':
      return [{ action, resource: '*' }]
    case 'GetParameters':
    case 'DeleteParameters':
      return textsIn(body.Names).map((name) => ({ action, resource: parameterArn(call, name) }))
    case 'GetParametersByPath': {
      const path = textOf(body.Path)
      const context = keysOf({ 'ssm:Recursive': flagOf(body.Recursive) })
      return path === undefined ? [] : [{ action, resource: parameterArn(call, path), context }]
    }
    case 'PutParameter':
    case 'GetParameter':
    case 'GetParameterHistory':
    case 'DeleteParameter': {
      const name = textOf(body.Name)
      const context = op === 'PutParameter' ? keysOf({ 'ssm:Overwrite': flagOf(body.Overwrite) }) : {}
      return name === undefined ? [] : [{ action, resource: parameterArn(call, name), context }]
    }
    default:
      return undefined
  }
}

/** The partition keys that a condition asks for by `=`. */
const keysAsked = (condition: Condition, partitionKey: string): readonly string[] => {
  if (condition.kind === 'and') return condition.parts.flatMap((part) => keysAsked(part, partitionKey))
  if (condition.kind !== 'compare' || condition.by !== '=') return []
  const isKey = condition.left.kind === 'attribute' && condition.left.name === partitionKey
  return isKey && condition.right.kind === 'value' && condition.right.value.S !== undefined
    ? [condition.right.value.S]
    : []
}

const keyIn = (attributes: unknown, partitionKey: string): readonly string[] => {
  const { [partitionKey]: value } = (
    typeof attributes === 'object' && attributes !== null ? attributes : {}
  ) as Readonly<Record<string, { readonly S?: unknown } | undefined>>
  return textsIn([value?.S])
}

const queriedKeys = ({ body }: SignedCall, partitionKey: string): readonly string[] => {
  const text = textOf(body.KeyConditionExpression)
  if (text === undefined) return []
  try {
    return keysAsked(readCondition(text, 'KeyConditionExpression', readPlaceholders(body)), partitionKey)
  } catch {
    // The operation refuses it.
    return []
  }
}

const onItem = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query']
const onTable = [
  'Scan',
  'DescribeTable',
  'PutResourcePolicy',
  'DeleteResourcePolicy',
  'GetResourcePolicy',
  'DeleteTable',
  'UpdateTable',
]

/** @param partitionKeyOf the name of a table's partition key */
export const tableDemands =
  (partitionKeyOf: (table: string) => string | undefined): Demands =>
  (call) => {
    const { op, body } = call
    const action = `dynamodb:${op}`
    const table = textOf(body.TableName) ?? textOf(body.ResourceArn)
    if (!onItem.includes(op) && !onTable.includes(op)) return undefined
    if (table === undefined) return []
    const resource = named(call, 'dynamodb', 'table/', table)
    if (!onItem.includes(op)) return [{ action, resource }]
    const partitionKey = partitionKeyOf(resource.split('/').at(-1) ?? '') ?? ''
    const keys =
      op === 'Query' ? queriedKeys(call, partitionKey) : keyIn(op === 'PutItem' ? body.Item : body.Key, partitionKey)
    const context = keysOf({
      'dynamodb:LeadingKeys': keys.length === 0 ? undefined : keys,
      'dynamodb:ReturnValues': textOf(body.ReturnValues),
      'dynamodb:FullTableScan': 'false',
    })
    return [{ action, resource, context }]
  }

const ownersAll = ({ account }: SignedCall['caller']): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
})

const withoutKey = ['ListAliases', 'ListKeys', 'CreateKey']

/** @param keyOf by id, ARN or alias; undefined: there is no such key, which KMS says to whoever asks */
export const keyDemands =
  (keyOf: (keyId: string) => GuardedKey | undefined): Demands =>
  (call) => {
    const { op, body, caller } = call
    const action = `kms:${op}`
    if (withoutKey.includes(op)) return [{ action, resource: '*', context: { 'kms:CallerAccount': caller.account } }]
    const keyId = textOf(body.KeyId)
    const key = keyId === undefined ? undefined : keyOf(keyId)
    if (keyId === undefined || key === undefined) return []
    const isOwn = keyId.startsWith('arn:') || key.arn.split(':')[4] === caller.account
    // KMS looks for it among the caller's own.
    if (!isOwn)
      return [{ action, resource: arnFor(placeOf(call), 'kms', `key/${keyId}`), resourcePolicy: ownersAll(caller) }]
    return [
      {
        action,
        resource: key.arn,
        resourcePolicy: key.policy,
        context: keysOf({
          'kms:CallerAccount': caller.account,
          'kms:ResourceAliases': [key.alias],
          'kms:RequestAlias': /(^|:)alias\//.test(keyId) ? key.alias : undefined,
          'kms:KeyUsage': key.usage,
          'kms:MessageType': op === 'Sign' ? (textOf(body.MessageType) ?? 'RAW') : undefined,
          'kms:SigningAlgorithm': textOf(body.SigningAlgorithm),
          ...encryptionContext(body.EncryptionContext),
          ...grant(op, body),
        }),
      },
    ]
  }

const encryptionContext = (value: unknown): Readonly<Record<string, string | readonly string[]>> => {
  if (typeof value !== 'object' || value === null) return {}
  const pairs = Object.entries(value).map(([key, one]) => [key, String(one)] as const)
  if (pairs.length === 0) return {}
  return {
    ...Object.fromEntries(pairs.map(([key, one]) => [`kms:EncryptionContext:${key}`, one])),
    'kms:EncryptionContextKeys': pairs.map(([key]) => key),
  }
}

const grant = (op: string, body: SignedCall['body']): Readonly<Record<string, string | readonly string[]>> =>
  op === 'CreateGrant' ? { 'kms:GrantOperations': textsIn(body.Operations), 'kms:GrantIsForAWSResource': 'false' } : {}

/** Its lookups know no resource. */
export const trailDemands: Demands = ({ op }) => [{ action: `cloudtrail:${op}`, resource: '*' }]
