// One request's fields, read by name. Their types, lengths, patterns and which of them must be there were checked before, against the
// service's API model (api-shape.ts); what an operation still checks is what no model says. Called by each operation, first thing.
import { AwsFault, invalidInput, invalidRequest } from './aws-fault.ts'

export type Body = Readonly<Record<string, unknown>>

export interface Input {
  /** Absent and null are alike, as AWS has them. */
  has(name: string): boolean
  text(name: string): string | undefined
  /** Of a member that the model requires. */
  requiredText(name: string): string
  integer(name: string): number | undefined
  flag(name: string): boolean | undefined
  texts(name: string): string[] | undefined
  /** Structures in a list; each is read by an Input of its own. */
  items(name: string): Body[] | undefined
  structure(name: string): Body | undefined
}

const wrongType = (name: string, expected: string): AwsFault =>
  new AwsFault('SerializationException', `${name}: expected ${expected}`)

export const isStructure = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === 'string'
const isInteger = (value: unknown): value is number => Number.isInteger(value)
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isListOf =
  <T>(isOne: (value: unknown) => value is T) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(isOne)

/** @throws SerializationException by whichever method meets a wrong type: a body that no model describes. */
export const readInput = (body: Body): Input => {
  const read = <T>(name: string, isOne: (value: unknown) => value is T, expected: string): T | undefined => {
    const value = body[name] ?? undefined
    if (value === undefined || isOne(value)) return value
    throw wrongType(name, expected)
  }
  const text = (name: string): string | undefined => read(name, isText, 'a string')
  return {
    has: (name) => (body[name] ?? undefined) !== undefined,
    text,
    requiredText: (name) => text(name) ?? '',
    integer: (name) => read(name, isInteger, 'an integer'),
    flag: (name) => read(name, isFlag, 'a boolean'),
    texts: (name) => read(name, isListOf(isText), 'a list of strings'),
    items: (name) => read(name, isListOf(isStructure), 'a list of structures'),
    structure: (name) => read(name, isStructure, 'a structure'),
  }
}

const NAME_CHARACTERS = /^[A-Za-z0-9/_+=.@!:-]*$/

/** Reads SecretId, a name or an ARN. AWS checks the characters of a name even where it only looks it up. */
export const readSecretId = (input: Input): string => {
  const secretId = input.requiredText('SecretId')
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
  const token = input.text('ClientRequestToken')
  if (token === undefined) {
    throw invalidRequest('You must provide a ClientRequestToken value. We recommend a UUID-type value.')
  }
  return token
}
