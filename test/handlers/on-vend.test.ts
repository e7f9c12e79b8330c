// The vendor as API Gateway meets it: the handler with its own settings and both stand-ins. What it answers, in OAuth's shapes, and what
// it writes: one audit line a request, and nowhere a token or a secret.

import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type { Context } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { writeVendorEnv } from '../../lambda/env/vendor.ts'
import type { VendAnswer } from '../../lambda/handlers/vend-answer.ts'
import { type EventChange, proxyEvent } from '../fakes/proxy-event.ts'
import { PROJECT_ID, useAws, useStytch } from '../fakes/stand-ins.ts'

const stytchPlace = useStytch()
const awsPlace = useAws()
const logged: string[] = []
let handler: (event: unknown, context: Context) => Promise<VendAnswer>

beforeAll(async () => {
  const endpoint = await awsPlace.sdk().secrets.config.endpoint?.()
  const env = {
    ...writeVendorEnv({
      stytch: { projectId: PROJECT_ID, baseUrl: stytchPlace.origin() },
      vertical: 'b2b',
      secretNamePrefix: 'm2m/prod/',
      eventBus: 'm2m-prod',
      apiId: 'abc123def4',
      apiUrl: 'https://abc123def4.execute-api.eu-west-1.amazonaws.com/prod',
      revocationsBucket: 'm2m-prod-revocations',
      checkSeconds: 30,
    }),
    AWS_ENDPOINT_URL: `http://127.0.0.1:${endpoint?.port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'canary-own-key',
    AWS_SESSION_TOKEN: 'canary-session',
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  ;({ handler } = await import('../../lambda/handlers/on-vend.ts'))
})
afterAll(() => vi.unstubAllEnvs())
beforeEach(() => {
  logged.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => logged.push(String(text).trimEnd()) > 0)
})
afterEach(() => vi.restoreAllMocks())

const context = (remainingMs = 15_000) =>
  ({ awsRequestId: 'request-1', getRemainingTimeInMillis: () => remainingMs }) as Context

/** A name of its own for each test: the handler's memory outlives them. */
const register = async (
  tags: Readonly<Record<string, string>> = {},
  scopes: readonly string[] = ['read:a', 'write:b'],
) => {
  const name = `client-${randomUUID()}`
  const { clientId, secret } = stytchPlace.stytch.seed({ clientId: `m2m-client-test-${name}`, scopes })
  const all = { 'm2m:scopes': scopes.join(' '), 'vend:default-scopes': scopes[0] ?? '', ...tags }
  await awsPlace.sdk().secrets.send(
    new CreateSecretCommand({
      Name: `m2m/prod/${name}`,
      SecretString: JSON.stringify({
        client_id: clientId,
        client_secret: secret,
        project_id: PROJECT_ID,
        token_url: 'https://x.example',
      }),
      Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })),
    }),
  )
  return { name, clientId, secret }
}
const call = async (change: EventChange, remainingMs?: number) => {
  const answer = await handler(proxyEvent(change), context(remainingMs))
  return { ...answer, json: JSON.parse(answer.body) as Record<string, unknown> }
}
const lines = () => logged.map((line) => JSON.parse(line) as Record<string, unknown>)
const audits = () => lines().filter(({ audit }) => audit === 'vend')

describe('a token', () => {
  test("comes in OAuth's shape, with when it ends, and is to be kept by nobody on the way", async () => {
    const { name, clientId } = await register()

    const { statusCode, headers, json } = await call({ client: name })

    expect(statusCode).toBe(200)
    expect(headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache' })
    expect(Object.keys(json)).toEqual(['access_token', 'token_type', 'expires_in', 'scope', 'expires_at'])
    expect(json).toMatchObject({ token_type: 'Bearer', scope: 'read:a' })
    expect(json.expires_in).toBeGreaterThan(3590)
    expect(Number(json.expires_at) * 1000).toBeGreaterThan(Date.now() + 3_590_000)
    const claims = JSON.parse(Buffer.from(String(json.access_token).split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ sub: clientId, aud: [PROJECT_ID], scope: 'read:a' })
  })

  test('leaves one audit line: who, for which client and scopes, minted or cached, by which key; never the token', async () => {
    const { name } = await register()

    const first = await call({ client: name, body: '{"scopes":["write:b","read:a"]}' })
    await call({ client: name, body: '{"scopes":["read:a","write:b"]}' })

    expect(audits()).toEqual([
      {
        audit: 'vend',
        caller: 'arn:aws:sts::111111111111:assumed-role/deploy/session',
        account: '111111111111',
        route: 'token',
        client: name,
        scopes: 'read:a write:b',
        decision: 'vended',
        status: 200,
        source: 'minted',
        ageSeconds: 0,
        keyId: expect.stringMatching(/^jwk-test-/),
        apiRequestId: '11111111-2222-4333-8444-555555555555',
        requestId: 'request-1',
      },
      expect.objectContaining({ source: 'cached', client: name }),
    ])
    expect(logged.join()).not.toContain(String(first.json.access_token).split('.')[2])
  })
})

describe('a refusal', () => {
  test.each<[string, (name: string) => EventChange, number, string]>([
    ['an unknown client', () => ({ client: 'nobody' }), 403, 'unauthorized_client'],
    ['scopes beyond the rule', (client) => ({ client, body: '{"scopes":["read:a","x"]}' }), 400, 'invalid_scope'],
    ['a malformed body', (client) => ({ client, body: '{' }), 400, 'invalid_request'],
    ['a malformed name', () => ({ client: 'a%2Fb' }), 400, 'invalid_request'],
    ['a large body', (client) => ({ client, body: 'x'.repeat(1_000_000) }), 413, 'invalid_request'],
    ['another API', (client) => ({ client, apiId: 'other' }), 403, 'access_denied'],
    ['an event without a caller', (client) => ({ client, identity: { userArn: null } }), 403, 'access_denied'],
    ['another route', () => ({ resource: '/clients' }), 404, 'invalid_request'],
  ])('for %s', async (_what, change, status, code) => {
    const { name } = await register()

    const { statusCode, headers, json } = await call(change(name))

    expect(statusCode).toBe(status)
    expect(json.error).toBe(code)
    expect(Object.keys(json)).toEqual(['error', 'error_description'])
    expect(headers['cache-control']).toBe('no-store')
    expect(audits()).toHaveLength(1)
    expect(audits()[0]).toMatchObject({ decision: 'refused', status, reason: expect.any(String) })
    expect(audits()[0]).not.toHaveProperty('keyId')
  })

  test('is the same, to the letter, for a client that is unknown, retired, or not to be vended', async () => {
    const retired = await register({ 'm2m:retired': '2026-11-01T00:00:00Z' })
    const none = await register({ 'vend:scopes': ' ' })

    const answers = await Promise.all(['nobody', retired.name, none.name].map((client) => call({ client })))

    const texts = answers.map(({ statusCode, headers, body }) => JSON.stringify([statusCode, headers, body]))
    expect(new Set(texts).size).toBe(1)
  })

  test('says when to come back while Stytch refuses the secret, and the bus hears of it', async () => {
    const { name, clientId } = await register()
    stytchPlace.stytch.dashboard.setStatus(clientId, 'inactive')

    const { statusCode, headers, json } = await call({ client: name })

    expect(statusCode).toBe(503)
    expect(json.error).toBe('temporarily_unavailable')
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(awsPlace.standIn.events()).toMatchObject([
      { source: 'm2m.vendor', detailType: 'Credential Refused', detail: expect.objectContaining({ clientId }) },
    ])
  })

  test('of a secret that is none names its fault in the log, and not in the answer', async () => {
    const { name } = await register()
    const SecretString = JSON.stringify({ client_id: 'canary' })
    await awsPlace.sdk().secrets.send(new PutSecretValueCommand({ SecretId: `m2m/prod/${name}`, SecretString }))

    const { statusCode, body } = await call({ client: name })

    expect(statusCode).toBe(500)
    expect(body).not.toContain('client_secret')
    expect(audits()[0]).toMatchObject({
      reason: 'malformedSecret',
      because: 'client_secret is missing; project_id is missing; token_url is missing',
    })
  })

  test('comes before the time is over', async () => {
    const { name } = await register()

    expect((await call({ client: name }, 300)).statusCode).toBe(503)
  })
})

test('the list of revocations is none of its routes: the API serves that from where it is stored', async () => {
  expect((await call({ method: 'GET', resource: '/revocations' })).statusCode).toBe(404)
})

test('what verifiers need is told: issuer, keys, and where tokens and revocations are', async () => {
  const { json } = await call({ method: 'GET', resource: '/.well-known/oauth-authorization-server' })

  expect(json).toEqual({
    issuer: 'https://abc123def4.execute-api.eu-west-1.amazonaws.com/prod',
    access_token_issuer: `stytch.com/${PROJECT_ID}`,
    jwks_uri: `${stytchPlace.origin()}/v1/b2b/sessions/jwks/${PROJECT_ID}`,
    token_endpoint: 'https://abc123def4.execute-api.eu-west-1.amazonaws.com/prod/clients/{client}/token',
    revocations_endpoint: 'https://abc123def4.execute-api.eu-west-1.amazonaws.com/prod/revocations',
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['aws_sigv4'],
    response_types_supported: [],
  })
  expect((await fetch(String(json.jwks_uri))).status).toBe(200)
})

test('whatever is asked, neither answer nor log holds a secret, and only the answer the token', async () => {
  const { name, clientId, secret } = await register()
  const { json } = await call({ client: name })
  stytchPlace.stytch.dashboard.setStatus(clientId, 'inactive')
  await call({ client: name, body: '{"scopes":["write:b"]}' })
  await handler('canary-event', context())
  await handler(undefined, context())

  const signature = String(json.access_token).split('.')[2] ?? ''
  expect(logged.join()).not.toContain(signature)
  for (const marked of [secret, 'canary-own-key', 'canary-session', 'canary-event']) {
    expect(logged.join() + JSON.stringify(json)).not.toContain(marked)
  }
})
