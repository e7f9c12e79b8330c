// Findings in words, for one screen (finding-groups.ts). Pure.
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Cell, table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'
import { type FindingGroup, findingTitles, groupFindings } from './finding-groups.ts'

const NAMES_SHOWN = 3
/** Two lines each, beside the tally: a terminal of 24 lines. */
const ROWS_SHOWN = 10

const namesOf = (findings: readonly FleetFinding[]): string => {
  const names = findings.slice(0, NAMES_SHOWN).map(({ subject }) => subject)
  const left = findings.length - names.length
  return left === 0 ? names.join(', ') : `${names.join(', ')} and ${count(left, 'more', 'more')}`
}

const rowOf = (screen: Pick<Screen, 'paint'>, { weight, kind, findings, todo }: FindingGroup): readonly Cell[] => {
  const painted = screen.paint(weight === 'broken' ? 'red' : 'yellow', weight)
  const [first] = findings
  if (findings.length <= 1) return [painted, first?.subject ?? '', [first?.what ?? '', `→ ${todo}`]]
  const title = findingTitles[kind]
  const words = [`${title}: ${namesOf(findings)}`, `→ ${todo}   (each: m2m doctor --kind ${kind})`]
  return [painted, `${findings.length.toLocaleString('en')} × ${kind}`, words]
}

const alone = (one: FleetFinding): FindingGroup => ({
  kind: one.kind,
  weight: one.weight,
  findings: [one],
  todo: one.todo,
})

/** @param kind only those, each by itself and in full */
export const findingsText = (
  screen: Pick<Screen, 'paint'>,
  findings: readonly FleetFinding[],
  kind?: FleetFinding['kind'],
): string => {
  const groups = kind === undefined ? groupFindings(findings) : findings.filter((one) => one.kind === kind).map(alone)
  const shown = kind === undefined ? groups.slice(0, ROWS_SHOWN) : groups
  const left = groups.slice(shown.length)
  const more =
    left.length === 0
      ? ''
      : `\n… and ${count(left.length, 'more', 'more')}, no more urgent (${[...new Set(left.map((one) => one.kind))].join(', ')}); --json shows all`
  return shown.length === 0
    ? ''
    : `${table(
        [],
        shown.map((group) => rowOf(screen, group)),
      )}${more}\n`
}
