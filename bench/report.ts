// What every bench hands back: tables for people, and ratios within the one run for whoever compares two runs. Milliseconds of two machines
// say nothing of each other; a ratio of two rows that were measured side by side does.
import { execFileSync } from 'node:child_process'
import { arch, availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What the table says, what it does not, and where a goal is missed. */
  readonly notes?: readonly string[]
}

export interface BenchResult {
  readonly tables: readonly Table[]
  /** Name → ours over theirs, or a figure over its bound; smaller is better. Held by the gate. */
  readonly ratios: Readonly<Record<string, number>>
}

export interface BenchOptions {
  /** The sizes and runs that take minutes, or hours. */
  readonly isFull: boolean
  /** Few runs: for the gate. */
  readonly isQuick: boolean
}

export type Bench = (options: BenchOptions) => Promise<BenchResult>

export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Of pairs that were measured one after the other, so that what the machine did meanwhile falls on both. */
export const medianRatio = (ours: readonly number[], theirs: readonly number[]): number =>
  median(ours.map((value, at) => value / (theirs[at] ?? Number.NaN)))

export const ms = (value: number): string => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'))
export const times = (value: number): string => `${value.toFixed(2)} ×`
export const integer = (value: number): string => Math.round(value).toLocaleString('en')

export const tableText = ({ title, columns, rows, notes = [] }: Table): string =>
  [
    `### ${title}`,
    '',
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => '---|').join('')}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
  ].join('\n')

const nodeVersion = (): string => execFileSync(process.execPath, ['--version'], { encoding: 'utf8' }).trim()

export const machine = (): string =>
  `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${arch()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${nodeVersion()}, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`

/** For a bench that is started by itself. */
export const runAlone = async (bench: Bench): Promise<void> => {
  const flags = process.argv.slice(2)
  console.log(`${machine()}\n`)
  const { tables, ratios } = await bench({ isFull: flags.includes('--full'), isQuick: flags.includes('--quick') })
  for (const table of tables) console.log(`${tableText(table)}\n`)
  for (const [name, ratio] of Object.entries(ratios)) console.log(`${name}: ${ratio.toFixed(3)}`)
}
