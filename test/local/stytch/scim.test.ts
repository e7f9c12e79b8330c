// SCIM connections: Stytch's own Node SDK for B2B projects, and raw HTTP as an identity provider sends it, which is what proves
// whether a bearer token is accepted. What they share with the other kinds that rotate is in slot-kinds.test.ts.
import { B2BClient, StytchError } from 'stytch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answer, caught, type Json, PROJECT_ID, PROJECT_SECRET, useSeat } from './bench-seat.ts'

const NOW = 1_800_000_000_000
const FIVE_YEARS_MS = 5 * 365 * 24 * 3600 * 1000
const organization_id = 'organization-test-33333333-3333-4333-8333-333333333333'

const seat = await useSeat({ realNow: () => NOW })
beforeEach(() => {
  // The SDK warns of every address that is not Stytch's own.
  vi.spyOn(console, 'warn').mockReturnValue(undefined)
})
afterEach(() => vi.restoreAllMocks())

const connection = () =>
  new B2BClient({ project_id: PROJECT_ID, secret: PROJECT_SECRET, env: `${seat.origin}/` }).scim.connection
const seed = () => {
  const made = seat.stytch.scim.seed({ organizationId: organization_id })
  return { ...made, ids: { organization_id, connection_id: made.connectionId } }
}
const asProvider = (path: string, token: string): Promise<Answer> =>
  seat.ask(path, { basic: null, headers: { authorization: `Bearer ${token}` } })
const rawGet = async (): Promise<Json> =>
  (await seat.ask(`/v1/b2b/scim/${organization_id}/connection`)).json.connection as Json

describe('Stytch’s SDK', () => {
  it('creates a connection, shows its token once with a base_url that takes it, and gets it back without', async () => {
    const created = await connection().create({
      organization_id,
      display_name: 'Okta',
      identity_provider: 'okta',
    })
    const { connection_id = '', base_url = '', bearer_token: token = '' } = created.connection ?? {}

    const got = await connection().get({ organization_id })
    const listed = await fetch(`${base_url}/Users?startIndex=1&count=1`, {
      headers: { authorization: `Bearer ${token}` },
    })

    expect(connection_id).toMatch(/^scim-connection-test-[0-9a-f-]{36}$/)
    expect(token).toMatch(/^[A-Za-z0-9]{48}$/)
    expect(base_url).toBe(`${seat.origin}/v1/b2b/scim/${connection_id}`)
    expect(got.connection).toEqual({
      organization_id,
      connection_id,
      status: 'active',
      display_name: 'Okta',
      identity_provider: 'okta',
      base_url,
      bearer_token_last_four: token.slice(-4),
      bearer_token_expires_at: new Date(NOW + FIVE_YEARS_MS).toISOString().replace('.000', ''),
      next_bearer_token_last_four: '',
      scim_group_implicit_role_assignments: [],
    })
    expect(listed.status).toBe(200)
  })

  it('rotates: both tokens while rotating, then only the new one, with its own expiry', async () => {
    const { ids, connectionId, bearerToken } = seed()
    const { accepts } = seat.stytch.scim
    seat.world.clock.advance(1000)

    const started = (await connection().rotateStart(ids)).connection
    const next = started?.next_bearer_token ?? ''
    const during = [accepts(connectionId, bearerToken), accepts(connectionId, next)]
    const shown = (await connection().get({ organization_id })).connection
    const done = (await connection().rotateComplete(ids)).connection

    expect(during).toEqual([true, true])
    expect(started).not.toHaveProperty('next_bearer_token_last_four')
    expect(shown?.next_bearer_token_last_four).toBe(next.slice(-4))
    expect(shown?.next_bearer_token_expires_at).toBe(started?.next_bearer_token_expires_at)
    expect(done).toMatchObject({
      bearer_token_last_four: next.slice(-4),
      bearer_token_expires_at: started?.next_bearer_token_expires_at,
      next_bearer_token_last_four: '',
    })
    expect(done).not.toHaveProperty('next_bearer_token_expires_at')
    expect([accepts(connectionId, bearerToken), accepts(connectionId, next)]).toEqual([false, true])
  })

  it('cancels a rotation', async () => {
    const { ids, connectionId, bearerToken } = seed()
    const next = (await connection().rotateStart(ids)).connection?.next_bearer_token ?? ''

    const cancelled = (await connection().rotateCancel(ids)).connection

    expect(cancelled?.bearer_token_last_four).toBe(bearerToken.slice(-4))
    expect(seat.stytch.scim.accepts(connectionId, bearerToken)).toBe(true)
    expect(seat.stytch.scim.accepts(connectionId, next)).toBe(false)
  })

  it('updates, lists no groups, deletes, and then takes the token no longer', async () => {
    const { ids, connectionId, bearerToken } = seed()

    const updated = await connection().update({
      ...ids,
      display_name: 'Entra',
      identity_provider: 'microsoft-entra',
      scim_group_implicit_role_assignments: [],
    })
    const groups = await connection().getGroups(ids)
    const deleted = await connection().delete(ids)
    const gone = await caught(connection().get({ organization_id }))

    expect(updated.connection).toMatchObject({ display_name: 'Entra', identity_provider: 'microsoft-entra' })
    expect(updated.connection?.base_url).toMatch(/\?aadOptscim062020$/)
    expect(groups.scim_groups).toEqual([])
    expect(deleted.connection_id).toBe(connectionId)
    expect(gone).toMatchObject({ status_code: 404, error_type: 'no_active_scim_connection' })
    expect(seat.stytch.scim.accepts(connectionId, bearerToken)).toBe(false)
  })

  it('reads every refusal as a StytchError with the published type', async () => {
    const { ids } = seed()
    const elsewhere = { ...ids, organization_id: 'organization-test-other' }
    const assign = (assignment: { role_id: string; group_id?: string }) =>
      connection().update({
        ...ids,
        scim_group_implicit_role_assignments: [{ group_id: '', group_name: '', ...assignment }],
      })

    const refusals = [
      await caught(connection().create({ organization_id })),
      await caught(connection().create({ ...elsewhere, identity_provider: 'made-up' })),
      await caught(connection().rotateComplete(ids)),
      await caught(connection().rotateStart(elsewhere)),
      await caught(assign({ role_id: 'admin', group_id: 'scim-group-test-1' })),
      await caught(assign({ role_id: 'admin' })),
    ]

    expect(refusals.map((error) => error instanceof StytchError && [error.status_code, error.error_type])).toEqual([
      [400, 'active_scim_connection_exists'],
      [400, 'invalid_argument'],
      [400, 'scim_connection_not_rotating_token'],
      [404, 'no_active_scim_connection'],
      [400, 'scim_group_role_assignment_group_does_not_exist'],
      [400, 'scim_group_role_assignment_does_not_contain_group_id'],
    ])
    expect(seat.stytch.scim.slots(ids.connection_id)?.nextLastFour).toBeNull()
  })
})

