// How a stage's Connected Apps and SCIM connections stand with their claims, as the clients function reads them: for `m2m claims` and doctor.
import { type ClaimStanding, claimStandings, secretsToClaim } from '../../lambda/core/clients/claim-states.ts'
import { MAX_EXAMINED } from '../../lambda/core/clients/clients-api.ts'
import type { Claim } from '../../lambda/core/rotation/claims.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { CommandContext } from '../terminal/command-context.ts'

/** @param secrets all of the stage @throws Fault RECORDS_UNAVAILABLE, or for a function that does not answer */
export const readStandings = async (
  context: Pick<CommandContext, 'connect'>,
  secrets: readonly Secret[],
): Promise<readonly ClaimStanding[]> => {
  const clientIds = [...new Set(secretsToClaim(secrets).map(({ clientId }) => clientId))]
  const claims = new Map<string, Claim | undefined>()
  if (clientIds.length === 0) return []
  const { clientsApi } = await context.connect()
  for (let from = 0; from < clientIds.length; from += MAX_EXAMINED) {
    for (const { clientId, holder, isReviewed } of await clientsApi.claims(
      clientIds.slice(from, from + MAX_EXAMINED),
    )) {
      claims.set(clientId, holder === null ? undefined : { clientId, holder, isReviewed })
    }
  }
  return claimStandings(secrets, claims)
}

/** What is the matter, and what to do; undefined where nothing is. */
export const claimWords = (
  { state, clientId, holder }: ClaimStanding,
  name: string,
): { readonly what: string; readonly todo: string } | undefined => {
  switch (state) {
    case 'claimed':
      return undefined
    case 'noted':
      return {
        what: `its claim on ${clientId} was taken over from its tag when the stage was upgraded, and nobody has confirmed it`,
        todo: 'm2m claims --write, as break-glass, once you have looked at the list',
      }
    case 'unclaimed':
      return {
        what: `it is tagged for ${clientId}, which no secret holds: nothing rotates or revokes it`,
        todo: `m2m claims --write ${name}, as break-glass, if it is the one that consumers read`,
      }
    case 'contested':
      return {
        what: `several secrets are tagged for ${clientId}, and none holds it: nothing rotates or revokes it`,
        todo: 'm2m claims --write <client>, as break-glass, with the one that consumers read',
      }
    case 'foreign':
      return {
        what: `it is tagged for ${clientId}, which ${holder ?? 'another secret'} holds: nothing is rotated by it`,
        todo: 'find out who made it, and delete it; one secret, one client',
      }
  }
}
