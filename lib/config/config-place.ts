// One object of the configuration, by its path: hands out typed fields and notes every fault instead of stopping at the first. A
// faulty field yields a stand-in value that nobody gets to see, since deploy-config.ts throws when there is any fault.

import { isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'

export interface Shape {
  /** What is accepted, in words. */
  readonly expected: string
  readonly fits: (value: string) => boolean
  /** Where more can be said of what was given: what to write. */
  readonly expectedFor?: (value: string) => string
}

export interface Place {
  readonly path: string
  readonly faults: string[]
  readonly fields: JsonObject
  /** `name` may be empty: the object itself. */
  fault(name: string, what: string): void
  has(name: string): boolean
  onlyKnows(...names: readonly string[]): void
  text(name: string, shape: Shape): string
  optional(name: string, shape: Shape): string | undefined
  texts(name: string, shape: Shape): readonly string[]
  integer(name: string, fallback: number, bounds: readonly [min: number, max: number]): number
  oneOf<Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice
  /** @returns undefined when it is absent or no object; a missing one is a fault when `expected` is given. */
  inner(name: string, expected?: string): Place | undefined
  /** An absent or malformed one reads as one without fields. */
  innerOrEmpty(name: string): Place
  list(name: string): readonly Place[]
}

export const matching = (pattern: RegExp, expected: string): Shape => ({
  expected,
  fits: (value) => pattern.test(value),
})

export const createPlace = (path: string, faults: string[], fields: JsonObject): Place => {
  const fault = (name: string, what: string): void => {
    faults.push(`${name === '' ? path : `${path}.${name}`} ${what}`)
  }
  const has = (name: string): boolean => fields[name] !== undefined
  const malformed = (name: string, value: unknown, expected: string): void =>
    fault(name, `is malformed: ${JSON.stringify(value)}; expected ${expected}`)

  const text = (name: string, { expected, fits, expectedFor }: Shape): string => {
    const value = fields[name]
    if (value === undefined) fault(name, `is missing: expected ${expected}`)
    else if (typeof value !== 'string') malformed(name, value, expected)
    else if (!fits(value)) malformed(name, value, expectedFor?.(value) ?? expected)
    return typeof value === 'string' ? value : ''
  }

  /** Every element that `read` accepts; the others are faults. */
  const elements = <Element>(
    name: string,
    expected: string,
    read: (one: unknown) => Element | undefined,
    expectedOf: (one: unknown) => string = () => expected,
  ): Element[] => {
    const value = fields[name]
    if (value === undefined) return []
    if (!Array.isArray(value)) {
      malformed(name, value, `a list, each ${expected}`)
      return []
    }
    return value.flatMap((one: unknown, at) => {
      const element = read(one)
      if (element === undefined) malformed(`${name}[${at}]`, one, expectedOf(one))
      return element === undefined ? [] : [element]
    })
  }

  const inner = (name: string, expected?: string): Place | undefined => {
    const value = fields[name]
    if (isJsonObject(value)) return createPlace(`${path}.${name}`, faults, value)
    if (value !== undefined) malformed(name, value, expected ?? 'an object')
    else if (expected !== undefined) fault(name, `is missing: expected ${expected}`)
    return undefined
  }

  return {
    path,
    faults,
    fields,
    fault,
    has,
    onlyKnows: (...names) => {
      for (const name of Object.keys(fields)) {
        if (!names.includes(name)) fault(name, `is unknown: expected one of ${names.join(', ')}`)
      }
    },
    text,
    optional: (name, shape) => (has(name) ? text(name, shape) : undefined),
    texts: (name, { expected, fits, expectedFor }) =>
      elements(
        name,
        expected,
        (one) => (typeof one === 'string' && fits(one) ? one : undefined),
        (one) => (typeof one === 'string' ? expectedFor?.(one) : undefined) ?? expected,
      ),
    integer: (name, fallback, [min, max]) => {
      const value = fields[name] ?? fallback
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
      malformed(name, value, `an integer from ${min} to ${max}`)
      return fallback
    },
    oneOf: (name, choices, fallback) => {
      const value = fields[name] ?? fallback
      const choice = choices.find((one) => one === value)
      if (choice === undefined) malformed(name, value, choices.map((one) => `"${one}"`).join(' or '))
      return choice ?? fallback
    },
    inner,
    innerOrEmpty: (name) => inner(name) ?? createPlace(`${path}.${name}`, faults, {}),
    list: (name) => {
      elements(name, 'an object', (one) => (isJsonObject(one) ? one : undefined))
      const value = fields[name]
      // Each keeps its own place, whatever is wrong with its neighbours.
      return !Array.isArray(value)
        ? []
        : value.flatMap((one: unknown, at) =>
            isJsonObject(one) ? [createPlace(`${path}.${name}[${at}]`, faults, one)] : [],
          )
    },
  }
}
