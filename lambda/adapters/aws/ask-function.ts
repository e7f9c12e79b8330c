// The rotation function, invoked with a question. What is no answer is a Fault, and repeated nowhere.

import type { Fault } from '../../core/base/fault.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { errorName } from '../error-name.ts'
import type { Invoke } from './invoke.ts'

/** The longest that the function may run, and a little for the way. */
export const QUESTION_TIMEOUT_MS = 63_000

export interface FunctionQuestion<Answer> {
  readonly functionArn: string
  readonly payload: JsonObject
  /** @default - the longest that the function may run */
  readonly timeoutMs?: number | undefined
  /** @returns undefined for whatever is no answer */
  readonly read: (body: string) => Answer | undefined
  /** @param why in a few words, without anything of the reply */
  readonly notAnswered: (why: string) => Fault
}

/** @throws Fault as `notAnswered` makes it. */
export const askFunction = async <Answer>(
  invoke: Invoke,
  { functionArn, payload, timeoutMs = QUESTION_TIMEOUT_MS, read, notAnswered }: FunctionQuestion<Answer>,
): Promise<Answer> => {
  const reply = await invoke({
    functionName: functionArn,
    type: 'RequestResponse',
    payload,
    timeoutMs,
  }).catch((error: unknown) => {
    throw notAnswered(errorName(error))
  })
  if (!reply.taken) throw notAnswered(reply.why)
  if (reply.failed) throw notAnswered('it failed; its log says why')
  const answer = read(reply.body)
  if (answer === undefined) throw notAnswered('its reply is no answer; is it of this release?')
  return answer
}
