// What those who look after a fleet ask the rotation function beside steps (rotation-steps.ts): whether Stytch accepts what consumers read.
import { defined } from '../base/defined.ts'
import type { CheckFinding } from '../rotation/check-answer.ts'
import { type CheckQuestion, MOST_IN_CHECK, type SecretToCheck } from '../rotation/read-check-question.ts'
import { CURRENT, mayBeUnderWay, versionLabelled } from '../secret/labels.ts'
import { isSettledOrigin } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf, isRetired } from '../secret/secret-tags.ts'

/** The rotation function, which alone may ask Stytch. It changes nothing. */
export interface CheckQuestions {
  /**
   * @param question 1 to MOST_IN_CHECK secrets
   * @returns a finding for each, in their order. @throws Fault CHECK_NOT_ANSWERED when no answer came.
   */
  check(question: CheckQuestion): Promise<readonly CheckFinding[]>
}

/** @returns undefined of a secret that nobody should read, or whose AWSCURRENT is about to change. */
export const toCheckOf = (secret: Secret): SecretToCheck | undefined => {
  const current = versionLabelled(secret, CURRENT)
  if (current === undefined || secret.isDeleted || isRetired(secret) || mayBeUnderWay(secret)) return undefined
  const { versionId, origin } = current
  return {
    secretArn: secret.arn,
    versionId,
    isSettled: isSettledOrigin(origin),
    ...defined({ clientId: clientIdOf(secret) }),
  }
}

/** As many at once as one question takes. */
export const checksOf = (secrets: readonly SecretToCheck[]): readonly (readonly SecretToCheck[])[] =>
  Array.from({ length: Math.ceil(secrets.length / MOST_IN_CHECK) }, (_none, at) =>
    secrets.slice(at * MOST_IN_CHECK, (at + 1) * MOST_IN_CHECK),
  )
