// Closes reading of a secret that was adopted where it is: from now on the named roles may read it, and whoever else could is denied, whatever
// other policies say. Asked for by a person who has seen who reads it; nothing else is changed.

import { Fault } from '../base/fault.ts'
import { isInPlace } from '../secret/mapped-form.ts'
import { TAG } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { isNameOfStage, notAdoptedFault, outsideFault } from '../secret/stage-secrets.ts'
import { rolesOf } from './adopt-in-place.ts'
import type { CloseReadingAsked } from './clients-api.ts'
import { admissionOf, revisionOf, type Stage } from './guard-secret.ts'
import { mergedPolicy } from './merged-policy.ts'
import { strangeAccounts, strangeAccountsFault } from './reader-admission.ts'
import { policyFingerprint } from './secret-policy.ts'

export interface ClosingParts {
  readonly secrets: Pick<Secrets, 'describe' | 'readPolicy' | 'setPolicy' | 'tag' | 'untag'>
}

const refuse = (secretName: string, why: string): Fault =>
  new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `Reading of ${secretName} was left as it is: ${why}.`,
  })

/** @throws Fault INPUT_MALFORMED when it may not be closed for these readers; then nothing was changed. */
export const closeReading = async (
  { secrets }: ClosingParts,
  stage: Stage,
  { secretName, readers }: CloseReadingAsked,
): Promise<{ readonly secretArn: string }> => {
  if (!isNameOfStage(stage, secretName)) throw refuse(secretName, outsideFault(stage, secretName))
  if (readers.length === 0) throw refuse(secretName, 'no reader was named, so that nobody could read it any more')
  const facts = await secrets.describe(secretName)
  if (facts === undefined) throw refuse(secretName, 'there is no such secret')
  if (!isInPlace(facts)) throw refuse(secretName, notAdoptedFault(secretName))
  const strange = strangeAccounts(readers, admissionOf(stage))
  if (strange.length > 0) throw refuse(secretName, `its readers ${strangeAccountsFault(strange)}`)
  const existing = await secrets.readPolicy(facts.arn)
  const roles = rolesOf(stage, readers)
  const merged = mergedPolicy({ secretArn: facts.arn, roles, existing, isReadingOpen: false })
  if (!merged.ok) throw refuse(secretName, merged.refusal)
  await secrets.setPolicy(facts.arn, merged.value)
  await secrets.tag(facts.arn, { [TAG.policy]: policyFingerprint(revisionOf(stage), readers) })
  await secrets.untag(facts.arn, [TAG.reading])
  return { secretArn: facts.arn }
}
