// Finds secrets in what came out: each value, and every fragment of it of a given length, plainly and as it looks in base64 (at
// any offset), base64url, hex and a URL. Fragments, because parsers quote a few characters of what they could not read.

export interface KnownSecret {
  /** What it is, for the report; never the value. */
  readonly name: string
  readonly value: string
  /** @default - 8 characters */
  readonly fragment?: number
}

export interface Output {
  readonly from: string
  readonly text: string
}

export interface Leak {
  readonly from: string
  readonly name: string
  readonly form: string
  /** Where in the output. */
  readonly at: number
}

const FRAGMENT = 8
/** Hex says less a character: shorter ones would be found in any request id. */
const HEX_FRAGMENT = 16
const BASE64_FRAGMENT = 10
/** Public, and nearly that of a client id: `m2m-client-test-` and one random character more would be taken for a leak. */
const PUBLIC_PREFIX = /^secret-(?:test|live)-/

interface Needle {
  readonly name: string
  readonly form: string
}

/** Base64 of the value as part of a longer text: its first and last characters depend on the neighbours. */
const base64At = (value: string, offset: number): string => {
  const text = Buffer.from('\0'.repeat(offset) + value, 'utf8')
    .toString('base64')
    .replace(/=+$/, '')
  return text.slice(offset === 0 ? 0 : offset + 1, -1)
}

const formsOf = (
  value: string,
  fragment: number,
): readonly (readonly [form: string, text: string, length: number])[] => [
  ['plain', value, fragment],
  ['in a URL', encodeURIComponent(value), fragment],
  ['hex', Buffer.from(value, 'utf8').toString('hex'), Math.max(HEX_FRAGMENT, fragment)],
  ...[0, 1, 2].flatMap((offset) => {
    const text = base64At(value, offset)
    const length = Math.max(BASE64_FRAGMENT, fragment)
    return [
      ['base64', text, length] as const,
      ['base64url', text.replaceAll('+', '-').replaceAll('/', '_'), length] as const,
    ]
  }),
]

const indexOf = (secrets: readonly KnownSecret[]): ReadonlyMap<number, ReadonlyMap<string, Needle>> => {
  const byLength = new Map<number, Map<string, Needle>>()
  for (const { name, value, fragment = FRAGMENT } of secrets) {
    for (const [form, text, wanted] of formsOf(value.replace(PUBLIC_PREFIX, ''), fragment)) {
      const length = Math.min(wanted, text.length)
      const needles = byLength.get(length) ?? new Map<string, Needle>()
      byLength.set(length, needles)
      for (let at = 0; at + length <= text.length; at += 1) {
        const piece = text.slice(at, at + length)
        if (!needles.has(piece)) needles.set(piece, { name, form })
      }
    }
  }
  return byLength
}

/** The first of each name and form in each output. */
export const findLeaks = (outputs: readonly Output[], secrets: readonly KnownSecret[]): readonly Leak[] => {
  const index = indexOf(secrets)
  return outputs.flatMap(({ from, text }) => {
    const found = new Map<string, Leak>()
    for (const [length, needles] of index) {
      for (let at = 0; at + length <= text.length; at += 1) {
        const needle = needles.get(text.slice(at, at + length))
        const key = needle && `${needle.name} ${needle.form}`
        if (needle !== undefined && key !== undefined && !found.has(key)) found.set(key, { from, ...needle, at })
      }
    }
    return [...found.values()]
  })
}
