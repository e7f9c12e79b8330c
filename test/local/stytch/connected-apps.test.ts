// Connected Apps: Stytch's own Node SDK where it has the calls, raw HTTP for the token and introspection endpoints that prove
// whether a secret is accepted. What they share with the other kinds that rotate is in slot-kinds.test.ts.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { Client, StytchError } from 'stytch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Answer,
  type Ask,
  caught,
  type Json,
  PROJECT_ID,
  PROJECT_SECRET,
  rotatePath,
  useSeat,
} from './bench-seat.ts'

const seat = await useSeat()
beforeEach(() => {
  // The SDK warns of every address that is not Stytch's own.
  vi.spyOn(console, 'warn').mockReturnValue(undefined)
})
afterEach(() => vi.restoreAllMocks())

const sdk = () => new Client({ project_id: PROJECT_ID, secret: PROJECT_SECRET, env: `${seat.origin}/` })
const clients = () => sdk().connectedApp.clients

const post = (endpoint: 'token' | 'introspect', form: Record<string, string>, more: Ask = {}): Promise<Answer> =>
  seat.ask(`/v1/public/${PROJECT_ID}/oauth2/${endpoint}`, { basic: null, form, ...more })
const oauthError = ({ status, json }: Answer) => [status, json.status_code, json.error]

const REDIRECT_URI = 'https://app.example/callback'
interface App {
  readonly clientId: string
  readonly secret: string
}
const credentials = ({ clientId, secret }: App) => ({ client_id: clientId, client_secret: secret })
const redeem = (app: App, code: string, redirectUri = REDIRECT_URI): Promise<Answer> =>
  post('token', { ...credentials(app), grant_type: 'authorization_code', code, redirect_uri: redirectUri })
const refresh = (app: App, token: unknown): Promise<Answer> =>
  post('token', { ...credentials(app), grant_type: 'refresh_token', refresh_token: String(token) })

