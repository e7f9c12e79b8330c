// Claims that break-glass writes, for secrets that a stage had before it had claims, or whose claim is held by a secret that is gone. The value in
// the secret says which client it holds, and Stytch says whether it accepts that value; a tag has to agree, and proves nothing.

import { Fault } from '../base/fault.ts'
import type { ClaimKeeper } from '../rotation/claims.ts'
import type { Issuer } from '../rotation/issuer.ts'
import { isM2mClient } from '../secret/client-id.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { slotForm } from '../secret/slot-forms.ts'
import type { ClaimView, WriteClaimsAsked, WrittenClaim } from './clients-api.ts'

export interface ClaimingParts {
  readonly claims: ClaimKeeper
  readonly issuer: Pick<Issuer, 'exchange' | 'projectId'>
  readonly secrets: Pick<Secrets, 'describe'>
  readonly registration: { readonly secrets: Pick<Secrets, 'readValue'> }
  readonly timing: { readonly now: () => number }
}

export const readClaims = (
  { claims }: Pick<ClaimingParts, 'claims'>,
  clientIds: readonly string[],
): Promise<readonly ClaimView[]> =>
  Promise.all(
    clientIds.map(async (clientId) => {
      const claim = await claims.read(clientId)
      return { clientId, holder: claim?.holder ?? null, isReviewed: claim?.isReviewed ?? false }
    }),
  )

const refused = (secretName: string, why: string): WrittenClaim => ({ secretName, outcome: 'refused', why })

interface Candidate {
  readonly secretName: string
  readonly arn: string
  readonly clientId: string
}

/** The client that the secret's value proves to be its. */
const candidateOf = async (
  { secrets, registration, issuer }: ClaimingParts,
  secretName: string,
): Promise<Candidate | WrittenClaim> => {
  const facts = await secrets.describe(secretName)
  if (facts === undefined || facts.isDeleted) return refused(secretName, 'there is no such secret')
  const version = await registration.secrets.readValue(facts.arn, { label: 'AWSCURRENT' })
  const parsed = version === undefined ? undefined : slotForm.parse(version.text, version.createdAt)
  if (parsed?.ok !== true) return refused(secretName, 'its value is in no known format (docs/secret-format.md)')
  const { clientId, clientSecret, projectId } = parsed.value
  if (isM2mClient(clientId)) return refused(secretName, 'it holds an M2M client, which needs no claim')
  if (clientIdOf(facts) !== clientId)
    return refused(secretName, `its value is of ${clientId}, and its tag says otherwise`)
  if (projectId !== issuer.projectId) return refused(secretName, `its value is of project ${projectId}`)
  if (!(await issuer.exchange(clientId, clientSecret)).accepted) {
    return refused(secretName, 'Stytch refuses its value, so that nothing proves that the client is its')
  }
  return { secretName, arn: facts.arn, clientId }
}

/** The holder of a claim, if its secret is gone. */
const goneHolder = async (
  { secrets, claims }: ClaimingParts,
  { clientId, arn }: Candidate,
): Promise<string | undefined> => {
  const holder = (await claims.read(clientId))?.holder
  if (holder === undefined || holder === arn) return undefined
  return (await secrets.describe(holder)) === undefined ? holder : undefined
}

const writeOne = async (parts: ClaimingParts, by: string, candidate: Candidate): Promise<WrittenClaim> => {
  const { secretName, arn, clientId } = candidate
  const gone = await goneHolder(parts, candidate)
  const outcome = await parts.claims.write({ clientId, holder: arn, at: parts.timing.now(), by }, gone)
  if (outcome === 'written') return { secretName, clientId, outcome }
  const holder = (await parts.claims.read(clientId))?.holder ?? 'another secret'
  return refused(
    secretName,
    `${clientId} is held by ${holder}; one secret, one client. Give that one back, or delete it`,
  )
}

/** One result for each name, in their order; a fault about one of them is that one's. Two that hold one client are both refused. */
export const writeClaims = async (
  parts: ClaimingParts,
  { secretNames, by }: WriteClaimsAsked,
): Promise<readonly WrittenClaim[]> => {
  const guarded = async <Value>(secretName: string, work: () => Promise<Value>): Promise<Value | WrittenClaim> =>
    work().catch((error: unknown) => {
      if (error instanceof Fault) return refused(secretName, error.message)
      throw error
    })
  const candidates: (Candidate | WrittenClaim)[] = []
  for (const name of [...new Set(secretNames)]) candidates.push(await guarded(name, () => candidateOf(parts, name)))
  const counts = Map.groupBy(candidates, (one) => ('arn' in one ? one.clientId : ''))
  const results: WrittenClaim[] = []
  for (const one of candidates) {
    if (!('arn' in one)) results.push(one)
    else if ((counts.get(one.clientId)?.length ?? 0) > 1) {
      results.push(
        refused(one.secretName, `several of these secrets hold ${one.clientId}; name the one that is to keep it`),
      )
    } else results.push(await guarded(one.secretName, () => writeOne(parts, by ?? 'm2m claims', one)))
  }
  return results
}
