// Whether what a stage stands on works, beside its secrets: schedules, rules, the key, the subscription, and the way of an event into the archive.
// Each part is asked in every sweep, since asking costs nothing; what is said of one counts at once, and that it does not answer, once it lasts.

import type { Journal } from '../base/journal.ts'
import { HOUR_MS } from '../base/time-units.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import type { OpenFinding, Reports, StageFactKind, SweepFinding } from './reports.ts'

/** unclear: nothing is known, since it did not answer or may not be asked. */
export type PartAnswer = { readonly is: 'well' } | { readonly is: 'broken' | 'unclear'; readonly why: string }

export interface StagePart {
  /** As people know it: "the schedule m2m-prod-campaign". */
  readonly name: string
  readonly kind: Extract<StageFactKind, 'campaignMissing' | 'checkFailed'>
  /** Answers within some seconds, and never throws. */
  ask(): Promise<PartAnswer>
}

export interface StageChecking {
  readonly parts: readonly StagePart[]
  readonly reports: Reports
  readonly journal: Journal
  /** Epoch milliseconds. */
  readonly asOf: number
}

/** A service that does not answer now and then is not worth a notice. */
export const UNCLEAR_FOR_LONG_MS = HOUR_MS
const AT_ONCE = 5

const PART = 'part:'

export const partFinding = (
  { name, kind }: Pick<StagePart, 'name' | 'kind'>,
  answer: Exclude<PartAnswer, { readonly is: 'well' }>,
  { known, asOf }: { readonly known: readonly OpenFinding[]; readonly asOf: number },
): SweepFinding => {
  const about = `${PART}${name}`
  const since = known.find((one) => one.about === about)?.since ?? asOf
  const isForPeople = answer.is === 'broken' || asOf - since >= UNCLEAR_FOR_LONG_MS
  return { about, name: `${name}: ${answer.why}`.slice(0, 300), kind, since, isForPeople }
}

/** @returns whether no part is broken. */
export const checkStage = async ({ parts, reports, journal, asOf }: StageChecking): Promise<boolean> => {
  const known = reports.known ?? []
  let isWell = true
  await mapInParallel(parts, AT_ONCE, async (part) => {
    const answer = await part.ask()
    if (answer.is === 'well') {
      reports.looked(`${PART}${part.name}`, [part.kind], [])
      return
    }
    journal.note({ outcome: 'partNotWell', part: part.name, is: answer.is, why: answer.why })
    const finding = partFinding(part, answer, { known, asOf })
    if (answer.is === 'broken') isWell = false
    reports.looked(finding.about, [part.kind], [part.kind])
    if (reports.isDue(finding)) reports.made(finding)
  })
  return isWell
}
