// A text as it may stand in a mail or a chat: one line, bounded, and nothing in it that a reader's program obeys. EventBridge puts a field
// into the middle of a JSON string as it is, so that a quotation mark or a backslash would keep the whole message from being delivered
// (eventbridge/latest/userguide/eb-transform-target-input.html).

/** Controls, formats (which turn text around), surrogates without a partner, separators of lines, and what a chat takes for markup. */
const UNSAFE: readonly (readonly [RegExp, string])[] = [
  [/[\p{C}\p{Zl}\p{Zp}]+/gu, ' '],
  [/"/g, "'"],
  [/\\/g, '/'],
  [/</g, '('],
  [/>/g, ')'],
]

/** As long as it was, or nearly. */
export const plainText = (text: string): string => UNSAFE.reduce((sofar, [what, by]) => sofar.replace(what, by), text)

/** Fields of a detail that are sentences for people (docs/events/definitions.v1.json, `explanation`). */
const FOR_PEOPLE: readonly string[] = ['explanation', 'why', 'advice', 'summary', 'text']

/** For JSON.stringify: leaves every other field as it is. */
export const plainForPeople = (key: string, value: unknown): unknown =>
  typeof value === 'string' && FOR_PEOPLE.includes(key) ? plainText(value) : value

/** @param max characters, the dots that stand for the rest included */
export const mailText = (text: string, max: number): string => {
  const safe = plainText(text).replace(/\s+/g, ' ').trim()
  return safe.length <= max ? safe : `${safe.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** Longer than a word, a commit or the name of a field, and as long as a secret that somebody has pasted. */
const LONG_RUN = /[A-Za-z0-9_+=~-]{41,}/g

/** Of what a person or another program wrote. @param max as of mailText */
export const quotedText = (text: string, max: number): string => mailText(text.replace(LONG_RUN, '…'), max)
