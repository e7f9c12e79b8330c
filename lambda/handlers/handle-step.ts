// What the rotation functions of all kinds have in common: the event's shape, the log with its metrics, and the step.
import type { Context } from 'aws-lambda'
import { metricLine } from '../adapters/aws/metric-line.ts'
import { createTiming } from '../adapters/timing.ts'
import type { Journal } from '../core/base/journal.ts'
import { readStepEvent } from '../core/rotation/read-step-event.ts'
import { RECORDS_UNAVAILABLE } from '../core/rotation/records.ts'
import { RotationRefused } from '../core/rotation/refusal.ts'
import type { Rotation, StepRequest } from '../core/rotation/rotation.ts'
import { runStep } from '../core/rotation/run-step.ts'
import { PROOF_PENDING } from '../core/rotation/sign-proof.ts'

export interface StepInvocation {
  /** Names the metrics' namespace, `M2M/<stage>`. */
  readonly stage: string
  readonly event: unknown
  readonly context: Context
}

type Entry = Readonly<Record<string, unknown>>

/** What an entry counts as; nothing, when the rotation goes on. */
const metricsOf = ({ step, outcome, drift }: Entry): readonly string[] => {
  if (outcome === 'done') return step === 'finishSecret' ? ['RotationsFinished'] : []
  if (outcome === 'refused') return drift === true ? ['RotationsRefused', 'DriftDetected'] : ['RotationsRefused']
  if (outcome === RECORDS_UNAVAILABLE) return ['RecordsUnavailable']
  if (outcome === PROOF_PENDING) return ['ProofPending']
  return outcome === 'failed' ? ['StepsFailed'] : []
}

const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

const lineOf = (entry: Entry, stage: string, at: number): string => {
  const metrics = metricsOf(entry)
  if (metrics.length === 0) return JSON.stringify(entry)
  const fields = Object.fromEntries(Object.entries(entry).filter(([, value]) => isPlain(value))) as Record<
    string,
    string
  >
  const about = { namespace: `M2M/${stage}`, at, dimension: 'intent' }
  const counts = Object.fromEntries(metrics.map((name) => [name, 1]))
  return metricLine({ ...about, counts, fields: { intent: 'none', ...fields } })
}

/** @throws RotationRefused or Fault: a step that throws is a failed step to Secrets Manager. */
export const handleStep = async (
  { stage, event, context }: StepInvocation,
  compose: (request: StepRequest, journal: Journal) => Rotation,
): Promise<void> => {
  const { now } = createTiming(() => context.getRemainingTimeInMillis())
  const journal = {
    note: (entry: Entry) => {
      // Past the runtime's console, which puts words in front of a line: such a line is no metric.
      process.stdout.write(`${lineOf({ ...entry, requestId: context.awsRequestId }, stage, now())}\n`)
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
