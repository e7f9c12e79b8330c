// What the rotation functions of all kinds have in common: the event's shape, the log with its metrics, and the step.
import type { Context } from 'aws-lambda'
import { createTiming } from '../adapters/timing.ts'
import type { Journal, JournalEntry } from '../core/base/journal.ts'
import { readStepEvent } from '../core/rotation/read-step-event.ts'
import { RECORDS_UNAVAILABLE } from '../core/rotation/records.ts'
import { RotationRefused } from '../core/rotation/refusal.ts'
import type { Rotation, StepRequest } from '../core/rotation/rotation.ts'
import { runStep } from '../core/rotation/run-step.ts'
import { PROOF_PENDING } from '../core/rotation/sign-proof.ts'
import { createJournal } from './journal.ts'

export interface StepInvocation {
  /** Names the metrics' namespace, `M2M/<stage>`. */
  readonly stage: string
  readonly event: unknown
  readonly context: Context
}

/** What an entry counts as; nothing, when the rotation goes on. */
const metricsOf = ({ step, outcome, drift }: JournalEntry): readonly string[] => {
  if (outcome === 'done') return step === 'finishSecret' ? ['RotationsFinished'] : []
  if (outcome === 'refused') return drift === true ? ['RotationsRefused', 'DriftDetected'] : ['RotationsRefused']
  if (outcome === RECORDS_UNAVAILABLE) return ['RecordsUnavailable']
  if (outcome === PROOF_PENDING) return ['ProofPending']
  return outcome === 'failed' ? ['StepsFailed'] : []
}

/** The function's log, in which the entries that count are metrics as well. */
const countingJournal = ({ stage, context }: StepInvocation): Journal => {
  const journal = createJournal({ requestId: context.awsRequestId })
  const { now } = createTiming(() => context.getRemainingTimeInMillis())
  return {
    note: (entry) => {
      const metrics = metricsOf(entry)
      if (metrics.length === 0) return journal.note(entry)
      const about = { namespace: `M2M/${stage}`, at: now(), dimension: 'intent' }
      const counts = Object.fromEntries(metrics.map((name) => [name, 1]))
      journal.measure({ ...about, counts, fields: { intent: 'none', ...entry } })
    },
  }
}

/** @throws RotationRefused or Fault: a step that throws is a failed step to Secrets Manager. */
export const handleStep = async (
  invocation: StepInvocation,
  compose: (request: StepRequest, journal: Journal) => Rotation,
): Promise<void> => {
  const journal = countingJournal(invocation)
  const request = readStepEvent(invocation.event)
  if (!request.ok) {
    const refusal = new RotationRefused({ refusal: request.refusal, secretId: 'an unknown secret' })
    journal.note({ outcome: 'refused', reason: request.refusal.reason, message: refusal.message })
    throw refusal
  }
  await runStep(compose(request.value, journal), request.value)
}
