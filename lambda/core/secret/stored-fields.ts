// Reads what people and their tools store in a secret: text or bytes, with a byte order mark, other spellings of a field's name, one level too
// deep. A fault names fields, and never what stands in them.
import { filled, isJsonObject, type JsonObject, parseJsonObject, plainJson } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'

/** The text of a binary value that is not UTF-8: of no format, and read as what it is. */
export const NOT_UTF8 = '\u{FFFD}'

/** @returns the text that bytes hold; NOT_UTF8 where they hold none. */
export const textOfBytes = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return NOT_UTF8
  }
}

const whyNoObject = (text: string): string => {
  const body = text.trim()
  if (body === '') return 'it is empty'
  if (body === NOT_UTF8) return 'it is binary, and not UTF-8'
  if (body.includes('\0')) return 'it holds a NUL character'
  if (body.startsWith('{')) return 'it is cut off, or its syntax is wrong'
  return 'store the object, with every field in it, not a value alone'
}

/** @returns the object, or what is wrong with the text. */
export const readStoredObject = (text: string): Result<JsonObject, string> => {
  const fields = parseJsonObject(plainJson(text))
  return fields === undefined ? refused(`the value is not a JSON object: ${whyNoObject(text)}`) : ok(fields)
}

/** What may be said of somebody's own member name. */
const NAME = /^[\w .-]{1,40}$/

/** `client_id` is clientId, CLIENT-ID and STYTCH_CLIENT_ID as well. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/^(?:stytch|m2m)/, '')

const aliasesIn = (fields: JsonObject, name: string): readonly string[] =>
  Object.keys(fields).filter((key) => key !== name && NAME.test(key) && isSpelledAs(key, name))

/** Whether a member's name is this field's, spelled otherwise. */
export const isSpelledAs = (key: string, name: string): boolean => plain(key) === plain(name)

/** Whether an object holds this field, under whichever spelling, at whichever depth. */
export const isWithin = (value: unknown, name: string): boolean =>
  Array.isArray(value)
    ? value.some((inner) => isWithin(inner, name))
    : isJsonObject(value) &&
      Object.entries(value).some(([key, inner]) => isSpelledAs(key, name) || isWithin(inner, name))

const insideOf = (fields: JsonObject): readonly JsonObject[] => Object.values(fields).filter(isJsonObject)

/** @returns the fault of a field that is not there under its own name. */
export const missingFault = (fields: JsonObject, name: string): string => {
  const [alias, ...others] = aliasesIn(fields, name)
  if (alias !== undefined) {
    const todo = others.length === 0 ? 'rename it to' : 'keep one of them, as'
    return `${name} is missing; found ${[alias, ...others].join(' and ')}: ${todo} ${name}`
  }
  const isInside = insideOf(fields).some((inner) => inner[name] !== undefined || aliasesIn(inner, name).length > 0)
  return isInside ? `${name} is missing; found one level deeper: move it to the top level` : `${name} is missing`
}

/** @returns the name under which the field stands, its own or another spelling. */
export const findName = (fields: JsonObject, name: string): string | undefined =>
  fields[name] === undefined ? aliasesIn(fields, name)[0] : name

/** In order of trust: the field itself, its other spellings, and the same one level deeper. The first that holds texts is asked. */
const tiersOf = (fields: JsonObject, name: string): readonly (readonly unknown[])[] => {
  const spelledIn = (some: JsonObject): readonly unknown[] => [name, ...aliasesIn(some, name)].map((key) => some[key])
  return [[fields[name]], aliasesIn(fields, name).map((key) => fields[key]), insideOf(fields).flatMap(spelledIn)]
}

const agreedText = (tiers: readonly (readonly unknown[])[]): string | undefined => {
  const texts = tiers.map((values) => new Set(values.flatMap((value) => filled(value) ?? [])))
  const [first, ...others] = texts.find(({ size }) => size > 0) ?? []
  return others.length > 0 ? undefined : first
}

/** @returns the field's text, wherever it stands; undefined where there is none, or where spellings hold different ones. */
export const findText = (fields: JsonObject, name: string): string | undefined => agreedText(tiersOf(fields, name))

/** The same of the object itself, and of nothing in it. */
export const findOwnText = (fields: JsonObject, name: string): string | undefined =>
  agreedText(tiersOf(fields, name).slice(0, 2))

/**
 * Of a secret that a person stores for the functions: the field, or another spelling of it, without surrounding white space.
 * @returns the text, or what is wrong.
 */
export const readField = (fields: JsonObject, name: string): Result<string, string> => {
  const text = agreedText(tiersOf(fields, name).slice(0, 2))?.trim()
  if (text !== undefined && text !== '') return ok(text)
  const isThere = fields[name] !== undefined
  return refused(isThere ? `${name} is malformed: expected a non-empty string` : missingFault(fields, name))
}
