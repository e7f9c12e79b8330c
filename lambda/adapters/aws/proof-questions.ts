// Whether what was revoked is still refused, as the rotation function answers it.

import { Fault } from '../../core/base/fault.ts'
import type { ProofQuestions } from '../../core/drive/proof-questions.ts'
import { readProofAnswer } from '../../core/rotation/proof-answer.ts'
import { askFunction } from './ask-function.ts'
import type { Invoke } from './invoke.ts'

const notAnswered = (secretArn: string, why: string): Fault =>
  new Fault({
    code: 'PROOF_NOT_ANSWERED',
    retryable: true,
    message: `The rotation function did not say whether what was revoked of ${secretArn} is still refused: ${why}; the next sweep retries.`,
  })

export const createProofQuestions = (invoke: Invoke, rotationFunctionArn: string): ProofQuestions => ({
  prove: (secretArn) =>
    askFunction(invoke, {
      functionArn: rotationFunctionArn,
      payload: { Ask: 'prove', SecretId: secretArn },
      read: readProofAnswer,
      notAnswered: (why) => notAnswered(secretArn, why),
    }),
})
