// The words of DynamoDB's expressions, and what `#name` and `:value` stand for. Whatever DynamoDB would refuse is refused here, and so is
// what this stand-in does not play (paths into documents): an expression is never half obeyed.
import { type Attribute, readAttributes } from './attributes.ts'
import { invalidInput } from './aws-fault.ts'
import { type Body, isStructure } from './input.ts'
import { isReserved } from './reserved-words.ts'

/** A name as it is written, `#alias` included; a `:value`; a sign; the end. */
export interface Word {
  readonly kind: 'name' | 'value' | 'sign' | 'end'
  readonly text: string
}

export interface Words {
  next(): Word
  peek(): Word
  /** Takes the next word if it is this sign, or this keyword in whichever case. */
  takes(text: string): boolean
  /** @throws ValidationException unless the next word is this. */
  expect(text: string): void
  /** @throws ValidationException */
  refuse(): never
}

const WORD = /\s*(?:([#]?[A-Za-z_]\w*|#\w+)|(:\w+)|(<=|>=|<>|[=<>(),+-]))/y

/** @param what - the request's member, e.g. ConditionExpression. @throws ValidationException */
export const wordsOf = (text: string, what: string): Words => {
  const words: Word[] = []
  const pattern = new RegExp(WORD)
  const rest = text.trimEnd()
  if (rest === '') throw invalidInput(`Invalid ${what}: The expression can not be empty;`)
  while (pattern.lastIndex < rest.length) {
    const at = pattern.lastIndex
    const [, name, value, sign] = pattern.exec(rest) ?? []
    const found = name ?? value ?? sign
    if (found === undefined) throw invalidInput(`Invalid ${what}: Syntax error; at: ${at}`)
    words.push({ kind: name !== undefined ? 'name' : value !== undefined ? 'value' : 'sign', text: found })
  }
  const end: Word = { kind: 'end', text: '<EOF>' }
  let at = 0
  const peek = (): Word => words[at] ?? end
  const refuse = (): never => {
    throw invalidInput(`Invalid ${what}: Syntax error; token: "${peek().text}"`)
  }
  const takes = (wanted: string): boolean => {
    const word = peek()
    const isIt = word.kind !== 'value' && word.kind !== 'end' && word.text.toUpperCase() === wanted.toUpperCase()
    if (isIt) at += 1
    return isIt
  }
  return {
    peek,
    next: () => {
      const word = peek()
      at += 1
      return word
    },
    takes,
    expect: (wanted) => {
      if (!takes(wanted)) refuse()
    },
    refuse,
  }
}

export interface Placeholders {
  /** @throws ValidationException for what is not defined, or no name. */
  nameOf(word: Word): string
  valueOf(word: Word): Attribute
  /** @throws ValidationException when something was given that no expression uses, as DynamoDB has it. */
  checkAllUsed(): void
}

export const readPlaceholders = (body: Body): Placeholders => {
  const aliases = body.ExpressionAttributeNames ?? {}
  if (!isStructure(aliases)) throw invalidInput('ExpressionAttributeNames must be a map')
  const values = readAttributes(body.ExpressionAttributeValues, 'ExpressionAttributeValues')
  const used = new Set<string>()
  return {
    nameOf: ({ kind, text }) => {
      if (kind !== 'name') {
        throw invalidInput(`Syntax error; token: "${text}", where an attribute's name is expected`)
      }
      if (!text.startsWith('#')) {
        if (!isReserved(text)) return text
        throw invalidInput(`Attribute name is a reserved keyword; reserved keyword: ${text}`)
      }
      used.add(text)
      const name = aliases[text]
      if (typeof name !== 'string') throw invalidInput(`An expression attribute name is not defined: ${text}`)
      return name
    },
    valueOf: ({ text }) => {
      used.add(text)
      const value = values[text]
      if (value === undefined) throw invalidInput(`An expression attribute value is not defined: ${text}`)
      return value
    },
    checkAllUsed: () => {
      for (const [member, given] of [
        ['ExpressionAttributeNames', aliases],
        ['ExpressionAttributeValues', values],
      ] as const) {
        const unused = Object.keys(given).filter((key) => !used.has(key))
        if (unused.length === 0) continue
        throw invalidInput(`Value provided in ${member} unused in expressions: keys: {${unused.join(', ')}}`)
      }
    },
  }
}