describe('Stytch’s SDK', () => {
  it('creates a confidential app, shows its secret once, and gets it back without', async () => {
    const created = await clients().create({
      client_type: 'third_party',
      client_name: 'crm',
      client_description: 'reads contacts',
      redirect_urls: [REDIRECT_URI],
    })
    const { client_id, client_secret: secret } = created.connected_app

    const got = await clients().get({ client_id })

    expect(client_id).toMatch(/^connected-app-test-[0-9a-f-]{36}$/)
    expect(secret).toMatch(/^[A-Za-z0-9_-]{44}$/)
    expect(got.connected_app).toEqual({
      client_id,
      client_name: 'crm',
      client_description: 'reads contacts',
      client_type: 'third_party',
      status: 'active',
      redirect_urls: [REDIRECT_URI],
      full_access_allowed: false,
      access_token_expiry_minutes: 60,
      access_token_custom_audience: null,
      access_token_template_content: '',
      id_token_template_content: '',
      post_logout_redirect_urls: [],
      logo_url: null,
      bypass_consent_for_offline_access: false,
      creation_method: expect.any(String),
      client_secret_last_four: secret?.slice(-4),
      next_client_secret_last_four: null,
      client_id_metadata_url: null,
    })
  })

  it('rotates: two secrets while rotating, then only the new one', async () => {
    const { clientId, secret } = seat.stytch.connectedApps.seed()
    const { accepts } = seat.stytch.connectedApps
    const { secrets } = clients()

    const started = await secrets.rotateStart({ client_id: clientId })
    const next = started.connected_app.next_client_secret
    const during = [accepts(clientId, secret), accepts(clientId, next)]
    const done = await secrets.rotate({ client_id: clientId })

    expect(during).toEqual([true, true])
    expect(started.connected_app.next_client_secret_last_four).toBe(next.slice(-4))
    expect(done.connected_app.client_secret_last_four).toBe(next.slice(-4))
    expect([accepts(clientId, secret), accepts(clientId, next)]).toEqual([false, true])
  })

  it('cancels a rotation', async () => {
    const { clientId, secret } = seat.stytch.connectedApps.seed()
    const { secrets } = clients()
    const started = await secrets.rotateStart({ client_id: clientId })

    const cancelled = await secrets.rotateCancel({ client_id: clientId })

    expect(cancelled.connected_app.next_client_secret_last_four).toBeNull()
    expect(seat.stytch.connectedApps.accepts(clientId, secret)).toBe(true)
    expect(seat.stytch.connectedApps.accepts(clientId, started.connected_app.next_client_secret)).toBe(false)
  })

  it('updates what is named, searches page by page, and deletes', async () => {
    const ids = Array.from({ length: 3 }, () => seat.stytch.connectedApps.seed({ clientName: 'old' }).clientId)
    const [first = ''] = ids

    const updated = await clients().update({ client_id: first, client_name: 'new', access_token_expiry_minutes: 5 })
    const page = await clients().search({ limit: 2 })
    const cursor = page.results_metadata.next_cursor
    const last = await clients().search({ limit: 2, ...(cursor && { cursor }) })
    const deleted = await clients().delete({ client_id: first })
    const gone = await caught(clients().get({ client_id: first }))

    expect(updated.connected_app).toMatchObject({ client_name: 'new', access_token_expiry_minutes: 5 })
    expect([...page.connected_apps, ...last.connected_apps].map(({ client_id }) => client_id)).toEqual(ids)
    expect([page.results_metadata.total, last.results_metadata.next_cursor]).toEqual([3, null])
    expect(deleted.client_id).toBe(first)
    expect(gone).toBeInstanceOf(StytchError)
    expect(gone).toMatchObject({
      status_code: 404,
      error_type: 'connected_app_not_found',
      error_message: 'The Connected App requested could not be found.',
    })
  })

  it('introspects: what a user granted is active for the app that got it, with either secret of a rotation', async () => {
    const app = seat.stytch.connectedApps.seed()
    const code = seat.stytch.connectedApps.consent(app.clientId, { scopes: ['read:contacts'] })
    const { access_token: token } = (await redeem(app, code)).json
    const next = seat.stytch.connectedApps.dashboard.rotateStart(app.clientId)
    const introspect = (secret: string) =>
      sdk().idp.introspectTokenNetwork({ token: String(token), client_id: app.clientId, client_secret: secret })

    const proven = [await introspect(app.secret), await introspect(next)]
    const refused = await caught(introspect('wrong'))

    expect(proven).toMatchObject([
      { scope: 'read:contacts', token_type: 'access_token', subject: expect.stringMatching(/^user-test-/) },
      { scope: 'read:contacts' },
    ])
    expect(refused).toMatchObject({ code: 'token_invalid' })
  })

  it('reads every refusal as a StytchError with the published type', async () => {
    const { clientId } = seat.stytch.connectedApps.seed()
    const open = await clients().create({ client_type: 'third_party_public' })
    const { secrets } = clients()

    const refusals = [
      await caught(secrets.rotate({ client_id: clientId })),
      await caught(secrets.rotateStart({ client_id: open.connected_app.client_id })),
      await secrets
        .rotateStart({ client_id: clientId })
        .then(() => caught(secrets.rotateStart({ client_id: clientId }))),
      await caught(clients().create({ client_type: 'third_party', full_access_allowed: true })),
      await caught(clients().create({ client_type: 'first_party', access_token_expiry_minutes: 0 })),
      await caught(clients().create({ client_type: 'confidential' })),
    ]

    expect(open.connected_app).not.toHaveProperty('client_secret')
    expect(refusals.map((error) => error instanceof StytchError && [error.status_code, error.error_type])).toEqual([
      [400, 'idp_client_not_rotating_secret'],
      [400, 'public_idp_clients_do_not_have_secrets'],
      [400, 'idp_client_already_rotating_secret'],
      [400, 'third_party_clients_cannot_use_full_access'],
      [400, 'idp_invalid_access_token_expiry_minutes'],
      [400, 'invalid_argument'],
    ])
  })
})

