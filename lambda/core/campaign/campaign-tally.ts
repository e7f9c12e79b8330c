// What a campaign has counted so far: each secret once, under how it ended for good, and by name up to a bound. Pure but for its own state,
// which is rebuilt from the checkpoints on every replay.

import { defined } from '../base/defined.ts'
import { fullNameOf, type StageSecrets } from '../secret/stage-secrets.ts'
import type { Skip } from './campaign.ts'
import {
  type CampaignFailure,
  type Counts,
  type Listed,
  type NotDoneSecret,
  noCounts,
  REPORT_CLIENTS_BYTES,
  REPORT_FAILURES,
  REPORT_NOT_DONE,
  REPORT_SETTLED,
} from './campaign-report.ts'
import type { FinalEnd } from './secret-end.ts'
import type { SelectedPage } from './select-secrets.ts'

export interface CampaignTally {
  /** Below the stage's prefix, as a checkpoint holds it. @param message of a failure, from whoever met it */
  ended(name: string, end: FinalEnd, details?: { readonly message?: string; readonly isKnown?: boolean }): void
  /** AWSCURRENT was moved to a new value, by this run. */
  switched(): void
  report(): Listed
}

const plus = <Key extends string>(sum: Readonly<Partial<Record<Key, number>>>, key: Key, by = 1) => ({
  ...sum,
  [key]: (sum[key] ?? 0) + by,
})

const reasonOf = (end: FinalEnd): string | undefined => {
  if (end.end !== 'failed') return end.why
  return end.reason === undefined ? end.why : `${end.why}:${end.reason}`
}

/** With what a selection found by itself: what is left alone, and what was asked for and is not there. */
const counted = (counts: Counts, end: FinalEnd, isKnown: boolean): Counts => {
  const { outcomes, reasons, skipped } = counts
  const reason = reasonOf(end)
  const before = reasons[end.end] ?? {}
  return {
    ...counts,
    outcomes: plus(outcomes, end.end),
    reasons: reason === undefined ? reasons : { ...reasons, [end.end]: plus(before, reason) },
    ...(end.end === 'skipped' ? { skipped: plus(skipped, end.why) } : { [end.end]: counts[end.end] + 1 }),
    knownFailures: counts.knownFailures + (end.end === 'failed' && isKnown ? 1 : 0),
  }
}

const sumOf = (skips: Readonly<Partial<Record<Skip, number>>>): number =>
  Object.values(skips).reduce((sum, one) => sum + one, 0)

type Clients = NonNullable<Listed['clients']>

/** Of these names, the first that there is room for. */
const clientsOf = (known: ReadonlyMap<string, readonly string[]>, names: readonly string[]): Clients => {
  const found: [string, readonly string[]][] = []
  let bytes = 0
  for (const name of names) {
    const ids = known.get(name)
    if (ids === undefined) continue
    bytes += Buffer.byteLength(JSON.stringify([name, ids]))
    if (bytes > REPORT_CLIENTS_BYTES) break
    found.push([name, ids])
  }
  return Object.fromEntries(found)
}

export const createTally = (stage: StageSecrets, selection?: SelectedPage): CampaignTally => {
  const leftAlone = selection?.skipped ?? {}
  const selected = (selection?.chosen.length ?? 0) + (selection?.failures.length ?? 0)
  const failures: CampaignFailure[] = []
  const notDone: NotDoneSecret[] = (selection?.leftAlone ?? []).slice(0, REPORT_NOT_DONE)
  const settledNames: string[] = []
  let notDoneCount = selection?.leftAlone.length ?? 0
  let counts: Counts = {
    ...noCounts,
    selected,
    matched: selected + sumOf(leftAlone),
    leftAlone,
    skipped: leftAlone,
  }

  const list = (secretName: string, end: FinalEnd, message: string | undefined): void => {
    if (end.end === 'settled') {
      if (settledNames.length < REPORT_SETTLED) settledNames.push(secretName)
      return
    }
    if (end.end === 'failed') {
      const { why, attempts, reason } = end
      if (failures.length < REPORT_FAILURES)
        failures.push({ secretName, why, attempts, ...defined({ reason, message }) })
      return
    }
    // A dry run names what it would begin with.
    if (end.end === 'notStarted' && end.why === 'dryRun') return
    notDoneCount += 1
    if (notDone.length >= REPORT_NOT_DONE) return
    const until = end.end === 'leftToSweep' ? end.until : undefined
    notDone.push({
      secretName,
      outcome: end.end,
      ...defined({ why: reasonOf(end), until: until === undefined ? undefined : new Date(until).toISOString() }),
    })
  }
  const add = (secretName: string, end: FinalEnd, message: string | undefined, isKnown = false): void => {
    counts = counted(counts, end, isKnown)
    list(secretName, end, message)
  }
  for (const { secretName, why, attempts, message } of selection?.failures ?? []) {
    add(secretName, { end: 'failed', why, attempts }, message)
  }
  return {
    ended: (name, end, { message, isKnown } = {}) => add(fullNameOf(stage, name), end, message, isKnown),
    switched: () => {
      counts = { ...counts, switched: counts.switched + 1 }
    },
    report: () => ({
      counts,
      failures,
      failuresOmitted: counts.failed - failures.length,
      notDone,
      notDoneOmitted: notDoneCount - notDone.length,
      settledNames,
      ...(selection?.clients === undefined
        ? {}
        : {
            clients: clientsOf(selection.clients, [
              ...[...failures, ...notDone].map(({ secretName }) => secretName),
              ...settledNames,
            ]),
          }),
    }),
  }
}
