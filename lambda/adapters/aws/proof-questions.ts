// The rotation function, invoked with a question. Its reply is read strictly: what is no answer is a Fault, and repeated nowhere.

import { Fault } from '../../core/base/fault.ts'
import type { ProofQuestions } from '../../core/drive/proof-questions.ts'
import { readProofAnswer } from '../../core/rotation/proof-answer.ts'
import type { Invoke } from './invoke.ts'

/** The longest that the function may run, and a little for the way. */
export const PROVE_TIMEOUT_MS = 63_000

const notAnswered = (secretArn: string, why: string): Fault =>
  new Fault({
    code: 'PROOF_NOT_ANSWERED',
    retryable: true,
    message: `The rotation function did not say whether what was revoked of ${secretArn} is still refused: ${why}; the next sweep asks again.`,
  })

export const createProofQuestions = (invoke: Invoke, rotationFunctionArn: string): ProofQuestions => ({
  prove: async (secretArn) => {
    const reply = await invoke({
      functionName: rotationFunctionArn,
      type: 'RequestResponse',
      payload: { Ask: 'prove', SecretId: secretArn },
      timeoutMs: PROVE_TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw notAnswered(secretArn, error instanceof Error ? error.name : 'unknown')
    })
    if (!reply.taken) throw notAnswered(secretArn, reply.why)
    if (reply.failed) throw notAnswered(secretArn, 'it failed; its log says why')
    const answer = readProofAnswer(reply.body)
    if (answer === undefined) throw notAnswered(secretArn, 'its reply is no answer; is it of this release?')
    return answer
  },
})
