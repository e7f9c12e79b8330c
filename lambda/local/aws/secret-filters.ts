// The filters of ListSecrets and BatchGetSecretValue. Several filters must all hold; of one filter's values one must.
// A value that begins with `!` negates: the secret must not match it.
import { invalidParameter } from './aws-fault.ts'
import { type Input, readInput } from './input.ts'
import type { SecretDetails } from './wire.ts'

export interface SecretFilter {
  readonly key: string
  readonly values: readonly string[]
}

export const readFilters = (input: Input): SecretFilter[] =>
  (input.items('Filters') ?? []).map((body) => {
    const filter = readInput(body)
    const key = filter.text('Key')
    const values = filter.texts('Values') ?? []
    if (key === undefined) throw invalidParameter('Invalid filter key')
    if (values.length === 0) throw invalidParameter(`Invalid filter values for key: ${key}`)
    return { key, values }
  })

const startsWith = (text: string | undefined, prefix: string): boolean => text?.startsWith(prefix) === true

const SIGNS = /[/\-_+=.@]/g

/**
 * Words as Moto's authors found AWS to split them: at one kind of sign, and before capitals. A text with two kinds of signs is one word;
 * one that is a sign alone has none.
 */
const wordsOf = (text: string): readonly string[] => {
  const signs = new Set(text.match(SIGNS))
  const parts = signs.size > 1 ? [text] : text.split(SIGNS).flatMap((part) => part.split(/([^a-z][a-z]+)/))
  return parts.map((part) => part.trim().toLowerCase()).filter((part) => part !== '')
}

/** Each word of the value is the beginning of a word of one and the same text, whatever their case. */
const matchesWords = (texts: readonly (string | undefined)[], value: string): boolean => {
  const wanted = wordsOf(value)
  return (
    wanted.length > 0 &&
    texts.some((text) => {
      const words = wordsOf(text ?? '')
      return wanted.every((prefix) => words.some((word) => word.startsWith(prefix)))
    })
  )
}

const tests: Readonly<Record<string, (secret: SecretDetails, value: string) => boolean>> = {
  name: (secret, value) => startsWith(secret.Name, value),
  // A prefix match by the API reference; AWS matches words.
  description: ({ Description }, value) => matchesWords([Description], value),
  'tag-key': (secret, value) => secret.Tags?.some((tag) => tag.Key.startsWith(value)) === true,
  'tag-value': (secret, value) => secret.Tags?.some((tag) => tag.Value.startsWith(value)) === true,
  'primary-region': (secret, value) => secret.PrimaryRegion?.startsWith(value) === true,
  // Secrets of other services are not played.
  'owning-service': () => false,
  all: ({ Name, Description, Tags = [] }, value) =>
    matchesWords([Name, Description, ...Tags.flatMap(({ Key, Value }) => [Key, Value])], value),
}

/** @returns whether the secret is to be listed. */
export const matchesFilters = (secret: SecretDetails, filters: readonly SecretFilter[]): boolean =>
  filters.every(({ key, values }) =>
    values.some((value) => {
      const isNegated = value.startsWith('!')
      return tests[key]?.(secret, isNegated ? value.slice(1) : value) !== isNegated
    }),
  )
