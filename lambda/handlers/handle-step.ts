// What the rotation functions of all kinds have in common: the event's shape, the log with its metrics, and the step, or the question.
import type { Context } from 'aws-lambda'
import { createTiming } from '../adapters/timing.ts'
import { Fault } from '../core/base/fault.ts'
import type { Journal, JournalEntry } from '../core/base/journal.ts'
import { REVOCATIONS_UNPUBLISHED } from '../core/revocations/publish.ts'
import type { CheckFinding } from '../core/rotation/check-answer.ts'
import { checkCurrent } from '../core/rotation/check-current.ts'
import { answerHolders, asksForHolders, type HolderAnswer, readHolderQuestion } from '../core/rotation/holders.ts'
import type { ProofAnswer } from '../core/rotation/proof-answer.ts'
import { answerProof } from '../core/rotation/prove-again.ts'
import { asksForCheck, type CheckQuestion, readCheckQuestion } from '../core/rotation/read-check-question.ts'
import { asksSomething, readProofQuestion } from '../core/rotation/read-proof-question.ts'
import { readStepEvent } from '../core/rotation/read-step-event.ts'
import { RECORDS_UNAVAILABLE } from '../core/rotation/records.ts'
import { type Refusal, RotationRefused } from '../core/rotation/refusal.ts'
import type { Rotation } from '../core/rotation/rotation.ts'
import { runStep } from '../core/rotation/run-step.ts'
import { PROOF_PENDING } from '../core/rotation/sign-proof.ts'
import { createJournal } from './journal.ts'

interface StepInvocation {
  /** Names the metrics' namespace, `M2M/<stage>`. */
  readonly stage: string
  readonly event: unknown
  readonly context: Context
}

/** What an entry counts as; nothing, when the rotation goes on. */
const metricsOf = ({ step, outcome, code, drift }: JournalEntry): readonly string[] => {
  if (outcome === 'done') return step === 'finishSecret' ? ['RotationsFinished'] : []
  if (outcome === 'refused') return drift === true ? ['RotationsRefused', 'DriftDetected'] : ['RotationsRefused']
  if (outcome === RECORDS_UNAVAILABLE) return ['RecordsUnavailable']
  if (outcome === PROOF_PENDING) return ['ProofPending']
  if (outcome === REVOCATIONS_UNPUBLISHED) return ['RevocationsUnpublished']
  if (outcome !== 'failed') return []
  // No lease and no note of a version fails a step: only a claim that cannot be read does. The function's own alarm notifies of that.
  return code === 'RECORDS_UNAVAILABLE' ? ['StepsFailed', 'RecordsUnavailable'] : ['StepsFailed']
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

/** Puts the rotation of one secret together. */
type Compose = (about: { readonly secretId: string }, journal: Journal) => Rotation | Promise<Rotation>

const malformed = (journal: Journal, refusal: Refusal): RotationRefused => {
  const error = new RotationRefused({ refusal, secretId: 'an unknown secret' })
  journal.note({ outcome: 'refused', reason: refusal.reason, message: error.message })
  return error
}

/** Of an answer, its kind goes into the log, and what it counts; the line is no step's, so that no metric of steps counts it. */
const answering = async <Answer>(
  { asked, journal, now }: { readonly asked: JournalEntry; readonly journal: Journal; readonly now: () => number },
  answer: () => Promise<Answer>,
  facts: (said: Answer) => JournalEntry,
): Promise<Answer> => {
  const beganAt = now()
  try {
    const said = await answer()
    journal.note({ ...asked, outcome: 'answered', ...facts(said), ms: now() - beganAt })
    return said
  } catch (error) {
    journal.note({
      ...asked,
      outcome: 'failed',
      code: 'DEFECT',
      message: error instanceof Error ? error.name : 'unknown',
    })
    throw error
  }
}

const proveAgain = (rotation: Rotation, secretId: string, journal: Journal): Promise<ProofAnswer> =>
  answering(
    { asked: { ask: 'prove', secret: secretId }, journal, now: rotation.timing.now },
    () => answerProof(rotation, secretId),
    ({ outcome: proof, ...facts }) => ({ proof, ...facts }),
  )

/** One finding for each secret that was asked about, in their order. */
export interface CheckAnswer {
  readonly findings: readonly CheckFinding[]
}

const tallyOf = ({ findings }: CheckAnswer): JournalEntry => {
  const tally: Record<string, number> = {}
  for (const { found } of findings) tally[found] = (tally[found] ?? 0) + 1
  return tally
}

const answerCheck = (compose: Compose, question: CheckQuestion, journal: Journal): Promise<CheckAnswer> =>
  answering(
    { asked: { ask: 'check', secrets: question.secrets.length }, journal, now: Date.now },
    async () => ({ findings: await checkCurrent((secretId) => compose({ secretId }, journal), question) }),
    tallyOf,
  )

/** What the function says to whoever asked something. */
export type StepAnswer = ProofAnswer | CheckAnswer | HolderAnswer

/**
 * @returns the answer to a question, and nothing for a step
 * @throws RotationRefused or Fault: a step that throws is a failed step to Secrets Manager
 */
export const handleStep = async (invocation: StepInvocation, compose: Compose): Promise<StepAnswer | undefined> => {
  const journal = countingJournal(invocation)
  if (asksForCheck(invocation.event)) {
    const question = readCheckQuestion(invocation.event)
    if (!question.ok) throw malformed(journal, question.refusal)
    return answerCheck(compose, question.value, journal)
  }
  if (asksForHolders(invocation.event)) {
    const question = readHolderQuestion(invocation.event)
    if (!question.ok) throw malformed(journal, question.refusal)
    const { clientIds } = question.value
    const asked = { ask: 'holders', clients: clientIds.length }
    // Of no secret's form.
    const answer = async () => answerHolders((await compose({ secretId: 'none' }, journal)).issuer, { clientIds })
    return answering({ asked, journal, now: Date.now }, answer, () => ({}))
  }
  if (asksSomething(invocation.event)) {
    const question = readProofQuestion(invocation.event)
    if (!question.ok) throw malformed(journal, question.refusal)
    return proveAgain(await compose(question.value, journal), question.value.secretId, journal)
  }
  const request = readStepEvent(invocation.event)
  if (!request.ok) throw malformed(journal, request.refusal)
  const { step, secretId, requestToken } = request.value
  // To know its form, a secret that was adopted where it is has to be looked at first.
  const rotation = await Promise.resolve(compose(request.value, journal)).catch((error: unknown) => {
    if (error instanceof Fault) {
      const { code, retryable, message } = error
      journal.note({ step, secret: secretId, requestToken, outcome: 'failed', code, retryable, message })
    }
    throw error
  })
  await runStep(rotation, request.value)
  return undefined
}
