// What events say to people, made fit for a message: EventBridge puts a field's text into a mail or a chat message without escaping it, so that
// a quotation mark, a backslash or a line break would make the message malformed, and nobody would get it; `<` begins a link or a mention in
// a channel.

/** Fields of a detail that are sentences for people (docs/events/definitions.v1.json, `explanation`). */
const FOR_PEOPLE: readonly string[] = ['explanation', 'why', 'advice', 'summary', 'text']

export const plainText = (text: string): string =>
  text
    .replaceAll(/["<>]/g, "'")
    .replaceAll('\\', '/')
    // Line breaks, and whatever else JSON would have to escape.
    .replaceAll(/\p{Cc}+/gu, ' ')

/** For JSON.stringify: leaves every other field as it is. */
export const plainForPeople = (key: string, value: unknown): unknown =>
  typeof value === 'string' && FOR_PEOPLE.includes(key) ? plainText(value) : value