describe('the introspection endpoint, the proof without a side effect', () => {
  it('says a made-up token is not active when the credentials are good, however they come', async () => {
    const app = seat.stytch.connectedApps.seed()

    const answers = [
      await post('introspect', { ...credentials(app), token: 'made-up' }),
      await post('introspect', { token: 'made-up' }, { basic: [app.clientId, app.secret] }),
    ]

    for (const { status, json } of answers) {
      expect(status).toBe(200)
      expect(json).toEqual({ status_code: 200, request_id: expect.any(String), active: false })
    }
  })

  it('refuses a wrong secret, an unknown app, a public one and an inactive one alike', async () => {
    const app = seat.stytch.connectedApps.seed()
    const off = seat.stytch.connectedApps.seed()
    seat.stytch.connectedApps.dashboard.setStatus(off.clientId, 'inactive')
    const open = (await seat.ask('/v1/connected_apps/clients', { json: { client_type: 'first_party_public' } })).json
    const openId = String((open.connected_app as Json).client_id)
    const m2m = seat.stytch.seed()
    const form = (client: App) => ({ ...credentials(client), token: 'x' })

    const answers = [
      await post('introspect', form({ ...app, secret: `${app.secret}x` })),
      await post('introspect', form({ ...app, clientId: 'nobody' })),
      await post('introspect', form({ clientId: openId, secret: 'x' })),
      await post('introspect', form(off)),
      await post('introspect', form(m2m)),
    ]

    expect(answers.map(oauthError)).toEqual(Array(5).fill([401, 401, 'invalid_client']))
    expect(seat.stytch.connectedApps.slots(openId)).toBeUndefined()
  })

  it('takes a form only, with a token, in this project', async () => {
    const app = seat.stytch.connectedApps.seed()
    const form = { ...credentials(app), token: 'x' }

    const answers = [
      await seat.ask(`/v1/public/${PROJECT_ID}/oauth2/introspect`, { basic: null, json: form }),
      await post('introspect', credentials(app)),
      await seat.ask('/v1/public/project-test-other/oauth2/introspect', { basic: null, form }),
    ]

    expect(answers.map(oauthError)).toEqual([
      [400, 400, 'invalid_request'],
      [400, 400, 'invalid_request'],
      [404, 404, 'project_not_found'],
    ])
  })

  it('knows a refresh token, forgets an access token when its minutes are over, and tells no app of another’s', async () => {
    const app = seat.stytch.connectedApps.seed({ accessTokenExpiryMinutes: 5 })
    const other = seat.stytch.connectedApps.seed()
    const granted = (await redeem(app, seat.stytch.connectedApps.consent(app.clientId))).json
    const activity = async (of: App, token: unknown): Promise<unknown> =>
      (await post('introspect', { ...credentials(of), token: String(token) })).json.active

    const early = [await activity(app, granted.access_token), await activity(app, granted.refresh_token)]
    const foreign = [await activity(other, granted.access_token), await activity(other, granted.refresh_token)]
    seat.world.clock.advance(5 * 60_000)
    const late = [await activity(app, granted.access_token), await activity(app, granted.refresh_token)]

    expect([early, foreign, late]).toEqual([
      [true, true],
      [false, false],
      [false, true],
    ])
  })
})

describe('the token endpoint', () => {
  it('redeems a code once, for tokens with the documented claims', async () => {
    const app = seat.stytch.connectedApps.seed({ accessTokenExpiryMinutes: 5 })
    const code = seat.stytch.connectedApps.consent(app.clientId, { scopes: ['read:contacts'] })

    const granted = await redeem(app, code)
    const again = await redeem(app, code)

    const { keys } = (await seat.ask(`/v1/sessions/jwks/${PROJECT_ID}`, { basic: null })).json
    const jwks = createLocalJWKSet({ keys: keys as JSONWebKeySet['keys'] })
    const { payload } = await jwtVerify(String(granted.json.access_token), jwks)
    expect(granted.json).toMatchObject({ expires_in: 300, scope: 'read:contacts', token_type: 'bearer' })
    expect(granted.json).not.toHaveProperty('refresh_token')
    expect(payload).toMatchObject({ iss: `stytch.com/${PROJECT_ID}`, aud: [PROJECT_ID], client_id: app.clientId })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300)
    expect(oauthError(again)).toEqual([400, 400, 'invalid_grant'])
  })

  it('refreshes with the same refresh token before and after a rotation of the secret', async () => {
    const app = seat.stytch.connectedApps.seed()
    const { refresh_token: token } = (await redeem(app, seat.stytch.connectedApps.consent(app.clientId))).json
    const next = { ...app, secret: seat.stytch.connectedApps.dashboard.rotateStart(app.clientId) }

    const during = [await refresh(app, token), await refresh(next, token)]
    seat.stytch.connectedApps.dashboard.rotateComplete(app.clientId)
    const after = [await refresh(app, token), await refresh(next, token)]

    expect(during.map(({ status }) => status)).toEqual([200, 200])
    expect(during[0]?.json).not.toHaveProperty('refresh_token')
    expect(after.map(({ status }) => status)).toEqual([401, 200])
  })

  it('refuses a foreign, late, incomplete or wrongly addressed grant; credentials come first', async () => {
    const app = seat.stytch.connectedApps.seed()
    const other = seat.stytch.connectedApps.seed()
    const consent = () => seat.stytch.connectedApps.consent(app.clientId)
    const late = consent()
    seat.world.clock.advance(10 * 60_000)

    const answers = [
      await redeem(app, late),
      await redeem(other, consent()),
      await redeem(app, consent(), 'https://elsewhere.example/'),
      await refresh(app, 'made-up'),
      await post('token', { ...credentials(app), grant_type: 'authorization_code', code: consent() }),
      await redeem({ ...app, secret: 'wrong' }, 'made-up'),
    ]

    expect(answers.map(oauthError)).toEqual([
      ...Array(4).fill([400, 400, 'invalid_grant']),
      [400, 400, 'invalid_request'],
      [401, 401, 'invalid_client'],
    ])
  })

  it('has no client_credentials for an app, and none of its grants for an M2M client', async () => {
    const app = seat.stytch.connectedApps.seed()
    const m2m = seat.stytch.seed()

    const answers = [
      await seat.token(credentials(app)),
      await seat.token(credentials({ ...app, secret: 'wrong' })),
      await redeem(m2m, 'made-up'),
    ]

    expect(answers.map(oauthError)).toEqual([
      [400, 400, 'unauthorized_client'],
      [401, 401, 'invalid_client'],
      [401, 401, 'invalid_client'],
    ])
  })
})

