// `m2m list`: every client of the stage, or some, a line each. Reads metadata alone, with the caller's own rights: no value, no call to
// Stytch.
import { type Command, Option } from 'commander'
import { type LabelledState, labelledStates, type VisibleState } from '../../lambda/core/clients/client-status.ts'
import type { AsOf } from '../../lambda/core/secret/is-managed.ts'
import {
  countSelection,
  createSelection,
  type Selection,
  type SelectionCounts,
} from '../../lambda/core/secret/selector.ts'
import { addFilters, type Choice, readFleet } from '../show/choose.ts'
import { asOfView, type Row, rowJson, rowOf } from '../show/client-rows.ts'
import { EXIT } from '../terminal/command-fault.ts'
import { run, type Work } from '../terminal/run.ts'
import type { Screen } from '../terminal/screen.ts'
import { table } from '../terminal/table.ts'
import { at, count, span } from '../terminal/words.ts'

interface ListOptions extends Omit<Choice, 'names' | 'all'> {
  readonly state?: LabelledState
  readonly held?: true
}

const colours = {
  settled: 'green',
  overlap: 'cyan',
  rotating: 'cyan',
  revoked: 'yellow',
  stuck: 'red',
  off: 'yellow',
  retired: 'gray',
  empty: 'red',
  deleted: 'gray',
  dead: 'red',
  inactive: 'red',
  gone: 'red',
  foreign: 'red',
} as const satisfies Record<VisibleState, string>

export const paintState = (screen: Screen, state: VisibleState): string => screen.paint(colours[state], state)

const heldWords = ({ visible }: Row): string =>
  visible.hold === undefined ? '' : `held${visible.hold.by === undefined ? '' : ` by ${visible.hold.by}`}`

const lineOf = (screen: Screen, row: Row): readonly string[] => {
  const { visible, secret, asOf, name } = row
  const age = visible.issuedAt === undefined ? '–' : span(asOf.now - visible.issuedAt)
  return [
    name,
    paintState(screen, visible.state),
    visible.isOverdue ? screen.paint('yellow', `${age}, overdue`) : age,
    at(secret.nextRotationAt),
    heldWords(row),
  ]
}

const tallyOf = (rows: readonly Row[]): string => {
  const tally = labelledStates
    .map((state) => [state, rows.filter(({ visible }) => visible.state === state).length] as const)
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${number.toLocaleString('en')} ${state}`)
  return `${count(rows.length, 'client')}${tally.length === 0 ? '' : `: ${tally.join(', ')}`}`
}

const selectionOf = ({ tag, scope, held }: ListOptions): Selection =>
  createSelection({
    by: [...(tag === undefined ? [] : [{ tags: tag }]), ...(scope === undefined ? [] : [{ scopes: scope }])],
    isHeld: held === true,
    withRetired: true,
  })

/** As of a selection; retired ones are shown here, and counted apart. */
const countsOf = (rows: readonly Row[], { rotationFunctionArn }: Pick<AsOf, 'rotationFunctionArn'>): SelectionCounts =>
  countSelection(
    createSelection({ by: [] }),
    rows.map(({ secret }) => secret),
    (secret) => secret.rotationFunctionArn !== rotationFunctionArn,
  )

export const list: Work<ListOptions> = async (context, options) => {
  const view = await context.view()
  const asOf = asOfView(view, context.timing.now())
  const all = await readFleet(context)
  const selection = selectionOf(options)
  const rows = all
    .filter(selection.isSelected)
    .map((secret) => rowOf(secret, view, asOf))
    .filter(({ visible }) => options.state === undefined || visible.state === options.state)
    .sort((one, other) => (one.name < other.name ? -1 : 1))
  const lines = rows.map((row) => lineOf(context.screen, row))
  const shown = lines.length === 0 ? '' : `${table(['CLIENT', 'STATE', 'AGE', 'NEXT ROTATION', ''], lines)}\n`
  return {
    json: { stage: context.stage, clients: rows.map(rowJson), counts: countsOf(rows, asOf) },
    text: `${shown}${tallyOf(rows)}`,
    exitCode: EXIT.ok,
  }
}

export const addList = (program: Command): void => {
  addFilters(program.command('list').description('the clients of the stage, a line each'))
    .addOption(new Option('--state <state>', 'only those in this state').choices(labelledStates))
    .option('--held', 'only those on hold')
    .action(run(list))
}