describe('a SCIM call, the proof that a bearer token is accepted', () => {
  it.each(['Users', 'Groups'])('lists no %s, in SCIM’s own format', async (resource) => {
    const { path, bearerToken } = seed()

    const listed = await asProvider(`${path}/${resource}?filter=userName%20eq%20%22a%22`, bearerToken)

    expect([listed.status, listed.headers.get('content-type')]).toEqual([200, 'application/scim+json'])
    expect(listed.json).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    })
  })

  it('refuses a wrong, foreign or missing token, and project credentials, alike', async () => {
    const { path, bearerToken } = seed()
    const other = seat.stytch.scim.seed()

    const answers = [
      await asProvider(`${path}/Users`, `${bearerToken}x`),
      await asProvider(`${path}/Users`, other.bearerToken),
      await asProvider('/v1/b2b/scim/scim-connection-test-none/Users', bearerToken),
      await seat.ask(`${path}/Users`, { basic: null }),
      await seat.ask(`${path}/Users`),
    ]

    for (const { status, headers, json } of answers) {
      expect([status, headers.get('www-authenticate'), headers.get('content-type')]).toEqual([
        401,
        'Bearer',
        'application/scim+json',
      ])
      expect(json).toEqual({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '401',
        detail: 'Unauthorized credentials.',
      })
    }
  })

  it('opens nothing of Stytch’s own API', async () => {
    const { bearerToken } = seed()

    const refused = await asProvider(`/v1/b2b/scim/${organization_id}/connection`, bearerToken)

    expect([refused.status, refused.json.error_type]).toEqual([401, 'unauthorized_credentials'])
  })

  it('is refused once the token’s time is over', async () => {
    const { path, bearerToken } = seed()
    seat.world.clock.advance(FIVE_YEARS_MS - 1)

    const early = await asProvider(`${path}/Users`, bearerToken)
    seat.world.clock.advance(1)
    const late = await asProvider(`${path}/Users`, bearerToken)

    expect([early.status, late.status]).toEqual([200, 401])
  })

  it('is remembered by its connection, never by its token', async () => {
    const { path, connectionId, bearerToken } = seed()
    await asProvider(`${path}/Users`, bearerToken)
    await seat.ask(`/v1/b2b/scim/${organization_id}/connection`)

    const calls = seat.stytch.server.calls()

    expect(calls).toMatchObject([
      { op: 'ScimRequest', subject: connectionId, status: 200 },
      { op: 'GetScimConnection', subject: null, status: 200 },
    ])
    expect(JSON.stringify(calls)).not.toContain(bearerToken)
  })

  it('a planned refusal is in SCIM’s format, a planned 500 is not', async () => {
    const { path, bearerToken } = seed()
    seat.stytch.server.faults.add({ op: 'ScimRequest', kind: 'error', status: 401 })
    seat.stytch.server.faults.add({ op: 'ScimRequest', kind: 'error', status: 500, nth: 2 })

    const answers = [await asProvider(`${path}/Users`, bearerToken), await asProvider(`${path}/Users`, bearerToken)]

    expect(answers.map(({ json }) => json.status ?? json.error_type)).toEqual(['401', 'internal_server_error'])
  })
})

