// DynamoDB's attribute values: how they are read, compared and summed. Every type but binary is played.
import { invalidInput } from './aws-fault.ts'
import { isStructure } from './input.ts'

/** One member is there: `{ S: text }`, `{ N: digits }` and so on, as on the wire. */
export interface Attribute {
  readonly S?: string
  readonly N?: string
  readonly BOOL?: boolean
  readonly NULL?: true
  readonly SS?: readonly string[]
  readonly NS?: readonly string[]
  readonly L?: readonly Attribute[]
  readonly M?: Readonly<Record<string, Attribute>>
}
export type TableItem = Readonly<Record<string, Attribute>>

const isNumber = (value: unknown): value is string =>
  typeof value === 'string' && /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value.trim())

/** A set is not empty and has nothing twice. */
const isSet = (value: unknown, isMember: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isMember) && new Set(value).size === value.length

const readers: Readonly<Record<string, (value: unknown) => boolean>> = {
  S: (value) => typeof value === 'string',
  N: isNumber,
  BOOL: (value) => typeof value === 'boolean',
  NULL: (value) => value === true,
  SS: (value) => isSet(value, (one) => typeof one === 'string'),
  NS: (value) => isSet(value, isNumber),
  L: (value) => Array.isArray(value) && value.every(isAttribute),
  M: (value) => isStructure(value) && Object.values(value).every(isAttribute),
}

const isAttribute = (value: unknown): value is Attribute => {
  const [[type = '', content] = [], ...others] = isStructure(value) ? Object.entries(value) : []
  return others.length === 0 && Object.hasOwn(readers, type) && readers[type]?.(content) === true
}

/** @param name - of the request's member, for the error. @throws ValidationException */
export const readAttributes = (value: unknown, name: string): TableItem => {
  if (value === undefined || value === null) return {}
  if (!isStructure(value)) throw invalidInput(`${name}: expected a map of attribute values`)
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (!isAttribute(one)) throw invalidInput(`${name}: ${key} is no attribute value of ${Object.keys(readers)}.`)
      return [key, one] as const
    }),
  )
}

export const typeOf = (attribute: Attribute): string => Object.keys(attribute)[0] ?? ''

/** Sets have no order, numbers no single spelling. */
export const isEqual = (one: Attribute, other: Attribute): boolean => {
  if (one.N !== undefined && other.N !== undefined) return Number(one.N) === Number(other.N)
  const shape = ({ SS, NS, ...rest }: Attribute): string =>
    JSON.stringify({ ...rest, SS: SS?.toSorted(), NS: NS?.map(Number).toSorted((a, b) => a - b) })
  return shape(one) === shape(other)
}

/** @returns below, at or above 0; undefined when the two have no order: DynamoDB compares within a type. */
export const compare = (one: Attribute, other: Attribute): number | undefined => {
  if (one.N !== undefined && other.N !== undefined) return Number(one.N) - Number(other.N)
  if (one.S === undefined || other.S === undefined) return undefined
  // By UTF-8 bytes.
  return Buffer.compare(Buffer.from(one.S), Buffer.from(other.S))
}

/** Whole numbers exactly. @throws ValidationException for anything but numbers. */
export const sum = (one: Attribute, other: Attribute, sign: 1 | -1 = 1): Attribute => {
  if (one.N === undefined || other.N === undefined) {
    throw invalidInput('An operand in the update expression has an incorrect data type')
  }
  const isWhole = [one.N, other.N].every((text) => /^-?\d+$/.test(text))
  if (isWhole) return { N: String(BigInt(one.N) + BigInt(sign) * BigInt(other.N)) }
  return { N: String(Number(one.N) + sign * Number(other.N)) }
}

const bytesOf = (attribute: Attribute): number => {
  const { S, N, SS, NS, L, M } = attribute
  const text = (one: string): number => Buffer.byteLength(one)
  // A byte for every two digits, and one more.
  const digits = (one: string): number => Math.ceil(one.replace(/\D/g, '').length / 2) + 1
  const sumOf = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0)
  if (S !== undefined) return text(S)
  if (N !== undefined) return digits(N)
  if (SS !== undefined) return sumOf(SS.map(text))
  if (NS !== undefined) return sumOf(NS.map(digits))
  if (L !== undefined) return 3 + sumOf(L.map((one) => 1 + bytesOf(one)))
  return M === undefined ? 1 : 3 + sumOf(Object.entries(M).map(([name, one]) => 1 + text(name) + bytesOf(one)))
}

/** DynamoDB Developer Guide, "Item sizes and formats": names count as well. */
export const itemBytes = (item: TableItem): number =>
  Object.entries(item).reduce((total, [name, one]) => total + Buffer.byteLength(name) + bytesOf(one), 0)
