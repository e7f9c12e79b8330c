// Which proofs of revokes are owed, and having them made. No state is kept: AWSCURRENT and AWSPREVIOUS say that a revoke was settled, the
// evidence bucket says which proofs of it are stored, and the rotation function, which alone may ask Stytch, makes another. The first one is
// owed where KMS, S3 or a killed execution kept it away; the second, some time later, confirms that what was refused is still refused
// (docs/evidence.md, "Signed proofs").

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import { DAY_MS } from '../base/time-units.ts'
import type { ProofQuestions } from '../drive/proof-questions.ts'
import type { ProofAnswer } from '../rotation/proof-answer.ts'
import { isOurs } from '../secret/is-managed.ts'
import { CURRENT, labelled, PREVIOUS } from '../secret/labels.ts'
import { readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf, isRetired, TAG } from '../secret/secret-tags.ts'
import { type SettledRevoke, settledRevokeOf } from '../secret/settled-revoke.ts'
import { type ConfirmedRevoke, revokeConfirmed } from './confirmed-event.ts'
import type { Fact, Sweep } from './due.ts'
import { findingOf, noticeEvent } from './sweep-notice.ts'
import { type SweepSecret, unlessDown } from './sweep-secret.ts'

export interface NamedProof extends SettledRevoke {
  readonly secretName: string
}

/** The evidence bucket, as far as the sweep knows it: names and times, and no content. */
export interface ProofListing {
  /** When each proof under these tokens was stored, epoch milliseconds, in any order. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
  storedAt(proof: NamedProof): Promise<readonly number[]>
}

export interface ProofWatch {
  readonly listing: ProofListing
  readonly questions: ProofQuestions
  /** So long after the first proof, another one confirms it. */
  readonly confirmedAfterMs: number
}

/** A settled revoke, with what an event names of its secret: thousands are kept. */
export interface SettledSecret extends SettledRevoke {
  readonly secret: Pick<Secret, 'arn' | 'name' | 'tags'>
}

/** Whoever has no proof by then is no longer helped by a sweep; the alarm has said so for a week. */
const LOOKED_AFTER_MS = 7 * DAY_MS
/** One list call each. With more, the next sweep looks at the next ones. */
export const MOST_LISTED = 500
/** Each is some eight calls to Stytch, from the function that rotates: a tenth of what incidents and campaigns may ask for. */
const PROVED_A_SECOND = 1
export const MOST_PROVED = 150
const LISTED_A_SECOND = 50
const AT_ONCE = 5
/** How long one question may take, beyond what every sweep keeps in reserve. */
const QUESTION_MS = 45_000

/** @returns undefined when no proof can be owed, or none any more. */
export const settledSecretOf = (
  secret: Secret,
  { rules, asOf }: Pick<Sweep, 'rules' | 'asOf'>,
): SettledSecret | undefined => {
  if (!isOurs(secret, rules) || isRetired(secret)) return undefined
  const settled = settledRevokeOf({
    secretArn: secret.arn,
    currentId: labelled(secret, CURRENT),
    previousId: labelled(secret, PREVIOUS),
  })
  if (settled === undefined) return undefined
  const { askedAt = 0 } = readRequestToken(settled.settleToken)
  if (asOf - askedAt >= LOOKED_AFTER_MS) return undefined
  const { arn, name } = secret
  return { secret: { arn, name, tags: defined({ [TAG.client]: clientIdOf(secret) }) }, ...settled }
}

/** Two proofs, and time between them; no proof, or one that is old enough to be confirmed, is owed another. */
export const isOwed = (storedAt: readonly number[], now: number, confirmedAfterMs: number): boolean => {
  if (storedAt.length === 0) return true
  const firstAt = Math.min(...storedAt)
  const isConfirmed = storedAt.length > 1 && Math.max(...storedAt) - firstAt >= confirmedAfterMs
  return !isConfirmed && now - firstAt >= confirmedAfterMs
}

/** As many as one sweep looks at; with more than that, every sweep begins where the one before ended. */
export const windowOf = <Item>(items: readonly Item[], turn: number, most = MOST_LISTED): readonly Item[] => {
  if (items.length <= most) return items
  const from = (turn * most) % items.length
  return [...items.slice(from), ...items.slice(0, from)].slice(0, most)
}

interface Owed extends SettledSecret {
  readonly stored: number
}

const nameOf = ({ secret, revokeToken, settleToken }: SettledSecret): NamedProof => ({
  secretName: secret.name,
  revokeToken,
  settleToken,
})

const whyOf = (error: unknown) =>
  error instanceof Fault ? { code: error.code, message: error.message } : { code: 'DEFECT' }

interface Proving {
  readonly work: SweepSecret
  readonly watch: ProofWatch
  readonly until: number
  /** Those whose second proof this sweep has had made. */
  readonly confirmed: ConfirmedRevoke[]
}

