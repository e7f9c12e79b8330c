// `m2m list`: every client of the stage, or some, a line each. Reads metadata alone, with the caller's own rights: no value. With --check, or
// where a state is asked for that only Stytch knows, the rotation function is asked as well.
import { type Command, Option } from 'commander'
import {
  foundState,
  isCheckedState,
  type ShownState,
  shownState,
  shownStates,
} from '../../lambda/core/clients/client-status.ts'
import { type StateTone, stateWords } from '../../lambda/core/clients/state-words.ts'
import type { CheckFinding } from '../../lambda/core/rotation/check-answer.ts'
import type { AsOf } from '../../lambda/core/secret/is-managed.ts'
import {
  countSelection,
  createSelection,
  type Selection,
  type SelectionCounts,
} from '../../lambda/core/secret/selector.ts'
import { checkClients } from '../show/check-clients.ts'
import { addFilters, type Choice, readFleet } from '../show/choose.ts'
import { asOfView, type Row, rowJson, rowOf } from '../show/client-rows.ts'
import { frozenWords, originJson, readFrozenIfAllowed } from '../show/frozen.ts'
import { addWatching, type Watchable, type WatchOptions, watchable } from '../show/watch.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { EXIT } from '../terminal/command-fault.ts'
import { run } from '../terminal/run.ts'
import type { Screen } from '../terminal/screen.ts'
import { table } from '../terminal/table.ts'
import { at, count, span } from '../terminal/words.ts'

interface ListOptions extends Omit<Choice, 'names' | 'all'> {
  readonly state?: ShownState
  readonly held?: true
  readonly check?: true
}

const colours = { good: 'green', busy: 'cyan', warn: 'yellow', bad: 'red', quiet: 'gray' } as const satisfies Record<
  StateTone,
  string
>

export const paintState = (screen: Screen, state: ShownState): string =>
  screen.paint(colours[stateWords[state].tone], state)

const heldWords = ({ visible }: Row): string =>
  visible.hold === undefined ? '' : `held${visible.hold.by === undefined ? '' : ` by ${visible.hold.by}`}`

const lineOf = (screen: Screen, row: Row): readonly string[] => {
  const { visible, secret, asOf, name } = row
  const age = visible.issuedAt === undefined ? '–' : span(asOf.now - visible.issuedAt)
  return [
    name,
    paintState(screen, shownState(visible)),
    visible.isOverdue ? screen.paint('yellow', `${age}, overdue`) : age,
    at(secret.nextRotationAt),
    heldWords(row),
  ]
}

/** Where only changes are printed. */
const changedLine = (screen: Screen, row: Row): string => {
  const [name = '', state = '', , next = '', held = ''] = lineOf(screen, row)
  return [name, state, `next rotation ${next}`, held].filter((part) => part !== '').join('  ')
}

const tallyOf = (rows: readonly Row[]): string => {
  const tally = shownStates
    .map((state) => [state, rows.filter(({ visible }) => shownState(visible) === state).length] as const)
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

/** What could not be found out is counted: a list that shows no dead client is no proof that there is none. */
const checked = async (context: CommandContext, rows: readonly Row[]) => {
  const progress = context.screen.progress('Checking')
  const findings = await checkClients(context, {
    secrets: rows.map(({ secret }) => secret),
    onProgress: (done) => progress.at(done, rows.length),
  })
  progress.end()
  const findingOf = ({ secret }: Row): CheckFinding | undefined => findings.get(secret.arn)
  const unknown = rows.flatMap((row) => {
    const finding = findingOf(row)
    return finding?.found === 'unknown' ? [{ name: row.name, why: finding.why }] : []
  })
  const withState = (row: Row): Row => ({
    ...row,
    visible: { ...row.visible, state: foundState(row.visible.state, findingOf(row)) },
  })
  return { rows: rows.map(withState), unknown }
}

export const list = async (context: CommandContext, options: ListOptions): Promise<Watchable> => {
  const view = await context.view()
  const asOf = asOfView(view, context.timing.now())
  const all = await readFleet(context, { includesDeleted: true })
  const selection = selectionOf(options)
  const selected = all.filter(selection.isSelected).map((secret) => rowOf(secret, view, asOf))
  const isAsked = options.check === true || (options.state !== undefined && isCheckedState(options.state))
  const looked = isAsked ? await checked(context, selected) : { rows: selected, unknown: [] }
  const rows = looked.rows
    .filter(({ visible }) => options.state === undefined || shownState(visible) === options.state)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const { unknown } = looked
  const open =
    unknown.length === 0
      ? ''
      : `\n${count(unknown.length, 'client')} could not be checked: ${unknown[0]?.name} (${unknown[0]?.why})${unknown.length > 1 ? ', …' : ''}`
  const frozen = await readFrozenIfAllowed((await context.connect()).freeze)
  const isStopped = frozen.state === 'planned' || frozen.state === 'all'
  const stopped = isStopped ? `\n${frozenWords(frozen)}; m2m freeze off lifts it` : ''
  const lines = rows.map((row) => lineOf(context.screen, row))
  const shown = lines.length === 0 ? '' : `${table(['CLIENT', 'STATE', 'AGE', 'NEXT ROTATION', ''], lines)}\n`
  return {
    json: {
      stage: context.stage,
      clients: rows.map(rowJson),
      counts: countsOf(rows, asOf),
      ...(isStopped ? { freeze: frozen.state, frozen: originJson(frozen) } : {}),
      ...(isAsked ? { notChecked: unknown } : {}),
    },
    text: `${shown}${tallyOf(rows)}${open}${stopped}`,
    exitCode: unknown.length === 0 ? EXIT.ok : EXIT.partly,
    items: rows.map((row) => ({ key: row.name, json: rowJson(row), text: changedLine(context.screen, row) })),
    stytchCalls: isAsked ? selected.length : 0,
  }
}

export const addList = (program: Command): void => {
  const command = addFilters(program.command('list').description('list the clients of the stage'))
    .addOption(new Option('--state <state>', 'only those in this state').choices(shownStates))
    .option('--held', 'only those on hold')
    .option('--check', 'have the rotation function ask whether Stytch accepts what consumers read')
  addWatching(command).action(run(watchable<ListOptions & WatchOptions>(list)))
}
