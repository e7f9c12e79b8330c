// What `m2m incident --wait` says of each client in the end. A label is a reason to ask, and no proof: a value is called refused or dead by
// what was signed, or by what the rotation function answers when it is asked now; dead only once a second proof confirms the first.

import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import type { CheckQuestions } from '../../lambda/core/drive/check-questions.ts'
import type { ProofQuestions } from '../../lambda/core/drive/proof-questions.ts'
import type { SignedProof } from '../../lambda/core/incident/signed-proof.ts'
import type { CheckFinding } from '../../lambda/core/rotation/check-answer.ts'
import { isOfPlannedSwitch, type ProofAnswer } from '../../lambda/core/rotation/proof-answer.ts'
import { CURRENT, labelled } from '../../lambda/core/secret/labels.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { clientIdOf } from '../../lambda/core/secret/secret-tags.ts'
import { checkClients, whyNotAnswered } from '../show/check-clients.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault } from '../terminal/command-fault.ts'
import { count } from '../terminal/words.ts'
import type { Watched, WatchedState } from './incident-watch.ts'
import { proofJson } from './signed-proofs.ts'

/**
 * dead: refused, and confirmed. deadAlready: Stytch refused everything before anything was asked for. refused: what leaked is refused, not
 * confirmed yet. alive: Stytch accepts it. unknown: neither is known.
 */
type LeakOutcome = 'dead' | 'deadAlready' | 'refused' | 'alive' | 'unknown'

/** dead: all are. refused: as dead, but some only refused so far. partly: some. failed: none. */
type IncidentOutcome = 'dead' | 'refused' | 'partly' | 'failed'

export interface ClientOutcome {
  readonly secret: Secret
  readonly state: WatchedState
  readonly outcome: LeakOutcome
  /** Of what is not dead; null otherwise. */
  readonly reason: string | null
  /** ISO 8601: the first refusal; null: not known. */
  readonly since: string | null
  /** Absent: it cannot be known. */
  readonly proof?: SignedProof
  /** Exchanges that Stytch refused when it was asked now. @default - none was made, or the client accepts nothing */
  readonly refusals?: number
}

export const isEnded = ({ outcome }: ClientOutcome): boolean =>
  outcome === 'dead' || outcome === 'deadAlready' || outcome === 'refused'

export const outcomeOf = (clients: readonly ClientOutcome[]): IncidentOutcome => {
  const ended = clients.filter(isEnded)
  if (ended.length === 0) return 'failed'
  if (ended.length < clients.length) return 'partly'
  return clients.some(({ outcome }) => outcome === 'refused') ? 'refused' : 'dead'
}

const unfinished: Record<Exclude<WatchedState, 'settled' | 'unproven' | 'deadAlready'>, string> = {
  ask: 'no rotation has started yet',
  running: 'its rotation is under way',
  switched: 'it is replaced, and the old value is not ended yet',
  overtaken: 'another rotation replaced it, which proves nothing of the leaked value',
  exhausted:
    'every attempt was refused; the events Rotation Refused say why; fix it, and repeat the command with the same --id',
}

/** Of a revoke that did not come through: whether what consumers read, which may be what leaked, is accepted. */
const unendedOutcome = (
  { secret, state }: Watched & { readonly state: keyof typeof unfinished },
  finding: CheckFinding | undefined,
): Pick<ClientOutcome, 'outcome' | 'reason'> => {
  const why = unfinished[state]
  if (state === 'switched' || state === 'overtaken' || labelled(secret, CURRENT) === undefined) {
    return { outcome: 'unknown', reason: why }
  }
  if (finding?.found === 'fits' || finding?.found === 'openNext') {
    return { outcome: 'alive', reason: `${why}; Stytch accepts AWSCURRENT` }
  }
  if (finding?.found === 'inactive') return { outcome: 'alive', reason: `when activated: ${why}` }
  return { outcome: 'unknown', reason: why }
}

const SIGNATURE_PENDING = 'the signed proof is not stored yet; the sweep makes it again'
const NOT_CONFIRMED = 'not confirmed yet; the sweep tries it once more'

/** The sweep looks after revokes alone. */
const AFTER_GRACE = 'not confirmed yet; to confirm it: m2m incident prove NAME --again'
const GRACE_PENDING = 'the signed proof is not stored; m2m incident prove NAME --again makes another'

