// Stytch's own Node SDK against the stand-in: a client that nobody here wrote finds the API it was made for. What the SDK
// hides (statuses, headers, half replies) is in the raw-HTTP suites beside this one.
import { B2BClient, Client, ClientError, RequestError, StytchError } from 'stytch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { caught, PROJECT_ID, PROJECT_SECRET, type Seat, takeSeat } from './bench-seat.ts'

let seat: Seat
beforeEach(async () => {
  // The SDK warns of every address that is not Stytch's own.
  vi.spyOn(console, 'warn').mockReturnValue(undefined)
  seat = await takeSeat()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await seat.leave()
})

describe.each([
  ['Consumer', Client],
  ['B2B', B2BClient],
] as const)('the SDK for %s projects', (_vertical, Sdk) => {
  const sdk = () => new Sdk({ project_id: PROJECT_ID, secret: PROJECT_SECRET, env: `${seat.origin}/` })

  it('creates a client, shows its secret once, and gets it back without the secret', async () => {
    const created = await sdk().m2m.clients.create({
      scopes: ['read:users'],
      client_name: 'billing',
      client_description: 'sends invoices',
      trusted_metadata: { managed_by: 'arn' },
    })

    const got = await sdk().m2m.clients.get({ client_id: created.m2m_client.client_id })

    expect(created.m2m_client.client_id).toMatch(/^m2m-client-test-[0-9a-f-]{36}$/)
    expect(created.m2m_client.client_secret).toMatch(/^[A-Za-z0-9_-]{44}$/)
    expect(got.m2m_client).toEqual({
      client_id: created.m2m_client.client_id,
      client_name: 'billing',
      client_description: 'sends invoices',
      status: 'active',
      scopes: ['read:users'],
      client_secret_last_four: created.m2m_client.client_secret.slice(-4),
      trusted_metadata: { managed_by: 'arn' },
      next_client_secret_last_four: null,
    })
    expect(got.request_id).toMatch(/^request-id-test-[0-9a-f-]{36}$/)
  })

  it('rotates: two secrets while rotating, then only the new one', async () => {
    const { clientId, secret } = seat.stytch.seed({ scopes: ['read:users'] })
    const { secrets } = sdk().m2m.clients

    const started = await secrets.rotateStart({ client_id: clientId })
    const next = started.m2m_client.next_client_secret
    const during = [seat.stytch.accepts(clientId, secret), seat.stytch.accepts(clientId, next)]
    const done = await secrets.rotate({ client_id: clientId })

    expect(during).toEqual([true, true])
    expect(started.m2m_client.client_secret_last_four).toBe(secret.slice(-4))
    expect(started.m2m_client.next_client_secret_last_four).toBe(next.slice(-4))
    expect(done.m2m_client.client_secret_last_four).toBe(next.slice(-4))
    expect(done.m2m_client.next_client_secret_last_four).toBeNull()
    expect([seat.stytch.accepts(clientId, secret), seat.stytch.accepts(clientId, next)]).toEqual([false, true])
  })

  it('cancels a rotation: the original secret stays, the next one dies', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const { secrets } = sdk().m2m.clients
    const started = await secrets.rotateStart({ client_id: clientId })

    const cancelled = await secrets.rotateCancel({ client_id: clientId })

    expect(cancelled.m2m_client.next_client_secret_last_four).toBeNull()
    expect(seat.stytch.accepts(clientId, secret)).toBe(true)
    expect(seat.stytch.accepts(clientId, started.m2m_client.next_client_secret)).toBe(false)
  })

  it('exchanges credentials for a token that it then authenticates by itself', async () => {
    const { clientId, secret } = seat.stytch.seed({ scopes: ['read:users', 'write:users'] })
    const m2m = sdk().m2m

    const token = await m2m.token({ client_id: clientId, client_secret: secret, scopes: ['read:users'] })
    const proven = await m2m.authenticateToken({
      access_token: token.access_token,
      required_scopes: ['read:users'],
      max_token_age_seconds: 60,
    })

    expect(token).toMatchObject({ token_type: 'bearer', expires_in: 3600, status_code: 200 })
    expect(proven).toMatchObject({ client_id: clientId, scopes: ['read:users'] })
  })

  it('authenticates no token for a scope it lacks, nor one older than the maximum age', async () => {
    const { clientId, secret } = seat.stytch.seed({ scopes: ['read:users'] })
    const m2m = sdk().m2m
    const { access_token } = await m2m.token({ client_id: clientId, client_secret: secret })

    const lacking = await caught(m2m.authenticateToken({ access_token, required_scopes: ['write:users'] }))
    const stale = await caught(m2m.authenticateToken({ access_token, max_token_age_seconds: 0 }))

    expect(lacking).toBeInstanceOf(ClientError)
    expect(lacking).toMatchObject({ code: 'missing_scopes' })
    expect(stale).toBeInstanceOf(ClientError)
    expect(stale).toMatchObject({ code: 'jwt_too_old' })
  })
})

