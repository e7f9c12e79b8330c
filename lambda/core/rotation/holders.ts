// Which secret holds a client, as the issuer keeps it or a claim says: what an incident that was reported by a client's id goes by. Whoever makes
// a secret chooses its tags. A question to the rotation function, which alone may ask; it changes nothing. Whoever may invoke the function writes the
// question, so that every field is looked at, and none is repeated in a message.

import { Fault } from '../base/fault.ts'
import { filled, isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import type { Issuer } from './issuer.ts'
import type { Refusal } from './refusal.ts'

/** held: by this secret. unheld: no secret holds it. gone: there is no such client. unknown: it was not to be found out now. */
export type Holder =
  | { readonly state: 'held'; readonly secretArn: string }
  | { readonly state: 'unheld' | 'gone' | 'unknown' }

export interface HolderQuestion {
  readonly clientIds: readonly string[]
}

const MOST_CLIENTS = 100
const AT_ONCE = 5
const MEMBERS: readonly string[] = ['Ask', 'ClientIds']

export const asksForHolders = (event: unknown): boolean => isJsonObject(event) && event.Ask === 'holders'

export const writeHolderQuestion = ({ clientIds }: HolderQuestion): JsonObject => ({
  Ask: 'holders',
  ClientIds: clientIds.slice(0, MOST_CLIENTS),
})

const isClientId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 256 && /^[\x21-\x7e]+$/.test(value)

/** `{ "Ask": "holders", "ClientIds": ["<id>", …] }`, and nothing besides. */
export const readHolderQuestion = (event: unknown): Result<HolderQuestion, Refusal> => {
  const { ClientIds: clientIds, ...rest } = isJsonObject(event) ? event : {}
  const faults: string[] = []
  const isList = Array.isArray(clientIds) && clientIds.length > 0 && clientIds.length <= MOST_CLIENTS
  if (!isList || !clientIds.every(isClientId)) faults.push(`ClientIds: expected 1 to ${MOST_CLIENTS} ids of clients`)
  if (Object.keys(rest).some((name) => !MEMBERS.includes(name))) faults.push('expected Ask and ClientIds alone')
  if (!isList || faults.length > 0) return refused({ reason: 'malformedEvent', faults })
  return ok({ clientIds: clientIds.filter(isClientId) })
}

const ARN = /^arn:[\w-]+:secretsmanager:/

const holderOf = async (issuer: Pick<Issuer, 'look'>, clientId: string): Promise<Holder> => {
  try {
    const view = await issuer.look(clientId)
    if (view === undefined) return { state: 'gone' }
    const { boundTo } = view
    // Where no claim says so, a sentence stands for the holder.
    return boundTo !== undefined && ARN.test(boundTo) ? { state: 'held', secretArn: boundTo } : { state: 'unheld' }
  } catch (error) {
    if (error instanceof Fault) return { state: 'unknown' }
    throw error
  }
}

export interface HolderAnswer {
  /** In the order of the question. */
  readonly holders: readonly Holder[]
}

export const answerHolders = async (
  issuer: Pick<Issuer, 'look'>,
  { clientIds }: HolderQuestion,
): Promise<HolderAnswer> => ({
  holders: await mapInParallel(clientIds, AT_ONCE, (clientId) => holderOf(issuer, clientId)),
})

const toHolder = (value: unknown): Holder | undefined => {
  if (!isJsonObject(value)) return undefined
  const secretArn = filled(value.secretArn)
  switch (value.state) {
    case 'held':
      return secretArn === undefined ? undefined : { state: 'held', secretArn }
    case 'unheld':
    case 'gone':
    case 'unknown':
      return { state: value.state }
    default:
      return undefined
  }
}

/** A reply of the function, as JSON. @returns undefined for whatever is no such answer. */
export const readHolderAnswer = (text: string, asked: number): readonly Holder[] | undefined => {
  const holders = parseJsonObject(text)?.holders
  if (!Array.isArray(holders) || holders.length !== asked) return undefined
  const read = holders.map(toHolder).filter((one) => one !== undefined)
  return read.length === asked ? read : undefined
}
