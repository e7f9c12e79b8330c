// Which clients are to be adopted, from the command line or from a CSV: each row names the secret that its value is copied from. A value has
// no place in either; a column or a cell that looks like one is refused, and never repeated. Pure: the text comes in.
import { parse } from 'csv-parse/sync'
import { clientNameShape, roleArnShape, spanHours } from '../../lib/config/client-config.ts'
import { periodFault } from '../../lib/config/rotation-schedule.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'

export interface AdoptionRow {
  readonly name: string
  readonly clientId: string
  /** Name or ARN of the secret that holds the value. Absent: stdin, or lost. */
  readonly fromSecret: string | undefined
  readonly description: string
  readonly readers: readonly string[]
  readonly overlap: string | undefined
  readonly period: string | undefined
}

const columns = ['name', 'client_id', 'from_secret', 'description', 'readers', 'overlap', 'period'] as const
type Column = (typeof columns)[number]

const SUSPICIOUS_COLUMN = /secret|value|password|token|credential/i
/** As Stytch makes them: 44 of base64url. Names and ids of ours have hyphens, slashes or colons, or are shorter. */
const LOOKS_LIKE_A_VALUE = /^[A-Za-z0-9_-]{36,}=*$/
const CLIENT_ID = /^[\x21-\x7e]{1,128}$/

const isClientId = (text: string): boolean => CLIENT_ID.test(text) && !text.startsWith('{')

/** What is wrong with one row; cells are never repeated. */
export const rowFaults = (row: AdoptionRow, at: string): readonly string[] => {
  const faults: string[] = []
  if (!clientNameShape.fits(row.name)) faults.push(`${at} name is malformed: expected ${clientNameShape.expected}`)
  if (!isClientId(row.clientId)) faults.push(`${at} client_id is malformed: expected a client's id at Stytch`)
  if (row.fromSecret !== undefined && LOOKS_LIKE_A_VALUE.test(row.fromSecret)) {
    faults.push(`${at} from_secret looks like a value: expected the name or ARN of a secret; if it was one, rotate it`)
  }
  if (row.description.length > 2000) faults.push(`${at} description is too long: expected at most 2000 characters`)
  if (row.readers.some((reader) => !roleArnShape.fits(reader))) {
    faults.push(`${at} readers are malformed: expected ${roleArnShape.expected}`)
  }
  for (const name of ['overlap', 'period'] as const) {
    const value = row[name]
    if (value !== undefined && spanHours(value) === undefined) {
      faults.push(`${at} ${name} is malformed: expected hours or days, such as "12h" or "30d"`)
    }
  }
  const hours = spanHours(row.period)
  const tooLong = hours === undefined ? undefined : periodFault(hours)
  if (tooLong !== undefined) faults.push(`${at} period ${tooLong}`)
  return faults
}

const headFaults = (heads: readonly string[], fileName: string): readonly string[] => {
  const faults: string[] = []
  for (const head of heads) {
    if (columns.some((one) => one === head)) continue
    // A file without a head shows its first row here.
    if (SUSPICIOUS_COLUMN.test(head) || LOOKS_LIKE_A_VALUE.test(head)) {
      faults.push(
        `${fileName}:1 has a column that looks like a value: name the secret to copy from in from_secret, and delete that file`,
      )
    } else faults.push(`${fileName}:1 has an unknown column: expected ${columns.join(', ')}`)
  }
  for (const needed of ['name', 'client_id']) {
    if (!heads.includes(needed)) faults.push(`${fileName}:1 has no column ${needed}`)
  }
  return [...new Set(faults)]
}

const filled = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text)

const toRow = (cells: Readonly<Partial<Record<Column, string>>>): AdoptionRow => ({
  name: cells.name ?? '',
  clientId: cells.client_id ?? '',
  fromSecret: filled(cells.from_secret),
  description: cells.description ?? '',
  readers: (cells.readers ?? '').split(/[ ;]+/).filter(Boolean),
  overlap: filled(cells.overlap),
  period: filled(cells.period),
})

const twice = (rows: readonly AdoptionRow[], fileName: string): readonly string[] => {
  const faults: string[] = []
  for (const key of ['name', 'clientId'] as const) {
    const seen = new Map<string, number>()
    for (const [at, row] of rows.entries()) {
      const first = seen.get(row[key])
      const column = key === 'name' ? 'name' : 'client_id'
      if (first === undefined) seen.set(row[key], at)
      else faults.push(`${fileName}, row ${at + 1}: ${column} is the same as in row ${first + 1}`)
    }
  }
  return faults
}

const refuse = (fileName: string, faults: readonly string[]): CommandFault =>
  new CommandFault(
    EXIT.usage,
    `${fileName} is not in order, and nothing was changed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  )

const parseCells = (text: string, fileName: string): readonly (readonly string[])[] => {
  try {
    return parse(text, { bom: true, skip_empty_lines: true, trim: true, relax_column_count: true }) as string[][]
  } catch {
    // The parser's own words quote the text.
    throw refuse(fileName, [`${fileName} is no CSV: look for a quote that is not closed`])
  }
}

/** @param needsSource whether each row must name a secret: with `--rotate` a value may be lost. @throws CommandFault `usage`. */
export const readAdoptionRows = (text: string, fileName: string, needsSource: boolean): readonly AdoptionRow[] => {
  const [heads = [], ...lines] = parseCells(text, fileName)
  const wrongHeads = headFaults(heads, fileName)
  if (wrongHeads.length > 0) throw refuse(fileName, wrongHeads)
  const rows = lines.map((cells) => toRow(Object.fromEntries(heads.map((head, at) => [head, cells[at] ?? '']))))
  const faults = rows.flatMap((row, at) => {
    const place = `${fileName}, row ${at + 1}:`
    const isWide = (lines[at]?.length ?? 0) > heads.length
    const sourceless = needsSource && row.fromSecret === undefined
    return [
      ...rowFaults(row, place),
      ...(isWide ? [`${place} has more cells than the head has columns`] : []),
      ...(sourceless ? [`${place} from_secret is missing: name the secret, or add --rotate if the value is lost`] : []),
    ]
  })
  const all = [...faults, ...twice(rows, fileName)]
  if (all.length > 0) throw refuse(fileName, all)
  if (rows.length === 0) throw refuse(fileName, [`${fileName} has no rows`])
  return rows
}
