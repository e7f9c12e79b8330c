// AWS's front end: holds a request's body against the service's API model before the service sees it. A wrong JSON type is a
// SerializationException at once; everything else that breaks the model is collected into one ValidationException, worded as AWS words
// it. It reads no secret aloud: a value of a sensitive member is not quoted. The models themselves are in api-models.ts.
import { AwsFault, invalidInput } from './aws-fault.ts'

interface TextLimits {
  readonly min?: number
  readonly max?: number
  /** Of the whole text, as AWS's own front end matches it. */
  readonly pattern?: RegExp
  readonly oneOf?: readonly string[]
  /** Its value is left out of messages. */
  readonly isSensitive?: boolean
}

interface Quantity {
  readonly min?: number
  readonly max?: number
}

export type Shape =
  | ({ readonly kind: 'text' } & TextLimits)
  | ({ readonly kind: 'bytes' } & Pick<TextLimits, 'min' | 'max' | 'isSensitive'>)
  | ({ readonly kind: 'integer' } & Quantity)
  | { readonly kind: 'flag' | 'time' | 'map' }
  | ({ readonly kind: 'list'; readonly of: Shape } & Quantity)
  | { readonly kind: 'structure'; readonly members: Members }
  | { readonly kind: 'required'; readonly of: Shape }

export type Members = Readonly<Record<string, Shape>>

/** By operation. */
export type ApiModel = Readonly<Record<string, Members>>

export const text = (limits: TextLimits = {}): Shape => ({ kind: 'text', ...limits })
/** Base64 on the wire; limits are of what it stands for. */
export const bytes = (limits: Pick<TextLimits, 'min' | 'max' | 'isSensitive'>): Shape => ({ kind: 'bytes', ...limits })
export const integer = (limits: Quantity = {}): Shape => ({ kind: 'integer', ...limits })
export const flag: Shape = { kind: 'flag' }
export const time: Shape = { kind: 'time' }
/** Its values are the operation's own business. */
export const map: Shape = { kind: 'map' }
export const list = (of: Shape, limits: Quantity = {}): Shape => ({ kind: 'list', of, ...limits })
export const structure = (members: Members): Shape => ({ kind: 'structure', members })
export const required = (of: Shape): Shape => ({ kind: 'required', of })

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const isStructure = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

const wrongType = (path: string, expected: string): AwsFault =>
  new AwsFault('SerializationException', `${path}: expected ${expected}`)

/** In AWS's order: every constraint that the length breaks. */
const lengthFaults = (length: number, { min = 0, max = Number.POSITIVE_INFINITY }: Quantity): readonly string[] => [
  ...(length > max ? [`Member must have length less than or equal to ${max}`] : []),
  ...(length < min ? [`Member must have length greater than or equal to ${min}`] : []),
]

const isWhole = (pattern: RegExp, value: string): boolean => new RegExp(`^(?:${pattern.source})$`, 'u').test(value)

const patternConstraint = ({ source }: RegExp): string => `Member must satisfy regular expression pattern: ${source}`
const enumConstraint = (names: readonly string[]): string => `Member must satisfy enum value set: [${names.join(', ')}]`

const textFaults = (value: string, limits: TextLimits): readonly string[] => {
  const { pattern, oneOf } = limits
  return [
    ...lengthFaults(value.length, limits),
    ...(pattern === undefined || isWhole(pattern, value) ? [] : [patternConstraint(pattern)]),
    ...(oneOf === undefined || oneOf.includes(value) ? [] : [enumConstraint(oneOf)]),
  ]
}

const quantityFaults = (value: number, limits: Quantity): readonly string[] => {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits
  return [
    ...(value > max ? [`Member must have value less than or equal to ${max}`] : []),
    ...(value < min ? [`Member must have value greater than or equal to ${min}`] : []),
  ]
}

