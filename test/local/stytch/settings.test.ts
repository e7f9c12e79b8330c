// What Stytch leaves undocumented, in each of its variants, and the ways to set it: constructor, configure, HTTP, reset.
import { describe, expect, it } from 'vitest'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { defaultSettings } from '../../../lambda/local/stytch/settings.ts'
import { createStytchStandIn } from '../../../lambda/local/stytch/stytch-stand-in.ts'
import { clientOf, type Json, PROJECT_ID, PROJECT_SECRET, rotatePath, useSeat } from './bench-seat.ts'

const seat = await useSeat({ settings: { createStatus: 201 }, realNow: () => 1_800_000_000_000 })

describe('setting', () => {
  it('reads and changes over HTTP, and keeps what is not named', async () => {
    const before = await seat.control('settings')
    const changed = await seat.control('settings', { clientNotFoundStatus: 400, maxClients: 5 })

    expect(before.json).toEqual({ ...defaultSettings, createStatus: 201 })
    expect(changed.json).toEqual({ ...defaultSettings, createStatus: 201, clientNotFoundStatus: 400, maxClients: 5 })
    expect(seat.stytch.settings.maxClients).toBe(5)
  })

  it('lists all faults at once and changes nothing', async () => {
    const refused = await seat.control('settings', {
      createStatus: 204,
      propagationDelayMs: -1,
      nextSecretLastFour: 'abcde',
      maxClients: 7,
      constructor: 1,
    })

    expect(refused.status).toBe(400)
    expect(String(refused.json.error).split('; ')).toEqual([
      'createStatus: expected one of 200, 201',
      'propagationDelayMs: expected an integer from 0',
      'nextSecretLastFour: expected four base64url characters, or null',
      'constructor: no such setting',
    ])
    expect(seat.stytch.settings.maxClients).toBeNull()
  })

  it('refuses the same in the constructor and in configure', () => {
    const construct = () =>
      createStytchStandIn({
        world: createWorld(),
        projectId: PROJECT_ID,
        projectSecret: PROJECT_SECRET,
        settings: { createStatus: 500, rateLimitWindowMs: 0 },
      })
    const configure = () => seat.stytch.configure({ rateLimitWindowMs: 1.5 })

    expect(construct).toThrow('createStatus: expected one of 200, 201; rateLimitWindowMs: expected an integer from 1')
    expect(configure).toThrow('rateLimitWindowMs: expected an integer from 1')
  })

  it('a reset puts back what the constructor was given, and empties everything', async () => {
    seat.stytch.configure({ createStatus: 200, maxClients: 9 })
    const { clientId, secret } = seat.stytch.seed()
    await seat.token({ client_id: clientId, client_secret: secret })
    await seat.control('rotate-signing-key', {})

    const reset = await seat.control('reset', {})

    expect(reset.status).toBe(200)
    expect(seat.stytch.settings).toEqual({ ...defaultSettings, createStatus: 201 })
    expect(seat.stytch.clientIds()).toEqual([])
    expect(seat.stytch.accepts(clientId, secret)).toBe(false)
    expect(seat.stytch.server.calls()).toEqual([])
  })
})

