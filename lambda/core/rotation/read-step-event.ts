// The event of a rotation step (secrets-manager §1.1, §1.6), checked as a whole. Whoever may invoke the function writes it, so every
// field is looked at, and none is repeated in a message.

import { ok, type Result, refused } from '../base/result.ts'
import { type Refusal, type Step, steps } from './refusal.ts'
import type { StepRequest } from './rotation.ts'

const isStep = (value: unknown): value is Step => steps.some((step) => step === value)

export const readStepEvent = (event: unknown): Result<StepRequest, Refusal> => {
  if (typeof event !== 'object' || event === null) {
    return refused({ reason: 'malformedEvent', faults: ['expected an object'] })
  }
  const {
    Step: step,
    SecretId: secretId,
    ClientRequestToken: requestToken,
    RotationToken: rotationToken,
  } = event as Readonly<Record<string, unknown>>
  const faults: string[] = []
  if (!isStep(step)) faults.push(`Step: expected one of ${steps.join(', ')}`)
  if (typeof secretId !== 'string' || secretId === '' || secretId.length > 2048)
    faults.push('SecretId: expected an ARN')
  if (typeof requestToken !== 'string' || !/^[\x21-\x7e]{32,64}$/.test(requestToken)) {
    faults.push('ClientRequestToken: expected 32 to 64 characters')
  }
  const isToken = typeof rotationToken === 'string' && rotationToken.length >= 36 && rotationToken.length <= 256
  if (rotationToken !== undefined && rotationToken !== null && !isToken) {
    faults.push('RotationToken: expected 36 to 256 characters')
  }
  if (!isStep(step) || typeof secretId !== 'string' || typeof requestToken !== 'string' || faults.length > 0) {
    return refused({ reason: 'malformedEvent', faults })
  }
  return ok({ step, secretId, requestToken, rotationToken: isToken ? rotationToken : undefined })
}
