// What is taken out of a pasted text: the value, wherever it stands and however it is wrapped; tokens; and nothing that anybody could read.
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extractCandidates, MAX_CANDIDATES } from '../../../lambda/core/intake/leak-candidates.ts'
import { decodeLeak, MAX_LEAK_BYTES } from '../../../lambda/core/intake/leak-text.ts'
import { leakTexts } from './leak-texts.ts'

const VALUE = 'NHQhc7ZqsXJVtgmN2MXr1etqsQrGAwJ-iBWNLKY7Dz_j'
const CLIENT = 'm2m-client-test-5d4f8f1e-2b9a-4ab0-9c2c-1a2b3c4d5e6f'
const leaked = { value: VALUE, clientId: CLIENT }

const valuesOf = (text: string | Uint8Array): readonly string[] =>
  extractCandidates(text).values.map(({ value }) => value.reveal())

const utf16 = (text: string, order: 'low' | 'high', hasMark: boolean): Uint8Array => {
  const bytes = Buffer.from(`${hasMark ? '\ufeff' : ''}${text}`, 'utf16le')
  return order === 'low' ? bytes : bytes.swap16()
}

describe.each(Object.entries(leakTexts))('%s', (_, textOf) => {
  const text = textOf(leaked)

  test('gives the value', () => {
    expect(valuesOf(text)).toContain(VALUE)
  })

  test('gives it in UTF-16, with a byte order mark and without, either byte first', () => {
    for (const order of ['low', 'high'] as const) {
      for (const hasMark of [true, false]) expect(valuesOf(utf16(text, order, hasMark))).toContain(VALUE)
    }
  })

  test('gives it in UTF-8 with a byte order mark, and where UTF-16 was read as UTF-8', () => {
    expect(valuesOf(Buffer.from(`\ufeff${text}`))).toContain(VALUE)
    const asUtf8 = Buffer.from(utf16(text.replaceAll('\u200b', ''), 'low', true)).toString('utf8')
    expect(valuesOf(asUtf8)).toContain(VALUE)
  })

  test('gives it where all of it is percent-encoded', () => {
    expect(valuesOf(encodeURIComponent(text))).toContain(VALUE)
  })
})

test('every value of Stytch’s alphabet is found in every text', () => {
  const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
  const values = fc.array(character, { minLength: 40, maxLength: 64 }).map((some) => some.join(''))
  fc.assert(
    fc.property(values, fc.constantFrom(...Object.values(leakTexts)), (value, textOf) => {
      expect(valuesOf(textOf({ value, clientId: CLIENT }))).toContain(value)
    }),
    { numRuns: 300 },
  )
})

test('a value that was imported, of other characters, is found between quotes, separators and spaces', () => {
  const imported = 'p@ss+w0rd/with.dots~and!more'
  for (const text of [
    imported,
    `CLIENT_SECRET=${imported}\nX=1`,
    `client_secret: "${imported}"`,
    `{"client_secret":"${imported}"}`,
    `a=1&client_secret=${encodeURIComponent(imported)}&b=2`,
  ]) {
    expect(valuesOf(text)).toContain(imported)
  }
})

test('two clients’ values in one text are both found', () => {
  const other = randomBytes(33).toString('base64url')
  const text = `A_SECRET=${VALUE}\nB_SECRET=${other}\n`

  expect(valuesOf(text)).toEqual(expect.arrayContaining([VALUE, other]))
})

test('a project secret is called that, wherever it stands', () => {
  const secret = `secret-test-${'Ab3-_'.repeat(7)}x=`
  const project = 'project-test-11111111-1111-4111-8111-111111111111'
  for (const text of [
    secret,
    `STYTCH_SECRET=${secret}`,
    `STYTCH_SECRET="${secret}"\n`,
    `curl -u '${project}:${secret}'`,
    `Authorization: Basic ${Buffer.from(`${project}:${secret}`).toString('base64')}`,
  ]) {
    const found = extractCandidates(text).values.find(({ value }) => value.reveal() === secret)
    expect([text, found?.kind, found?.isLikely]).toEqual([text, 'projectSecret', true])
  }
})

