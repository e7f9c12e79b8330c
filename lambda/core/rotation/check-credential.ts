// The project's own secret, by which the rotation function is allowed to ask Stytch anything: where Stytch refuses it, that is what is to be
// reported, and not that nothing could be found out about a hundred secrets. Only whoever asks Stytch can see it.

import { Fault, type FaultCode } from '../base/fault.ts'
import { type CheckFinding, type RefusedCredential, unknownFinding } from './check-answer.ts'
import type { CheckQuestion, SecretToCheck } from './read-check-question.ts'
import { noteLost, readVersionRecords } from './records.ts'
import { type Rotation, waitFor } from './rotation.ts'

/** A Fault of one secret is no other's. */
export const unlessFault = async <Value>(ask: () => Promise<Value>): Promise<Value | CheckFinding> => {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Fault) return unknownFinding(error.code)
    throw error
  }
}

/** Since when, as the table knows of the version that was used; it is noted there the first time. */
const refusedCredential = async (rotation: Rotation, at: number): Promise<RefusedCredential | undefined> => {
  const used = await rotation.issuer.credential?.()
  if (used === undefined) return undefined
  const { secretArn, versionId } = used
  const records = await readVersionRecords(rotation, secretArn)
  const known = records?.find((record) => record.versionId === versionId)?.lostSince
  if (records !== undefined && known === undefined) await noteLost(rotation, { secretArn, versionId, lostSince: at })
  return { secretArn, since: known ?? at }
}

/** The issuer's refusal of what this function itself authenticates with. */
const isUnauthorized = (finding: CheckFinding): finding is CheckFinding & { readonly found: 'unknown' } =>
  finding.found === 'unknown' && finding.why === ('STYTCH_UNAUTHORIZED' satisfies FaultCode)

/** Whether it is still refused: one answer is one node's, and the secret may just have been replaced. */
const isStillUnauthorized = async (rotation: Rotation, { clientId }: SecretToCheck): Promise<boolean> => {
  const again = await unlessFault(async (): Promise<CheckFinding> => {
    await waitFor(rotation, rotation.bounds.staleLabelsMs, 'Stytch knows the project secret everywhere')
    // Whether there is such a client does not matter.
    await rotation.issuer.look(clientId ?? 'none', [])
    return { found: 'fits' }
  })
  return isUnauthorized(again)
}

/** A project secret that is refused is a fact of its own, beside what could not be found out because of it. */
export const withCredential = async (
  rotation: Rotation,
  { question, at }: { readonly question: CheckQuestion; readonly at: number },
  findings: readonly CheckFinding[],
): Promise<readonly CheckFinding[]> => {
  const subject = question.secrets[findings.findIndex(isUnauthorized)]
  if (subject === undefined || !(await isStillUnauthorized(rotation, subject))) return findings
  const credential = await unlessFault(() => refusedCredential(rotation, at))
  if (credential === undefined || 'found' in credential) return findings
  return findings.map((finding) => (isUnauthorized(finding) ? { ...finding, credential } : finding))
}
