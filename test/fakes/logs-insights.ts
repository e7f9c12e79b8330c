// As much of CloudWatch Logs Insights as the saved queries use, by the user guide ("CloudWatch Logs Insights language query syntax"): filter,
// fields, stats, sort, limit and display, over lines of JSON. What the guide leaves open throws, so that no query rests on it: arithmetic on
// anything but numbers, `!=` with a field that is not there, a field that a stats command has left behind.
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { type Expression, parseExpression, splitTop, stripComments } from './logs-insights-syntax.ts'

export interface LogLine {
  /** The log group. */
  readonly log: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly message: string
}

/** null: there is no such field in the line. */
export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

interface Place {
  /** Epoch milliseconds. */
  readonly now: number
}

/** What came out of the last stats command, and nothing else. */
interface Table {
  readonly rows: readonly Row[]
  readonly isAggregated: boolean
}

const flatten = (value: unknown, prefix = ''): Row => {
  if (!isJsonObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]): [string, Cell][] => {
      const key = `${prefix}${name}`
      if (isJsonObject(inner)) return Object.entries(flatten(inner, `${key}.`))
      if (Array.isArray(inner)) return []
      return [
        [key, typeof inner === 'string' || typeof inner === 'number' || typeof inner === 'boolean' ? inner : null],
      ]
    }),
  )
}

const parsed = (message: string): unknown => {
  try {
    return JSON.parse(message) as unknown
  } catch {
    // What is no JSON has no fields of its own.
    return undefined
  }
}

const rowOf = ({ log, at, message }: LogLine): Row => ({
  ...flatten(parsed(message)),
  '@log': log,
  '@timestamp': at,
  '@message': message,
})

const numberOf = (value: Cell, of: string): number | null => {
  if (value === null || typeof value === 'number') return value
  throw new TypeError(`${of} takes numbers, not ${JSON.stringify(value)}`)
}

const flagOf = (value: Cell, of: string): boolean => {
  if (typeof value === 'boolean') return value
  throw new TypeError(`${of} takes conditions, not ${JSON.stringify(value)}`)
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

const compare = (operator: string, a: Cell, b: Cell): boolean => {
  if (operator === '!=' && (a === null || b === null)) {
    throw new TypeError('`!=` with a field that is not there is undocumented: ask ispresent or coalesce first')
  }
  if (a === null || b === null) return false
  switch (operator) {
    case '=':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    default:
      return a >= b
  }
}

const textArgument = (value: Cell): string => (value === null ? '' : String(value))

const functions: Readonly<Record<string, (args: readonly Cell[], place: Place) => Cell>> = {
  ispresent: ([value = null]) => value !== null,
  coalesce: (args) => args.find((value) => value !== null) ?? null,
  strcontains: ([text = null, part = null]) =>
    text === null ? null : textArgument(text).includes(textArgument(part)) ? 1 : 0,
  least: (args) => Math.min(...args.map((value) => numberOf(value, 'least') ?? Number.POSITIVE_INFINITY)),
  // Of a timestamp: milliseconds; of the clock: seconds.
  toMillis: ([at = null]) => at,
  now: (_, { now }) => Math.floor(now / 1000),
}

const evaluate = (expression: Expression, row: Row, place: Place, isAggregated: boolean): Cell => {
  const of = (inner: Expression): Cell => evaluate(inner, row, place, isAggregated)
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'field':
      if (isAggregated && !Object.hasOwn(row, expression.name)) {
        throw new TypeError(`${expression.name} is no result of the stats command before`)
      }
      return row[expression.name] ?? null
    case 'not':
      return !flagOf(of(expression.inner), 'not')
    case 'both':
      return flagOf(of(expression.left), 'and') && flagOf(of(expression.right), 'and')
    case 'either':
      return flagOf(of(expression.left), 'or') || flagOf(of(expression.right), 'or')
    case 'in':
      return expression.values.includes(of(expression.value))
    case 'like':
      return textArgument(of(expression.value)).includes(expression.text)
    case 'compare':
      return compare(expression.operator, of(expression.left), of(expression.right))
    case 'arithmetic': {
      const [a, b] = [expression.left, expression.right].map((side) => numberOf(of(side), expression.operator))
      return a === null || a === undefined || b === null || b === undefined
        ? null
        : (arithmetic[expression.operator]?.(a, b) ?? null)
    }
    case 'call': {
      const call = functions[expression.name]
      if (call === undefined) throw new TypeError(`${expression.name} is not played`)
      return call(expression.args.map(of), place)
    }
  }
}

/** `expression as name`, or the expression under its own text. */
const named = (text: string): { readonly expression: Expression; readonly name: string } => {
  const match = /^(.*\S)\s+as\s+(\S+)$/s.exec(text)
  const [source, name] = match === null ? [text, text] : [match[1] ?? '', match[2] ?? '']
  return { expression: parseExpression(source.trim()), name: name.trim() }
}

const byTime = (rows: readonly Row[]): readonly Row[] =>
  rows.toSorted((one, other) => Number(one['@timestamp']) - Number(other['@timestamp']))

