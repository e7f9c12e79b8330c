// The proof of a revoke, signed, and made once more: by whoever asks whether what was revoked is still refused, and where the first one could
// not be signed, stored or reported. It changes nothing at either side (docs/evidence.md, "Signed proofs").

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import type { Result } from '../base/result.ts'
import { publishRevocations } from '../revocations/publish.ts'
import { isRecent, revocationByLabels } from '../revocations/revocation.ts'
import { CURRENT, labelled, PREVIOUS } from '../secret/labels.ts'
import { readTolerantly } from '../secret/read-tolerantly.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import { settledRevokeOf, settledRotateOf } from '../secret/settled-revoke.ts'
import { look } from './look.ts'
import { type Evidence, type RefusedValue, withReplicas } from './outcome.ts'
import type { ProvenRefusal } from './proof.ts'
import type { ProofAnswer } from './proof-answer.ts'
import { proveRefused, proveSettled } from './prove-refused.ts'
import { namedClients, readPastVersions } from './recover-current.ts'
import type { Refusal } from './refusal.ts'
import {
  describeOrThrow,
  type Guarded,
  type Rotation,
  readCurrent,
  sameValue,
  type Version,
  waitFor,
} from './rotation.ts'
import { copyKey, type SigningOutcome, signAndStore } from './sign-proof.ts'

const toProven = ({ versionId, lastFour, error, requestId, provenAt, ...counted }: RefusedValue): ProvenRefusal => ({
  versionId,
  lastFour,
  refusals: counted.refusals ?? 1,
  firstRefusedAt: counted.firstRefusedAt ?? provenAt,
  ...defined({ lastAcceptedAt: counted.lastAcceptedAt }),
  errors: counted.errors ?? [error],
  requestIds: counted.requestIds ?? [requestId],
})

interface ProvenRevoke {
  readonly pending: Version
  readonly evidence: Evidence
  readonly revokeToken: string
  readonly settleToken: string
}

export const signEvidence = (
  rotation: Rotation,
  { pending, evidence, revokeToken, settleToken }: ProvenRevoke,
): Promise<SigningOutcome> =>
  signAndStore(rotation, {
    secretArn: pending.arn,
    clientId: pending.secret.clientId,
    revokeToken,
    settleToken,
    refused: evidence.refused.map(toProven),
    ...defined({ bySlots: evidence.bySlots, accepted: evidence.accepted, regions: evidence.replicas }),
    slots: evidence.slots,
    confirmedAfterMs: rotation.bounds.confirmedAfterMs,
    at: rotation.timing.now(),
  })

interface Settled {
  /** The version that was settled: what is older was valid before it. */
  readonly switchId: string
  readonly current: Version
}

/** @throws Fault STYTCH_OUTCOME_UNKNOWN, CLIENT_INACTIVE, STILL_ACCEPTED, and those of the calls. */
const proveOlderDead = async (rotation: Rotation, state: Secret, { switchId, current }: Settled): Promise<Evidence> => {
  const seen = await look(rotation, { intent: 'settle', stored: { current } })
  if (!seen.ok || seen.value.sighting.position !== 'settled') {
    throw new Fault({
      code: 'STYTCH_OUTCOME_UNKNOWN',
      retryable: true,
      message: `Client ${current.secret.clientId} does not look settled at Stytch, so that nothing is proven of it now; look at m2m status ${state.name}.`,
    })
  }
  if (!seen.value.view.isActive) {
    throw new Fault({
      code: 'CLIENT_INACTIVE',
      retryable: true,
      message: `Client ${current.secret.clientId} is inactive at Stytch, where every value is refused: that its slots hold nothing but the new value is seen, and nothing is proven by exchange until it is active.`,
    })
  }
  const facts = {
    secretId: state.arn,
    currentOrigin: 'revoke',
    current,
    previous: undefined,
    revokeId: switchId,
  } as const
  return withReplicas(await proveSettled(rotation, { ...facts, view: seen.value.view }), state)
}

/** @returns undefined when AWSCURRENT is not the settle of a revoke. @throws Fault STILL_ACCEPTED, and those of the calls. */
export const proveAgain = async (
  rotation: Rotation,
  current: Version,
  { state, previousId }: Pick<Guarded, 'state' | 'previousId'>,
): Promise<{ readonly evidence: Evidence; readonly revokeToken: string } | undefined> => {
  const settled = settledRevokeOf({ secretArn: state.arn, currentId: current.versionId, previousId })
  if (settled === undefined) return undefined
  const { revokeToken } = settled
  return { evidence: await proveOlderDead(rotation, state, { switchId: revokeToken, current }), revokeToken }
}

const refusalsIn = ({ refused }: Evidence): number => refused.reduce((sum, { refusals: some = 1 }) => sum + some, 0)

