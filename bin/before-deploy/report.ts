// The findings of `m2m doctor --before-deploy` for people and for machines, and the exit code: 1 as soon as something is wrong, 3 when
// something could not be looked at and nothing is wrong.
import { type Ending, EXIT, type ExitCode } from '../terminal/command-fault.ts'
import type { Screen } from '../terminal/screen.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'
import type { CheckResult, CheckState } from './check.ts'
import type { Surroundings } from './intrinsics.ts'

const words: Readonly<Record<CheckState, string>> = { ok: 'ok', problem: 'problem', notChecked: 'not checked' }
const colours = { ok: 'green', problem: 'red', notChecked: 'yellow' } as const

const exitOf = (results: readonly CheckResult[]): ExitCode => {
  if (results.some(({ state }) => state === 'problem')) return EXIT.failed
  return results.some(({ state }) => state === 'notChecked') ? EXIT.partly : EXIT.ok
}

export const reportOf = (results: readonly CheckResult[], around: Surroundings, screen: Screen): Ending => {
  const numberOf = (wanted: CheckState): number => results.filter(({ state }) => state === wanted).length
  const [problems, unknown] = [numberOf('problem'), numberOf('notChecked')]
  const lines = results.map(({ check, state, what, todo }) => [
    screen.paint(colours[state], words[state]),
    check,
    todo === undefined ? what : [...what.split('\n'), ...`→ ${todo}`.split('\n')],
  ])
  const tally = `${around.stackName} in ${around.region}: ${count(problems, 'problem')}, ${unknown} not checked, ${numberOf('ok')} ok`
  return {
    json: { stack: around.stackName, account: around.account, region: around.region, checks: results },
    text: `${table([], lines)}\n${tally}`,
    exitCode: exitOf(results),
  }
}
