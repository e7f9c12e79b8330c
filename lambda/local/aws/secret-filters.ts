// The filters of ListSecrets and BatchGetSecretValue. Several filters must all hold; of one filter's values one must.
// A value that begins with `!` negates: the secret must not match it.
import { invalidParameter } from './aws-fault.ts'
import { type Input, readInput } from './input.ts'
import type { SecretDetails } from './wire.ts'

export interface SecretFilter {
  readonly key: string
  readonly values: readonly string[]
}

const KEYS = ['description', 'name', 'tag-key', 'tag-value', 'primary-region', 'owning-service', 'all']
const VALUE = /^!?[a-zA-Z0-9 :_@/+=.\-!]*$/

export const readFilters = (input: Input): SecretFilter[] =>
  (input.items('Filters', { max: 10 }) ?? []).map((body) => {
    const filter = readInput(body, 'filters.')
    const key = filter.text('Key', { oneOf: KEYS })
    const values = filter.texts('Values', { min: 1, max: 10 }) ?? []
    if (values.some((value) => value.length > 512 || !VALUE.test(value))) {
      filter.fault('Values', `Member must satisfy regular expression pattern: ${VALUE.source}`)
    }
    filter.check()
    if (key === undefined) throw invalidParameter('Invalid filter key')
    if (values.length === 0) throw invalidParameter(`Invalid filter values for key: ${key}`)
    return { key, values }
  })

const startsWith = (text: string | undefined, prefix: string): boolean => text?.startsWith(prefix) === true

const startsWithIgnoringCase = (text: string | undefined, prefix: string): boolean =>
  startsWith(text?.toLowerCase(), prefix.toLowerCase())

/** Every word of the value is the beginning of a word somewhere in the secret's attributes. */
const matchesAll = (secret: SecretDetails, value: string): boolean => {
  const attributes = [
    secret.Name,
    secret.Description ?? '',
    ...(secret.Tags ?? []).flatMap((tag) => [tag.Key, tag.Value]),
  ]
  const words = attributes.flatMap((text) => [text, ...text.split(/[^A-Za-z0-9]+/)]).map((word) => word.toLowerCase())
  return value
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .every((word) => words.some((attribute) => attribute.startsWith(word)))
}

const tests: Readonly<Record<string, (secret: SecretDetails, value: string) => boolean>> = {
  name: (secret, value) => startsWith(secret.Name, value),
  description: (secret, value) => startsWithIgnoringCase(secret.Description, value),
  'tag-key': (secret, value) => secret.Tags?.some((tag) => tag.Key.startsWith(value)) === true,
  'tag-value': (secret, value) => secret.Tags?.some((tag) => tag.Value.startsWith(value)) === true,
  'primary-region': (secret, value) => secret.PrimaryRegion?.startsWith(value) === true,
  // Secrets of other services are not played.
  'owning-service': () => false,
  all: matchesAll,
}

/** @returns whether the secret is to be listed. */
export const matchesFilters = (secret: SecretDetails, filters: readonly SecretFilter[]): boolean =>
  filters.every(({ key, values }) =>
    values.some((value) => {
      const isNegated = value.startsWith('!')
      return tests[key]?.(secret, isNegated ? value.slice(1) : value) !== isNegated
    }),
  )
