// The rotation function, invoked for one step as Secrets Manager invokes it. What it says is read from the error it threw; that it did
// not answer at all is a Fault. Nothing of an answer but its kind goes on.

import { Fault } from '../../core/base/fault.ts'
import { parseJsonObject } from '../../core/base/json-object.ts'
import type { RotationSteps, StepAsked, StepReply } from '../../core/drive/rotation-steps.ts'
import { errorName } from '../error-name.ts'
import type { Invoke, InvokeReply } from './invoke.ts'

const notRun = ({ step, secretId }: StepAsked, why: string): Fault =>
  new Fault({
    code: 'STEP_NOT_RUN',
    retryable: true,
    message: `The rotation function did not run ${step} for ${secretId}: ${why}; the next sweep retries.`,
  })

const understand = (asked: StepAsked, reply: InvokeReply): StepReply => {
  if (!reply.taken) throw notRun(asked, reply.why)
  if (!reply.failed) return 'done'
  const error = parseJsonObject(reply.body)
  return error?.errorType === 'RotationRefused' ? 'refused' : 'failed'
}

export const createRotationSteps = (invoke: Invoke, rotationFunctionArn: string): RotationSteps => ({
  ask: async (asked) => {
    const { step, secretId, requestToken, timeoutMs } = asked
    const reply = await invoke({
      functionName: rotationFunctionArn,
      type: 'RequestResponse',
      payload: { Step: step, SecretId: secretId, ClientRequestToken: requestToken },
      timeoutMs,
    }).catch((error: unknown) => {
      throw notRun(asked, errorName(error))
    })
    return understand(asked, reply)
  },
})
