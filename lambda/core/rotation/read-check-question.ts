// A question to the rotation function beside Secrets Manager's steps: whether Stytch accepts what consumers read of some secrets. Whoever may
// invoke the function writes it, so that every field is looked at, and none is repeated in a message.

import { defined } from '../base/defined.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import type { Refusal } from './refusal.ts'

/** One secret as whoever asks saw it. */
export interface SecretToCheck {
  readonly secretArn: string
  /** The version that carries AWSCURRENT. */
  readonly versionId: string
  /** As its tag has it. Absent: the value itself names it. */
  readonly clientId?: string
  /** By AWSCURRENT's request token: no next secret should be open. */
  readonly isSettled: boolean
}

export interface CheckQuestion {
  readonly secrets: readonly SecretToCheck[]
  /** What is found for the first time counts from then, epoch milliseconds. @default - from when it is found */
  readonly at?: number
  /** Each value is read and tried, also where the records and Stytch's search speak for it. @default false */
  readonly isClose?: boolean
}

/** As many as one search of Stytch's and one run of the function take. */
export const MOST_IN_CHECK = 100

const MEMBERS: readonly string[] = ['Ask', 'Secrets', 'At', 'IsClose']
const OF_SECRET: readonly string[] = ['SecretId', 'VersionId', 'ClientId', 'IsSettled']
const ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]{1,512}$/
const VERSION_ID = /^[\w-]{32,64}$/

const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value)
const isClientId = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === 'string' && value !== '' && value.length <= 256)

const toSecret = (value: unknown): SecretToCheck | undefined => {
  if (!isJsonObject(value) || Object.keys(value).some((name) => !OF_SECRET.includes(name))) return undefined
  const { SecretId: secretArn, VersionId: versionId, ClientId: clientId, IsSettled: isSettled } = value
  if (!isText(secretArn, ARN) || !isText(versionId, VERSION_ID) || !isClientId(clientId)) return undefined
  return typeof isSettled === 'boolean' ? { secretArn, versionId, isSettled, ...defined({ clientId }) } : undefined
}

/** Whether an event asks this, well or badly. */
export const asksForCheck = (event: unknown): event is JsonObject => isJsonObject(event) && event.Ask === 'check'

/** `{ "Ask": "check", "Secrets": [{ "SecretId": "<arn>", "VersionId": "…", "ClientId": "…", "IsSettled": true }], "At": 1764500000000 }` */
export const readCheckQuestion = (event: JsonObject): Result<CheckQuestion, Refusal> => {
  const { Secrets: given, At: at, IsClose: isClose } = event
  const faults: string[] = []
  const listed: readonly unknown[] = Array.isArray(given) ? given : []
  if (listed.length === 0 || listed.length > MOST_IN_CHECK) faults.push(`Secrets: expected 1 to ${MOST_IN_CHECK}`)
  const secrets = listed.slice(0, MOST_IN_CHECK).map(toSecret)
  if (secrets.includes(undefined)) {
    faults.push('Secrets: expected SecretId (an ARN), VersionId, ClientId (may be absent) and IsSettled, each')
  }
  if (at !== undefined && !Number.isSafeInteger(at)) faults.push('At: expected epoch milliseconds')
  if (isClose !== undefined && isClose !== true) faults.push('IsClose: expected true, or nothing')
  if (Object.keys(event).some((name) => !MEMBERS.includes(name)))
    faults.push('expected Ask, Secrets, At and IsClose alone')
  if (faults.length > 0) return refused({ reason: 'malformedEvent', faults })
  const found = secrets.filter((secret) => secret !== undefined)
  return ok({
    secrets: found,
    ...(typeof at === 'number' ? { at } : {}),
    ...(isClose === true ? { isClose } : {}),
  })
}

/** The inverse of readCheckQuestion. */
export const writeCheckQuestion = ({ secrets, at, isClose }: CheckQuestion): JsonObject => ({
  Ask: 'check',
  Secrets: secrets.map(({ secretArn, versionId, clientId, isSettled }) => ({
    SecretId: secretArn,
    VersionId: versionId,
    IsSettled: isSettled,
    ...defined({ ClientId: clientId }),
  })),
  ...defined({ At: at, IsClose: isClose === true ? true : undefined }),
})
