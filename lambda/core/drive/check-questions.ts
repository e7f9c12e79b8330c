// What those who look after a fleet ask the rotation function beside steps (rotation-steps.ts): whether Stytch accepts what consumers read.
import type { Finding } from '../rotation/check-answer.ts'
import type { CheckQuestion } from '../rotation/read-check-question.ts'

/** The rotation function, which alone may ask Stytch. It changes nothing. */
export interface CheckQuestions {
  /**
   * @param question 1 to MOST_IN_CHECK secrets
   * @returns a finding for each, in their order. @throws Fault CHECK_NOT_ANSWERED when no answer came.
   */
  check(question: CheckQuestion): Promise<readonly Finding[]>
}
