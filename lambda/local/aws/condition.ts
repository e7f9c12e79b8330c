// DynamoDB's conditions, for ConditionExpression, FilterExpression and KeyConditionExpression: comparisons, BETWEEN, IN, the functions
// attribute_exists, attribute_not_exists, begins_with and contains, joined by AND, OR, NOT and brackets.
import { type Attribute, compare, isEqual, type TableItem } from './attributes.ts'
import { type Placeholders, type Word, type Words, wordsOf } from './expression.ts'

export type Operand =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'value'; readonly value: Attribute }

const comparators = ['=', '<>', '<=', '>=', '<', '>'] as const
export type Comparator = (typeof comparators)[number]
const functions = ['attribute_exists', 'attribute_not_exists', 'begins_with', 'contains'] as const

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly [Condition, Condition] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'compare'; readonly by: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly of: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly of: Operand; readonly among: readonly Operand[] }
  | { readonly kind: 'attribute_exists' | 'attribute_not_exists'; readonly name: string }
  | { readonly kind: 'begins_with' | 'contains'; readonly name: string; readonly operand: Operand }

const operandOf = (word: Word, places: Placeholders): Operand =>
  word.kind === 'value'
    ? { kind: 'value', value: places.valueOf(word) }
    : { kind: 'attribute', name: places.nameOf(word) }

const readFunction = (kind: (typeof functions)[number], words: Words, places: Placeholders): Condition => {
  words.expect('(')
  const name = places.nameOf(words.next())
  if (kind === 'attribute_exists' || kind === 'attribute_not_exists') {
    words.expect(')')
    return { kind, name }
  }
  words.expect(',')
  const operand = operandOf(words.next(), places)
  words.expect(')')
  return { kind, name, operand }
}

const readComparison = (words: Words, places: Placeholders): Condition => {
  const first = words.next()
  const called = functions.find((one) => one === first.text)
  if (called !== undefined && words.peek().text === '(') return readFunction(called, words, places)
  const of = operandOf(first, places)
  if (words.takes('BETWEEN')) {
    const low = operandOf(words.next(), places)
    words.expect('AND')
    return { kind: 'between', of, low, high: operandOf(words.next(), places) }
  }
  if (words.takes('IN')) {
    words.expect('(')
    const among = [operandOf(words.next(), places)]
    while (words.takes(',')) among.push(operandOf(words.next(), places))
    words.expect(')')
    return { kind: 'in', of, among }
  }
  const by = comparators.find((one) => words.takes(one)) ?? words.refuse()
  return { kind: 'compare', by, left: of, right: operandOf(words.next(), places) }
}

/** NOT binds closer than AND, AND closer than OR. */
const readNegation = (words: Words, places: Placeholders): Condition => {
  if (words.takes('NOT')) return { kind: 'not', part: readNegation(words, places) }
  if (!words.takes('(')) return readComparison(words, places)
  const inner = readAlternatives(words, places)
  words.expect(')')
  return inner
}

const readConjunction = (words: Words, places: Placeholders): Condition => {
  let condition = readNegation(words, places)
  while (words.takes('AND')) condition = { kind: 'and', parts: [condition, readNegation(words, places)] }
  return condition
}

const readAlternatives = (words: Words, places: Placeholders): Condition => {
  let condition = readConjunction(words, places)
  while (words.takes('OR')) condition = { kind: 'or', parts: [condition, readConjunction(words, places)] }
  return condition
}

/** @param what - the request's member. @throws ValidationException */
export const readCondition = (text: string, what: string, places: Placeholders): Condition => {
  const words = wordsOf(text, what)
  const condition = readAlternatives(words, places)
  if (words.peek().kind !== 'end') words.refuse()
  return condition
}

const orders: Readonly<Record<Exclude<Comparator, '=' | '<>'>, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

const isOrdered = (by: Comparator, left: Attribute | undefined, right: Attribute | undefined): boolean => {
  // What is not there differs from everything and stands in no order.
  if (left === undefined || right === undefined) return by === '<>'
  if (by === '=') return isEqual(left, right)
  if (by === '<>') return !isEqual(left, right)
  const order = compare(left, right)
  return order !== undefined && orders[by](order)
}

const isIn = (held: Attribute, wanted: Attribute): boolean => {
  if (held.S !== undefined) return wanted.S !== undefined && held.S.includes(wanted.S)
  if (held.SS !== undefined) return wanted.S !== undefined && held.SS.includes(wanted.S)
  if (held.NS !== undefined) return wanted.N !== undefined && held.NS.map(Number).includes(Number(wanted.N))
  return held.L?.some((one) => isEqual(one, wanted)) === true
}

/** Whether an item, `{}` for one that is not there, meets the condition. */
export const holds = (condition: Condition, item: TableItem): boolean => {
  const read = (operand: Operand): Attribute | undefined =>
    operand.kind === 'value' ? operand.value : item[operand.name]
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => holds(part, item))
    case 'or':
      return condition.parts.some((part) => holds(part, item))
    case 'not':
      return !holds(condition.part, item)
    case 'compare':
      return isOrdered(condition.by, read(condition.left), read(condition.right))
    case 'between':
      return (
        isOrdered('>=', read(condition.of), read(condition.low)) &&
        isOrdered('<=', read(condition.of), read(condition.high))
      )
    case 'in':
      return condition.among.some((one) => isOrdered('=', read(condition.of), read(one)))
    case 'attribute_exists':
      return item[condition.name] !== undefined
    case 'attribute_not_exists':
      return item[condition.name] === undefined
    case 'begins_with':
      return item[condition.name]?.S?.startsWith(read(condition.operand)?.S ?? '\uffff') === true
    case 'contains': {
      const [held, wanted] = [item[condition.name], read(condition.operand)]
      return held !== undefined && wanted !== undefined && isIn(held, wanted)
    }
  }
}
