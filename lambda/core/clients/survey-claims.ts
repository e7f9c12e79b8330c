// What a deployment does once, when claims are new to its stage: Connected Apps and SCIM connections whose secrets were believed by their tags
// until then go on rotating, each by a claim that says that nobody has looked at it. A client for which several secrets are tagged gets none,
// so that neither changes it until a person has decided. Of a stage without such secrets nothing is written.

import type { ClaimKeeper } from '../rotation/claims.ts'
import { isOurs } from '../secret/is-managed.ts'
import type { Secret } from '../secret/secret.ts'
import type { Secrets } from '../secret/secrets.ts'
import { isOfStage, type StageSecrets, stagePages } from '../secret/stage-secrets.ts'
import { claimStandings, secretsToClaim } from './claim-states.ts'

export interface SurveyParts {
  readonly secrets: Pick<Secrets, 'list'>
  readonly claims: Pick<ClaimKeeper, 'read' | 'note'>
  readonly timing: { readonly now: () => number }
}

interface SurveyStage extends StageSecrets {
  readonly rotationFunctionArn: string
}

export interface Surveyed {
  readonly noted: number
  /** Left without a claim, for a person to decide. */
  readonly left: number
}

export const surveyClaims = async ({ secrets, claims, timing }: SurveyParts, stage: SurveyStage): Promise<Surveyed> => {
  const all: Secret[] = []
  for await (const some of stagePages(secrets, stage)) all.push(...some.filter((one) => isOfStage(stage, one)))
  const found = secretsToClaim(all)
  const known = new Map(
    await Promise.all(found.map(async ({ clientId }) => [clientId, await claims.read(clientId)] as const)),
  )
  let noted = 0
  let left = 0
  for (const { secret, clientId, state } of claimStandings(all, known)) {
    if (state === 'claimed' || state === 'noted') continue
    // What our function never rotated is left as it was.
    const mayNote = state === 'unclaimed' && secret.rotationEnabled && isOurs(secret, stage)
    const claim = { clientId, holder: secret.arn, at: timing.now(), by: 'deployment' }
    if (mayNote && (await claims.note(claim)) === 'written') noted += 1
    else left += 1
  }
  return { noted, left }
}