describe('the SDK, either vertical', () => {
  const sdk = () => new Client({ project_id: PROJECT_ID, secret: PROJECT_SECRET, env: `${seat.origin}/` })

  it('searches page by page and meets every client once', async () => {
    const ids = Array.from({ length: 7 }, () => seat.stytch.seed().clientId)
    const { clients } = sdk().m2m

    const seen: string[] = []
    const totals = new Set<number>()
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await clients.search({ limit: 3, ...(cursor && { cursor }) })
      seen.push(...page.m2m_clients.map((client) => client.client_id))
      totals.add(page.results_metadata.total)
      cursor = page.results_metadata.next_cursor
      pages += 1
    } while (cursor)

    expect(seen).toEqual(ids)
    expect(pages).toBe(3)
    expect(totals).toEqual(new Set([7]))
  })

  it('searches by name AND scope, and by id OR name', async () => {
    const a = seat.stytch.seed({ clientName: 'a', scopes: ['read'] }).clientId
    const b = seat.stytch.seed({ clientName: 'b', scopes: ['read', 'write'] }).clientId
    seat.stytch.seed({ clientName: 'b', scopes: [] })
    const { clients } = sdk().m2m

    const both = await clients.search({
      query: {
        operator: 'AND',
        operands: [
          { filter_name: 'client_name', filter_value: ['b'] },
          { filter_name: 'scopes', filter_value: ['read', 'write'] },
        ],
      },
    })
    const either = await clients.search({
      query: {
        operator: 'OR',
        operands: [
          { filter_name: 'client_id', filter_value: [a] },
          { filter_name: 'scopes', filter_value: ['write'] },
        ],
      },
    })

    expect(both.m2m_clients.map((client) => client.client_id)).toEqual([b])
    expect(either.m2m_clients.map((client) => client.client_id)).toEqual([a, b])
  })

  it('updates what is named and leaves the rest, then deletes', async () => {
    const { clientId } = seat.stytch.seed({ clientName: 'old', scopes: ['read'] })
    const { clients } = sdk().m2m

    const updated = await clients.update({ client_id: clientId, status: 'inactive', scopes: ['write'] })
    const deleted = await clients.delete({ client_id: clientId })
    const gone = await caught(clients.get({ client_id: clientId }))

    expect(updated.m2m_client).toMatchObject({ client_name: 'old', status: 'inactive', scopes: ['write'] })
    expect(deleted.client_id).toBe(clientId)
    expect(gone).toBeInstanceOf(StytchError)
    expect(gone).toMatchObject({ status_code: 404, error_type: 'm2m_client_not_found' })
  })

  it('imports an id that needs percent-encoding', async () => {
    const { clients } = sdk().m2m
    await clients.create({ client_id: 'team/a b?', client_secret: 'imported-secret-1234', scopes: [] })

    const got = await clients.get({ client_id: 'team/a b?' })
    await clients.secrets.rotateStart({ client_id: 'team/a b?' })

    expect(got.m2m_client.client_secret_last_four).toBe('1234')
    expect(seat.stytch.slots('team/a b?')?.nextLastFour).toHaveLength(4)
  })

  it('reads every refusal as a StytchError with the documented type', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const m2m = sdk().m2m
    const wrongProject = new Client({ project_id: PROJECT_ID, secret: 'secret-test-wrong', env: `${seat.origin}/` })

    const notRotating = await caught(m2m.clients.secrets.rotate({ client_id: clientId }))
    const nothingToCancel = await caught(m2m.clients.secrets.rotateCancel({ client_id: clientId }))
    await m2m.clients.secrets.rotateStart({ client_id: clientId })
    const already = await caught(m2m.clients.secrets.rotateStart({ client_id: clientId }))
    const wrongSecret = await caught(m2m.token({ client_id: clientId, client_secret: `${secret}x` }))
    const wrongScope = await caught(m2m.token({ client_id: clientId, client_secret: secret, scopes: ['x'] }))
    const unauthorized = await caught(wrongProject.m2m.clients.get({ client_id: clientId }))

    expect(notRotating).toMatchObject({ status_code: 400, error_type: 'm2m_client_not_rotating_secret' })
    expect(nothingToCancel).toMatchObject({ status_code: 400, error_type: 'm2m_client_not_rotating_secret' })
    expect(already).toMatchObject({ status_code: 400, error_type: 'm2m_client_already_rotating_secret' })
    expect(wrongSecret).toMatchObject({ status_code: 401, error_type: 'invalid_client' })
    expect(wrongScope).toMatchObject({ status_code: 400, error_type: 'invalid_scope' })
    expect(unauthorized).toMatchObject({
      status_code: 401,
      error_type: 'unauthorized_credentials',
      error_message: 'Unauthorized credentials.',
      error_url: 'https://stytch.com/docs/api/errors/401#unauthorized_credentials',
    })
  })

  it('refuses a token after its hour when the verifier goes by the moved clock', async () => {
    // The SDK goes by real time, so the token is minted two hours before it.
    const past = await takeSeat({ realNow: () => Date.now() - 2 * 3600 * 1000 })
    const { clientId, secret } = past.stytch.seed({ scopes: ['read'] })
    const m2m = new Client({ project_id: PROJECT_ID, secret: PROJECT_SECRET, env: `${past.origin}/` }).m2m
    const { access_token } = await m2m.token({ client_id: clientId, client_secret: secret })

    const expired = await caught(m2m.authenticateToken({ access_token }))
    past.world.clock.advance(2 * 3600 * 1000)
    const fresh = await m2m.token({ client_id: clientId, client_secret: secret })
    const proven = await m2m.authenticateToken({ access_token: fresh.access_token })

    expect(expired).toMatchObject({ code: 'jwt_invalid' })
    expect(proven.client_id).toBe(clientId)
    await past.leave()
  })

  it('sees a dropped reply as a RequestError although the effect happened', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.server.faults.add({ op: 'RotateStart', kind: 'drop_reply' })

    const lost = await caught(sdk().m2m.clients.secrets.rotateStart({ client_id: clientId }))

    expect(lost).toBeInstanceOf(RequestError)
    expect(seat.stytch.slots(clientId)?.nextLastFour).not.toBeNull()
  })
})
