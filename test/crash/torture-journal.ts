// The record of a torture run: one file a shard, a line for the run and a line for each unit that has ended. What is still to do, and what
// all shards come to together, follows from these lines alone. It reads and writes no file.

export interface Figures {
  readonly points?: number
  readonly runs?: number
  readonly walks?: number
  readonly requests?: number
  readonly failures?: number
}
export type Report = Figures & { readonly violations: readonly string[] }

/** What its figures count as. */
export type SuiteName = 'crashes' | 'faults' | 'races' | 'collisions' | 'walks' | 'consumers' | 'stale'

/** What may be joined: the same units of the same sources from the same seed. */
export interface TortureRun {
  readonly sources: string
  readonly seed: number
  readonly isQuick: boolean
  /** Units whose name has this in it; empty: all. */
  readonly only: string
}

/** Counts from 1. */
export interface Shard {
  readonly shard: number
  readonly of: number
}

export interface Ended {
  readonly unit: string
  readonly suite: SuiteName
  readonly seconds: number
  readonly report: Report
}

export interface Journal {
  readonly run: TortureRun
  readonly shard: Shard
  /** The latest of each unit. */
  readonly ended: readonly Ended[]
}

export const headLine = (run: TortureRun, shard: Shard): string => `${JSON.stringify({ run, ...shard })}\n`
export const endedLine = (ended: Ended): string => `${JSON.stringify(ended)}\n`

/** A line that a kill has cut short is none. */
const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** @returns undefined when this is no journal. */
export const readJournal = (text: string): Journal | undefined => {
  const [head, ...lines] = text.split('\n')
  const begun = parsed(head ?? '') as ({ readonly run: TortureRun } & Shard) | undefined
  if (begun?.run === undefined) return undefined
  const latest = new Map<string, Ended>()
  for (const line of lines) {
    const ended = parsed(line) as Ended | undefined
    if (ended?.unit !== undefined) latest.set(ended.unit, ended)
  }
  return { run: begun.run, shard: { shard: begun.shard, of: begun.of }, ended: [...latest.values()] }
}

/** `2/3`. @returns undefined when it is no such thing. */
export const readShard = (text: string): Shard | undefined => {
  const [, shard, of] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? []
  const found = { shard: Number(shard), of: Number(of) }
  return shard === undefined || found.shard > found.of ? undefined : found
}

/** Units of one suite stand together and cost alike: each shard takes one in so many of them. */
export const unitsOf = <Unit>(units: readonly Unit[], { shard, of }: Shard): readonly Unit[] =>
  units.filter((_unit, at) => at % of === shard - 1)

export const isSame = (one: TortureRun, other: TortureRun): boolean =>
  one.sources === other.sources && one.seed === other.seed && one.isQuick === other.isQuick && one.only === other.only

const failuresOf = ({ report }: Ended): number => report.violations.length + (report.failures ?? 0)
const hasPlayed = ({ report: { points = 0, runs = 0, walks = 0, requests = 0 } }: Ended): boolean =>
  points + runs + walks + requests > 0
/** What played nothing proved nothing. */
export const hasPassed = (ended: Ended): boolean => hasPlayed(ended) && failuresOf(ended) === 0

/** What has passed is not played again; what has failed is. */
export const leftOf = <Unit extends { readonly name: string }>(
  units: readonly Unit[],
  journal: Journal | undefined,
): readonly Unit[] => {
  const passed = new Set(journal?.ended.filter(hasPassed).map(({ unit }) => unit))
  return units.filter(({ name }) => !passed.has(name))
}

export interface Conclusion {
  /** The counts, in one line. */
  readonly line: string
  /** Why they do not stand, one sentence each; empty: they do. */
  readonly faults: readonly string[]
}

const sumOf = (ended: readonly Ended[], suite: SuiteName, figure: keyof Figures): number =>
  ended.filter((one) => one.suite === suite).reduce((sum, { report }) => sum + (report[figure] ?? 0), 0)

/** @param ended what has ended · @param missing how many units have not. */
export const countsLine = (ended: readonly Ended[], missing = 0): string =>
  [
    `${sumOf(ended, 'crashes', 'points')} crash points`,
    `${sumOf(ended, 'crashes', 'runs')} crash runs`,
    `${sumOf(ended, 'faults', 'runs')} faults`,
    `${sumOf(ended, 'races', 'runs')} races`,
    `${sumOf(ended, 'collisions', 'runs')} collisions`,
    `${sumOf(ended, 'walks', 'walks')} walks`,
    `${sumOf(ended, 'consumers', 'requests')} consumer requests`,
    `${sumOf(ended, 'stale', 'points')} stale replies`,
    `${ended.reduce((sum, one) => sum + failuresOf(one), 0)} failures`,
    ...(missing === 0 ? [] : [`${missing} units missing`]),
  ].join(', ')

const some = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join('; ')}; and ${names.length - 5} more` : names.join('; ')

/** @param units names of all units of this run, in their order · @param run what the journals must be of. */
export const join = (journals: readonly Journal[], units: readonly string[], run: TortureRun): Conclusion => {
  const [first] = journals
  if (first === undefined) return { line: countsLine([], units.length), faults: ['There are no results to join.'] }
  if (units.length === 0) return { line: countsLine([]), faults: [`No unit has ${run.only} in its name.`] }
  const { of } = first.shard
  const faults: string[] = []
  const ended: Ended[] = []
  const stray = journals.filter((journal) => journal.shard.of !== of || !isSame(journal.run, run))
  for (const { shard } of stray) {
    faults.push(`shard ${shard.shard} of ${shard.of}: of other sources, another seed or another form of the run.`)
  }
  let missing = 0
  for (let shard = 1; shard <= of; shard += 1) {
    const journal = journals.find((one) => one.shard.shard === shard && !stray.includes(one))
    const expected = unitsOf(units, { shard, of })
    const found = (journal?.ended ?? []).filter(({ unit }) => expected.includes(unit))
    const absent = expected.filter((name) => !found.some(({ unit }) => unit === name))
    const failed = found.filter((one) => !hasPassed(one)).map(({ unit }) => unit)
    missing += absent.length
    ended.push(...found)
    const named = `shard ${shard} of ${of}`
    if (journal === undefined) faults.push(`${named}: there are no results.`)
    else if (absent.length > 0) faults.push(`${named}: ${absent.length} units have not ended: ${some(absent)}.`)
    if (failed.length > 0) faults.push(`${named}: ${failed.length} units failed: ${some(failed)}.`)
  }
  return { line: countsLine(ended, missing), faults }
}
