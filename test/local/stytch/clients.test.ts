// Raw HTTP: create, get, update, delete, search, whoami and the errors around them, status by status and body by body.
import { describe, expect, it } from 'vitest'
import {
  type Answer,
  clientOf,
  type Json,
  PROJECT_ID,
  PROJECT_SECRET,
  rotatePath,
  takeSeat,
  useSeat,
} from './bench-seat.ts'

const seat = await useSeat()

const create = (fields: Json): Promise<Answer> => seat.ask('/v1/m2m/clients', { json: fields })
const errorType = (answer: Answer) => [answer.status, answer.json.status_code, answer.json.error_type]

describe('every endpoint', () => {
  it('carries request_id and status_code, and an error carries its type, message and url', async () => {
    const good = await create({ scopes: [] })
    const bad = await seat.ask('/v1/m2m/clients/nobody')

    expect(good.json).toMatchObject({ status_code: 200, request_id: expect.stringMatching(/^request-id-test-/) })
    expect(good.headers.get('content-type')).toBe('application/json')
    expect(bad.json).toEqual({
      status_code: 404,
      request_id: expect.stringMatching(/^request-id-test-[0-9a-f-]{36}$/),
      error_type: 'm2m_client_not_found',
      error_message: 'The M2M client requested could not be found.',
      error_url: 'https://stytch.com/docs/api/errors/404#m2m_client_not_found',
    })
  })

  it.each([
    ['no header', null],
    ['a wrong secret', [PROJECT_ID, 'wrong']],
    ['another project', ['project-test-other', PROJECT_SECRET]],
  ] as const)('refuses %s with 401 and has no effect', async (_case, basic) => {
    const { clientId } = seat.stytch.seed()

    const started = await seat.ask(rotatePath(clientId, '/start'), { json: {}, basic })

    expect(errorType(started)).toEqual([401, 401, 'unauthorized_credentials'])
    expect(seat.stytch.slots(clientId)?.nextLastFour).toBeNull()
  })

  it('answers an unknown path, a wrong method and a body that is not a JSON object', async () => {
    const { clientId } = seat.stytch.seed()

    const answers = [
      await seat.ask('/v1/m2m/client'),
      await seat.ask('/v1/m2m/clients/%zz'),
      await seat.ask(rotatePath(clientId, '').replace('rotate', 'rotate/complete'), { json: {} }),
      await seat.ask(`/v1/m2m/clients/${clientId}`, { json: {} }),
      await seat.ask('/v1/m2m/clients', { text: '{"scopes": "canary-sec' }),
      await seat.ask('/v1/m2m/clients', { text: '[]' }),
    ]

    expect(answers.map(errorType)).toEqual([
      [404, 404, 'route_not_found'],
      [404, 404, 'route_not_found'],
      [404, 404, 'route_not_found'],
      [405, 405, 'method_not_allowed'],
      [400, 400, 'bad_request'],
      [400, 400, 'bad_request'],
    ])
    expect(answers[3]?.headers.get('allow')).toBe('GET, PUT, DELETE')
    expect(answers[4]?.text).not.toContain('canary')
  })

  it('says whose credentials they are', async () => {
    const whoami = await seat.ask('/v1/debug/whoami')

    expect(whoami.json).toMatchObject({ status_code: 200, project_id: PROJECT_ID, name: expect.any(String) })
  })

  it('gives live ids to a live project', async () => {
    const live = await takeSeat({ projectId: 'project-live-22222222-2222-4222-8222-222222222222' })

    const made = await live.ask('/v1/m2m/clients', { json: { scopes: [] } })
    const jwks = await live.ask('/v1/sessions/jwks/project-live-22222222-2222-4222-8222-222222222222')

    expect(clientOf(made).client_id).toMatch(/^m2m-client-live-/)
    expect(made.json.request_id).toMatch(/^request-id-live-/)
    expect((jwks.json.keys as Json[])[0]?.kid).toMatch(/^jwk-live-/)
    await live.leave()
  })
})

