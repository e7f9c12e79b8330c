// What people get of a sweep: one event for everything that it found new, and one a day for everything that is open. Both name a few and count
// the rest, so that three hundred secrets make a line and not three hundred mails. Pure; names alone, and never a value.
import { type M2mEvent, newEvent } from '../base/events.ts'
import { DAY_MS, HOUR_MS } from '../base/time-units.ts'
import { findingWords } from './finding-words.ts'
import type { ReportedKind, SweepFinding } from './reports.ts'

/** Of each kind in a digest, and of all kinds in a summary. */
const MOST_NAMED = 10
const MOST_LISTED = 25
/** A summary is of the day that began at this time, UTC. */
const DAY_BEGINS_MS = 6 * HOUR_MS

type SweepEvent = M2mEvent<'m2m.sweep'>

interface Told {
  /** Epoch milliseconds. */
  readonly at: number
}

const time = (ms: number): string => new Date(ms).toISOString()
const minute = (ms: number): string => `${time(ms).slice(0, 16)}Z`

const bySince = (findings: readonly SweepFinding[]): readonly SweepFinding[] =>
  findings.toSorted((one, other) => one.since - other.since || (one.name < other.name ? -1 : 1))

/** What cannot wait comes first. */
const weights: Readonly<Partial<Record<ReportedKind, number>>> = {
  revokedAlive: 3,
  secretDead: 2,
  clientGone: 2,
  secretDeleted: 2,
  freezeUnreadable: 1,
}
const weightOf = (kind: ReportedKind): number => weights[kind] ?? 0

const groupsOf = (findings: readonly SweepFinding[]) =>
  [...Map.groupBy(bySince(findings), ({ kind }) => kind)]
    .map(([kind, ofKind]) => ({
      kind,
      count: ofKind.length,
      since: time(ofKind[0]?.since ?? 0),
      names: ofKind.slice(0, MOST_NAMED).map(({ name }) => name),
      advice: findingWords[kind].advice,
      page: findingWords[kind].page,
    }))
    .toSorted((one, other) => weightOf(other.kind) - weightOf(one.kind) || other.count - one.count)

const more = (count: number, named: number): string => (count > named ? ` and ${count - named} more` : '')

/** Everything in one line, since what mails it takes no other; m2m doctor lists it all. */
const ALL_OF_THEM = 'm2m doctor lists all.'

/** @returns undefined: there is nothing new. */
export const sweepDigest = (findings: readonly SweepFinding[], { at }: Told): SweepEvent | undefined => {
  if (findings.length === 0) return undefined
  const groups = groupsOf(findings)
  const lines = groups.map(({ kind, count, since, names, advice, page }) => {
    const title = `${count} × ${findingWords[kind].title} since ${since.slice(0, 16)}Z`
    return `${title}: ${names.join(', ')}${more(count, names.length)} (${advice}; #${page}).`
  })
  const keys = findings.map(({ kind, about, since }) => [kind, about, since]).toSorted()
  return newEvent('Sweep Digest', [keys, Math.floor(at / DAY_MS)], {
    at: time(at),
    total: findings.length,
    findings: groups,
    text: [...lines, ALL_OF_THEM].join(' '),
  })
}

/** The number of the day that a summary is of. */
export const summaryDay = (asOf: number): number => Math.floor((asOf - DAY_BEGINS_MS) / DAY_MS)

/** What is open, the oldest first; with nothing open, that all is well. @param isEnd what people were told of before is over, all of it */
export const dailySummary = (
  open: readonly SweepFinding[],
  { at, stage, isEnd }: Told & { readonly stage: string; readonly isEnd: boolean },
): SweepEvent => {
  const well = isEnd ? 'It is over: nothing is open any more.' : 'All is well: nothing is open.'
  const oldest = bySince(open)
  const listed = oldest.slice(0, MOST_LISTED)
  const lines = listed.map(({ kind, name, since }) => `${findingWords[kind].title}: ${name}, since ${minute(since)}`)
  const counts = groupsOf(open).map(({ kind, count }) => `${count} × ${findingWords[kind].title}`)
  const words = `Open now: ${counts.join(', ')}. Oldest first: ${lines.join('; ')}${more(open.length, listed.length)}. ${ALL_OF_THEM}`
  return newEvent('Daily Summary', [stage, summaryDay(at)], {
    at: time(at),
    isWell: open.length === 0,
    ...(isEnd ? { isEnd } : {}),
    total: open.length,
    findings: groupsOf(open),
    oldest: listed.map(({ kind, name, since }) => ({ kind, name, since: time(since) })),
    text: open.length === 0 ? well : words,
  })
}
