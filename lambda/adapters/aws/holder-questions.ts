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

export const createHolderQuestions = (invoke: Invoke, rotationFunctionArn: string): HolderQuestions => ({
  holders: (clientIds) =>
    askFunction(invoke, {
      functionArn: rotationFunctionArn,
      payload: writeHolderQuestion({ clientIds }),
      read: (body) => readHolderAnswer(body, clientIds.length),
      notAnswered,
    }),
})
