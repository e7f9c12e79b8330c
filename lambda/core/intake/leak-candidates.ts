// Whatever in a text may be a secret of ours: a `.env`, JSON, YAML, a curl, a log, a shell's history, a header. It is taken apart rather
// generously, since each part is only compared with what is stored; and what comes out is in boxes, so that nothing of it is ever shown.

import { type ClientSecret, createClientSecret } from '../secret/client-secret.ts'
import { decodeLeak, MAX_LEAK_BYTES, readingsOf } from './leak-text.ts'
import { type LeakedToken, takeTokens } from './leaked-token.ts'

export interface Candidate {
  readonly value: ClientSecret
  /** By its form alone. A client's secret may have any. */
  readonly kind: 'secret' | 'projectSecret'
  /** Whether it looks as Stytch makes its secrets: those decide when a search may end. */
  readonly isLikely: boolean
}

export interface LeakCandidates {
  /** The likely ones first; else as they stand in the text. */
  readonly values: readonly Candidate[]
  readonly tokens: readonly LeakedToken[]
  /** Named in the text. */
  readonly clientIds: readonly string[]
  /** Whether there was more than may be looked at, of text or of candidates. */
  readonly isCut: boolean
}

/** Each costs one digest, and all of them together one comparison for each stored value. */
export const MAX_CANDIDATES = 1000
/** Stytch takes no secret that is shorter. */
export const MIN_VALUE_CHARACTERS = 8
/** Longer than any secret that Stytch makes or imports. */
export const MAX_VALUE_CHARACTERS = 1024
const MAX_CLIENT_IDS = 100
/** Of one word without a space: where a value may begin, and of each of those, how many places where it may end. */
const MAX_STARTS = 64
const ENDS_TRIED = 3

/** Stytch makes secrets of base64url; the project's own end with an equals sign. */
const ALPHABET_RUN = /[A-Za-z0-9_-]{8,}={0,2}/g
const WORD = /[^\s"'`<>]{8,}/g
const QUOTED = /"([^"\r\n]{8,1024})"|'([^'\r\n]{8,1024})'/g
const SEPARATOR = /[=:&?,;@|#(){}[\]\\/]/g
const PROJECT_SECRET = /^secret-(?:live|test)-[A-Za-z0-9_-]{16,}={0,2}$/
const OTHER_ID = /^(?:m2m-client|connected-app|project|user|member|organization|request-id|scim-connection)-/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const CLIENT_ID = /m2m-client-(?:live|test)-[A-Za-z0-9-]{1,64}/g
const NAMED_CLIENT_ID = /client_?id["':=\s]{1,8}([A-Za-z0-9][A-Za-z0-9._@-]{0,127})/gi

/** Upper and lower case, or digits: no word of a language, and no id of something else. */
const isLikely = (text: string): boolean =>
  /^[A-Za-z0-9_-]{20,128}={0,2}$/.test(text) &&
  (/\d/.test(text) || (/[a-z]/.test(text) && /[A-Z]/.test(text))) &&
  !OTHER_ID.test(text) &&
  !UUID.test(text)

/** `a=b&c=d`: what stands between two separators, or from one to the end. */
const partsOfWord = (word: string): readonly string[] => {
  const separators = [...word.matchAll(SEPARATOR)].map(({ index }) => index)
  const starts = [0, ...separators.map((at) => at + 1)].slice(0, MAX_STARTS)
  return starts.flatMap((start) => {
    const ends = separators.filter((at) => at >= start + MIN_VALUE_CHARACTERS).slice(0, ENDS_TRIED)
    return [...ends, word.length].map((end) => word.slice(start, end))
  })
}

/** Of a long word – a body of a form in one line – each separator begins a new one; of the rest, whatever lies between two. */
const partsOfLongWord = (word: string): readonly string[] => word.split(/[=&]/)

const partsOf = function* (reading: string): Generator<string, void> {
  for (const [run] of reading.matchAll(ALPHABET_RUN)) {
    yield run
    // `_value_` in Markdown, `-value` in a diff.
    if (/^[_-]|[_-]$/.test(run)) yield run.replace(/^[_-]+|[_-]+$/g, '')
    // `--data=value==`, and a value behind which an equals sign of something else stands.
    if (run.endsWith('=')) yield run.replace(/=+$/, '')
  }
  for (const [word] of reading.matchAll(WORD)) {
    yield* word.length <= 2 * MAX_VALUE_CHARACTERS ? partsOfWord(word) : partsOfLongWord(word)
  }
  for (const [, double, single] of reading.matchAll(QUOTED)) yield double ?? single ?? ''
  for (const line of reading.split(/\r?\n/)) {
    yield line.trim()
    const cut = line.search(/[=:]/)
    if (cut !== -1) yield line.slice(cut + 1).trim()
  }
}

const isOfLength = ({ length }: string): boolean => length >= MIN_VALUE_CHARACTERS && length <= MAX_VALUE_CHARACTERS

const toCandidate = (text: string): Candidate => ({
  value: createClientSecret(text),
  kind: PROJECT_SECRET.test(text) ? 'projectSecret' : 'secret',
  isLikely: isLikely(text),
})

const clientIdsIn = (readings: readonly string[]): readonly string[] => {
  const found = new Set<string>()
  for (const reading of readings) {
    for (const [id] of reading.matchAll(CLIENT_ID)) found.add(id)
    for (const [, id = ''] of reading.matchAll(NAMED_CLIENT_ID)) found.add(id)
  }
  return [...found].slice(0, MAX_CLIENT_IDS)
}

const keyOf = ({ clientId, projectId, until }: LeakedToken): string => JSON.stringify([clientId, projectId, until])

/** The likely ones and the others, each in order, no more than may be looked at. @returns whether some were left out. */
const chooseParts = (readings: readonly string[]): { readonly chosen: readonly string[]; readonly isCut: boolean } => {
  const likely = new Set<string>()
  const others = new Set<string>()
  let isCut = false
  for (const reading of readings) {
    for (const part of partsOf(reading)) {
      if (!isOfLength(part) || OTHER_ID.test(part)) continue
      const kept = isLikely(part) ? likely : others
      if (kept.size < MAX_CANDIDATES) kept.add(part)
      else if (!kept.has(part)) isCut = true
    }
  }
  // The whole, whatever it is: a value that is shorter than Stytch's may have been stored by hand.
  const whole = readings[0]?.trim() ?? ''
  const all = [
    ...new Set([...(whole !== '' && whole.length <= MAX_VALUE_CHARACTERS ? [whole] : []), ...likely, ...others]),
  ]
  return { chosen: all.slice(0, MAX_CANDIDATES), isCut: isCut || all.length > MAX_CANDIDATES }
}

/** @param leaked a text, or its bytes in UTF-8 or UTF-16. What is over MAX_LEAK_BYTES is not looked at. */
export const extractCandidates = (leaked: string | Uint8Array): LeakCandidates => {
  let isCut = leaked.length > MAX_LEAK_BYTES
  const begin = leaked.slice(0, MAX_LEAK_BYTES)
  const text = typeof begin === 'string' ? begin : decodeLeak(begin)
  const outer = takeTokens(text)
  const inner = readingsOf(outer.rest, () => {
    isCut = true
  }).map(takeTokens)
  const tokens = new Map([outer, ...inner].flatMap((taken) => taken.tokens).map((token) => [keyOf(token), token]))
  const readings = inner.map(({ rest }) => rest)
  const parts = chooseParts(readings)
  return {
    values: parts.chosen.map(toCandidate),
    tokens: [...tokens.values()],
    clientIds: clientIdsIn(readings),
    isCut: isCut || parts.isCut,
  }
}
