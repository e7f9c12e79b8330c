// What can be known of a client from what others stored in its secret, and what is said of each fault: never anything of the text.
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readTolerantly, type TolerantReading } from '../../../lambda/core/secret/read-tolerantly.ts'
import { slotForm } from '../../../lambda/core/secret/slot-forms.ts'
import { NOT_UTF8, textOfBytes } from '../../../lambda/core/secret/stored-fields.ts'
import { storedByOthers } from '../../fakes/stored-by-others.ts'

const held = {
  clientId: 'm2m-client-test-1',
  value: 'canary-value-ABCD',
  projectId: 'project-test-1',
  tokenUrl: 'https://test.stytch.com/v1/public/project-test-1/oauth2/token',
}
const shown = ({ clientSecret, source: _, ...rest }: TolerantReading) => ({ ...rest, value: clientSecret?.reveal() })
const all = { clientId: held.clientId, value: held.value, projectId: held.projectId, tokenUrl: held.tokenUrl }
const two = { clientId: held.clientId, value: held.value }
const missing = (name: string, more = '') => `${name} is missing${more}`

test.each<[keyof typeof storedByOthers, object]>([
  ['a byte order mark', { ...all, frame: 'object', faults: [] }],
  ['CRLF and own fields', { ...all, frame: 'object', faults: [] }],
  [
    'names in camel case',
    {
      ...two,
      frame: 'object',
      faults: [
        missing('client_id', '; found clientId: rename it to client_id'),
        missing('client_secret', '; found clientSecret: rename it to client_secret'),
        missing('project_id'),
        missing('token_url'),
      ],
    },
  ],
  [
    'names in capitals',
    {
      ...two,
      frame: 'object',
      faults: [
        missing('client_id', '; found CLIENT_ID: rename it to client_id'),
        missing('client_secret', '; found CLIENT_SECRET: rename it to client_secret'),
        missing('project_id'),
        missing('token_url'),
      ],
    },
  ],
  [
    'one level deeper',
    {
      ...two,
      frame: 'object',
      faults: [
        missing('client_id', '; found one level deeper: move it to the top level'),
        missing('client_secret', '; found one level deeper: move it to the top level'),
        missing('project_id'),
        missing('token_url'),
      ],
    },
  ],
  [
    'the bare value',
    {
      value: held.value,
      faults: ['the value is not a JSON object: store the object, with every field in it, not a value alone'],
    },
  ],
  [
    'cut off, with a name twice',
    { ...two, faults: ['the value is not a JSON object: it is cut off, or its syntax is wrong'] },
  ],
  [
    'an empty object',
    {
      value: undefined,
      frame: 'object',
      faults: ['client_id', 'client_secret', 'project_id', 'token_url'].map((name) => missing(name)),
    },
  ],
  ['an empty text', { value: undefined, faults: ['the value is not a JSON object: it is empty'] }],
  [
    'a NUL behind it',
    { ...all, frame: 'object', faults: ['the value is not a JSON object: it holds a NUL character'] },
  ],
])('%s, as text and as bytes', (what, expected) => {
  const text = storedByOthers[what](held)

  expect(shown(readTolerantly(text))).toEqual(expected)
  expect(shown(readTolerantly(textOfBytes(Buffer.from(text))))).toEqual(expected)
})

