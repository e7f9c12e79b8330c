// The expressions of CloudWatch Logs Insights, as logs-insights.ts evaluates them. A recursive descent over tokens; what is no expression throws.

export type Literal = string | number

export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'not'; readonly inner: Expression }
  | { readonly kind: 'both' | 'either'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'compare' | 'arithmetic'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'in'; readonly value: Expression; readonly values: readonly (Literal | boolean | null)[] }
  | { readonly kind: 'like'; readonly value: Expression; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?|<=|>=|!=|[=<>+\-*/(),[\]]|[A-Za-z_@][\w@.]*)/y

const tokensOf = (text: string): string[] => {
  const tokens: string[] = []
  let at = 0
  while (at < text.trimEnd().length) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null) throw new TypeError(`no expression: ${text.slice(at)}`)
    tokens.push(match[1] ?? '')
    at = TOKEN.lastIndex
  }
  return tokens
}

/** Whole-line comments are for whoever reads the query. */
export const stripComments = (query: string): string =>
  query
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')

/** Splits at what matches outside of quotes and brackets. */
export const splitTop = (text: string, separator: RegExp): string[] => {
  const parts: string[] = []
  let [depth, isQuoted, from] = [0, false, 0]
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === '"') isQuoted = !isQuoted
    if (isQuoted) continue
    if ('(['.includes(character)) depth += 1
    if (')]'.includes(character)) depth -= 1
    const match = depth === 0 ? separator.exec(text.slice(at)) : null
    if (match === null) continue
    parts.push(text.slice(from, at))
    from = at + match[0].length
    at = from - 1
  }
  return [...parts, text.slice(from)]
}

const literalOf = (token: string): Literal | undefined => {
  if (token.startsWith('"')) return JSON.parse(token) as string
  return /^\d/.test(token) ? Number(token) : undefined
}

const COMPARISONS = ['=', '!=', '<', '>', '<=', '>=']

/** @throws TypeError */
export const parseExpression = (text: string): Expression => {
  const tokens = tokensOf(text)
  let at = 0
  const peek = (): string | undefined => tokens[at]
  const take = (expected?: string): string => {
    const token = tokens[at]
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new TypeError(`${expected ?? 'more'} is missing in: ${text}`)
    }
    at += 1
    return token
  }
  const list = (end: string): Expression[] => {
    const items: Expression[] = []
    while (peek() !== end) {
      items.push(either())
      if (peek() === ',') take(',')
    }
    take(end)
    return items
  }
  const primary = (): Expression => {
    const token = take()
    if (token === '(') {
      const inner = either()
      take(')')
      return inner
    }
    const value = literalOf(token)
    if (value !== undefined) return { kind: 'literal', value }
    if (token === '*') return { kind: 'field', name: '*' }
    if (peek() !== '(') return { kind: 'field', name: token }
    take('(')
    return { kind: 'call', name: token, args: list(')') }
  }
  const arithmetic = (operators: readonly string[], inner: () => Expression) => (): Expression => {
    let left = inner()
    while (operators.includes(peek() ?? '')) {
      const operator = take()
      left = { kind: 'arithmetic', operator, left, right: inner() }
    }
    return left
  }
  const product = arithmetic(['*', '/'], primary)
  const sum = arithmetic(['+', '-'], product)
  const comparison = (): Expression => {
    const left = sum()
    const operator = peek()
    if (operator === 'like') {
      take()
      return { kind: 'like', value: left, text: String(literalOf(take())) }
    }
    if (operator === 'in') {
      take()
      take('[')
      const values = list(']').map((item) => (item.kind === 'literal' ? item.value : null))
      return { kind: 'in', value: left, values }
    }
    if (operator === undefined || !COMPARISONS.includes(operator)) return left
    take()
    return { kind: 'compare', operator, left, right: sum() }
  }
  const negation = (): Expression => {
    if (peek() !== 'not') return comparison()
    take()
    return { kind: 'not', inner: negation() }
  }
  const both = (): Expression => {
    let left = negation()
    while (peek() === 'and') {
      take()
      left = { kind: 'both', left, right: negation() }
    }
    return left
  }
  function either(): Expression {
    let left = both()
    while (peek() === 'or') {
      take()
      left = { kind: 'either', left, right: both() }
    }
    return left
  }
  const expression = either()
  if (at < tokens.length) throw new TypeError(`${tokens[at]} is too much in: ${text}`)
  return expression
}
