// Changes members of a JSON object in its text, and no other byte: numbers keep their digits, members their order and their white space.
// What JSON.parse and JSON.stringify would do between them is lossy (12345678901234567890, 1.0, integer-like names, CRLF).

/** Where a member stands in its text; an end is the position behind it. */
interface Member {
  readonly name: string
  readonly start: number
  readonly nameEnd: number
  readonly valueStart: number
  readonly end: number
}

export interface MemberEdit {
  readonly name: string
  /** undefined: the member is taken out. */
  readonly value: string | undefined
}

const SPACE = /[ \t\r\n]*/y
const SCALAR = /[^ \t\r\n,\]}]*/y

const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  pattern.test(text)
  return pattern.lastIndex
}

const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

const endOfNested = (text: string, start: number): number => {
  let depth = 0
  let at = start
  do {
    const character = text[at]
    if (character === '{' || character === '[') depth += 1
    if (character === '}' || character === ']') depth -= 1
    at = character === '"' ? endOfString(text, at) : at + 1
  } while (depth > 0 && at < text.length)
  return at
}

const endOfValue = (text: string, start: number): number => {
  const first = text[start]
  if (first === '"') return endOfString(text, start)
  return first === '{' || first === '[' ? endOfNested(text, start) : endOf(SCALAR, text, start)
}

/** Of the object itself, not of objects in it. The text is one that JSON.parse takes. */
const membersOf = (text: string): readonly Member[] => {
  const members: Member[] = []
  let start = endOf(SPACE, text, text.indexOf('{') + 1)
  while (text[start] === '"') {
    const nameEnd = endOfString(text, start)
    const valueStart = endOf(SPACE, text, text.indexOf(':', nameEnd) + 1)
    const end = endOfValue(text, valueStart)
    members.push({ name: String(JSON.parse(text.slice(start, nameEnd))), start, nameEnd, valueStart, end })
    // Behind a comma, or behind the closing brace, where no member begins.
    start = endOf(SPACE, text, endOf(SPACE, text, end) + 1)
  }
  return members
}

type Edits = ReadonlyMap<string, string | undefined>

/** What takes the place of a part of the text. */
interface Change {
  readonly from: number
  readonly to: number
  readonly by: string
}

/** With one comma and the white space of its own line: those before the last that stays go with what is behind them, the others with what is before. */
const removal = (members: readonly Member[], index: number, isBeforeKept: boolean): Change => {
  const [before, member, after] = [members[index - 1], members[index], members[index + 1]]
  const { start = 0, end = 0 } = member ?? {}
  return isBeforeKept && after !== undefined
    ? { from: start, to: after.start, by: '' }
    : { from: before?.end ?? start, to: end, by: '' }
}

/** Every change to a member that stands in the text, in the order of the text. One that means its new value already stays as it is written. */
const changesTo = (text: string, members: readonly Member[], edits: Edits): readonly Change[] => {
  const isRemoved = ({ name }: Member): boolean => edits.has(name) && edits.get(name) === undefined
  const lastKept = members.findLastIndex((member) => !isRemoved(member))
  return members.flatMap((member, index): Change | readonly Change[] => {
    if (isRemoved(member)) return removal(members, index, index < lastKept)
    const { name, valueStart: from, end: to } = member
    const value = edits.get(name)
    if (value === undefined || JSON.parse(text.slice(from, to)) === value) return []
    return { from, to, by: JSON.stringify(value) }
  })
}

/** In one pass: a splice for each change would copy the whole text as often. */
const apply = (text: string, changes: readonly Change[]): string => {
  const parts: string[] = []
  let at = 0
  for (const { from, to, by } of changes) {
    parts.push(text.slice(at, from), by)
    at = to
  }
  return parts.join('') + text.slice(at)
}

interface NewMember {
  readonly name: string
  readonly value: string
  readonly after: readonly string[]
}

/** Spaced as the member is that it is put behind. */
const insert = (text: string, members: readonly Member[], { name, value, after }: NewMember): string => {
  const open = text.indexOf('{') + 1
  const [key, written] = [JSON.stringify(name), JSON.stringify(value)]
  const named = members.findLastIndex((member) => after.includes(member.name))
  const anchor = members.at(named)
  if (anchor === undefined) return apply(text, [{ from: open, to: open, by: `${key}:${written}` }])
  const before = members[members.indexOf(anchor) - 1]
  const gap = before === undefined ? `,${text.slice(open, anchor.start)}` : text.slice(before.end, anchor.start)
  const colon = text.slice(anchor.nameEnd, anchor.valueStart)
  return apply(text, [{ from: anchor.end, to: anchor.end, by: `${gap}${key}${colon}${written}` }])
}

/**
 * Edits members that are strings, in place. A name that stands there more than once is edited everywhere. One that is missing is put behind
 * the last member that `after` names, else behind the last of all. Takes time in proportion to the text, however many members it has.
 * @param text a JSON object: JSON.parse takes it. @param edits one for each name
 */
export const editMembers = (text: string, edits: readonly MemberEdit[], after: readonly string[]): string => {
  const members = membersOf(text)
  const standing = new Set(members.map(({ name }) => name))
  const changed = apply(text, changesTo(text, members, new Map(edits.map(({ name, value }) => [name, value]))))
  return edits.reduce(
    (edited, { name, value }) =>
      value === undefined || standing.has(name) ? edited : insert(edited, membersOf(edited), { name, value, after }),
    changed,
  )
}
