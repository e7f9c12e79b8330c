// Raw HTTP: the token endpoint in all the ways it may be asked, the claims it signs, and the keys it signs them with.
import { createHash, X509Certificate } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Answer, basicHeader, type Json, PROJECT_ID, useSeat } from './bench-seat.ts'

const seat = await useSeat()

const jwks = async (): Promise<JSONWebKeySet> => {
  const { json } = await seat.ask(`/v1/sessions/jwks/${PROJECT_ID}`, { basic: null })
  return { keys: json.keys as JSONWebKeySet['keys'] }
}
const oauthError = (answer: Answer) => [answer.status, answer.json.status_code, answer.json.error]
const grant = { grant_type: 'client_credentials' }

describe('how credentials may come', () => {
  it.each([
    ['form', (id: string, secret: string) => ({ form: { ...grant, client_id: id, client_secret: secret } })],
    ['JSON', (id: string, secret: string) => ({ json: { ...grant, client_id: id, client_secret: secret } })],
    ['form and Basic', (id: string, secret: string) => ({ form: grant, basic: [id, secret] as const })],
    ['JSON and Basic', (id: string, secret: string) => ({ json: grant, basic: [id, secret] as const })],
    [
      'form with client_id, and Basic',
      (id: string, secret: string) => ({ form: { ...grant, client_id: id }, basic: [id, secret] as const }),
    ],
  ])('takes %s', async (_case, ask) => {
    const { clientId, secret } = seat.stytch.seed({ scopes: ['read'] })

    const granted = await seat.ask(`/v1/public/${PROJECT_ID}/oauth2/token`, { basic: null, ...ask(clientId, secret) })

    expect(granted.status).toBe(200)
    expect(granted.json).toMatchObject({ status_code: 200, token_type: 'bearer', expires_in: 3600 })
    expect(decodeJwt(String(granted.json.access_token)).sub).toBe(clientId)
  })

  it('decodes a Basic pair whose halves are form-encoded', async () => {
    const { clientId } = seat.stytch.seed({ clientId: 'team a:b', secret: 'im+ported%secret' })

    const granted = await seat.ask(`/v1/public/${PROJECT_ID}/oauth2/token`, {
      form: grant,
      basic: [encodeURIComponent(clientId), encodeURIComponent('im+ported%secret')],
    })

    expect(granted.status).toBe(200)
  })

  it('needs no project credentials, and takes none for a client', async () => {
    const { clientId } = seat.stytch.seed()

    const refused = await seat.ask(`/v1/public/${PROJECT_ID}/oauth2/token`, { form: { ...grant, client_id: clientId } })

    expect(oauthError(refused)).toEqual([401, 401, 'invalid_client'])
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="stytch"')
  })
})

