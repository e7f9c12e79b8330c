// The form of a secret in its owner's words: read and written under his names, with nothing added, and kept in a tag.
import { describe, expect, test } from 'vitest'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import {
  fieldNameFaults,
  fieldNamesIn,
  fieldNamesOf,
  isInPlace,
  mappedForm,
  tagLengthFault,
  writeFieldNames,
} from '../../../lambda/core/secret/mapped-form.ts'
import { clientForm, withClientSecret } from '../../../lambda/core/secret/secret-format.ts'
import { formOf, slotForm } from '../../../lambda/core/secret/slot-forms.ts'

const PROJECT = 'project-test-1'
const AT = Date.parse('2026-11-01T00:00:00Z')
const names = { client_id: 'id', client_secret: 'stytchSecret' }
const form = mappedForm(names, clientForm, PROJECT)
const text =
  '{ "region" : "eu",\n "large":12345678901234567890,"stytchSecret":"canary-value-1","id":"m2m-client-1","nested":{"a":[1,2]}}'

const parsed = (of: string, by = form) => {
  const result = by.parse(of, AT)
  if (!result.ok) throw new Error(result.refusal.join('; '))
  return result.value
}

describe('reading', () => {
  test('finds the value under its owner’s name, and the project in the deployment', () => {
    const { clientId, clientSecret, projectId, issuedAt, fields } = parsed(text)

    expect([clientId, clientSecret.reveal(), projectId, issuedAt]).toEqual([
      'm2m-client-1',
      'canary-value-1',
      PROJECT,
      AT,
    ])
    expect(fields).toEqual(JSON.parse(text))
  })

  test('believes a project that is there', () => {
    const by = mappedForm({ ...names, project_id: 'project' }, clientForm, PROJECT)

    expect(parsed('{"id":"c","stytchSecret":"canary-value-1","project":"project-test-2"}', by).projectId).toBe(
      'project-test-2',
    )
  })

  test('names every fault by the owner’s names, and repeats no value', () => {
    const result = form.parse('{"stytchSecret":["canary-value-1"]}', AT)

    expect(result).toEqual({
      ok: false,
      refusal: ['id is missing', 'stytchSecret is malformed: expected a non-empty string'],
    })
    expect(form.parse('canary-value-1', AT)).toEqual({ ok: false, refusal: ['the value is not a JSON object'] })
  })

  test('takes no inherited member for one', () => {
    expect(mappedForm({ ...names, client_id: 'constructor' }, clientForm, PROJECT).parse(text, AT).ok).toBe(false)
  })
})

describe('writing', () => {
  const next = { clientSecret: createClientSecret('canary-value-2'), issuedAt: AT + 1000 }

  test('puts the new value where the consumers look, and adds nothing', () => {
    const written = form.format(withClientSecret(parsed(text), next))

    expect(written).toBe(text.replace('canary-value-1', 'canary-value-2'))
  })

  test('dates a value where its owner has a member for it', () => {
    const by = mappedForm({ ...names, issued_at: 'issued' }, clientForm, PROJECT)
    const before = '{"id":"c","stytchSecret":"canary-value-1","issued":"2026-10-01T00:00:00.000Z"}'

    expect(JSON.parse(by.format(withClientSecret(parsed(before, by), next)))).toEqual({
      id: 'c',
      stytchSecret: 'canary-value-2',
      issued: '2026-11-01T00:00:01.000Z',
    })
  })

  test('is deterministic, and read again it is the same', () => {
    const written = form.format(withClientSecret(parsed(text), next))

    expect(form.format(parsed(written))).toBe(written)
    expect(parsed(written).clientSecret.equals(next.clientSecret)).toBe(true)
  })
})

describe('the names', () => {
  test('are those that were given, else our own where there is such a member', () => {
    expect(fieldNamesIn(text, { client_id: 'id', client_secret: 'stytchSecret' })).toEqual(names)
    expect(fieldNamesIn('{"client_id":"c","client_secret":"v","token_url":"u"}', {})).toEqual({
      client_id: 'client_id',
      client_secret: 'client_secret',
      token_url: 'token_url',
    })
  })

  test('survive as a tag', () => {
    const tag = writeFieldNames({ ...names, project_id: 'a/b:c' })

    expect(tag).toBe('client_id=id client_secret=stytchSecret project_id=a/b:c')
    expect(fieldNamesOf({ 'm2m:fields': tag })).toEqual({ ...names, project_id: 'a/b:c' })
    expect(isInPlace({ tags: { 'm2m:fields': tag } })).toBe(true)
  })

  test.each(['', 'client_id=id', 'x=y', 'client_id=id client_secret=id', 'client_id= client_secret=v'])(
    'a tag that nobody here wrote, %j, is none',
    (tag) => {
      expect(fieldNamesOf({ 'm2m:fields': tag })).toBeUndefined()
    },
  )

  test('are refused with every fault: unknown, twice the same, or nothing that a tag can hold', () => {
    expect(fieldNameFaults({ secret: 'a', client_id: 'a=b', client_secret: 'x', token_url: 'x' })).toEqual([
      expect.stringContaining('field "secret" is unknown'),
      expect.stringContaining('field client_id is malformed'),
      expect.stringContaining('field token_url is the same member as client_secret'),
    ])
    const long = 'x'.repeat(64)
    expect(tagLengthFault({ client_id: long, client_secret: `${long}1`, project_id: long, token_url: long })).toContain(
      '256',
    )
  })

  test('decide a secret’s form; without them it is our own', () => {
    expect(formOf({ tags: {} }, PROJECT)).toBe(slotForm)
    expect(formOf({ tags: { 'm2m:fields': writeFieldNames(names) } }, PROJECT).parse(text, AT).ok).toBe(true)
  })
})
