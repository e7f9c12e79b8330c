// DynamoDB's UpdateExpression: SET, REMOVE, ADD and DELETE, each at most once. All of it reads the item as it was before.
import { type Attribute, sum, type TableItem, typeOf } from './attributes.ts'
import { invalidInput } from './aws-fault.ts'
import { type Placeholders, type Words, wordsOf } from './expression.ts'

/** What becomes of one attribute; undefined = it goes. */
interface Change {
  readonly name: string
  readonly of: (item: TableItem) => Attribute | undefined
}

type Value = (item: TableItem) => Attribute

const readOperand = (words: Words, places: Placeholders): Value => {
  const word = words.next()
  if (word.kind === 'value') {
    const value = places.valueOf(word)
    return () => value
  }
  if (word.text === 'if_not_exists' && words.takes('(')) {
    const name = places.nameOf(words.next())
    words.expect(',')
    const otherwise = readOperand(words, places)
    words.expect(')')
    return (item) => item[name] ?? otherwise(item)
  }
  const name = places.nameOf(word)
  return (item) => {
    const found = item[name]
    if (found !== undefined) return found
    throw invalidInput('The provided expression refers to an attribute that does not exist in the item')
  }
}

const readValue = (words: Words, places: Placeholders): Value => {
  const first = readOperand(words, places)
  const sign = words.takes('+') ? 1 : words.takes('-') ? -1 : undefined
  if (sign === undefined) return first
  const second = readOperand(words, places)
  return (item) => sum(first(item), second(item), sign)
}

type SetType = 'SS' | 'NS'
const setOf = (attribute: Attribute | undefined): readonly [SetType, readonly string[]] | undefined => {
  if (attribute?.SS !== undefined) return ['SS', attribute.SS]
  return attribute?.NS === undefined ? undefined : ['NS', attribute.NS]
}

const wrongType = (clause: string, value: Attribute) =>
  invalidInput(`Type mismatch for operand of ${clause}: ${typeOf(value)}`)

const added = (before: Attribute | undefined, value: Attribute): Attribute => {
  if (value.N !== undefined) return before === undefined ? value : sum(before, value)
  const more = setOf(value)
  if (more === undefined) throw wrongType('ADD', value)
  const held = setOf(before)
  if (before !== undefined && held?.[0] !== more[0]) throw wrongType('ADD', before)
  return { [more[0]]: [...new Set([...(held?.[1] ?? []), ...more[1]])] }
}

/** An empty set is no attribute. */
const without = (before: Attribute | undefined, value: Attribute): Attribute | undefined => {
  const less = setOf(value)
  if (less === undefined) throw wrongType('DELETE', value)
  if (before === undefined) return undefined
  const held = setOf(before)
  if (held?.[0] !== less[0]) throw wrongType('DELETE', before)
  const left = held[1].filter((one) => !less[1].includes(one))
  return left.length === 0 ? undefined : { [less[0]]: left }
}

const clauses: Readonly<Record<string, (words: Words, places: Placeholders) => Change>> = {
  SET: (words, places) => {
    const name = places.nameOf(words.next())
    words.expect('=')
    return { name, of: readValue(words, places) }
  },
  REMOVE: (words, places) => ({ name: places.nameOf(words.next()), of: () => undefined }),
  ADD: (words, places) => {
    const name = places.nameOf(words.next())
    if (words.peek().kind !== 'value') words.refuse()
    const value = places.valueOf(words.next())
    return { name, of: (item) => added(item[name], value) }
  },
  DELETE: (words, places) => {
    const name = places.nameOf(words.next())
    if (words.peek().kind !== 'value') words.refuse()
    const value = places.valueOf(words.next())
    return { name, of: (item) => without(item[name], value) }
  },
}

const readChanges = (text: string, places: Placeholders): readonly Change[] => {
  const words = wordsOf(text, 'UpdateExpression')
  const left = new Map(Object.entries(clauses))
  const changes: Change[] = []
  while (words.peek().kind !== 'end') {
    const clause = words.peek().text.toUpperCase()
    const read = left.get(clause)
    // Unknown, or there already: DynamoDB takes each once.
    if (read === undefined || !words.takes(clause)) return words.refuse()
    left.delete(clause)
    do changes.push(read(words, places))
    while (words.takes(','))
  }
  return changes
}

export interface Update {
  /** Of the attributes that it writes. */
  readonly names: readonly string[]
  /** @throws ValidationException when an operand is not there or of the wrong type. */
  readonly apply: (item: TableItem) => TableItem
}

/** @param keyNames - which no update may write. @throws ValidationException */
export const readUpdate = (text: string, places: Placeholders, keyNames: readonly string[]): Update => {
  const changes = readChanges(text, places)
  const names = changes.map(({ name }) => name)
  for (const [index, name] of names.entries()) {
    if (keyNames.includes(name))
      throw invalidInput(`Cannot update attribute ${name}. This attribute is part of the key`)
    if (names.indexOf(name) !== index) {
      throw invalidInput(`Invalid UpdateExpression: Two document paths overlap with each other; path: [${name}]`)
    }
  }
  return {
    names,
    apply: (before) => {
      const after: Record<string, Attribute> = { ...before }
      for (const { name, of } of changes) {
        const value = of(before)
        if (value === undefined) delete after[name]
        else after[name] = value
      }
      return after
    },
  }
}