describe('create', () => {
  it('keeps an imported id and secret', async () => {
    const made = await create({ scopes: ['a'], client_id: 'ours', client_secret: 'imported-secret-9876' })

    expect(clientOf(made)).toMatchObject({
      client_id: 'ours',
      client_secret: 'imported-secret-9876',
      client_secret_last_four: '9876',
    })
    expect(seat.stytch.accepts('ours', 'imported-secret-9876')).toBe(true)
  })

  it.each([
    [{}, 'invalid_m2m_client_scope'],
    [{ scopes: 'a b' }, 'invalid_m2m_client_scope'],
    [{ scopes: ['a b'] }, 'invalid_m2m_client_scope'],
    [{ scopes: Array.from({ length: 101 }, (_, i) => `s${i}`) }, 'too_many_m2m_client_scopes'],
    [{ scopes: [], client_id: '' }, 'm2m_client_invalid_client_id'],
    [{ scopes: [], client_id: 'taken' }, 'duplicate_m2m_client_id'],
    [{ scopes: [], client_secret: 'short' }, 'm2m_client_invalid_client_secret'],
    [{ scopes: [], client_secret: 'aaaaaaaaaaaa' }, 'insecure_m2m_client_secret'],
    [{ scopes: [], client_secret: 'abcdefgh'.repeat(40) }, 'client_secret_too_long'],
    [{ scopes: [], client_name: 7 }, 'm2m_client_invalid_client_name'],
    [{ scopes: [], client_description: [] }, 'm2m_client_invalid_client_description'],
    [{ scopes: [], trusted_metadata: [] }, 'metadata_invalid_format'],
  ])('refuses %j as %s', async (fields, type) => {
    seat.stytch.seed({ clientId: 'taken' })

    const refused = await create(fields)

    expect(errorType(refused)).toEqual([400, 400, type])
    expect(seat.stytch.clientIds()).toEqual(['taken'])
  })
})

describe('update', () => {
  const update = (clientId: string, fields: Json): Promise<Answer> =>
    seat.ask(`/v1/m2m/clients/${clientId}`, { method: 'PUT', json: fields })

  it('merges trusted_metadata at the top level only, and null deletes a key', async () => {
    const { clientId } = seat.stytch.seed({ trustedMetadata: { keep: 1, drop: 2, nest: { a: 1, b: 2 } } })

    const updated = await update(clientId, { trusted_metadata: { drop: null, nest: { c: null }, add: [1] } })

    expect(clientOf(updated).trusted_metadata).toEqual({ keep: 1, nest: { c: null }, add: [1] })
    expect(seat.stytch.trustedMetadata(clientId)).toEqual({ keep: 1, nest: { c: null }, add: [1] })
  })

  it('holds metadata to 20 keys and 4 KB, counted after the merge, and changes nothing else when it refuses', async () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]))
    const { clientId } = seat.stytch.seed({ trustedMetadata: many })

    const tooMany = await update(clientId, { client_name: 'new', trusted_metadata: { one: 'more' } })
    const swapped = await update(clientId, { trusted_metadata: { k0: null, one: 'more' } })
    const tooLarge = await update(clientId, { trusted_metadata: { one: 'x'.repeat(4100) } })
    const after = await seat.ask(`/v1/m2m/clients/${clientId}`)

    expect(errorType(tooMany)).toEqual([400, 400, 'metadata_too_many_keys'])
    expect(swapped.status).toBe(200)
    expect(errorType(tooLarge)).toEqual([400, 400, 'metadata_too_large'])
    expect(clientOf(after)).toMatchObject({ client_name: '', trusted_metadata: { one: 'more' } })
  })

  it('refuses a status it does not know', async () => {
    const { clientId } = seat.stytch.seed()

    const refused = await update(clientId, { status: 'paused' })

    expect(errorType(refused)).toEqual([400, 400, 'm2m_client_invalid_status'])
  })

  it('leaves an open rotation as it is', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const next = seat.stytch.dashboard.rotateStart(clientId)

    await update(clientId, { client_name: 'renamed', scopes: ['a'] })

    expect([seat.stytch.accepts(clientId, secret), seat.stytch.accepts(clientId, next)]).toEqual([true, true])
  })
})