describe('settings', () => {
  it('scimStartWhileRotating replaced: a second start takes the place of the first, whose token dies', async () => {
    const { ids, connectionId, bearerToken } = seed()
    const first = seat.stytch.scim.dashboard.rotateStart(connectionId)

    const second = (await connection().rotateStart(ids)).connection?.next_bearer_token ?? ''

    const accepted = [bearerToken, first, second].map((token) => seat.stytch.scim.accepts(connectionId, token))
    expect(accepted).toEqual([true, false, true])
  })

  it('scimStartWhileRotating refused: a second start changes nothing', async () => {
    seat.stytch.configure({ scimStartWhileRotating: 'refused', alreadyRotatingStatus: 409 })
    const { ids, connectionId } = seed()
    const first = seat.stytch.scim.dashboard.rotateStart(connectionId)

    const refused = await caught(connection().rotateStart(ids))

    expect(refused).toMatchObject({ status_code: 409, error_type: 'bad_request' })
    expect(seat.stytch.scim.accepts(connectionId, first)).toBe(true)
  })

  it('scimNextTokenBeforeComplete refused: the next token is taken from complete on, and no sooner', async () => {
    seat.stytch.configure({ scimNextTokenBeforeComplete: 'refused', nextSecretDelayMs: 1000 })
    const { ids, connectionId, bearerToken } = seed()
    const next = (await connection().rotateStart(ids)).connection?.next_bearer_token ?? ''
    const accepted = () => [bearerToken, next].map((token) => seat.stytch.scim.accepts(connectionId, token))

    seat.world.clock.advance(24 * 3600 * 1000)
    const during = accepted()
    await connection().rotateComplete(ids)
    const gap = accepted()
    seat.world.clock.advance(1000)
    const after = accepted()

    expect([during, gap, after]).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ])
  })

  it.each([
    ['empty', ''],
    ['null', null],
    ['absent', undefined],
  ] as const)('scimNoNextLastFour %s', async (scimNoNextLastFour, shown) => {
    seat.stytch.configure({ scimNoNextLastFour })
    seed()

    const got = await rawGet()

    expect([got.next_bearer_token_last_four, 'next_bearer_token_last_four' in got]).toEqual([
      shown,
      shown !== undefined,
    ])
  })

  it('scimTokenLifetimeMs null: no expiry, and none shown', async () => {
    seat.stytch.configure({ scimTokenLifetimeMs: null })
    const { connectionId, bearerToken } = seed()
    seat.world.clock.advance(2 * FIVE_YEARS_MS)

    const got = await rawGet()

    expect(got).not.toHaveProperty('bearer_token_expires_at')
    expect(seat.stytch.scim.accepts(connectionId, bearerToken)).toBe(true)
  })

  it('statuses and bodies of refusals, as set', async () => {
    seat.stytch.configure({ scimConnectionNotFoundStatus: 400, refusedBearerStatus: 403, scimErrorBody: 'stytch' })
    const { path } = seed()

    const refused = await asProvider(`${path}/Users`, 'wrong')
    const unknown = await seat.ask('/v1/b2b/scim/organization-test-other/connection')

    expect([refused.status, refused.json.status_code, refused.json.error_type]).toEqual([
      403,
      403,
      'unauthorized_credentials',
    ])
    expect(refused.headers.has('www-authenticate')).toBe(false)
    expect([unknown.status, unknown.json.error_type]).toEqual([400, 'no_active_scim_connection'])
  })
})
