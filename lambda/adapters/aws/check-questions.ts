// Whether Stytch accepts what consumers read, as the rotation function answers it.

import { Fault } from '../../core/base/fault.ts'
import type { CheckQuestions } from '../../core/drive/check-questions.ts'
import { readCheckAnswer } from '../../core/rotation/check-answer.ts'
import { writeCheckQuestion } from '../../core/rotation/read-check-question.ts'
import { askFunction } from './ask-function.ts'
import type { Invoke } from './invoke.ts'

const notAnswered = (secrets: number, why: string): Fault =>
  new Fault({
    code: 'CHECK_NOT_ANSWERED',
    retryable: true,
    message: `The rotation function did not say whether Stytch accepts the values of ${secrets} ${secrets === 1 ? 'secret' : 'secrets'}: ${why}; the next sweep retries.`,
  })

export const createCheckQuestions = (invoke: Invoke, rotationFunctionArn: string): CheckQuestions => ({
  check: (question) => {
    const { length } = question.secrets
    return askFunction(invoke, {
      functionArn: rotationFunctionArn,
      payload: writeCheckQuestion(question),
      read: (body) => readCheckAnswer(body, length),
      notAnswered: (why) => notAnswered(length, why),
    })
  },
})
