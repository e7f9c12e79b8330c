// Whether Stytch accepts what consumers read, of every secret and in every sweep: a colleague in the dashboard, or an older value put back by hand,
// kills AWSCURRENT without a trace in Secrets Manager. The rotation function, which alone may ask Stytch, answers for a hundred at once, no
// faster than the stage allows, and after everything else: an incident's calls come first (docs/decisions/059).

import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import { DAY_MS } from '../base/time-units.ts'
import { type CheckQuestions, checksOf, toCheckOf } from '../drive/check-questions.ts'
import type { CheckFinding, Lost } from '../rotation/check-answer.ts'
import { MOST_IN_CHECK, type SecretToCheck } from '../rotation/read-check-question.ts'
import { isManaged } from '../secret/is-managed.ts'
import type { Secret } from '../secret/secret.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import { TAG } from '../secret/secret-tags.ts'
import type { Fact, Sweep } from './due.ts'
import { CHECKED_KINDS, VALUE_KINDS } from './reports.ts'
import { findingOf, noticeEvent } from './sweep-notice.ts'
import { type SweepSecret, unlessDown } from './sweep-secret.ts'

export interface CheckWatch {
  readonly questions: CheckQuestions
  /** Secrets, not questions. */
  readonly perSecond: number
}

/** So many seconds of asking, at the stage's rate, are one sweep's; with more secrets than that, the next sweep asks about the next ones. */
export const CHECK_SECONDS = 150
const AT_ONCE = 2
/** How long one question may take, beyond what every sweep keeps in reserve. */
const QUESTION_MS = 45_000

/** @returns undefined of a secret that is not ours to rotate, or that is not to be asked about now. */
export const checkableOf = (secret: Secret, { rules }: Pick<Sweep, 'rules'>): SecretToCheck | undefined =>
  isManaged(secret, rules) ? toCheckOf(secret) : undefined

/** The same of a secret that is scheduled for deletion and was this stage's: whether its client lives on. */
export const checkableDeletedOf = (secret: Secret, { rules }: Pick<Sweep, 'rules'>): SecretToCheck | undefined =>
  secret.rotationFunctionArn === rules.rotationFunctionArn ? toCheckOf({ ...secret, isDeleted: false }) : undefined

const facts = {
  dead: 'secretDead',
  gone: 'clientGone',
  foreign: 'clientForeign',
  deleted: 'secretDeleted',
  projectSecret: 'projectSecretRefused',
} as const satisfies Readonly<Record<Lost | 'deleted' | 'projectSecret', Fact['kind']>>

interface ToReport {
  readonly found: keyof typeof facts
  /** The client, where it is known by more than a tag. */
  readonly holds?: string | undefined
  /** Epoch milliseconds. */
  readonly since: number
}

const report = async (
  { events, journal, reports, sweep, tally }: SweepSecret,
  { secretArn, clientId }: Pick<SecretToCheck, 'secretArn' | 'clientId'>,
  { found, holds, since }: ToReport,
): Promise<void> => {
  const name = secretNameOf(secretArn)
  tally.secretsDead += 1
  journal.note({ secret: name, outcome: 'checked', found, since: new Date(since).toISOString() })
  const fact: Fact = { kind: facts[found], since }
  const secret = { arn: secretArn, name, tags: clientId === undefined ? {} : { [TAG.client]: clientId } }
  const finding = findingOf({ secret, fact })
  reports.looked(secretArn, found === 'projectSecret' ? [fact.kind] : CHECKED_KINDS, [fact.kind])
  if (!reports.isDue(finding)) return
  await events.publish([noticeEvent({ secret, fact, clientId: holds, at: sweep.asOf, more: { found } })])
  tally.reported += 1
  reports.made(finding)
}

/** Of labels that moved on since they were listed: the next sweep sees the new ones. */
const isPassing = (why: string): boolean => why === 'moved' || why === 'rotating'

