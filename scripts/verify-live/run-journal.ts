// What a run has found and is waiting for, line by line in a file, so that nothing is lost when it is killed and a wait of a day can go on under
// new credentials. It holds ids, names and findings; never a value.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LiveFinding } from './finding.ts'

/** A secret whose rotation has failed, and is watched. */
export interface Waiting {
  readonly tag: string
  readonly secretId: string
  readonly token: string
  /** createSecret had run so often when the wait began. */
  readonly before: number
  /** When it began, epoch milliseconds. */
  readonly from: number
}

export interface RunPlace {
  readonly runId: string
  readonly accountId: string
  readonly region: string
  readonly projectId: string
}

type Entry =
  | ({ readonly kind: 'begin' } & RunPlace)
  | { readonly kind: 'found'; readonly group: string; readonly finding: LiveFinding }
  | { readonly kind: 'done'; readonly group: string }
  | ({ readonly kind: 'waiting' } & Waiting)
  | { readonly kind: 'resumed' }
  | { readonly kind: 'end' }

export interface RunJournal {
  readonly runId: string
  /** 0 for a run's first start. */
  readonly resumedTimes: number
  /** What a group has found, if it came to its end in an earlier start. */
  doneBefore(group: string): readonly LiveFinding[] | undefined
  /** What a group had found when it was stopped. */
  foundBefore(group: string): readonly LiveFinding[]
  waitingBefore(tag: string): Waiting | undefined
  found(group: string, finding: LiveFinding): void
  done(group: string): void
  waits(waiting: Waiting): void
  /** Nothing is left to go on with. */
  end(): void
}

const FILE = /^(\d{13})-([0-9a-f]{12})\.jsonl$/

const parseLine = (line: string): Entry | undefined => {
  try {
    return JSON.parse(line) as Entry
  } catch {
    // The last one of a run that was killed while it wrote.
    return undefined
  }
}

const entriesOf = (path: string): readonly Entry[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => parseLine(line) ?? [])

const journalAt = (path: string, runId: string, entries: readonly Entry[]): RunJournal => {
  const write = (entry: Entry): void => appendFileSync(path, `${JSON.stringify(entry)}\n`)
  const of = <Kind extends Entry['kind']>(kind: Kind) =>
    entries.filter((entry): entry is Extract<Entry, { readonly kind: Kind }> => entry.kind === kind)
  const foundBefore = (group: string): readonly LiveFinding[] =>
    of('found').flatMap((entry) => (entry.group === group ? [entry.finding] : []))
  return {
    runId,
    resumedTimes: of('resumed').length,
    foundBefore,
    doneBefore: (group) => (of('done').some((entry) => entry.group === group) ? foundBefore(group) : undefined),
    waitingBefore: (tag) => of('waiting').findLast((entry) => entry.tag === tag),
    found: (group, finding) => write({ kind: 'found', group, finding }),
    done: (group) => write({ kind: 'done', group }),
    waits: (waiting) => write({ kind: 'waiting', ...waiting }),
    end: () => write({ kind: 'end' }),
  }
}

/** @param at epoch milliseconds; the file's name begins with it */
export const beginJournal = (directory: string, place: RunPlace, at: number): RunJournal => {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, `${at}-${place.runId}.jsonl`)
  const begin: Entry = { kind: 'begin', ...place }
  appendFileSync(path, `${JSON.stringify(begin)}\n`)
  return journalAt(path, place.runId, [begin])
}

/** @throws TypeError where there is none to go on with, or it is another account's, Region's or project's. */
export const resumeJournal = (directory: string, place: Omit<RunPlace, 'runId'>): RunJournal => {
  const files = existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => FILE.test(name))
        .sort()
    : []
  for (const name of files.toReversed()) {
    const path = join(directory, name)
    const entries = entriesOf(path)
    const begin = entries.find((entry) => entry.kind === 'begin')
    if (begin === undefined || entries.some(({ kind }) => kind === 'end')) continue
    for (const part of ['accountId', 'region', 'projectId'] as const) {
      if (begin[part] === place[part]) continue
      throw new TypeError(`The run that did not end was in ${begin[part]}, and this is ${place[part]}.`)
    }
    const resumed: Entry = { kind: 'resumed' }
    appendFileSync(path, `${JSON.stringify(resumed)}\n`)
    return journalAt(path, begin.runId, [...entries, resumed])
  }
  throw new TypeError(`There is no run in ${directory} that did not end.`)
}
