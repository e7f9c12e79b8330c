// What is believed of an event: everything or nothing. A name that could be read in two ways is no name.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isClientName } from '../../../lambda/core/secret/client-name.ts'
import { MAX_REQUEST_BYTES, readVendEvent } from '../../../lambda/core/vend/read-vend-event.ts'
import { type EventChange, proxyEvent } from '../../fakes/proxy-event.ts'

const API = 'abc123def4'
const read = (change: EventChange = {}) => readVendEvent(proxyEvent({ apiId: API, ...change }), API)
const reasonOf = (event: unknown): string => {
  const { outcome } = readVendEvent(event, API)
  return outcome.ok ? outcome.value.route : outcome.refusal.reason
}

describe('a request for a token', () => {
  test('says who asks for which client and scopes', () => {
    const { caller, client, outcome } = read({ body: '{"scopes":["a","b"],"min_ttl":600}' })

    expect(caller).toEqual({
      arn: 'arn:aws:sts::111111111111:assumed-role/deploy/session',
      accountId: '111111111111',
    })
    expect(client).toBe('orders')
    expect(outcome).toEqual({
      ok: true,
      value: { route: 'token', request: { client: 'orders', scopes: ['a', 'b'], minTtlMs: 600_000 } },
    })
  })

  test.each([null, '', '{}', '{"scopes":[]}', undefined])('with the body %j asks for the default', (body) => {
    expect(read({ body }).outcome).toEqual({
      ok: true,
      value: { route: 'token', request: { client: 'orders', scopes: [], minTtlMs: 0 } },
    })
  })

  test('may come over a custom domain with a base path', () => {
    expect(read({ path: '/tokens/v1/clients/orders/token' }).outcome.ok).toBe(true)
  })

  test('may come from another account, from a user, and from a federated one', () => {
    for (const [userArn, accountId] of [
      ['arn:aws:sts::222222222222:assumed-role/ci/run@1', '222222222222'],
      ['arn:aws:iam::111111111111:user/team/ann', '111111111111'],
      ['arn:aws-cn:sts::111111111111:federated-user/bob', '111111111111'],
    ]) {
      expect(read({ identity: { userArn, accountId } }).outcome.ok).toBe(true)
    }
  })
})

describe('a body', () => {
  test.each([
    'null',
    '[]',
    '"scopes"',
    'scopes=a',
    '{',
    '{"scopes":"a b"}',
    '{"scopes":[1]}',
    '{"scopes":["a b"]}',
    '{"scopes":[""]}',
    '{"scopes":["a\\"b"]}',
    '{"scopes":["ä"]}',
    `{"scopes":["${'a'.repeat(201)}"]}`,
    `{"scopes":[${Array.from({ length: 101 }, (_, at) => `"s${at}"`).join()}]}`,
    '{"min_ttl":-1}',
    '{"min_ttl":1801}',
    '{"min_ttl":1.5}',
    '{"min_ttl":"600"}',
    '{"min_ttl":null}',
    '{"scope":"a"}',
    '{"__proto__":{"scopes":["a"]}}',
  ])('that is %s is refused', (body) => {
    expect(read({ body }).outcome).toMatchObject({ ok: false, refusal: { reason: 'malformedRequest' } })
  })

  test.each([MAX_REQUEST_BYTES + 1, 1_000_000])('of %i bytes is not even read as JSON', (bytes) => {
    expect(read({ body: 'x'.repeat(bytes) }).outcome).toMatchObject({ refusal: { reason: 'bodyTooLarge' } })
  })

  test('is measured in bytes, not in characters', () => {
    expect(read({ body: 'ä'.repeat(MAX_REQUEST_BYTES / 2 + 1) }).outcome).toMatchObject({
      refusal: { reason: 'bodyTooLarge' },
    })
  })

  test('in base64 is refused: the API has no binary types', () => {
    expect(read({ body: 'e30=', isBase64Encoded: true }).outcome).toMatchObject({ ok: false })
  })

  test('is repeated in no refusal', () => {
    const bodies = ['canary', '{"canary":1}', '{"scopes":["canary canary"]}', '{"scopes":["a"],"canary":"canary"}']

    for (const body of bodies) expect(JSON.stringify(read({ body }))).not.toContain('canary')
  })
})