const onFailure =
  ({ work }: Proving) =>
  ({ secret }: SettledSecret, error: unknown): void => {
    work.tally.failed += 1
    work.journal.note({ secret: secret.name, outcome: 'failed', ...whyOf(error) })
  }

const skipIn = (tally: SweepSecret['tally']) => (): void => {
  tally.left += 1
}

const findOwed = async (proving: Proving, settled: readonly SettledSecret[]): Promise<readonly Owed[]> => {
  const { work, watch, until } = proving
  const { sweep, tally, timing } = work
  // The list comes from either end by turns.
  const inOrder = settled.toSorted((one, other) => (one.secret.arn < other.secret.arn ? -1 : 1))
  const looked = windowOf(inOrder, Math.floor(sweep.asOf / sweep.rules.sweepEveryMs))
  const owed: Owed[] = []
  const look = async (one: SettledSecret): Promise<void> => {
    const storedAt = await watch.listing.storedAt(nameOf(one))
    if (isOwed(storedAt, timing.now(), watch.confirmedAfterMs)) owed.push({ ...one, stored: storedAt.length })
  }
  const limits = { timing, concurrency: AT_ONCE, perSecond: LISTED_A_SECOND, until, onFailure: onFailure(proving) }
  const { begun } = await forEachLimited(looked, limits, unlessDown(look, skipIn(tally)))
  tally.left += looked.length - begun
  return owed.toSorted((one, other) => one.stored - other.stored)
}

/** Where nothing is remembered, whatever else the sweep finds waits for its hour to be reported again; that a revoked value works does not. */
const reportAlive = async (
  { events, reports, sweep, tally }: SweepSecret,
  { secret, settleToken, revokeToken }: Owed,
  code: string,
) => {
  const fact: Fact = { kind: 'revokedAlive', since: readRequestToken(settleToken).askedAt ?? sweep.asOf }
  const more = { revokeToken, requestToken: settleToken, code }
  tally.settleRefusing += 1
  const finding = findingOf({ secret, fact })
  if (reports.known !== undefined && !reports.isDue(finding)) return
  await events.publish([noticeEvent({ secret, fact, at: sweep.asOf, more })])
  tally.reported += 1
  reports.made(finding)
}

const isPaid = (answer: ProofAnswer): boolean =>
  answer.outcome === 'notOwed' || (answer.outcome === 'refused' && answer.signed === 'stored')

/** @throws Fault PROOF_NOT_ANSWERED, and that of the bus */
const proveOne = async ({ work, watch, confirmed }: Proving, owed: Owed): Promise<void> => {
  const { journal, tally } = work
  const answer = await watch.questions.prove(owed.secret.arn)
  const { outcome } = answer
  if (isPaid(answer)) tally.proofsOwed -= 1
  if (outcome === 'refused' && answer.signed === 'stored') {
    tally.proofsStored += 1
    if (owed.stored > 0 && answer.refusals > 0) {
      confirmed.push({ ...owed, clientId: answer.clientId, refusals: answer.refusals })
    }
  }
  const why = outcome === 'alive' || outcome === 'unknown' ? { code: answer.code, message: answer.message } : {}
  const signed = outcome === 'refused' ? { signed: answer.signed } : {}
  journal.note({ secret: owed.secret.name, outcome: 'proofAsked', proof: outcome, ...signed, ...why })
  if (outcome === 'alive') await reportAlive(work, owed, answer.code)
  else if (outcome === 'refused') work.reports.looked(owed.secret.arn, ['revokedAlive'], [])
}

/** No later sweep finds them owed, so that nobody says it again: what the bus does not take is logged. */
const reportConfirmed = async ({ work, confirmed }: Proving): Promise<void> => {
  if (confirmed.length === 0) return
  const { events, journal, sweep, tally } = work
  try {
    await events.publish([revokeConfirmed(confirmed, sweep.asOf)])
    tally.reported += 1
  } catch (error) {
    tally.failed += 1
    journal.note({ outcome: 'failed', confirmed: confirmed.length, ...whyOf(error) })
  }
}

/** @param until no look is begun from then on, epoch milliseconds */
export const proveOwed = async (
  work: SweepSecret,
  watch: ProofWatch,
  { settled, until }: { readonly settled: readonly SettledSecret[]; readonly until: number },
): Promise<void> => {
  const { timing, tally } = work
  const proving: Proving = { work, watch, until: until - QUESTION_MS, confirmed: [] }
  const owed = await findOwed(proving, settled)
  tally.proofsOwed += owed.length
  const asked = owed.slice(0, MOST_PROVED)
  const limits = { timing, concurrency: AT_ONCE, perSecond: PROVED_A_SECOND, until: proving.until }
  const { begun } = await forEachLimited(
    asked,
    { ...limits, onFailure: onFailure(proving) },
    unlessDown((one) => proveOne(proving, one), skipIn(tally)),
  )
  tally.left += owed.length - begun
  await reportConfirmed(proving)
}