/** All constraints on a list's members: AWS names every one when a member breaks any. */
const memberConstraints = ({ min = 0, max, pattern, oneOf }: TextLimits): string =>
  [
    ...(max === undefined ? [] : [`Member must have length less than or equal to ${max}`]),
    ...(max === undefined ? [] : [`Member must have length greater than or equal to ${min}`]),
    ...(pattern === undefined ? [] : [patternConstraint(pattern)]),
    ...(oneOf === undefined ? [] : [enumConstraint(oneOf)]),
  ].join(', ')

const readText = (value: unknown, path: string): string => {
  if (typeof value === 'string') return value
  throw wrongType(path, 'a string')
}

const readBytes = (value: unknown, path: string): number => {
  const encoded = readText(value, path)
  if (!BASE64.test(encoded)) throw wrongType(path, 'base64')
  return Buffer.byteLength(encoded, 'base64')
}

/** @param shown the value as a message quotes it; '' for one that is not shown. */
const at = (path: string, shown: string, constraints: readonly string[]): readonly string[] =>
  constraints.map(
    (constraint) => `Value${shown === '' ? '' : ` ${shown}`} at '${path}' failed to satisfy constraint: ${constraint}`,
  )

const listFaults = (shape: Extract<Shape, { kind: 'list' }>, value: unknown, path: string): readonly string[] => {
  if (!Array.isArray(value)) throw wrongType(path, 'a list')
  const shown = `'[${value.map((one) => (typeof one === 'string' ? one : '{}')).join(', ')}]'`
  const ofLength = at(path, shown, lengthFaults(value.length, shape))
  const { of } = shape
  if (of.kind !== 'text') {
    return [...ofLength, ...value.flatMap((one, nth) => valueFaults(of, one, `${path}.${nth + 1}.member`))]
  }
  const isBroken = value.map((one) => textFaults(readText(one, path), of).length > 0).includes(true)
  return [
    ...ofLength,
    ...(isBroken ? at(path, shown, [`Member must satisfy constraint: [${memberConstraints(of)}]`]) : []),
  ]
}

const valueFaults = (shape: Shape, given: unknown, path: string): readonly string[] => {
  const value = given ?? undefined
  if (value === undefined) return shape.kind === 'required' ? at(path, 'null', ['Member must not be null']) : []
  switch (shape.kind) {
    case 'required':
      return valueFaults(shape.of, value, path)
    case 'text': {
      const string = readText(value, path)
      return at(path, shape.isSensitive === true ? '' : `'${string}'`, textFaults(string, shape))
    }
    case 'bytes':
      return at(path, '', lengthFaults(readBytes(value, path), shape))
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(path, 'an integer')
      return at(path, `'${value}'`, quantityFaults(value, shape))
    case 'flag':
      if (typeof value !== 'boolean') throw wrongType(path, 'a boolean')
      return []
    case 'time':
      if (typeof value !== 'number') throw wrongType(path, 'a timestamp')
      return []
    case 'map':
      if (!isStructure(value)) throw wrongType(path, 'a map')
      return []
    case 'list':
      return listFaults(shape, value, path)
    case 'structure':
      if (!isStructure(value)) throw wrongType(path, 'a structure')
      return memberFaults(shape.members, value, `${path}.`)
  }
}

const memberFaults = (members: Members, body: object, prefix: string): readonly string[] => {
  const values = new Map<string, unknown>(Object.entries(body))
  return Object.entries(members).flatMap(([name, shape]) =>
    valueFaults(shape, values.get(name), `${prefix}${lowerFirst(name)}`),
  )
}

/** @throws SerializationException; else ValidationException with everything that is wrong. */
export const checkShape = (members: Members, body: object): void => {
  const faults = memberFaults(members, body, '')
  if (faults.length === 0) return
  const errors = faults.length === 1 ? 'error' : 'errors'
  throw invalidInput(`${faults.length} validation ${errors} detected: ${faults.join('; ')}`)
}