describe('delete', () => {
  it('deletes once; the second time the client is not found', async () => {
    const { clientId, secret } = seat.stytch.seed()

    const first = await seat.ask(`/v1/m2m/clients/${clientId}`, { method: 'DELETE' })
    const second = await seat.ask(`/v1/m2m/clients/${clientId}`, { method: 'DELETE', json: {} })

    expect(first.json).toMatchObject({ status_code: 200, client_id: clientId })
    expect(errorType(second)).toEqual([404, 404, 'm2m_client_not_found'])
    expect(seat.stytch.accepts(clientId, secret)).toBe(false)
    expect(seat.stytch.slots(clientId)).toBeUndefined()
  })
})

describe('search', () => {
  const search = (input?: Json): Promise<Answer> =>
    seat.ask('/v1/m2m/clients/search', input === undefined ? { method: 'POST' } : { json: input })
  const ids = (answer: Answer) => (answer.json.m2m_clients as Json[]).map((client) => client.client_id)

  it('finds all without a body, without operands, and with an empty cursor; never a secret', async () => {
    const { clientId, secret } = seat.stytch.seed()

    const answers = [
      await search(),
      await search({}),
      await search({ cursor: '', query: { operator: 'AND', operands: [] } }),
      await search({ query: { operator: 'OR' } }),
    ]

    for (const answer of answers) {
      expect(ids(answer)).toEqual([clientId])
      expect(answer.json.results_metadata).toEqual({ total: 1, next_cursor: null })
      expect(answer.text).not.toContain(secret)
    }
  })

  it('gives 100 a page unless told, and 1000 at most', async () => {
    for (let i = 0; i < 101; i++) seat.stytch.seed()

    const byDefault = await search({})
    const most = await search({ limit: 1000 })
    const tooMany = await search({ limit: 1001 })

    expect(ids(byDefault)).toHaveLength(100)
    expect(byDefault.json.results_metadata).toEqual({ total: 101, next_cursor: expect.any(String) })
    expect(ids(most)).toHaveLength(101)
    expect(errorType(tooMany)).toEqual([400, 400, 'invalid_argument'])
  })

  it('neither repeats nor hides a client when others come and go between two pages', async () => {
    const [a, b, c] = [seat.stytch.seed(), seat.stytch.seed(), seat.stytch.seed()].map((made) => made.clientId)
    const first = await search({ limit: 2 })
    seat.stytch.dashboard.remove(String(a))
    const d = seat.stytch.seed().clientId

    const second = await search({ limit: 2, cursor: (first.json.results_metadata as Json).next_cursor })

    expect(ids(first)).toEqual([a, b])
    expect(ids(second)).toEqual([c, d])
  })

  it.each([
    [[{ filter_value: ['a'] }], 'm2m_search_missing_filter_name'],
    [[{ filter_name: 7, filter_value: ['a'] }], 'm2m_search_filter_name_must_be_string'],
    [[{ filter_name: 'status', filter_value: ['a'] }], 'm2m_search_filter_name_not_recognized'],
    [[{ filter_name: 'constructor', filter_value: ['a'] }], 'm2m_search_filter_name_not_recognized'],
    [[{ filter_name: 'scopes' }], 'm2m_search_missing_filter_value'],
    [[{ filter_name: 'scopes', filter_value: 'a' }], 'm2m_search_expected_array_of_strings'],
    [[{ filter_name: 'scopes', filter_value: [1] }], 'm2m_search_expected_array_of_strings'],
    ['none', 'invalid_argument'],
  ])('refuses operands %j as %s', async (operands, type) => {
    const refused = await search({ query: { operator: 'AND', operands } })

    expect(errorType(refused)).toEqual([400, 400, type])
  })

  it('refuses an unknown operator and a cursor it did not write', async () => {
    const operator = await search({ query: { operator: 'NOT', operands: [] } })
    const cursor = await search({ cursor: 'made-up' })

    expect(errorType(operator)).toEqual([400, 400, 'invalid_argument'])
    expect(errorType(cursor)).toEqual([400, 400, 'invalid_argument'])
  })
})