describe('refusals', () => {
  it('answers in the OAuth shape with status_code and request_id in the body', async () => {
    const refused = await seat.token({ client_id: 'm2m-client-test-none', client_secret: 'wrong' })

    expect(refused.json).toEqual({
      status_code: 401,
      request_id: expect.stringMatching(/^request-id-test-/),
      error: 'invalid_client',
      error_description: 'Client authentication failed.',
      error_uri: 'https://stytch.com/docs/api/errors/401#invalid_client',
    })
  })

  it('an unknown client, a wrong secret and an inactive client look alike', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const off = seat.stytch.seed()
    seat.stytch.dashboard.setStatus(off.clientId, 'inactive')

    const answers = [
      await seat.token({ client_id: 'nobody', client_secret: secret }),
      await seat.token({ client_id: clientId, client_secret: 'wrong' }),
      await seat.token({ client_id: off.clientId, client_secret: off.secret }),
    ]

    const bodies = answers.map(({ json }) => ({ ...json, request_id: '' }))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
  })

  it('an inactive client exchanges again once it is active', async () => {
    const { clientId, secret } = seat.stytch.seed()
    seat.stytch.dashboard.setStatus(clientId, 'inactive')
    seat.stytch.dashboard.setStatus(clientId, 'active')

    const granted = await seat.token({ client_id: clientId, client_secret: secret })

    expect(granted.status).toBe(200)
  })

  it.each([
    ['no grant_type', { json: { client_id: 'a', client_secret: 'b' } }, 'invalid_request'],
    ['another grant_type', { form: { grant_type: 'password' } }, 'unsupported_grant_type'],
    ['no credentials', { form: grant }, 'invalid_request'],
    ['broken JSON', { text: '{"client_secret":"canary' }, 'invalid_request'],
    ['another content type', { text: 'x', headers: { 'content-type': 'text/plain' } }, 'invalid_request'],
    ['no body', { method: 'POST' }, 'invalid_request'],
  ])('%s is a 400', async (_case, ask, error) => {
    const refused = await seat.ask(`/v1/public/${PROJECT_ID}/oauth2/token`, { basic: null, ...ask })

    expect(oauthError(refused)).toEqual([400, 400, error])
    expect(refused.text).not.toContain('canary')
  })

  it('body and Basic both is a 400 where it is refused', async () => {
    seat.stytch.configure({ bothCredentials: 'refused' })

    const refused = await seat.ask(`/v1/public/${PROJECT_ID}/oauth2/token`, {
      form: { ...grant, client_id: 'a', client_secret: 'b' },
      basic: ['a', 'b'],
    })

    expect(oauthError(refused)).toEqual([400, 400, 'invalid_request'])
  })

  it('of body and Basic the body counts, as of the project’s own header in Stytch’s Python SDK', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const url = `/v1/public/${PROJECT_ID}/oauth2/token`
    const right = { ...grant, client_id: clientId, client_secret: secret }

    const byProject = await seat.ask(url, { form: right })
    const wrong = await seat.ask(url, { form: { ...right, client_secret: 'wrong' }, basic: [clientId, secret] })

    expect([byProject.status, wrong.status]).toEqual([200, 401])
    expect(seat.stytch.server.calls().map(({ subject }) => subject)).toEqual([clientId, clientId])
  })

  it('another project in the path is not the client’s', async () => {
    const { clientId, secret } = seat.stytch.seed()

    const refused = await seat.ask('/v1/public/project-test-other/oauth2/token', {
      basic: null,
      form: { ...grant, client_id: clientId, client_secret: secret },
    })

    expect(oauthError(refused)).toEqual([404, 404, 'project_not_found'])
  })
})

describe('scopes', () => {
  const scopeOf = (answer: Answer) => decodeJwt(String(answer.json.access_token)).scope

  it('grants all of the client’s without a scope, and just what is asked with one', async () => {
    const { clientId, secret } = seat.stytch.seed({ scopes: ['a', 'b', 'c'] })
    const credentials = { client_id: clientId, client_secret: secret }

    const all = await seat.token(credentials)
    const some = await seat.token({ ...credentials, scope: 'c a' })
    const beyond = await seat.token({ ...credentials, scope: 'a d' })

    expect([scopeOf(all), scopeOf(some)]).toEqual(['a b c', 'c a'])
    expect(oauthError(beyond)).toEqual([400, 400, 'invalid_scope'])
  })

  it('takes a changed scope list for the next token', async () => {
    const { clientId, secret } = seat.stytch.seed({ scopes: ['a'] })
    await seat.ask(`/v1/m2m/clients/${clientId}`, { method: 'PUT', json: { scopes: ['b'] } })

    const granted = await seat.token({ client_id: clientId, client_secret: secret })

    expect(scopeOf(granted)).toBe('b')
  })
})