describe('more of the kind', () => {
  const object = (fields: object): TolerantReading => readTolerantly(JSON.stringify(fields))

  test('the field itself counts before another spelling, and a pair one level deeper where there is neither', () => {
    const own = { client_secret: 'own-value', clientSecret: 'other-value', deep: { client_secret: 'deep-value' } }

    expect(object(own).clientSecret?.reveal()).toBe('own-value')
    expect(object({ ...own, client_secret: '' }).clientSecret?.reveal()).toBe('other-value')
    const deep = { client_id: 'deep-id', client_secret: 'deep-value' }
    expect(object({ deep, client_secret: 7 }).clientSecret?.reveal()).toBe('deep-value')
    // Another vendor's, for all that is known.
    expect(object({ deep: own.deep, client_secret: 7 }).clientSecret).toBeUndefined()
    expect(object({ deep, other: deep }).clientSecret).toBeUndefined()
  })

  test('spellings that hold different values leave the field out, and those that agree do not', () => {
    expect(object({ clientSecret: 'one-value', CLIENT_SECRET: 'other-value' }).clientSecret).toBeUndefined()
    expect(object({ a: { client_id: 'one' }, b: { client_id: 'other' } }).clientId).toBeUndefined()
    expect(object({ clientSecret: 'same-value', CLIENT_SECRET: 'same-value' }).clientSecret?.reveal()).toBe(
      'same-value',
    )
  })

  test('a SCIM connection is known by both of its ids, and its value is its token', () => {
    const scim = {
      organizationId: 'organization-test-1',
      connectionId: 'scim-connection-test-1',
      bearerToken: 'canary-token-ABCD',
      client_secret: 'canary-other',
    }

    expect(shown(object(scim))).toMatchObject({
      clientId: 'organization-test-1/scim-connection-test-1',
      value: 'canary-token-ABCD',
    })
    expect(object({ ...scim, organizationId: undefined }).clientId).toBeUndefined()
  })

  test('a bearer token beside a client’s own fields is not its value', () => {
    expect(object({ clientId: 'one', bearer_token: 'canary' }).clientSecret).toBeUndefined()
  })

  test('two bytes a character, as Windows writes it, are read', () => {
    const text = JSON.stringify({ client_id: held.clientId, client_secret: held.value })

    expect(shown(readTolerantly(textOfBytes(Buffer.from(text, 'utf16le'))))).toMatchObject({ ...two, frame: 'object' })
  })

  test('bytes that are no text, and texts that hold no value, have none', () => {
    const faults = ['the value is not a JSON object: it is binary, and not UTF-8']

    expect(textOfBytes(new Uint8Array([0x7b, 0xff, 0xfe]))).toBe(NOT_UTF8)
    expect(shown(readTolerantly(NOT_UTF8))).toEqual({ value: undefined, faults })
    for (const text of ['two words', '[1,2,3,4,5]', '<html></html>', 'short', '"with \\"quotes\\""', '12345']) {
      expect(readTolerantly(text).clientSecret).toBeUndefined()
    }
    expect(readTolerantly(`"${held.value}"\r\n`).clientSecret?.reveal()).toBe(held.value)
  })

  test('a cut in the middle of the value leaves it out', () => {
    expect(shown(readTolerantly('{"client_id":"one","client_secret":"canary-val'))).toMatchObject({
      clientId: 'one',
      value: undefined,
    })
  })
})

test('what the format takes is read alike, and whatever else is read throws nothing and prints nothing', () => {
  const text = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc
      .dictionary(
        fc.constantFrom('client_id', 'clientSecret', 'client_secret', 'project_id', 'token_url', 'x'),
        fc.constantFrom('canary', 'canary-2', ''),
      )
      .map((fields) => JSON.stringify(fields)),
  )
  fc.assert(
    fc.property(text, fc.nat(), (whole, cut) => {
      for (const one of [whole, whole.slice(0, cut % (whole.length + 1)), `{"client_secret":"canary",${whole}`]) {
        const reading = readTolerantly(one)
        const parsed = slotForm.parse(one, 0)

        expect(reading.faults.length === 0).toBe(parsed.ok)
        expect(reading.faults.join('\n')).not.toContain('canary')
        expect(
          inspect([reading.source, reading.clientSecret]) + JSON.stringify([reading.source, reading.clientSecret]),
        ).not.toContain('canary')
        if (parsed.ok) expect(reading.clientSecret?.reveal()).toBe(parsed.value.clientSecret.reveal())
      }
    }),
    { numRuns: 300 },
  )
})