const byProof = (proof: SignedProof): Pick<ClientOutcome, 'outcome' | 'reason' | 'since'> => ({
  since: proof.firstRefusedAt,
  ...(proof.confirmed
    ? { outcome: 'dead', reason: null }
    : { outcome: 'refused', reason: proof.isPlanned ? AFTER_GRACE : NOT_CONFIRMED }),
})

const bySlots = 'by slots: the client is inactive, and accepts nothing; the proof follows once it is active'

const signingReason = (answer: Extract<ProofAnswer, { outcome: 'refused' }>): string => {
  const isPlanned = isOfPlannedSwitch(answer)
  switch (answer.signed) {
    case 'stored':
      return isPlanned ? AFTER_GRACE : NOT_CONFIRMED
    case 'pending':
      return isPlanned ? GRACE_PENDING : SIGNATURE_PENDING
    case 'off':
      return 'not signed: its rotation function has no key'
  }
}

const byAnswer = (answer: ProofAnswer): Pick<ClientOutcome, 'outcome' | 'reason' | 'since' | 'refusals'> => {
  switch (answer.outcome) {
    case 'refused':
      return {
        outcome: 'refused',
        reason: signingReason(answer),
        since: null,
        refusals: answer.refusals,
      }
    case 'gone':
      return { outcome: 'deadAlready', reason: null, since: null }
    case 'notOwed':
      return { outcome: 'unknown', reason: 'AWSCURRENT has moved on, so that nothing was tried', since: null }
    case 'alive':
      return { outcome: 'alive', reason: answer.message, since: null }
    case 'unknown':
      return answer.code === 'CLIENT_INACTIVE'
        ? { outcome: 'refused', reason: bySlots, since: null }
        : { outcome: 'unknown', reason: `${answer.code}: ${answer.message}`, since: null }
  }
}

type Asked = ProofAnswer | { readonly outcome: 'notAnswered'; readonly reason: string }

/** A CommandContext, as far as this needs one. */
interface Seat {
  readonly timing: Pick<CommandContext['timing'], 'now'>
  functionName(part: string): string
  view(): Promise<{ readonly rotationFunctionArn: string }>
  connect(): Promise<{ questionsOf(rotationFunctionArn: string): CheckQuestions & ProofQuestions }>
}

const askNow = async (
  { connect, functionName }: Pick<Seat, 'connect' | 'functionName'>,
  secret: Secret,
): Promise<Asked> => {
  const { questionsOf } = await connect()
  const name = secret.rotationFunctionArn ?? functionName('rotation')
  return questionsOf(name)
    .prove(secret.arn)
    .catch((error: unknown) => ({ outcome: 'notAnswered', reason: whyNotAnswered(error, name) }) as const)
}

/** A clock that is set by the dates of replies is up to a second behind the one that dated the proof. */
const DATED_TO_MS = 1000

const isDue = (proof: SignedProof, now: number): boolean =>
  proof.confirmableAt !== null && Date.parse(proof.confirmableAt) <= now + DATED_TO_MS

/**
 * Of a revoke that is settled. Asked now: where no valid proof is stored, where the first may be confirmed already, and where that of an
 * earlier report did not show again what it had shown.
 */
const settledOutcome = async (
  seat: Seat,
  { secret, state }: Watched,
  proof: SignedProof | undefined,
): Promise<{
  readonly entry: Pick<ClientOutcome, 'outcome' | 'reason' | 'since' | 'refusals'>
  readonly isAsked: boolean
}> => {
  const isSigned = proof?.signed === true && state !== 'unproven'
  if (isSigned && !isDue(proof, seat.timing.now())) return { entry: byProof(proof), isAsked: false }
  const answer = await askNow(seat, secret)
  if (answer.outcome === 'notAnswered' || (isSigned && answer.outcome === 'unknown')) {
    const reason = answer.outcome === 'notAnswered' ? answer.reason : `${answer.code}: ${answer.message}`
    return {
      entry: isSigned
        ? { ...byProof(proof), reason: `not confirmed yet: ${reason}` }
        : { outcome: 'unknown', reason, since: null },
      isAsked: false,
    }
  }
  const entry = byAnswer(answer)
  return { entry: { ...entry, since: entry.since ?? proof?.firstRefusedAt ?? null }, isAsked: true }
}

const AT_ONCE = 5

/** As readSignedProofs reads them: by ARN; undefined: it cannot be known. */
export type ReadProofs = (secretArns: readonly string[]) => Promise<ReadonlyMap<string, SignedProof> | undefined>