describe('the JWT', () => {
  it('has exactly the documented header and claims', async () => {
    const { clientId, secret } = seat.stytch.seed({ scopes: ['a'] })
    const before = Math.floor(seat.world.clock.now() / 1000)

    const token = String((await seat.token({ client_id: clientId, client_secret: secret })).json.access_token)
    const claims = decodeJwt(token)

    const iat = Number(claims.iat)
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'RS256',
      kid: expect.stringMatching(/^jwk-test-[0-9a-f-]{36}$/),
      typ: 'JWT',
    })
    expect(claims).toEqual({
      sub: clientId,
      iss: `stytch.com/${PROJECT_ID}`,
      aud: [PROJECT_ID],
      scope: 'a',
      iat,
      nbf: iat,
      exp: iat + 3600,
    })
    expect(iat - before).toBeLessThan(60)
  })

  it('verifies against the JWKS, and no longer once the clock is an hour on', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const token = String((await seat.token({ client_id: clientId, client_secret: secret })).json.access_token)
    const keys = createLocalJWKSet(await jwks())
    const verify = () => jwtVerify(token, keys, { currentDate: new Date(seat.world.clock.now()) })

    const fresh = await verify()
    seat.world.clock.advance(3600 * 1000)
    const late = verify()

    expect(fresh.payload.sub).toBe(clientId)
    await expect(late).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' })
  })

  it('outlives deletion of its client, as Stytch says', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const token = String((await seat.token({ client_id: clientId, client_secret: secret })).json.access_token)
    seat.stytch.dashboard.remove(clientId)

    const verified = await jwtVerify(token, createLocalJWKSet(await jwks()))

    expect(verified.payload.sub).toBe(clientId)
  })
})

describe('the JWKS', () => {
  it('is the same at the Consumer and the B2B path, without credentials, and not for another project', async () => {
    const consumer = await seat.ask(`/v1/sessions/jwks/${PROJECT_ID}`, { basic: null })
    const b2b = await seat.ask(`/v1/b2b/sessions/jwks/${PROJECT_ID}`, { basic: null })
    const other = await seat.ask('/v1/sessions/jwks/project-test-other', { basic: null })

    expect(consumer.json).toMatchObject({ status_code: 200, request_id: expect.any(String) })
    expect(b2b.json.keys).toEqual(consumer.json.keys)
    expect([other.status, other.json.error_type]).toEqual([404, 'project_not_found'])
  })

  it('carries Stytch’s fields, public ones only, with a certificate that is really of that key', async () => {
    const { keys } = await jwks()

    const key = keys[0] as Json
    const der = Buffer.from(String((key.x5c as string[])[0]), 'base64')
    const certificate = new X509Certificate(der)
    expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'key_ops', 'kid', 'kty', 'n', 'use', 'x5c', 'x5tS256'])
    expect(key).toMatchObject({ kty: 'RSA', use: 'sig', key_ops: ['verify'], alg: 'RS256', e: 'AQAB' })
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.publicKey.export({ format: 'jwk' })).toEqual({ kty: 'RSA', n: key.n, e: key.e })
    expect(key.x5tS256).toBe(createHash('sha256').update(der).digest('base64url'))
  })

  it('serves a replaced key for one more month, so that its tokens verify', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const old = String((await seat.token({ client_id: clientId, client_secret: secret })).json.access_token)

    const { json } = await seat.control('rotate-signing-key', {})
    const fresh = String((await seat.token({ client_id: clientId, client_secret: secret })).json.access_token)
    const both = await jwks()
    seat.world.clock.advance(30 * 24 * 3600 * 1000)
    const later = await jwks()

    const kids = [fresh, old].map((token) => decodeProtectedHeader(token).kid)
    expect(kids[0]).toBe(json.kid)
    expect(both.keys.map(({ kid }) => kid)).toEqual(kids)
    expect((await jwtVerify(old, createLocalJWKSet(both))).payload.sub).toBe(clientId)
    expect(later.keys.map(({ kid }) => kid)).toEqual([kids[0]])
  })
})

describe('what is remembered of a token request', () => {
  it('the client id, from the body or from Basic; never what cannot be an id', async () => {
    const { clientId, secret } = seat.stytch.seed()

    await seat.token({ client_id: clientId, client_secret: secret })
    await seat.token({}, { form: grant, headers: { authorization: basicHeader(clientId, secret) } })
    await seat.token({ client_id: secret, client_secret: clientId })

    expect(seat.stytch.server.calls()).toMatchObject([
      { op: 'Token', subject: clientId, status: 200 },
      { op: 'Token', subject: clientId, status: 200 },
      { op: 'Token', subject: null, status: 401 },
    ])
  })
})
