// What somebody pasted, or a detector sent, as plain text: bytes of whichever encoding, and the texts that are wrapped in it – URL-encoded,
// escaped in JSON, broken over lines, in base64. Pure, and linear in what it is given: each expression below reads every character once.

/** A day's log is longer; so much of it is looked at, as of a delivery to the intake. */
export const MAX_LEAK_BYTES = 256 * 1024

/** Of all readings together. What is wrapped in one another may double with every layer. */
const MAX_READING_CHARACTERS = 8 * MAX_LEAK_BYTES
/** URL-encoded JSON in the base64 of a header, say. */
const MAX_LAYERS = 3
/** Shorter ones hold no value of ours. */
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g

const beginsWith = (bytes: Uint8Array, ...mark: readonly number[]): boolean =>
  mark.every((byte, at) => bytes[at] === byte)

/** Of ASCII in UTF-16, every other byte is zero: at odd places where the low byte comes first. */
const zeroesAt = (bytes: Uint8Array, first: 0 | 1): boolean => {
  const sample = bytes.subarray(0, 256)
  let zeroes = 0
  for (let at: number = first; at < sample.length; at += 2) if (sample[at] === 0) zeroes += 1
  return sample.length >= 8 && zeroes > sample.length / 4
}

const fromUtf16 = (bytes: Uint8Array, order: 'low' | 'high'): string => {
  const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
  return (order === 'low' ? even : even.swap16()).toString('utf16le')
}

/** UTF-8 or UTF-16, by the byte order mark or, without one, by where the zeroes are. */
export const decodeLeak = (bytes: Uint8Array): string => {
  if (beginsWith(bytes, 0xff, 0xfe) || zeroesAt(bytes, 1)) return fromUtf16(bytes, 'low')
  if (beginsWith(bytes, 0xfe, 0xff) || zeroesAt(bytes, 0)) return fromUtf16(bytes, 'high')
  return Buffer.from(bytes).toString('utf8')
}

/** Zeroes of UTF-16 that was read as UTF-8; byte order marks; characters that show nothing, which a chat or a web page slips in. */
const withoutInvisible = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes that colour a terminal begin with one
  text.replace(/\x1b\[[0-9;]{0,16}[A-Za-z]/g, ' ').replace(/[\0\u00ad\u200b-\u200f\u2060\ufeff\ufffd]/g, '')

const joinedLines = (text: string): string => text.replace(/[\\=`^][ \t]?\r?\n[ \t]{0,16}/g, '')

const unescaped = (text: string): string =>
  text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrt]/g, '\n')
    .replace(/\\(["'/\\])/g, '$1')

const percentDecoded = (text: string): string =>
  text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))

/** As mail carries it: `=3D` is an equals sign. */
const quotedPrintable = (text: string): string =>
  text.replace(/=([2-7][0-9A-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

const entitiesDecoded = (text: string): string =>
  text
    .replace(/&#(\d{2,3});/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&#x([0-9a-fA-F]{2});/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&(?:quot|apos|lt|gt|amp);/g, (entity) => (entity === '&amp;' ? '&' : ' '))

const isText = (text: string): boolean => /^[\t\n\r\x20-\x7e]+$/.test(text)

/** What the runs of base64 in it say, where they say something: a Basic header, a Kubernetes secret, a JWT's claims. */
const fromBase64 = (text: string): string =>
  (text.match(BASE64) ?? [])
    .map((run) => withoutInvisible(decodeLeak(Buffer.from(run, 'base64'))))
    .filter(isText)
    .join('\n')

const unwrappings = [joinedLines, unescaped, percentDecoded, quotedPrintable, entitiesDecoded, fromBase64] as const

/**
 * The text, and every text that is wrapped in it.
 * @param isCut called when there is more than may be looked at
 */
export const readingsOf = (text: string, isCut: () => void = () => undefined): readonly string[] => {
  const readings = new Set([withoutInvisible(text)])
  let characters = text.length
  let layer: readonly string[] = [...readings]
  for (let depth = 0; depth < MAX_LAYERS && layer.length > 0; depth += 1) {
    const next: string[] = []
    for (const reading of layer.flatMap((one) => unwrappings.map((unwrap) => withoutInvisible(unwrap(one))))) {
      if (reading === '' || readings.has(reading)) continue
      characters += reading.length
      if (characters > MAX_READING_CHARACTERS) {
        isCut()
        return [...readings]
      }
      readings.add(reading)
      next.push(reading)
    }
    layer = next
  }
  return [...readings]
}
