// Which secret holds a client, as the issuer keeps it or a claim says: what an incident that was reported by a client's id goes by. Whoever makes
// a secret chooses its tags. A question to the rotation function, which alone may ask; it changes nothing. Whoever may invoke the function writes the
// question, so that every field is looked at, and none is repeated in a message.

import { Fault } from '../base/fault.ts'
import { filled, isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { isClientId } from '../secret/is-client-id.ts'
import type { Issuer } from './issuer.ts'
import type { Refusal } from './refusal.ts'

/** held: by this secret. unheld: no secret holds it. gone: there is no such client. unknown: it could not be found out; isPassing: by now. */
export type Holder =
  | { readonly state: 'held'; readonly secretArn: string }
  | { readonly state: 'unheld' | 'gone' }
  | { readonly state: 'unknown'; readonly isPassing?: true }

export interface HolderQuestion {
  readonly clientIds: readonly string[]
}

export const MOST_IN_QUESTION = 100
const AT_ONCE = 5
const MEMBERS: readonly string[] = ['Ask', 'ClientIds']

export const asksForHolders = (event: unknown): boolean => isJsonObject(event) && event.Ask === 'holders'

export const writeHolderQuestion = ({ clientIds }: HolderQuestion): JsonObject => ({
  Ask: 'holders',
  ClientIds: clientIds.slice(0, MOST_IN_QUESTION),
})

/** Stands for what is no client's id, of which nothing is asked: the others are answered for. */
const MALFORMED = ''

/** `{ "Ask": "holders", "ClientIds": ["<id>", …] }`, and nothing besides. */
export const readHolderQuestion = (event: unknown): Result<HolderQuestion, Refusal> => {
  const { ClientIds: clientIds, ...rest } = isJsonObject(event) ? event : {}
  const faults: string[] = []
  const isList = Array.isArray(clientIds) && clientIds.length > 0 && clientIds.length <= MOST_IN_QUESTION
  if (!isList) faults.push(`ClientIds: expected 1 to ${MOST_IN_QUESTION} ids of clients`)
  if (Object.keys(rest).some((name) => !MEMBERS.includes(name))) faults.push('expected Ask and ClientIds alone')
  if (!isList || faults.length > 0) return refused({ reason: 'malformedEvent', faults })
  return ok({
    clientIds: clientIds.map((one: unknown) => (typeof one === 'string' && isClientId(one) ? one : MALFORMED)),
  })
}

const ARN = /^arn:[\w-]+:secretsmanager:/

const holderOf = async (issuer: Pick<Issuer, 'look'>, clientId: string): Promise<Holder> => {
  if (!isClientId(clientId)) return { state: 'unknown' }
  try {
    const view = await issuer.look(clientId)
    if (view === undefined) return { state: 'gone' }
    const { boundTo } = view
    // Where no claim says so, a sentence stands for the holder.
    return boundTo !== undefined && ARN.test(boundTo) ? { state: 'held', secretArn: boundTo } : { state: 'unheld' }
  } catch (error) {
    if (error instanceof Fault) return { state: 'unknown', ...(error.retryable ? { isPassing: true } : {}) }
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
      return { state: value.state }
    case 'unknown':
      return { state: 'unknown', ...(value.isPassing === true ? { isPassing: true } : {}) }
    default:
      return undefined
  }
}

/** A reply of the function, as JSON. @returns undefined for whatever is no such answer; a holder that cannot be read is unknown */
export const readHolderAnswer = (text: string, asked: number): readonly Holder[] | undefined => {
  const holders = parseJsonObject(text)?.holders
  if (!Array.isArray(holders) || holders.length !== asked) return undefined
  return holders.map((one: unknown) => toHolder(one) ?? { state: 'unknown' })
}
