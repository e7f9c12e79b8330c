// Puts other values for some members of a JSON object into its text, and leaves every other character as it is: somebody else's numbers,
// spaces and order of members are not ours to write anew. Pure, and without an error that quotes the text.

/** One token: a string, or anything else that is neither space nor punctuation; with the punctuation itself. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gs

interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** Where the values of the outermost object's members stand. @param text valid JSON, an object */
const memberSpans = (text: string): readonly Span[] => {
  const spans: Span[] = []
  let depth = 0
  let name: string | undefined
  let from: number | undefined
  let last = 0
  const end = (): void => {
    if (name !== undefined && from !== undefined) spans.push({ name, from, to: last })
    name = undefined
    from = undefined
  }
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const isOutermost = depth === 1
    if (token === '}' || token === ']') depth -= 1
    if (isOutermost && (token === ',' || token === '}')) end()
    else if (isOutermost && name === undefined) name = String(JSON.parse(token))
    else if (isOutermost && token !== ':') from ??= index
    if (token === '{' || token === '[') depth += 1
    last = index + token.length
  }
  return spans
}

/**
 * @param text valid JSON, an object
 * @param values by the member's name; a name that is there twice is replaced twice, one that is not there is not added
 */
export const replaceMembers = (text: string, values: Readonly<Record<string, string>>): string => {
  let written = ''
  let at = 0
  for (const { name, from, to } of memberSpans(text)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) continue
    written += text.slice(at, from) + JSON.stringify(value)
    at = to
  }
  return written + text.slice(at)
}
