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

const splice = (text: string, from: number, to: number, by: string): string => text.slice(0, from) + by + text.slice(to)

/** From the last to the first, so that positions still hold. A member that means this value already stays as it is written. */
const replaceAll = (text: string, same: readonly Member[], value: string): string =>
  same.reduceRight(
    (edited, { valueStart, end }) =>
      JSON.parse(text.slice(valueStart, end)) === value
        ? edited
        : splice(edited, valueStart, end, JSON.stringify(value)),
    text,
  )

/** Each with one comma and the white space of its own line. From the last to the first, as above. */
const removeAll = (text: string, members: readonly Member[], name: string): string => {
  const lastKept = members.findLastIndex((member) => member.name !== name)
  return members.reduceRight((edited, member, index) => {
    if (member.name !== name) return edited
    const [before, after] = [members[index - 1], members[index + 1]]
    if (index < lastKept && after !== undefined) return splice(edited, member.start, after.start, '')
    return splice(edited, before?.end ?? member.start, member.end, '')
  }, text)
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
  if (anchor === undefined) return splice(text, open, open, `${key}:${written}`)
  const before = members[members.indexOf(anchor) - 1]
  const gap = before === undefined ? `,${text.slice(open, anchor.start)}` : text.slice(before.end, anchor.start)
  const colon = text.slice(anchor.nameEnd, anchor.valueStart)
  return splice(text, anchor.end, anchor.end, `${gap}${key}${colon}${written}`)
}

/**
 * Edits members that are strings, in place. A name that stands there more than once is edited everywhere. One that is missing is put behind
 * the last member that `after` names, else behind the last of all.
 * @param text a JSON object: JSON.parse takes it.
 */
export const editMembers = (text: string, edits: readonly MemberEdit[], after: readonly string[]): string =>
  edits.reduce((edited, { name, value }) => {
    const members = membersOf(edited)
    if (value === undefined) return removeAll(edited, members, name)
    const same = members.filter((member) => member.name === name)
    return same.length === 0 ? insert(edited, members, { name, value, after }) : replaceAll(edited, same, value)
  }, text)
