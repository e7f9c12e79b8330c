// Where a text stops being JSON, and what was expected there. JSON.parse's own words name a position in some Node releases and not in
// others, and never in a form that an editor understands. Reads nothing out of the text; called once JSON.parse has refused it.

export interface JsonFault {
  /** Both from 1, as editors count. */
  readonly line: number
  readonly column: number
  readonly expected: string
}

class Stop extends Error {
  readonly at: number
  readonly expected: string
  constructor(at: number, expected: string) {
    super(expected)
    this.at = at
    this.expected = expected
  }
}

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LITERAL = /true|false|null/y

/** Far beyond any configuration, and far from the end of the stack. */
const MAX_DEPTH = 500

const startOfLine = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1

/** RFC 8259's grammar. @returns undefined when the whole text is JSON. */
export const jsonFault = (text: string): JsonFault | undefined => {
  let at = 0
  let depth = 0
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  const isNext = (character: string): boolean => {
    take(SPACE)
    if (text[at] !== character) return false
    at += 1
    return true
  }
  const stop = (expected: string): never => {
    throw new Stop(at, at >= text.length ? `${expected}, but the text ends here` : expected)
  }
  const readString = (): boolean => {
    if (!take(STRING)) return false
    if (text[at] === '"') at += 1
    else if (text[at] === '\\') stop('an escape that JSON knows, such as \\n or \\\\')
    else stop('a closing " on the same line (a line break in a text is written \\n)')
    return true
  }
  const readMembers = (end: '}' | ']', readOne: () => void): void => {
    if (isNext(end)) return
    depth += 1
    if (depth > MAX_DEPTH) stop(`values nested at most ${MAX_DEPTH} deep`)
    do readOne()
    while (isNext(','))
    if (!isNext(end)) stop(`a comma or ${end}`)
    depth -= 1
  }
  const readValue = (): void => {
    if (isNext('{')) {
      readMembers('}', () => {
        take(SPACE)
        if (!readString()) stop('a name in double quotes')
        if (!isNext(':')) stop('a colon')
        readValue()
      })
    } else if (isNext('[')) readMembers(']', readValue)
    else if (!readString() && !take(NUMBER) && !take(LITERAL)) stop('a value')
  }
  try {
    readValue()
    take(SPACE)
    if (at < text.length) stop('nothing more')
    return undefined
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    const line = text.slice(0, error.at).split('\n').length
    return { line, column: error.at - startOfLine(text, error.at) + 1, expected: error.expected }
  }
}
