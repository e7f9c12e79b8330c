// Reads one request's fields against the API model, as AWS's front end does: a wrong JSON type is a
// SerializationException at once, every broken length, enum or quantity is collected into one ValidationException.
// Unlike AWS it never quotes the offending value, which might be a secret. Called by each operation, first thing.
import { AwsFault, invalidInput, invalidRequest } from './aws-fault.ts'

export type Body = Readonly<Record<string, unknown>>

export interface TextLimits {
  readonly min?: number
  readonly max?: number
  readonly pattern?: RegExp
  readonly oneOf?: readonly string[]
}

export interface NumberLimits {
  readonly min: number
  readonly max: number
}

export interface ListLimits {
  readonly min?: number
  readonly max?: number
}

export interface Input {
  /** Absent and null are alike, as AWS has them. */
  has(name: string): boolean
  text(name: string, limits?: TextLimits): string | undefined
  /** '' when it is missing; `check` then refuses, so call it before use. */
  requiredText(name: string, limits?: TextLimits): string
  integer(name: string, limits: NumberLimits): number | undefined
  flag(name: string): boolean | undefined
  texts(name: string, limits?: ListLimits): string[] | undefined
  /** Structures in a list; each is read by an Input of its own. */
  items(name: string, limits?: ListLimits): Body[] | undefined
  structure(name: string): Body | undefined
  fault(name: string, constraint: string): void
  /** @throws ValidationException naming every broken constraint, if there is one. */
  check(): void
}

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

const wrongType = (name: string, expected: string): AwsFault =>
  new AwsFault('SerializationException', `${name}: expected ${expected}`)

export const isStructure = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param prefix - where a nested structure sits, e.g. `rotationRules.` */
export const readInput = (body: Body, prefix = ''): Input => {
  const faults: string[] = []

  const fault = (name: string, constraint: string): void => {
    faults.push(`Value at '${prefix}${lowerFirst(name)}' failed to satisfy constraint: ${constraint}`)
  }
  const read = (name: string): unknown => body[name] ?? undefined

  const text = (name: string, limits: TextLimits = {}): string | undefined => {
    const value = read(name)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw wrongType(name, 'a string')
    const { min = 0, max = Number.POSITIVE_INFINITY, pattern, oneOf } = limits
    if (value.length < min) fault(name, `Member must have length greater than or equal to ${min}`)
    if (value.length > max) fault(name, `Member must have length less than or equal to ${max}`)
    if (pattern !== undefined && !pattern.test(value)) {
      fault(name, `Member must satisfy regular expression pattern: ${pattern.source}`)
    }
    if (oneOf !== undefined && !oneOf.includes(value)) {
      fault(name, `Member must satisfy enum value set: [${oneOf.join(', ')}]`)
    }
    return value
  }

  const list = (name: string, limits: ListLimits): unknown[] | undefined => {
    const value = read(name)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw wrongType(name, 'a list')
    const { min = 0, max = Number.POSITIVE_INFINITY } = limits
    if (value.length < min) fault(name, `Member must have length greater than or equal to ${min}`)
    if (value.length > max) fault(name, `Member must have length less than or equal to ${max}`)
    return value
  }

  return {
    has: (name) => read(name) !== undefined,
    text,
    requiredText: (name, limits) => {
      const value = text(name, limits)
      if (value === undefined) fault(name, 'Member must not be null')
      return value ?? ''
    },
    integer: (name, limits) => {
      const value = read(name)
      if (value === undefined) return undefined
      if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(name, 'an integer')
      if (value < limits.min) fault(name, `Member must have value greater than or equal to ${limits.min}`)
      if (value > limits.max) fault(name, `Member must have value less than or equal to ${limits.max}`)
      return value
    },
    flag: (name) => {
      const value = read(name)
      if (value === undefined) return undefined
      if (typeof value !== 'boolean') throw wrongType(name, 'a boolean')
      return value
    },
    texts: (name, limits = {}) =>
      list(name, limits)?.map((value) => {
        if (typeof value !== 'string') throw wrongType(name, 'a list of strings')
        return value
      }),
    items: (name, limits = {}) =>
      list(name, limits)?.map((value) => {
        if (!isStructure(value)) throw wrongType(name, 'a list of structures')
        return value
      }),
    structure: (name) => {
      const value = read(name)
      if (value === undefined) return undefined
      if (!isStructure(value)) throw wrongType(name, 'a structure')
      return value
    },
    fault,
    check: () => {
      if (faults.length === 0) return
      throw invalidInput(`${faults.length} validation error(s) detected: ${faults.join('; ')}`)
    },
  }
}

const NAME_CHARACTERS = /^[A-Za-z0-9/_+=.@!:-]*$/

/** Reads SecretId, a name or an ARN. AWS checks the characters of a name even where it only looks it up. */
export const readSecretId = (input: Input): string => {
  const secretId = input.requiredText('SecretId', { min: 1, max: 2048 })
  if (!NAME_CHARACTERS.test(secretId)) throw invalidName()
  return secretId
}

/** AWS's one answer for a name with a character it does not take. */
export const invalidName = (): AwsFault =>
  invalidInput(
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  )

/**
 * Reads ClientRequestToken. The SDKs fill it in, so the API reference calls it optional; the service itself refuses a
 * request without one.
 */
export const readRequestToken = (input: Input): string => {
  const token = input.text('ClientRequestToken', { min: 32, max: 64 })
  if (token === undefined) {
    throw invalidRequest('You must provide a ClientRequestToken value. We recommend a UUID-type value.')
  }
  return token
}
