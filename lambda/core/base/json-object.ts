// The one way in which text from outside is read as JSON where it may hold a secret: the parser's own error quotes the text, so
// it is never let out.

export type JsonObject = Readonly<Record<string, unknown>>

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @returns undefined for whatever is no text, or an empty one. */
export const filled = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const jsonSpace = (run: string): string => run.replaceAll(/[^ \t\r\n]/g, '')

/** Without a byte order mark, and without surrounding white space that JSON does not know; what JSON does know stays. */
export const plainJson = (text: string): string => {
  const body = text.trim()
  if (body === '') return ''
  const [before, after] = [text.slice(0, -text.trimStart().length), text.slice(text.trimEnd().length)]
  return jsonSpace(before) + body + jsonSpace(after)
}

/** @returns undefined for whatever is not a JSON object. */
export const parseJsonObject = (text: string): JsonObject | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    return isJsonObject(json) ? json : undefined
  } catch {
    return undefined
  }
}
