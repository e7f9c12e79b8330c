// The value of a SCIM connection as it is stored: whose it is stands in two ids, and a first value is written as its kind is.
import { describe, expect, test } from 'vitest'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { readScimId, scimForm, scimId } from '../../../lambda/core/secret/scim-form.ts'
import { formatUndatedSecret, slotForm } from '../../../lambda/core/secret/slot-forms.ts'

const ids = { organizationId: 'organization-test-12ab', connectionId: 'scim-connection-test-34cd' }
const fields = {
  organization_id: ids.organizationId,
  connection_id: ids.connectionId,
  bearer_token: 'canary-bearer-BEAR',
  project_id: 'project-test-1',
}
const MALFORMED = 'organization_id or connection_id is malformed: expected organization-… and scim-connection-…'
const faultsOf = (more: object): readonly string[] => {
  const parsed = scimForm.parse(JSON.stringify({ ...fields, ...more }), 0)
  return parsed.ok ? [] : parsed.refusal
}

describe('an id', () => {
  test.each([ids, { organizationId: 'organization-live-1', connectionId: 'scim-connection-live-2' }])(
    'is read as it is written: %j',
    (given) => {
      expect(readScimId(scimId(given))).toEqual(given)
    },
  )

  test.each([
    'm2m-client-test-1',
    ids.organizationId,
    `${ids.organizationId}/`,
    `/${ids.connectionId}`,
    `x${scimId(ids)}`,
    `${scimId(ids)}/x`,
    'organization-test-/scim-connection-test-1',
    'organization-test-1/scim-connection-test-',
    'organization-some-1/scim-connection-test-1',
    'organization-test-1/scim-connection-some-1',
    'organization-test-1/2/scim-connection-test-1',
  ])('of another kind is none: %s', (id) => {
    expect(readScimId(id)).toBeUndefined()
  })
})

describe('a text', () => {
  test('names its connection by both ids', () => {
    const parsed = scimForm.parse(JSON.stringify(fields), 7)

    expect(parsed).toMatchObject({
      ok: true,
      value: { clientId: scimId(ids), projectId: 'project-test-1', issuedAt: 7, fields },
    })
    expect(parsed.ok && parsed.value.clientSecret.reveal()).toBe('canary-bearer-BEAR')
  })

  test.each([{ organization_id: 'canary' }, { connection_id: 'canary' }])(
    'with an id of another kind is refused for that alone, and not repeated: %j',
    (more) => {
      expect(faultsOf(more)).toEqual([MALFORMED])
    },
  )

  test('in which a field is missing is refused for that, and its ids are not judged', () => {
    expect(faultsOf({ organization_id: undefined })).toEqual(['organization_id is missing'])
    expect(faultsOf({ organization_id: undefined, connection_id: 'canary', bearer_token: '' })).toEqual([
      'organization_id is missing',
      'bearer_token is malformed: expected a non-empty string',
    ])
  })

  test('that was never stored is written with its project, its value and its date', () => {
    const secret = {
      clientId: scimId(ids),
      clientSecret: createClientSecret('canary-next-NEXT'),
      projectId: 'project-test-2',
      issuedAt: 0,
      fields: { ...fields, team: 'hr' },
    }

    expect(JSON.parse(scimForm.format(secret))).toEqual({
      ...fields,
      team: 'hr',
      bearer_token: 'canary-next-NEXT',
      project_id: 'project-test-2',
      issued_at: '1970-01-01T00:00:00.000Z',
    })
  })
})

describe('a value that somebody else made', () => {
  const undated = {
    clientSecret: createClientSecret('canary-bearer-BEAR'),
    projectId: 'project-test-1',
    tokenUrl: 'https://test.stytch.com/token',
  }

  test('of a connection is written as one, without a date', () => {
    const text = formatUndatedSecret({ ...undated, clientId: scimId(ids) })

    expect(JSON.parse(text)).toEqual(fields)
    expect(slotForm.parse(text, 3)).toMatchObject({ ok: true, value: { clientId: scimId(ids), issuedAt: 3 } })
  })

  test('of a client is written as one, without a date', () => {
    const text = formatUndatedSecret({ ...undated, clientId: 'm2m-client-test-1' })

    expect(JSON.parse(text)).toEqual({
      client_id: 'm2m-client-test-1',
      client_secret: 'canary-bearer-BEAR',
      project_id: 'project-test-1',
      token_url: 'https://test.stytch.com/token',
    })
    expect(slotForm.parse(text, 3)).toMatchObject({ ok: true, value: { clientId: 'm2m-client-test-1', issuedAt: 3 } })
  })
})