/** Nothing of this secret, so that others have the same answer. */
const isOutage = (finding: CheckFinding | undefined): finding is CheckFinding & { readonly found: 'unknown' } =>
  finding?.found === 'unknown' && finding.faults === undefined && !isPassing(finding.why)

/** Of a secret that nobody can read any more, what Stytch refuses as well is no loss. */
const countDeleted = async (
  work: SweepSecret,
  secret: SecretToCheck,
  { finding, since }: { readonly finding: CheckFinding; readonly since: number },
): Promise<void> => {
  if (finding.found === 'unknown') return
  if (finding.found !== 'fits' && finding.found !== 'openNext') {
    work.reports.looked(secret.secretArn, CHECKED_KINDS, [])
    return
  }
  work.tally.checked += 1
  await report(work, secret, { found: 'deleted', holds: finding.holds, since })
}

/** What a planned rotation refuses, before one does: the value may work, and nothing replaces it. */
const reportValue = (work: SweepSecret, { secretArn }: SecretToCheck, finding: CheckFinding): void => {
  const { tally, journal, reports, sweep } = work
  const [kind] = VALUE_KINDS
  const faults = 'faults' in finding ? finding.faults : undefined
  if (faults === undefined) {
    // Of a value that is dead, or that could not be looked at, the text is not judged.
    if (finding.found !== 'unknown' && !('since' in finding)) reports.looked(secretArn, VALUE_KINDS, [])
    return
  }
  tally.valuesMalformed += 1
  const name = secretNameOf(secretArn)
  journal.note({ secret: name, outcome: 'valueMalformed', faults: faults.join('; ') })
  const known = reports.known?.find((one) => one.about === secretArn && one.kind === kind)
  // Where nothing is remembered, at one time of the day: a value that works all the same is no reason for a mail from every sweep.
  const firstAt = reports.known === undefined ? sweep.asOf - (sweep.asOf % DAY_MS) : sweep.asOf
  const malformed = { about: secretArn, name, kind, since: known?.since ?? firstAt, isForPeople: true }
  reports.looked(secretArn, VALUE_KINDS, [kind])
  if (reports.isDue(malformed)) reports.made(malformed)
}

interface Checked {
  readonly finding: CheckFinding
  /** Epoch milliseconds. */
  readonly askedAt: number
}

const count = async (work: SweepSecret, secret: SecretToCheck, { finding, askedAt }: Checked): Promise<void> => {
  const { tally, journal } = work
  reportValue(work, secret, finding)
  if (finding.found === 'unknown') {
    tally.checksLeft += 1
    const { why } = finding
    if (!isPassing(why)) journal.note({ secret: secretNameOf(secret.secretArn), outcome: 'notChecked', why })
    return
  }
  tally.checked += 1
  if (finding.found === 'inactive') tally.clientsInactive += 1
  // What it was given before lives on at verifiers, unless they are informed.
  const isRefused = finding.found === 'inactive' || finding.found === 'dead' || finding.found === 'gone'
  if (isRefused && finding.holds !== undefined) work.refusedClients.set(finding.holds, askedAt)
  if (finding.found === 'openNext') tally.nextOpen += 1
  if ('since' in finding) await report(work, secret, finding)
  else work.reports.looked(secret.secretArn, CHECKED_KINDS, [])
}

type Batch = readonly SecretToCheck[]

interface Checking {
  readonly watch: CheckWatch
  readonly secrets: readonly SecretToCheck[]
  /** Those among them that are scheduled for deletion, by ARN; since when, epoch milliseconds. */
  readonly deletedSince: ReadonlyMap<string, number>
  /** No question is begun from then on, epoch milliseconds. */
  readonly until: number
  /** Project secrets that Stytch was found to refuse, by ARN. */
  readonly refused: Set<string>
}

