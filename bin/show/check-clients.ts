// Whether Stytch accepts what consumers read, asked of the rotation function: for `status` and `doctor`. Nothing is read or tried with the
// caller's own rights; who may not invoke the function is told so, and sees what is known without it.
import { Fault } from '../../lambda/core/base/fault.ts'
import { type CheckQuestions, checksOf, toCheckOf } from '../../lambda/core/drive/check-questions.ts'
import type { CheckFinding } from '../../lambda/core/rotation/check-answer.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { isCallDenied } from '../terminal/is-call-denied.ts'

/** Why a function did not answer its caller. @throws what is no Fault */
export const whyNotAnswered = (error: unknown, functionName: string): string => {
  if (!(error instanceof Fault)) throw error
  return isCallDenied(error) ? `you may not invoke ${functionName}` : error.message
}

/** A CommandContext, as far as this needs one. */
interface Seat {
  view(): Promise<{ readonly rotationFunctionArn: string }>
  connect(): Promise<{ questionsOf(rotationFunctionArn: string): CheckQuestions }>
}

export interface CheckInput {
  readonly secrets: readonly Secret[]
  readonly onProgress?: (done: number) => void
}

/**
 * @returns a finding for each secret, by its ARN; none for what cannot be asked about: empty, deleted, retired, or in the middle of a rotation.
 * After a question without an answer, no other is asked.
 */
export const checkClients = async (
  seat: Seat,
  { secrets, onProgress = () => {} }: CheckInput,
): Promise<ReadonlyMap<string, CheckFinding>> => {
  const { rotationFunctionArn } = await seat.view()
  const { questionsOf } = await seat.connect()
  const found = new Map<string, CheckFinding>()
  let why: string | undefined
  for (const batch of checksOf(secrets.flatMap((secret) => toCheckOf(secret) ?? []))) {
    const ask = () => questionsOf(rotationFunctionArn).check({ secrets: batch })
    const findings =
      why === undefined
        ? await ask().catch((error: unknown) => {
            why = whyNotAnswered(error, rotationFunctionArn)
            return undefined
          })
        : undefined
    for (const [at, { secretArn }] of batch.entries()) {
      found.set(secretArn, findings?.[at] ?? { found: 'unknown', why: why ?? 'no answer' })
    }
    onProgress(found.size)
  }
  return found
}