describe('statuses', () => {
  it('answers with those that are set, in HTTP and in the body', async () => {
    seat.stytch.configure({
      createStatus: 201,
      clientNotFoundStatus: 410,
      alreadyRotatingStatus: 409,
      notRotatingStatus: 422,
      refusedCredentialStatus: 400,
      invalidScopeStatus: 403,
    })
    const made = await seat.ask('/v1/m2m/clients', { json: { scopes: [] } })
    const { client_id: clientId, client_secret: secret } = clientOf(made) as Record<string, string>
    const path = String(clientId)

    const notRotating = await seat.ask(rotatePath(path, ''), { json: {} })
    seat.stytch.dashboard.rotateStart(path)
    const answers = [
      made,
      notRotating,
      await seat.ask(rotatePath(path, '/start'), { json: {} }),
      await seat.ask('/v1/m2m/clients/none'),
      await seat.token({ client_id: path, client_secret: 'wrong' }),
      await seat.token({ client_id: path, client_secret: String(secret), scope: 'more' }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([201, 422, 409, 410, 400, 403])
    expect(answers.map(({ json }) => json.status_code)).toEqual([201, 422, 409, 410, 400, 403])
  })
})

describe('behaviour', () => {
  it('propagationDelayMs: a retired secret passes for that long, completed or cancelled', async () => {
    seat.stytch.configure({ propagationDelayMs: 5000 })
    const { clientId, secret } = seat.stytch.seed()
    const next = seat.stytch.dashboard.rotateStart(clientId)
    seat.stytch.dashboard.rotateComplete(clientId)
    const cancelled = seat.stytch.dashboard.rotateStart(clientId)
    seat.stytch.dashboard.rotateCancel(clientId)

    seat.world.clock.advance(4999)
    const early = [secret, next, cancelled].map((value) => seat.stytch.accepts(clientId, value))
    seat.world.clock.advance(1)
    const late = [secret, next, cancelled].map((value) => seat.stytch.accepts(clientId, value))

    expect(early).toEqual([true, true, true])
    expect(late).toEqual([false, true, false])
  })

  it('nextSecretDelayMs: a next secret is refused for that long', async () => {
    seat.stytch.configure({ nextSecretDelayMs: 2000 })
    const { clientId } = seat.stytch.seed()
    const next = seat.stytch.dashboard.rotateStart(clientId)

    const early = await seat.token({ client_id: clientId, client_secret: next })
    seat.world.clock.advance(2000)
    const late = await seat.token({ client_id: clientId, client_secret: next })

    expect([early.status, late.status]).toEqual([401, 200])
  })

  it('inactiveClientMayRotate: off refuses all three rotate calls', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.dashboard.setStatus(clientId, 'inactive')
    const may = await seat.ask(rotatePath(clientId, '/start'), { json: {} })
    seat.stytch.configure({ inactiveClientMayRotate: false })

    const answers = [
      await seat.ask(rotatePath(clientId, '/start'), { json: {} }),
      await seat.ask(rotatePath(clientId, ''), { json: {} }),
      await seat.ask(rotatePath(clientId, '/cancel'), { json: {} }),
    ]

    expect(may.status).toBe(200)
    expect(answers.map(({ json }) => json.error_type)).toEqual(Array(3).fill('invalid_m2m_client_status'))
  })

  it('deletedClientIdMayReturn: on lets the id come back, off refuses it as a duplicate', async () => {
    seat.stytch.seed({ clientId: 'ours' })
    seat.stytch.dashboard.remove('ours')
    const back = await seat.ask('/v1/m2m/clients', { json: { scopes: [], client_id: 'ours' } })
    seat.stytch.dashboard.remove('ours')
    seat.stytch.configure({ deletedClientIdMayReturn: false })

    const refused = await seat.ask('/v1/m2m/clients', { json: { scopes: [], client_id: 'ours' } })

    expect(back.status).toBe(201)
    expect(refused.json.error_type).toBe('duplicate_m2m_client_id')
  })

  it('maxClients: one more is refused', async () => {
    seat.stytch.configure({ maxClients: 1 })
    seat.stytch.seed()

    const refused = await seat.ask('/v1/m2m/clients', { json: { scopes: [] } })

    expect([refused.status, refused.json.error_type]).toEqual([400, 'too_many_m2m_clients_for_billing_tier'])
  })

  it('search: totals off, another order, cursors that expire', async () => {
    seat.stytch.configure({ searchTotalsDisabled: true, searchOrder: 'newest', searchCursorLifetimeMs: 1000 })
    const [a, b] = [seat.stytch.seed().clientId, seat.stytch.seed().clientId]
    const search = (json: Json) => seat.ask('/v1/m2m/clients/search', { json })
    const first = await search({ limit: 1 })
    const metadata = first.json.results_metadata as Json

    const second = await search({ limit: 1, cursor: metadata.next_cursor })
    seat.world.clock.advance(1000)
    const late = await search({ limit: 1, cursor: metadata.next_cursor })

    expect(metadata.total).toBe(-1)
    expect([first, second].map(({ json }) => (json.m2m_clients as Json[])[0]?.client_id)).toEqual([b, a])
    expect(late.json.error_type).toBe('invalid_argument')
  })

  it('tokens: empty scope, both credentials, another project, as set', async () => {
    seat.stytch.configure({ emptyScope: 'refused', bothCredentials: 'basic', otherProjectError: 'invalid_client' })
    const { clientId, secret } = seat.stytch.seed({ scopes: ['a'] })
    const fields = { client_id: clientId, client_secret: 'wrong' }
    const form = { grant_type: 'client_credentials', ...fields }

    const empty = await seat.token({ client_id: clientId, client_secret: secret, scope: '' })
    const byBasic = await seat.token({}, { form, basic: [clientId, secret] })
    seat.stytch.configure({ bothCredentials: 'body' })
    const byBody = await seat.token({}, { form, basic: [clientId, secret] })
    const other = await seat.ask('/v1/public/project-test-other/oauth2/token', { basic: null, form })

    expect([empty.status, empty.json.error]).toEqual([400, 'invalid_scope'])
    expect([byBasic.status, byBody.status]).toEqual([200, 401])
    expect([other.status, other.json.error]).toEqual([401, 'invalid_client'])
  })
})

describe('the rate limit', () => {
  it('is off by default; when on, a call beyond it has no effect and the next window is fresh', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.configure({ rateLimitClientCalls: 2, rateLimitWindowMs: 60_000 })

    const within = [await seat.ask(`/v1/m2m/clients/${clientId}`), await seat.ask('/v1/debug/whoami')]
    const beyond = await seat.ask(rotatePath(clientId, '/start'), { json: {} })
    const untouched = seat.stytch.slots(clientId)
    seat.world.clock.advance(60_000)
    const fresh = await seat.ask(rotatePath(clientId, '/start'), { json: {} })

    expect(within.map(({ status }) => status)).toEqual([200, 200])
    expect(beyond.json).toMatchObject({
      status_code: 429,
      error_type: 'too_many_requests',
      error_message: 'Too many requests have been made.',
    })
    expect(beyond.headers.has('retry-after')).toBe(false)
    expect(untouched?.nextLastFour).toBeNull()
    expect(fresh.status).toBe(200)
  })

  it('counts the token endpoint by itself, spares the JWKS, and sends Retry-After when told', async () => {
    seat.stytch.configure({ rateLimitTokenCalls: 0, rateLimitRetryAfterSeconds: 7 })
    const { clientId, secret } = seat.stytch.seed()

    const limited = await seat.token({ client_id: clientId, client_secret: secret })
    const got = await seat.ask(`/v1/m2m/clients/${clientId}`)
    const jwks = await seat.ask(`/v1/sessions/jwks/${PROJECT_ID}`, { basic: null })

    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
    expect([got.status, jwks.status]).toEqual([200, 200])
  })

  it('does not count calls that were not authorized', async () => {
    seat.stytch.configure({ rateLimitClientCalls: 1 })
    await seat.ask('/v1/debug/whoami', { basic: null })

    const first = await seat.ask('/v1/debug/whoami')

    expect(first.status).toBe(200)
  })
})
