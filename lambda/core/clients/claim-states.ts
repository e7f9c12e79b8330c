// How the secrets of Connected Apps and SCIM connections stand with their claims: one answer for whoever lists them, for the doctor, and for the
// survey that a deployment makes. Pure.
import type { Claim } from '../rotation/claims.ts'
import { isM2mClient } from '../secret/client-id.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf } from '../secret/secret-tags.ts'

/**
 * claimed: the secret holds the client. noted: it does, by a claim that a deployment took over from its tag and nobody has looked at. unclaimed:
 * no secret holds it. contested: no secret holds it, and several are tagged for it. foreign: another secret holds it.
 */
export const claimStates = ['claimed', 'noted', 'unclaimed', 'contested', 'foreign'] as const
export type ClaimState = (typeof claimStates)[number]

export interface ClaimStanding {
  readonly secret: Secret
  /** As the secret's tag says. */
  readonly clientId: string
  readonly state: ClaimState
  /** ARN of the secret that holds the client. */
  readonly holder: string | undefined
}

interface Tagged {
  readonly secret: Secret
  readonly clientId: string
}

/** Those whose clients need a claim; the others have `managed_by` at Stytch. */
export const secretsToClaim = (secrets: readonly Secret[]): readonly Tagged[] =>
  secrets.flatMap((secret) => {
    const clientId = clientIdOf(secret)
    return secret.isDeleted || clientId === undefined || isM2mClient(clientId) ? [] : [{ secret, clientId }]
  })

const stateOf = ({ arn }: Secret, claim: Claim | undefined, isAlone: boolean): ClaimState => {
  if (claim === undefined) return isAlone ? 'unclaimed' : 'contested'
  if (claim.holder !== arn) return 'foreign'
  return claim.isReviewed ? 'claimed' : 'noted'
}

/** @param secrets all of the stage: several that are tagged for one client are seen only together */
export const claimStandings = (
  secrets: readonly Secret[],
  claims: ReadonlyMap<string, Claim | undefined>,
): readonly ClaimStanding[] => {
  const tagged = secretsToClaim(secrets)
  const byClient = Map.groupBy(tagged, ({ clientId }) => clientId)
  return tagged.map(({ secret, clientId }) => {
    const claim = claims.get(clientId)
    const isAlone = byClient.get(clientId)?.length === 1
    return { secret, clientId, state: stateOf(secret, claim, isAlone), holder: claim?.holder }
  })
}
