// Which secret holds a client, as the rotation function answers it.

import { Fault } from '../../core/base/fault.ts'
import type { HolderQuestions } from '../../core/drive/holder-questions.ts'
import { readHolderAnswer, writeHolderQuestion } from '../../core/rotation/holders.ts'
import { askFunction } from './ask-function.ts'
import type { Invoke } from './invoke.ts'

const notAnswered = (why: string): Fault =>
  new Fault({
    code: 'HOLDERS_NOT_ANSWERED',
    retryable: true,
    message: `The rotation function did not say which secrets hold the clients: ${why}.`,
  })

/** Of a leak that an incident is about to revoke: a few looks at Stytch and a start of the function. What hangs holds it up no longer. */
export const HOLDERS_WAIT_MS = 5000

/** @param timeoutMs of the one attempt. @default - the longest that the function may run */
export const createHolderQuestions = (
  invoke: Invoke,
  rotationFunctionArn: string,
  timeoutMs?: number,
): HolderQuestions => ({
  holders: (clientIds) =>
    askFunction(invoke, {
      functionArn: rotationFunctionArn,
      payload: writeHolderQuestion({ clientIds }),
      timeoutMs,
      read: (body) => readHolderAnswer(body, clientIds.length),
      notAnswered,
    }),
})
