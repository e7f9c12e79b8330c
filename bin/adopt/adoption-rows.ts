// Which clients are to be adopted, from the command line or from a CSV: each row names the secret that its value is copied from. A value has
// no place in either; a column or a cell that looks like one is refused, and never repeated. Pure: the text comes in.
import { parse } from 'csv-parse/sync'
import { fieldNameFaults } from '../../lambda/core/secret/mapped-form.ts'
import { isSecretName, SECRET_NAME_RULE } from '../../lambda/core/secret/secret-name.ts'
import { clientNameShape, roleArnShape, spanHours } from '../../lib/config/client-config.ts'
import { periodFault } from '../../lib/config/rotation-schedule.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'

export interface AdoptionRow {
  readonly name: string
  /** Of a secret that stays where it is it may be empty: its value says it. */
  readonly clientId: string
  /** Name or ARN of the secret that holds the value. Absent: stdin, or lost. */
  readonly fromSecret: string | undefined
  readonly description: string
  readonly readers: readonly string[]
  readonly overlap: string | undefined
  readonly period: string | undefined
  /** The name of the secret that is adopted where it is. Absent: a copy is made. */
  readonly secret?: string | undefined
  /** Which of its members is which of ours. */
  readonly fields?: Readonly<Record<string, string>> | undefined
}

export type InPlaceRow = AdoptionRow & { readonly secret: string }

export const isInPlaceRow = (row: AdoptionRow): row is InPlaceRow => row.secret !== undefined

const columns = [
  'name',
  'client_id',
  'from_secret',
  'secret',
  'fields',
  'description',
  'readers',
  'overlap',
  'period',
] as const
type Column = (typeof columns)[number]

const SUSPICIOUS_COLUMN = /secret|value|password|token|credential/i
/** As Stytch makes them: 44 of base64url. Names and ids of ours have hyphens, slashes or colons, or are shorter. */
const LOOKS_LIKE_A_VALUE = /^[A-Za-z0-9_-]{36,}=*$/
const CLIENT_ID = /^[\x21-\x7e]{1,128}$/

const isClientId = (text: string): boolean => CLIENT_ID.test(text) && !text.startsWith('{')

/** `client_secret=stytchSecret`, as an option or in a cell. @returns undefined for anything else. */
export const readFieldMapping = (text: string): readonly [string, string] | undefined => {
  const cut = text.indexOf('=')
  return cut < 1 ? undefined : [text.slice(0, cut), text.slice(cut + 1)]
}

const inPlaceFaults = (row: InPlaceRow, at: string): readonly string[] => {
  const faults = fieldNameFaults(row.fields ?? {}).map((fault) => `${at} ${fault}`)
  if (LOOKS_LIKE_A_VALUE.test(row.secret)) {
    faults.push(`${at} secret looks like a value: expected the name of a secret; if it was one, rotate it`)
  } else if (!isSecretName(row.secret)) faults.push(`${at} secret is malformed: expected ${SECRET_NAME_RULE}`)
  if (!isSecretName(row.name))
    faults.push(`${at} name is malformed: expected the secret's name, with its prefix or without`)
  if (row.fromSecret !== undefined) faults.push(`${at} has both secret and from_secret: give one of the two`)
  if (row.description !== '') faults.push(`${at} description: a secret that stays where it is keeps its own`)
  if (row.clientId !== '' && !isClientId(row.clientId))
    faults.push(`${at} client_id is malformed: expected a client's id at Stytch`)
  return faults
}

const copyFaults = (row: AdoptionRow, at: string): readonly string[] => {
  const faults: string[] = []
  if (!clientNameShape.fits(row.name)) faults.push(`${at} name is malformed: expected ${clientNameShape.expected}`)
  if (Object.keys(row.fields ?? {}).length > 0) faults.push(`${at} fields go with secret: a copy has our own`)
  if (!isClientId(row.clientId)) faults.push(`${at} client_id is malformed: expected a client's id at Stytch`)
  if (row.fromSecret !== undefined && LOOKS_LIKE_A_VALUE.test(row.fromSecret)) {
    faults.push(`${at} from_secret looks like a value: expected the name or ARN of a secret; if it was one, rotate it`)
  }
  return faults
}

/** What is wrong with one row; cells are never repeated. */
export const rowFaults = (row: AdoptionRow, at: string): readonly string[] => {
  const faults = [...(isInPlaceRow(row) ? inPlaceFaults(row, at) : copyFaults(row, at))]
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
  const needs = heads.includes('secret') ? ['name'] : ['name', 'client_id']
  for (const needed of needs) {
    if (!heads.includes(needed)) faults.push(`${fileName}:1 has no column ${needed}`)
  }
  return [...new Set(faults)]
}

const filled = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text)

/** `client_id=id; client_secret=stytchSecret`. What is none keeps its text as a name, which is then refused. */
const fieldsIn = (cell: string | undefined): AdoptionRow['fields'] =>
  cell === undefined
    ? undefined
    : Object.fromEntries(
        cell
          .split(/[ ;]+/)
          .filter(Boolean)
          .map((text) => readFieldMapping(text) ?? ['malformed', '']),
      )

const toRow = (cells: Readonly<Partial<Record<Column, string>>>): AdoptionRow => ({
  name: cells.name ?? '',
  clientId: cells.client_id ?? '',
  fromSecret: filled(cells.from_secret),
  description: cells.description ?? '',
  readers: (cells.readers ?? '').split(/[ ;]+/).filter(Boolean),
  overlap: filled(cells.overlap),
  period: filled(cells.period),
  secret: filled(cells.secret),
  fields: fieldsIn(filled(cells.fields)),
})

const twice = (rows: readonly AdoptionRow[], fileName: string): readonly string[] => {
  const faults: string[] = []
  for (const key of ['name', 'clientId'] as const) {
    const seen = new Map<string, number>()
    for (const [at, row] of rows.entries()) {
      const first = seen.get(row[key])
      const column = key === 'name' ? 'name' : 'client_id'
      if (row[key] === '') continue
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
    const sourceless = needsSource && row.fromSecret === undefined && !isInPlaceRow(row)
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