describe('what is remembered', () => {
  it('names every operation and its app; a token request by the app’s id', async () => {
    const made = (await seat.ask('/v1/connected_apps/clients', { json: { client_type: 'first_party' } })).json
    const { client_id: id, client_secret: secret } = made.connected_app as Record<string, string>
    const app = { clientId: String(id), secret: String(secret) }
    const path = `/v1/connected_apps/clients/${id}`
    await seat.ask(path)
    await seat.ask('/v1/connected_apps/clients/search', { json: {} })
    await seat.ask(path, { method: 'PUT', json: {} })
    for (const step of ['/start', '/cancel', '/start', ''] as const) {
      await seat.ask(rotatePath(app.clientId, step).replace('m2m', 'connected_apps'), { json: {} })
    }
    await post('introspect', { ...credentials(app), token: 'x' })
    await redeem(app, 'x')
    await post('introspect', { client_id: app.secret, client_secret: 'x', token: 'x' })
    await seat.ask(path, { method: 'DELETE', json: {} })

    const calls = seat.stytch.server.calls()

    expect(calls.map(({ op, subject }) => `${op} ${subject === id ? 'app' : subject}`)).toEqual([
      'CreateConnectedApp null',
      'GetConnectedApp app',
      'SearchConnectedApps null',
      'UpdateConnectedApp app',
      'ConnectedAppRotateStart app',
      'ConnectedAppRotateCancel app',
      'ConnectedAppRotateStart app',
      'ConnectedAppRotateComplete app',
      'Introspect app',
      'Token app',
      'Introspect null',
      'DeleteConnectedApp app',
    ])
  })

  it('a planned refusal of introspection is in the OAuth shape', async () => {
    const app = seat.stytch.connectedApps.seed()
    seat.stytch.server.faults.add({ op: 'Introspect', kind: 'error', status: 401 })

    const failed = await post('introspect', { ...credentials(app), token: 'x' })

    expect(oauthError(failed)).toEqual([401, 401, 'invalid_client'])
  })
})

describe('settings', () => {
  it('names, limits and statuses, as set', async () => {
    seat.stytch.configure({
      connectedAppNotFoundError: 'idp_client_not_found',
      maxConnectedApps: 1,
      createStatus: 201,
      refusedCredentialStatus: 400,
    })
    const create = () => seat.ask('/v1/connected_apps/clients', { json: { client_type: 'first_party' } })
    const created = await create()
    const tooMany = await create()
    const unknown = await seat.ask('/v1/connected_apps/clients/none')
    const refused = await post('introspect', { client_id: 'none', client_secret: 'x', token: 'x' })

    expect([created.status, created.json.status_code]).toEqual([201, 201])
    expect([tooMany.status, tooMany.json.error_type]).toEqual([400, 'too_many_idp_clients'])
    expect([unknown.status, unknown.json.error_type]).toEqual([404, 'idp_client_not_found'])
    expect(oauthError(refused)).toEqual([400, 400, 'invalid_client'])
  })

  it.each([
    ['unsupported_grant_type', [400, 400, 'unsupported_grant_type']],
    ['invalid_client', [401, 401, 'invalid_client']],
  ] as const)('connectedAppClientCredentialsError %s', async (connectedAppClientCredentialsError, expected) => {
    seat.stytch.configure({ connectedAppClientCredentialsError })
    const app = seat.stytch.connectedApps.seed()

    const refused = await seat.token(credentials(app))

    expect(oauthError(refused)).toEqual(expected)
  })

  it('unknownGrantError: Stytch’s own 404 instead of RFC 6749’s answer', async () => {
    seat.stytch.configure({ unknownGrantError: 'idp_not_found' })
    const app = seat.stytch.connectedApps.seed()

    const answers = [await redeem(app, 'made-up'), await refresh(app, 'made-up')]

    expect(answers.map(({ status, json }) => [status, json.error_type])).toEqual([
      [404, 'idp_auth_code_not_found'],
      [404, 'idp_refresh_token_not_found'],
    ])
  })
})
