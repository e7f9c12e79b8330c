// What a sweep reports, and when: a fact when it is first seen, and again once a day while it lasts. What was reported is in the records table,
// so that no sweep that was skipped, and no look that came late, loses anything. Without the table the time alone decides: a fact is reported
// whenever its age has just passed a whole number of days, by no less than the time between two looks, so that it may come twice, and never not.
import { DAY_MS } from '../base/time-units.ts'
import type { Fact } from './due.ts'
import { ROUND_MS } from './turns.ts'

/** What is so of the stage, and of no secret alone. */
export type StageFactKind = 'frozen' | 'freezeUnreadable' | 'campaignMissing' | 'checkFailed'
/** What has no event of its own: the digest and the day's summary name it. */
export type ValueFactKind = 'valueMalformed'
export type ReportedKind = Fact['kind'] | StageFactKind | ValueFactKind

/** Whose fact it is. */
export interface Subject {
  /** A secret's ARN, or the name of a part of the stage. */
  readonly about: string
  /** As people know it. */
  readonly name: string
}

export interface SweepFinding extends Subject {
  readonly kind: ReportedKind
  /** Epoch milliseconds. */
  readonly since: number
  /** Whether people are notified: else the event on the bus is all. */
  readonly isForPeople: boolean
}

/** A fact that was reported, and has not been seen to end. */
export interface OpenFinding extends SweepFinding {
  /** When the event of it was last published, epoch milliseconds. */
  readonly reportedAt: number
}

export const REPORT_EVERY_MS = DAY_MS

/** A fact of its kind and subject is one, whatever its date. */
export const findingKey = ({ about, kind }: Pick<SweepFinding, 'about' | 'kind'>): string => `${kind} ${about}`

interface Moment {
  /** Epoch milliseconds. */
  readonly asOf: number
}

/** @param known what the records hold of it; undefined: nothing. */
export const isDueByRecords = (
  { since, isForPeople }: Pick<SweepFinding, 'since' | 'isForPeople'>,
  known: Pick<OpenFinding, 'reportedAt' | 'isForPeople'> | undefined,
  { asOf }: Moment,
): boolean => {
  if (since > asOf) return false
  if (known === undefined || (isForPeople && !known.isForPeople)) return true
  return asOf - known.reportedAt >= REPORT_EVERY_MS
}

/** @param gapMs the longest time between two looks at this secret */
export const isDueByTime = (since: number, { asOf, gapMs }: Moment & { readonly gapMs: number }): boolean =>
  asOf >= since && (asOf - since) % REPORT_EVERY_MS < gapMs

/** What the list shows of every secret, in every sweep. */
export const LISTED_KINDS = ['overdue', 'rotationOff', 'heldTooLong'] as const satisfies readonly ReportedKind[]
/** What takes a look at the secret's versions. */
export const LOOKED_AT_KINDS = [
  'settleRefusing',
  'stuck',
  'replicaBehind',
  'adoptionAwaited',
  'adoptionUnproven',
] as const satisfies readonly ReportedKind[]
/** What the rotation function is asked about. */
export const CHECKED_KINDS = [
  'secretDead',
  'clientGone',
  'clientForeign',
  'secretDeleted',
] as const satisfies readonly ReportedKind[]

/** What stands in the secret, which the same answer tells. */
export const VALUE_KINDS = ['valueMalformed'] as const satisfies readonly ReportedKind[]

/** Of some of these each secret has one look in a round (turns.ts). */
const ROUND_KINDS = ['replicaBehind', 'policyForeign'] as const satisfies readonly ReportedKind[]

const isOfRound = (kind: ReportedKind): boolean => ROUND_KINDS.some((one) => one === kind)
const isListed = (kind: ReportedKind): boolean => LISTED_KINDS.some((one) => one === kind)

export interface ReportsInput {
  readonly asOf: number
  readonly sweepEveryMs: number
  /** As the records have it; undefined: there are none, or they do not answer. */
  readonly known: readonly OpenFinding[] | undefined
}

/** Looks and checks of one sweep, at the least (docs/decisions/062, 059). */
const LOOKS_A_SWEEP = 1500
const CHECKS_A_SWEEP = 10_000

/** The reports of one sweep. */
export interface Reports {
  readonly known: readonly OpenFinding[] | undefined
  /** Whether the event of this fact is to be published now. */
  isDue(finding: Pick<SweepFinding, 'about' | 'kind' | 'since' | 'isForPeople'>): boolean
  /** The event of it was published. */
  made(finding: SweepFinding): void
  /** These kinds were looked for, and of them no others than those were found. */
  looked(about: string, kinds: readonly ReportedKind[], found: readonly ReportedKind[]): void
  /** So many secrets take a look, or a check: each waits for its turn. */
  expect(turns: { readonly looks: number; readonly checks: number }): void
  /** Every secret of the stage was listed, and these are all. */
  listed(abouts: ReadonlySet<string>): void
  all(): readonly SweepFinding[]
  /** What was open, and is over. */
  over(): readonly OpenFinding[]
  /** How many people were or are to be notified of, and that are not over; undefined: nothing is remembered. */
  openForPeople(): number | undefined
}

export const createReports = ({ asOf, sweepEveryMs, known }: ReportsInput): Reports => {
  const open = new Map((known ?? []).map((one) => [findingKey(one), one]))
  const byAbout = Map.groupBy(known ?? [], ({ about }) => about)
  const made = new Map<string, SweepFinding>()
  const over = new Map<string, OpenFinding>()
  let turns = 1
  const overNow = (): readonly OpenFinding[] => [...over.values()].filter((one) => !made.has(findingKey(one)))
  return {
    known,
    isDue: (finding) => {
      if (known !== undefined) return isDueByRecords(finding, open.get(findingKey(finding)), { asOf })
      // One more, since a sweep may be left out.
      const looks = isListed(finding.kind) ? 1 : turns
      const sweeps = 1 + (isOfRound(finding.kind) ? Math.max(looks, Math.ceil(ROUND_MS / sweepEveryMs)) : looks)
      return isDueByTime(finding.since, { asOf, gapMs: sweeps * sweepEveryMs })
    },
    made: (finding) => {
      made.set(findingKey(finding), finding)
    },
    looked: (about, kinds, found) => {
      for (const one of byAbout.get(about) ?? []) {
        if (found.includes(one.kind)) over.delete(findingKey(one))
        else if (kinds.includes(one.kind)) over.set(findingKey(one), one)
      }
    },
    expect: ({ looks, checks }) => {
      // Each is reached within twice as many sweeps as it takes to go round, and more where sweeps are skipped.
      turns = 3 * Math.max(1, Math.ceil(looks / LOOKS_A_SWEEP), Math.ceil(checks / CHECKS_A_SWEEP))
    },
    listed: (abouts) => {
      // The project secret is no client's, and its trouble ends when Stytch answers (check-fleet.ts).
      const isOfList = ({ about, kind }: OpenFinding): boolean =>
        about.startsWith('arn:') && kind !== 'projectSecretRefused'
      for (const one of known ?? []) {
        if (isOfList(one) && !abouts.has(one.about)) over.set(findingKey(one), one)
      }
    },
    all: () => [...made.values()],
    over: () => overNow(),
    openForPeople: () => {
      if (known === undefined) return undefined
      const all = new Map([...open, ...made])
      for (const one of overNow()) all.delete(findingKey(one))
      return [...all.values()].filter(({ isForPeople }) => isForPeople).length
    },
  }
}
