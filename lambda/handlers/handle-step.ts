// What the rotation functions of all kinds have in common: the event's shape, the log, and the step.
import type { Context } from 'aws-lambda'
import { RotationRefused } from '../domain/failures.ts'
import type { Journal } from '../domain/ports.ts'
import { readStepEvent } from '../usecases/rotation/read-step-event.ts'
import type { Rotation, StepRequest } from '../usecases/rotation/rotation.ts'
import { runStep } from '../usecases/rotation/run-step.ts'

export interface StepInvocation {
  readonly event: unknown
  readonly context: Context
}

/** @throws RotationRefused or Fault: a step that throws is a failed step to Secrets Manager. */
export const handleStep = async (
  { event, context }: StepInvocation,
  compose: (request: StepRequest, journal: Journal) => Rotation,
): Promise<void> => {
  const journal = {
    note: (entry: Readonly<Record<string, unknown>>) => {
      console.log(JSON.stringify({ ...entry, requestId: context.awsRequestId }))
    },
  }
  const request = readStepEvent(event)
  if (!request.ok) {
    const refusal = new RotationRefused({ refusal: request.refusal, secretId: 'an unknown secret' })
    journal.note({ outcome: 'refused', reason: request.refusal.reason, message: refusal.message })
    throw refusal
  }
  await runStep(compose(request.value, journal), request.value)
}