const aggregate = (call: Expression, rows: readonly Row[], cellOf: (inner: Expression, row: Row) => Cell): Cell => {
  if (call.kind !== 'call') throw new TypeError('stats takes calls')
  const [argument] = call.args
  if (call.name === 'count' && (argument === undefined || (argument.kind === 'field' && argument.name === '*'))) {
    return rows.length
  }
  if (argument === undefined) throw new TypeError(`${call.name} takes a field`)
  const values = (ordered: readonly Row[]): readonly Cell[] =>
    ordered.map((row) => cellOf(argument, row)).filter((value) => value !== null)
  const numbers = (): readonly number[] => values(rows).map((value) => numberOf(value, call.name) ?? 0)
  switch (call.name) {
    case 'count':
      return values(rows).length
    case 'count_distinct':
      return new Set(values(rows)).size
    case 'sum':
      return numbers().reduce((total, value) => total + value, 0)
    case 'max':
      return values(rows).length === 0 ? null : Math.max(...numbers())
    case 'min':
      return values(rows).length === 0 ? null : Math.min(...numbers())
    case 'latest': {
      // Of whichever line is the latest, whether or not it has the field.
      const last = byTime(rows).at(-1)
      return last === undefined ? null : cellOf(argument, last)
    }
    default:
      throw new TypeError(`${call.name} is not played`)
  }
}

const stats = (table: Table, text: string, place: Place): Table => {
  const [calls = '', by = ''] = splitTop(text, /^\s+by\s+/)
  const keys = by === '' ? [] : splitTop(by, /^,/).map((key) => named(key.trim()))
  const cellOf = (inner: Expression, row: Row): Cell => evaluate(inner, row, place, table.isAggregated)
  const groups = new Map<string, Row[]>()
  for (const row of table.rows) {
    const key = JSON.stringify(keys.map(({ expression }) => cellOf(expression, row)))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  const outputs = splitTop(calls, /^,/).map((call) => named(call.trim()))
  return {
    isAggregated: true,
    rows: [...groups.values()].map((rows) =>
      Object.fromEntries([
        ...keys.map(({ expression, name }) => [name, cellOf(expression, rows[0] ?? {})] as const),
        ...outputs.map(({ expression, name }) => [name, aggregate(expression, rows, cellOf)] as const),
      ]),
    ),
  }
}

const order = (a: Cell, b: Cell): number => {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  return a < b ? -1 : 1
}

const sorted = (rows: readonly Row[], text: string): readonly Row[] => {
  const keys = splitTop(text, /^,/).map((key) => key.trim().split(/\s+/))
  return rows.toSorted((one, other) => {
    for (const [name = '', direction = 'asc'] of keys) {
      const difference = order(one[name] ?? null, other[name] ?? null)
      if (difference !== 0) return direction === 'desc' ? -difference : difference
    }
    return 0
  })
}

interface Running {
  readonly table: Table
  /** What fields and display show; undefined: everything. */
  readonly shown: readonly string[] | undefined
}

const step = ({ table, shown }: Running, command: string, place: Place): Running => {
  const [, verb = '', rest = ''] = /^(\w+)\s+([\s\S]*)$/.exec(command.trim()) ?? []
  const { isAggregated } = table
  const withRows = (rows: readonly Row[]): Table => ({ rows, isAggregated })
  switch (verb) {
    case 'filter': {
      const condition = parseExpression(rest)
      const fits = (row: Row): boolean => flagOf(evaluate(condition, row, place, isAggregated), 'filter')
      return { table: withRows(table.rows.filter(fits)), shown }
    }
    case 'fields': {
      const fields = splitTop(rest, /^,/).map((field) => named(field.trim()))
      const rows = table.rows.map((row) => {
        const named: Record<string, Cell> = { ...row }
        for (const { expression, name } of fields) named[name] = evaluate(expression, named, place, isAggregated)
        return named
      })
      return { table: withRows(rows), shown: [...(shown ?? []), ...fields.map(({ name }) => name)] }
    }
    case 'display':
      return { table, shown: splitTop(rest, /^,/).map((name) => name.trim()) }
    case 'stats':
      return { table: stats(table, rest, place), shown: undefined }
    case 'sort':
      return { table: withRows(sorted(table.rows, rest)), shown }
    case 'limit':
      return { table: withRows(table.rows.slice(0, Number(rest))), shown }
    default:
      throw new TypeError(`${verb} is not played`)
  }
}

/** @throws TypeError for what is not played, and for what the user guide leaves open. */
export const runQuery = (query: string, lines: readonly LogLine[], place: Place): readonly Row[] => {
  const commands = splitTop(stripComments(query), /^\|/)
  // "You can use a maximum of two stats commands in a single query."
  if (commands.filter((command) => /^\s*stats\b/.test(command)).length > 2) throw new TypeError('more than two stats')
  const begin: Running = { table: { rows: lines.map(rowOf), isAggregated: false }, shown: undefined }
  const { table, shown } = commands.reduce((running, command) => step(running, command, place), begin)
  if (shown === undefined) return table.rows
  return table.rows.map((row) => Object.fromEntries(shown.map((name) => [name, row[name] ?? null])))
}
