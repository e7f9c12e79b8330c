// A rotation changes its own members in the stored text, and no other byte: of each form, for a new value, for a copy, and again.
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { projectSecretForm } from '../../../lambda/core/secret/project-secret-form.ts'
import { type SecretForm, type StoredSecret, withClientSecret } from '../../../lambda/core/secret/secret-format.ts'
import { slotForm } from '../../../lambda/core/secret/slot-forms.ts'
import { storedByOthers, withOwnFields } from '../../fakes/stored-by-others.ts'

const STORED_AT = Date.UTC(2026, 8, 1)
const ISSUED_AT = Date.UTC(2026, 9, 1, 2, 3, 4, 5)
const ISSUED = '2026-10-01T02:03:04.005Z'
const next = { clientSecret: createClientSecret('canary-next-EFGH'), issuedAt: ISSUED_AT }
const held = {
  clientId: 'm2m-client-test-1',
  value: 'canary-value-ABCD',
  projectId: 'project-test-1',
  tokenUrl: 'https://test.stytch.com/v1/public/project-test-1/oauth2/token',
}

const read = (text: string, form: SecretForm = slotForm): StoredSecret => {
  const parsed = form.parse(text, STORED_AT)
  if (!parsed.ok) throw new Error(parsed.refusal.join('; '))
  return parsed.value
}
const rotated = (text: string, form?: SecretForm): string =>
  (form ?? slotForm).format(withClientSecret(read(text, form), next))

describe('a client’s secret', () => {
  test('with own fields that JSON.parse would change keeps each byte of them', () => {
    const text = withOwnFields(held)

    expect(rotated(text)).toBe(
      text
        .replace(held.value, 'canary-next-EFGH')
        .replace('oauth2/token",\r\n', `oauth2/token",\r\n  "issued_at": "${ISSUED}",\r\n`),
    )
  })

  test('with a date keeps its place', () => {
    const text = `{\n\t"issued_at" : "2026-09-01T00:00:00Z",\n\t"client_secret":"v","client_id":"c",\n"project_id":"p","token_url":"u" }`

    expect(rotated(text)).toBe(text.replace('2026-09-01T00:00:00Z', ISSUED).replace('"v"', '"canary-next-EFGH"'))
  })

  test('that is written back with the same value and date is the same text', () => {
    const text =
      '{"client_id":"c","client_secret":"\\u0076","project_id":"p","token_url":"u","issued_at":"2026-10-01T00:00Z","n":1.0}\n'

    expect(slotForm.format(read(text))).toBe(text)
  })

  test('with a name twice, or an escaped one, keeps no copy of the value that leaked', () => {
    const text =
      '{"client_secret":"canary-leaked","client_id":"c","client\\u005fsecret":"canary-leaked","client_secret":"v","project_id":"p","token_url":"u"}'

    expect(rotated(text)).not.toContain('canary-leaked')
    expect(rotated(text).split('canary-next-EFGH')).toHaveLength(4)
  })

  test('takes the value and the date of another version, and none of its other bytes', () => {
    const [frame, other] = [
      withOwnFields(held),
      `{"client_id":"x","client_secret":"canary-old-IJKL","project_id":"p","token_url":"u","rate":2,"issued_at":"2026-08-01T00:00:00.000Z"}`,
    ]
    const text = slotForm.format(withClientSecret(read(frame), read(other)))

    expect(text).toContain('"client_secret": "canary-old-IJKL",\r\n')
    expect(text).toContain('"issued_at": "2026-08-01T00:00:00.000Z",\r\n')
    expect(text).toContain('  "rate": 1.0,\r\n')
  })

  test('loses a byte order mark, which JSON does not know, and nothing else', () => {
    const text = storedByOthers['a byte order mark'](held)

    expect(read(text).clientSecret.reveal()).toBe(held.value)
    expect(`\uFEFF${slotForm.format({ ...read(text), issuedAt: ISSUED_AT })}`).toBe(
      text.replace('token"}', `token","issued_at":"${ISSUED}"}`),
    )
    expect(() => JSON.parse(rotated(text))).not.toThrow()
  })

  test.each(['\u00a0', '\uFEFF \n', '\v\t'])('is read between white space that JSON does not know: %j', (space) => {
    const text = `${space}{"client_id":"c","client_secret":"v","project_id":"p","token_url":"u"}${space}`

    expect(JSON.parse(rotated(text))).toMatchObject({ client_secret: 'canary-next-EFGH' })
  })
})

describe('the other forms', () => {
  test('a SCIM connection’s secret keeps each other byte', () => {
    const text =
      '{ "organization_id": "organization-test-1", "connection_id": "scim-connection-test-1",\n  "bearer_token": "v", "project_id": "p", "big": 1e400 }'

    expect(rotated(text)).toBe(
      text.replace('"v"', '"canary-next-EFGH"').replace('"p"', `"p", "issued_at": "${ISSUED}"`),
    )
  })

  test('a project’s secret keeps each other byte, and gains and loses the id of its value', () => {
    const [unnamed, named] = [
      '{ "project_id": "p", "secret": "v", "zip": 1e2 }',
      '{ "project_id": "p", "secret": "v", "secret_id": "s-7", "zip": 1e2 }',
    ]
    const made = { ...next, clientSecret: createClientSecret('canary-next-EFGH', 'secret-id-8') }
    const forward = projectSecretForm.format(withClientSecret(read(unnamed, projectSecretForm), made))
    const back = projectSecretForm.format(
      withClientSecret(read(named, projectSecretForm), read(unnamed, projectSecretForm)),
    )

    expect(forward).toBe(
      `{ "project_id": "p", "secret": "canary-next-EFGH", "secret_id": "secret-id-8", "issued_at": "${ISSUED}", "zip": 1e2 }`,
    )
    expect(back).toBe('{ "project_id": "p", "secret": "v", "issued_at": "2026-09-01T00:00:00.000Z", "zip": 1e2 }')
  })
})

test('rotated twice, a text is what it would be rotated once', () => {
  const own = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  const indent = fc.constantFrom(undefined, 2, '\t')
  fc.assert(
    fc.property(own, indent, (more, space) => {
      const form = { client_id: 'c', client_secret: 'v', project_id: 'p', token_url: 'u', issued_at: ISSUED }
      const text = JSON.stringify({ ...more, ...form }, null, space)
      const other = { clientSecret: createClientSecret('other'), issuedAt: 0 }
      const twice = withClientSecret(read(slotForm.format(withClientSecret(read(text), other))), next)

      expect(slotForm.format(twice)).toBe(rotated(text))
      expect(rotated(text)).toBe(
        text
          .replace('"client_secret": "v"', '"client_secret": "canary-next-EFGH"')
          .replace('"client_secret":"v"', '"client_secret":"canary-next-EFGH"'),
      )
    }),
  )
})

test('the text that a secret was read from is printed nowhere', () => {
  const { source } = read(withOwnFields(held))

  expect([inspect(source), JSON.stringify({ source }), String(source), `${source}`].join()).not.toContain('canary')
})