describe('an access token', () => {
  const PROJECT = 'project-test-11111111-1111-4111-8111-111111111111'
  const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url')
  const tokenOf = (claims: object): string =>
    `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${'sig_'.repeat(20)}`
  const claims = { sub: CLIENT, iss: `stytch.com/${PROJECT}`, aud: [PROJECT], iat: 1, exp: 1_790_000_000 }
  const expected = { clientId: CLIENT, projectId: PROJECT, until: 1_790_000_000_000 }

  test.each([
    ['in a header', (token: string) => `Authorization: Bearer ${token}`],
    ['in JSON', (token: string) => JSON.stringify({ access_token: token, expires_in: 3600 })],
    ['in a URL', (token: string) => `https://x.example/?a=1&access_token=${token}#x`],
    ['behind a host name', (token: string) => `api.example.com ${token}`],
    ['percent-encoded', (token: string) => encodeURIComponent(`token=${token}`)],
  ])('%s is read, once, and is no secret', (_, textOf) => {
    const token = tokenOf(claims)
    const found = extractCandidates(textOf(token))

    expect(found.tokens).toEqual([expected])
    expect(found.values.map(({ value }) => value.reveal()).some((value) => value.includes('sig_sig_'))).toBe(false)
  })

  test('by a custom domain is known by its audience', () => {
    const token = tokenOf({ ...claims, iss: 'https://login.example.com' })

    expect(extractCandidates(token).tokens).toEqual([expected])
  })

  test.each([
    ['of another issuer', { ...claims, iss: 'https://accounts.example.com', aud: 'someone' }],
    ['of a user', { ...claims, sub: 'user-test-1' }],
    ['of a member', { ...claims, sub: 'member-test-1' }],
    ['without a subject', { ...claims, sub: undefined }],
    ['whose claims are no object', []],
  ])('%s is none of ours', (_, other) => {
    expect(extractCandidates(tokenOf(other)).tokens).toEqual([])
  })

  test('without an end has none', () => {
    expect(extractCandidates(tokenOf({ ...claims, exp: 'never' })).tokens).toEqual([{ ...expected, until: undefined }])
  })
})

test('client ids in the text are named, and are no candidates', () => {
  const { clientIds, values } = extractCandidates(`STYTCH_CLIENT_ID=${CLIENT}\n"client_id": "imported-one"\n`)

  expect(clientIds).toEqual(expect.arrayContaining([CLIENT, 'imported-one']))
  expect(values.map(({ value }) => value.reveal())).not.toContain(CLIENT)
})

describe('what is too much', () => {
  test('of candidates: the likely ones are kept, and it says so', () => {
    const words = Array.from({ length: 3 * MAX_CANDIDATES }, (_, at) => `some.word.${at}`).join('\n')

    const { values, isCut } = extractCandidates(`${words}\n${VALUE}`)

    expect([values.length, isCut]).toEqual([MAX_CANDIDATES, true])
    expect(values[0]?.value.reveal()).toBe(VALUE)
  })

  test('of text: the rest is not looked at, and it says so', () => {
    const { isCut } = extractCandidates(`${VALUE} ${' '.repeat(MAX_LEAK_BYTES)} end-of-the-text`)

    expect(isCut).toBe(true)
    expect(valuesOf(`${VALUE} ${' '.repeat(MAX_LEAK_BYTES)} end-of-the-text`)).toEqual([VALUE])
  })

  test('is not said of an ordinary text', () => {
    for (const textOf of Object.values(leakTexts)) expect(extractCandidates(textOf(leaked)).isCut).toBe(false)
  })
})

test('whatever bytes come, it ends, and gives no more than it may', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
      const { values } = extractCandidates(bytes)
      expect(values.length).toBeLessThanOrEqual(MAX_CANDIDATES)
      expect(typeof decodeLeak(bytes)).toBe('string')
    }),
    { numRuns: 200 },
  )
})

test.each([
  '=',
  'a=',
  'eyJ',
  'eyJ.',
  'eyJh.eyJh.',
  '%',
  '%41',
  '\\u0041',
  '\\',
  '"',
  "'",
  '&#',
  '&amp;',
  'client_id=',
  'QUJD',
  'a:',
  '=\n',
  ' ',
  '\0',
])('256 KB of %j are read to their end', (unit) => {
  const text = unit.repeat(Math.floor(MAX_LEAK_BYTES / unit.length))

  expect(extractCandidates(text).values.length).toBeLessThanOrEqual(MAX_CANDIDATES)
})

test('nothing of a text is shown by what was taken out of it', () => {
  const found = extractCandidates(`STYTCH_CLIENT_SECRET=${VALUE}`)

  expect(`${JSON.stringify(found)}${inspect(found, { depth: 6, showHidden: true })}`).not.toContain(VALUE.slice(0, 12))
})