describe('a name in the path', () => {
  test.each([
    'a%2Fb',
    'a%252Fb',
    '%6frders',
    'a/b',
    '..',
    '.',
    '.a',
    'a-',
    'Orders',
    '',
    ' ',
    'orders ',
    'ord\ners',
    'ördérs',
    '*',
    '{client}',
    'a'.repeat(65),
    'a'.repeat(100_000),
  ])('that is %j is none', (client) => {
    const { outcome, client: shown } = read({ client })

    expect(outcome).toMatchObject({ ok: false, refusal: { reason: 'malformedRequest' } })
    expect(shown).toBeUndefined()
  })

  test.each([
    '/clients/other/token',
    '/clients//orders/token',
    '//clients/orders/token',
    '/clients/../clients/orders/token',
    '/clients/billing/../orders/token',
    '/./clients/orders/token',
    '../clients/orders/token',
    '/clients/%6f/clients/orders/token',
    '/clients/orders/token/',
    '/clients/orders\\..\\x/clients/orders/token',
    '/clients/orders',
    '',
  ])('that the path %j says otherwise is none', (path) => {
    expect(read({ path }).outcome).toMatchObject({ ok: false, refusal: { reason: 'malformedRequest' } })
  })

  test.each(['reports.v2', 'billing-worker', 'a..b', `b9._-${'x'.repeat(59)}`])('that is %j is one', (client) => {
    expect(read({ client }).outcome).toMatchObject({ ok: true, value: { request: { client } } })
  })

  test('is what the path says, whatever the path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (client) => {
        const { outcome } = read({ client })
        expect(outcome.ok).toBe(isClientName(client))
      }),
    )
  })
})

describe('an event that the API would not make', () => {
  const whole = proxyEvent({ apiId: API })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', '{}'],
    ['a list', []],
    ['an empty object', {}],
    ['a rotation step', { Step: 'createSecret', SecretId: 'a', ClientRequestToken: 'b' }],
    ['a body that asks for a client', { client: 'orders', scopes: ['a'] }],
    ['a function URL event', { version: '2.0', rawPath: '/clients/orders/token', requestContext: { apiId: API } }],
    ['an event without a context', { ...whole, requestContext: undefined }],
    ['an event of another API', proxyEvent({ apiId: 'zzz' })],
    ['an event without an identity', { ...whole, requestContext: { ...whole.requestContext, identity: undefined } }],
    [
      'an event whose method IAM did not see',
      { ...whole, httpMethod: 'POST', requestContext: { ...whole.requestContext, httpMethod: 'GET' } },
    ],
    ['an event whose resource IAM did not see', { ...whole, resource: '/revocations' }],
  ])('is believed in nothing: %s', (_what, event) => {
    expect(reasonOf(event)).toBe('notFromTheApi')
  })

  test.each([
    { userArn: null },
    { userArn: 'anybody' },
    { userArn: 'arn:aws:iam::111111111111:role/x\n' },
    { userArn: 'arn:aws:iam::222222222222:role/x' },
    { accountId: null },
    { accountId: '1' },
    { caller: null },
    { caller: '' },
  ])('has no caller: %j', (identity) => {
    expect(read({ identity }).outcome).toMatchObject({ ok: false, refusal: { reason: 'notFromTheApi' } })
  })
})

describe('the other routes', () => {
  test.each([
    ['GET', '/revocations', 'noSuchRoute'],
    ['GET', '/.well-known/oauth-authorization-server', 'metadata'],
    ['POST', '/revocations', 'noSuchRoute'],
    ['GET', '/clients/{client}/token', 'noSuchRoute'],
    ['DELETE', '/clients/{client}/token', 'noSuchRoute'],
    ['POST', '/', 'noSuchRoute'],
    ['POST', '/{proxy+}', 'noSuchRoute'],
  ])('%s %s is %s', (method, resource, expected) => {
    expect(reasonOf(proxyEvent({ apiId: API, method, resource }))).toBe(expected)
  })
})
