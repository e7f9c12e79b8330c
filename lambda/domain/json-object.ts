// The one way in which text from outside is read as JSON where it may hold a secret: the parser's own error quotes the text, so
// it is never let out.

export type JsonObject = Readonly<Record<string, unknown>>

/** @returns undefined for whatever is not a JSON object. */
export const parseJsonObject = (text: string): JsonObject | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : undefined
  } catch {
    return undefined
  }
}
