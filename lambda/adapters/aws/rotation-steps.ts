// The rotation function, invoked for one step as Secrets Manager invokes it. What it says is read from the error it threw; that it did
// not answer at all is a Fault. Nothing of an answer but its kind goes on.

import { Fault } from '../../core/base/fault.ts'
import { parseJsonObject } from '../../core/base/json-object.ts'
import type { RotationSteps, StepAsked, StepReply } from '../../core/drive/rotation-steps.ts'
import { explainRefusal } from '../../core/rotation/refusal.ts'
import type { SignedCall, SignedReply } from './signed-call.ts'

const notRun = ({ step, secretId }: StepAsked, why: string): Fault =>
  new Fault({
    code: 'STEP_NOT_RUN',
    retryable: true,
    message: `The rotation function did not run ${step} for ${secretId}: ${why}; the next sweep asks again.`,
  })

/** The words of the one refusal that has to be told from the others. */
const EMPTY = explainRefusal({ reason: 'pendingMissing' })

const understand = (asked: StepAsked, { status, headers, body }: SignedReply): StepReply => {
  if (status !== 200) throw notRun(asked, headers['x-amzn-errortype']?.split(':')[0] ?? `status ${status}`)
  if (headers['x-amz-function-error'] === undefined) return 'done'
  const error = parseJsonObject(body)
  if (error?.errorType !== 'RotationRefused') return 'failed'
  return typeof error.errorMessage === 'string' && error.errorMessage.includes(EMPTY) ? 'empty' : 'refused'
}

export const createRotationSteps = (call: SignedCall, rotationFunctionArn: string): RotationSteps => {
  // The name does: the function is this account's, and a name needs no escaping in a path that is signed.
  const functionName = rotationFunctionArn.split(':').at(6) ?? rotationFunctionArn
  return {
    ask: async (asked) => {
      const { step, secretId, requestToken, timeoutMs } = asked
      const reply = await call({
        path: `/2015-03-31/functions/${functionName}/invocations`,
        headers: { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' },
        body: JSON.stringify({ Step: step, SecretId: secretId, ClientRequestToken: requestToken }),
        timeoutMs,
      }).catch((error: unknown) => {
        throw notRun(asked, error instanceof Error ? error.name : 'unknown')
      })
      return understand(asked, reply)
    },
  }
}