/** A planned switch that was settled, as after a revoke's grace: whether everything older is refused. */
const answerOfRotate = async (
  rotation: Rotation,
  current: Version,
  { state, previousId }: Pick<Guarded, 'state' | 'previousId'>,
): Promise<ProofAnswer> => {
  const switchId = settledRotateOf({ secretArn: state.arn, currentId: current.versionId, previousId })
  if (switchId === undefined) return { outcome: 'notOwed' }
  const evidence = await proveOlderDead(rotation, state, { switchId, current })
  const refusals = refusalsIn(evidence)
  const settleToken = current.versionId
  const signed: SigningOutcome =
    refusals === 0
      ? { state: 'off' }
      : await signEvidence(rotation, { pending: current, evidence, revokeToken: switchId, settleToken })
  await copyKey(rotation, signed)
  const { clientId } = current.secret
  return { outcome: 'refused', clientId, revokeToken: switchId, settleToken, refusals, signed: signed.state }
}

/** Beside AWSCURRENT's value, which may be unreadable. */
const MOST_TRIED = 2

const areGone = async ({ issuer }: Rotation, clientIds: readonly string[]): Promise<boolean> => {
  for (const clientId of clientIds) if ((await issuer.look(clientId)) !== undefined) return false
  return true
}

/**
 * Of a client that is deleted: Stytch says twice that there is none, and refuses what the secret holds of it, each value as often as the bounds
 * ask for.
 * @returns undefined for a client that there is. @throws Fault STILL_ACCEPTED
 */
const proveGone = async (
  rotation: Rotation,
  state: Secret,
  current: Result<Version, Refusal>,
): Promise<ProofAnswer | undefined> => {
  const first = clientIdOf(state) ?? (current.ok ? current.value.secret.clientId : undefined)
  // Of most there is a client, and no more is asked.
  if (first !== undefined && !(await areGone(rotation, [first]))) return undefined
  const currentId = labelled(state, CURRENT) ?? ''
  const [past, text] = await Promise.all([
    readPastVersions(rotation, { secretId: state.arn, requestToken: '' }, { currentId }),
    rotation.secrets.readValue(state.arn, { versionId: currentId }),
  ])
  // Whatever AWSCURRENT names: each client that the secret may hold has to be gone.
  const named = namedClients({ state, past, reading: readTolerantly(text?.text ?? '') })
  const others = named.filter((one) => one !== first)
  if (named.length === 0 || !(await areGone(rotation, others))) return undefined
  await waitFor(rotation, rotation.bounds.readLagMs, 'a second look at Stytch confirms that there is no such client')
  if (!(await areGone(rotation, named))) return undefined
  const read = [...(current.ok ? [current.value] : []), ...past.slice(0, MOST_TRIED)]
  const values = read.filter((one, at) => read.findIndex((other) => sameValue(one, other)) === at)
  const refused = await proveRefused(rotation, values)
  const refusals = refused.reduce((sum, { refusals: some = 1 }) => sum + some, 0)
  return refusals === 0 ? undefined : { outcome: 'gone', refusals }
}

/** In case it could not be published when it happened; by now it is known from the labels how old it is. */
const publishAgain = async (rotation: Rotation, state: Secret, clientId: string): Promise<void> => {
  const revocation = revocationByLabels(state)
  if (revocation?.state !== 'revoked' || !isRecent(revocation, rotation.timing.now())) return
  await publishRevocations(rotation, { revoked: new Map([[clientId, revocation.notBefore]]) })
}

/** One question about one secret. Nothing is refused or thrown: whoever asks goes on to the next. */
export const answerProof = async (rotation: Rotation, secretId: string): Promise<ProofAnswer> => {
  try {
    const state = await describeOrThrow(rotation.secrets, secretId)
    const currentId = labelled(state, CURRENT)
    if (currentId === undefined) return { outcome: 'notOwed' }
    const request = { step: 'finishSecret', secretId, requestToken: currentId, beganAt: rotation.timing.now() } as const
    const current = await readCurrent(rotation, request, { currentId })
    const gone = await proveGone(rotation, state, current)
    if (gone !== undefined) return gone
    if (!current.ok) return { outcome: 'unknown', code: current.refusal.reason, message: 'AWSCURRENT cannot be read.' }
    const previousId = labelled(state, PREVIOUS)
    const again = await proveAgain(rotation, current.value, { state, previousId })
    if (again === undefined) return await answerOfRotate(rotation, current.value, { state, previousId })
    const { evidence, revokeToken } = again
    const [signed] = await Promise.all([
      signEvidence(rotation, { pending: current.value, evidence, revokeToken, settleToken: currentId }),
      publishAgain(rotation, state, current.value.secret.clientId),
    ])
    await copyKey(rotation, signed)
    return {
      outcome: 'refused',
      clientId: current.value.secret.clientId,
      revokeToken,
      settleToken: currentId,
      refusals: refusalsIn(evidence),
      signed: signed.state,
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const { code, message } = error
    return { outcome: code === 'STILL_ACCEPTED' ? 'alive' : 'unknown', code, message }
  }
}