/** Once in a sweep: every question meets the same one. */
const reportCredential = async (
  work: SweepSecret,
  { refused }: Pick<Checking, 'refused'>,
  findings: readonly CheckFinding[],
): Promise<void> => {
  const found = findings.find((one) => one.found === 'unknown' && one.credential !== undefined)
  const credential = found?.found === 'unknown' ? found.credential : undefined
  if (credential === undefined || refused.has(credential.secretArn)) return
  refused.add(credential.secretArn)
  await report(work, credential, { found: 'projectSecret', since: credential.since })
}

/** Stytch has answered, so that it takes the project secret. */
const creditAgain = ({ reports }: SweepSecret): void => {
  for (const { about, kind } of reports.known ?? []) {
    if (kind === 'projectSecretRefused') reports.looked(about, [kind], [])
  }
}

/** @throws Fault CHECK_NOT_ANSWERED; that of the bus; and STYTCH_UNAVAILABLE where nothing at all could be said */
const checkBatch = async (
  work: SweepSecret,
  { watch, deletedSince, refused }: Pick<Checking, 'watch' | 'deletedSince' | 'refused'>,
  batch: Batch,
): Promise<void> => {
  const askedAt = work.timing.now()
  const findings = await watch.questions.check({ secrets: batch, at: work.sweep.asOf })
  await reportCredential(work, { refused }, findings)
  const [first] = findings
  if (isOutage(first) && findings.every((one) => isOutage(one) && one.why === first.why) && batch.length > 1) {
    throw new Fault({
      code: 'STYTCH_UNAVAILABLE',
      retryable: true,
      message: `Nothing could be said of ${batch.length} secrets (${first.why}); the next sweep retries.`,
    })
  }
  for (const [at, secret] of batch.entries()) {
    const finding = findings[at]
    const since = deletedSince.get(secret.secretArn)
    if (finding === undefined) continue
    if (since === undefined) await count(work, secret, { finding, askedAt })
    else await countDeleted(work, secret, { finding, since })
  }
}

/**
 * As many as one sweep asks about. Each begins elsewhere, also where there are few: a sweep that is cut short every time would else leave out
 * the same ones every time.
 */
const inTurn = (secrets: readonly SecretToCheck[], turn: number, most: number): readonly SecretToCheck[] => {
  const stride = Math.min(most, Math.ceil(secrets.length / 4))
  const from = secrets.length === 0 ? 0 : (turn * stride) % secrets.length
  return [...secrets.slice(from), ...secrets.slice(0, from)].slice(0, most)
}

export const checkFleet = async (work: SweepSecret, asked: Omit<Checking, 'refused'>): Promise<void> => {
  const checking: Checking = { ...asked, refused: new Set() }
  const { watch, secrets, until } = checking
  const { sweep, tally, journal, timing } = work
  const checkedBefore = tally.checked
  // The list comes from either end by turns.
  const inOrder = secrets.toSorted((one, other) => (one.secretArn < other.secretArn ? -1 : 1))
  const inThisSweep = inTurn(
    inOrder,
    Math.floor(sweep.asOf / sweep.rules.sweepEveryMs),
    watch.perSecond * CHECK_SECONDS,
  )
  const batches = checksOf(inThisSweep)
  const skip = (batch: Batch): void => {
    tally.checksLeft += batch.length
  }
  const limits = {
    timing,
    concurrency: AT_ONCE,
    perSecond: watch.perSecond / MOST_IN_CHECK,
    until: until - QUESTION_MS,
    onFailure: (batch: Batch, error: unknown): void => {
      skip(batch)
      tally.failed += 1
      const why = error instanceof Fault ? { code: error.code, message: error.message } : { code: 'DEFECT' }
      journal.note({ outcome: 'checkFailed', secrets: batch.length, ...why })
    },
  }
  const { begun } = await forEachLimited(
    batches,
    limits,
    unlessDown((batch) => checkBatch(work, checking, batch), skip),
  )
  for (const batch of batches.slice(begun)) skip(batch)
  tally.checksLeft += secrets.length - inThisSweep.length
  if (checking.refused.size === 0 && tally.checked > checkedBefore) creditAgain(work)
}