/** Proofs that were made while it was asked count. */
const readAgain = async (
  readProofs: ReadProofs,
  entries: readonly ClientOutcome[],
): Promise<readonly ClientOutcome[]> => {
  const proofs = entries.length === 0 ? undefined : await readProofs(entries.map(({ secret }) => secret.arn))
  return entries.map((entry) => {
    const proof = proofs?.get(entry.secret.arn)
    if (proof === undefined) return entry
    return entry.outcome === 'refused' && proof.signed ? { ...entry, ...byProof(proof), proof } : { ...entry, proof }
  })
}

const isSettled = ({ state }: Watched): boolean => state === 'settled' || state === 'unproven'

type Unended = Watched & { readonly state: keyof typeof unfinished }
const isUnended = (one: Watched): one is Unended => !isSettled(one) && one.state !== 'deadAlready'

/** Whoever looks after an incident needs no clients function: where it does not answer, nothing more is known. */
const checkUnended = async (seat: Seat, unended: readonly Unended[]): Promise<ReadonlyMap<string, CheckFinding>> => {
  const secrets = unended.map(({ secret }) => secret)
  try {
    return secrets.length === 0 ? new Map() : await checkClients(seat, { secrets })
  } catch (error) {
    if (error instanceof Fault || error instanceof CommandFault) return new Map()
    throw error
  }
}

/** @param watched of the incident's clients, as far as it has come */
export const readOutcomes = async (
  seat: Seat,
  watched: readonly Watched[],
  readProofs: ReadProofs,
): Promise<readonly ClientOutcome[]> => {
  const settled = watched.filter(isSettled)
  const unended = watched.filter(isUnended)
  const proofs = await readProofs(settled.map(({ secret }) => secret.arn))
  const found = new Map<string, ClientOutcome>()
  const answered: string[] = []
  await mapInParallel(settled, AT_ONCE, async (one) => {
    const proof = proofs?.get(one.secret.arn)
    const { entry, isAsked } = await settledOutcome(seat, one, proof)
    if (isAsked && proofs !== undefined) answered.push(one.secret.arn)
    found.set(one.secret.arn, { ...one, ...entry, ...defined({ proof }) })
  })
  const again = await readAgain(
    readProofs,
    answered.flatMap((arn) => found.get(arn) ?? []),
  )
  for (const entry of again) found.set(entry.secret.arn, entry)
  const findings = await checkUnended(seat, unended)
  for (const one of unended) {
    found.set(one.secret.arn, { ...one, since: null, ...unendedOutcome(one, findings.get(one.secret.arn)) })
  }
  return watched.map(
    (one) => found.get(one.secret.arn) ?? { ...one, outcome: 'deadAlready', reason: null, since: null },
  )
}

/** As `--json` shows it. */
export const outcomeJson = ({ secret, state, outcome, reason, since, proof }: ClientOutcome) => ({
  name: secret.name,
  clientId: clientIdOf(secret) ?? null,
  secretName: secret.name,
  secretArn: secret.arn,
  state,
  outcome,
  reason,
  since,
  ...defined({ proof: proof && proofJson(proof) }),
})

const words: Record<LeakOutcome, string> = {
  dead: 'dead',
  deadAlready: 'dead already: Stytch refused everything before',
  refused: 'refused by Stytch',
  alive: 'ALIVE',
  unknown: 'NOT KNOWN',
}

/** For people. */
export const outcomeWords = ({ outcome, reason }: ClientOutcome): string =>
  `${words[outcome]}${reason === null ? '' : `: ${reason}`}`

const timesOf = ({ proof, refusals = proof?.refusals ?? 0 }: ClientOutcome): string =>
  refusals === 0 ? '' : `, refused ${count(refusals, 'time')}`

const anewWords = 'if it is needed, delete the secret and declare it again (m2m apply, or a deployment)'

/** As its client ends. @param afterMs since it was reported; undefined: nobody here knows */
export const endedWords = (client: ClientOutcome, afterMs: number | undefined): string => {
  const { outcome, reason } = client
  if (!isEnded(client)) return `${outcome === 'alive' ? 'ALIVE' : 'NOT KNOWN'}: ${reason}`
  // Only of a client that is gone.
  if (outcome === 'deadAlready') return `${words.deadAlready}; the client is gone: ${anewWords}`
  const after = afterMs === undefined ? '' : ` in ${(afterMs / 1000).toFixed(1)} s`
  return `${outcome}${after}${timesOf(client)}${reason === null ? '' : `: ${reason}`}`
}
