// Faults of each kind against calls that change the slots: what the caller sees, and whether the effect happened. And the
// canary: no secret, token or credential in anything that the stand-in remembers or refuses with.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Answer, basicHeader, clientOf, PROJECT_ID, PROJECT_SECRET, rotatePath, useSeat } from './bench-seat.ts'

const seat = await useSeat()

const start = (clientId: string): Promise<Answer> => seat.ask(rotatePath(clientId, '/start'), { json: {} })
const hasNext = (clientId: string): boolean => seat.stytch.slots(clientId)?.nextLastFour !== null
const statuses = (): number[] => seat.stytch.server.calls().map(({ status }) => status)

describe('a fault without an effect', () => {
  it.each([
    [undefined, 500, 'internal_server_error'],
    [503, 503, 'server_unavailable'],
    [502, 502, 'internal_server_error'],
    [400, 400, 'bad_request'],
    [401, 401, 'unauthorized_credentials'],
    [404, 404, 'm2m_client_not_found'],
  ])('error with status %s answers %i %s in Stytch’s shape', async (status, expected, type) => {
    const { clientId } = seat.stytch.seed()
    await seat.control('faults', { op: 'RotateStart', kind: 'error', ...(status && { status }) })

    const failed = await start(clientId)

    expect([failed.status, failed.json.status_code, failed.json.error_type]).toEqual([expected, expected, type])
    expect(hasNext(clientId)).toBe(false)
  })

  it.each([
    [401, 'error', 'invalid_client'],
    [400, 'error', 'invalid_request'],
    [429, 'error_type', 'too_many_requests'],
    [500, 'error_type', 'internal_server_error'],
  ])('error %i at the token endpoint says %s %s', async (status, key, name) => {
    const { clientId, secret } = seat.stytch.seed()
    seat.stytch.server.faults.add({ op: 'Token', kind: 'error', status })

    const failed = await seat.token({ client_id: clientId, client_secret: secret })

    expect([failed.status, failed.json[key]]).toEqual([status, name])
  })

  it.each([
    [undefined, null],
    [3, '3'],
  ])('throttle with retry_after %s sends Retry-After %s', async (retryAfter, header) => {
    const { clientId } = seat.stytch.seed()
    await seat.control('faults', {
      op: 'RotateStart',
      kind: 'throttle',
      ...(retryAfter !== undefined && { retry_after: retryAfter }),
    })

    const throttled = await start(clientId)

    expect([throttled.status, throttled.json.error_type]).toEqual([429, 'too_many_requests'])
    expect(throttled.headers.get('retry-after')).toBe(header)
    expect(hasNext(clientId)).toBe(false)
  })

  it('reset cuts the connection', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.server.faults.add({ op: 'RotateStart', kind: 'reset' })

    const cut = start(clientId)

    await expect(cut).rejects.toThrow('fetch failed')
    expect(hasNext(clientId)).toBe(false)
    expect(statuses()).toEqual([0])
  })

  it('html answers as a gateway in front of Stytch would', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.server.faults.add({ op: '*', kind: 'html' })

    const page = await start(clientId)

    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html'])
    expect(hasNext(clientId)).toBe(false)
  })
})

describe('a fault after the effect', () => {
  it('drop_reply loses the only copy of the next secret', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.server.faults.add({ op: 'RotateStart', kind: 'drop_reply' })

    const lost = start(clientId)

    await expect(lost).rejects.toThrow('fetch failed')
    expect(hasNext(clientId)).toBe(true)
    expect(statuses()).toEqual([0])
  })

  it('garble sends half of the JSON', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.server.faults.add({ op: 'RotateStart', kind: 'garble' })

    const half = await start(clientId)

    expect(half.status).toBe(200)
    expect(() => JSON.parse(half.text)).toThrow(SyntaxError)
    expect(hasNext(clientId)).toBe(true)
  })

  it('delay answers late and in full', async () => {
    const { clientId } = seat.stytch.seed()
    seat.stytch.server.faults.add({ op: 'RotateStart', kind: 'delay', delay_ms: 60 })

    const asked = performance.now()
    const late = await start(clientId)

    expect(performance.now() - asked).toBeGreaterThanOrEqual(55)
    expect(clientOf(late).next_client_secret).toHaveLength(44)
    expect(hasNext(clientId)).toBe(true)
  })
})

describe('what is remembered', () => {
  it('names every operation and its client', async () => {
    const made = clientOf(await seat.ask('/v1/m2m/clients', { json: { scopes: [] } }))
    const [clientId, secret] = [String(made.client_id), String(made.client_secret)]
    await seat.ask(`/v1/m2m/clients/${clientId}`)
    await seat.ask('/v1/m2m/clients/search', { json: {} })
    await seat.ask(`/v1/m2m/clients/${clientId}`, { method: 'PUT', json: {} })
    await start(clientId)
    await seat.ask(rotatePath(clientId, '/cancel'), { json: {} })
    await start(clientId)
    await seat.token({ client_id: clientId, client_secret: secret })
    await seat.ask(rotatePath(clientId, ''), { json: {} })
    await seat.ask(`/v1/sessions/jwks/${PROJECT_ID}`)
    await seat.ask('/v1/debug/whoami')
    await seat.ask('/v1/nowhere')
    await seat.ask(`/v1/m2m/clients/${clientId}`, { method: 'DELETE' })

    const { json } = await seat.control('calls')

    const calls = json.calls as Array<{ op: string; subject: string | null }>
    expect(calls.map(({ op, subject }) => `${op} ${subject === clientId ? 'client' : subject}`)).toEqual([
      'CreateClient null',
      'GetClient client',
      'SearchClients null',
      'UpdateClient client',
      'RotateStart client',
      'RotateCancel client',
      'RotateStart client',
      'Token client',
      'RotateComplete client',
      'Jwks null',
      'Whoami null',
      'Unknown null',
      'DeleteClient client',
    ])
  })

  it('holds no secret, token or credential, nor does any refusal or any output of the process', async () => {
    const written: string[] = []
    const spies = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        written.push(String(chunk))
        return true
      }),
    )
    // Whatever throws below: other files share this process, and vitest reports through these streams.
    onTestFinished(() => {
      for (const spy of spies) spy.mockRestore()
    })
    const imported = 'canary-imported-secret-1234'
    const { clientId, secret } = seat.stytch.seed({ scopes: ['a'] })
    const next = String(clientOf(await start(clientId)).next_client_secret)
    const token = String((await seat.token({ client_id: clientId, client_secret: next })).json.access_token)
    await seat.ask('/v1/m2m/clients', { json: { scopes: [], client_id: 'imported', client_secret: imported } })

    const refusals = [
      await seat.ask('/v1/m2m/clients', { json: { scopes: [], client_id: 'imported', client_secret: imported } }),
      await seat.ask('/v1/m2m/clients', { text: `{"client_secret":"${imported}` }),
      await seat.token({ client_id: clientId, client_secret: `${secret}x` }),
      await seat.token({ client_id: secret, client_secret: next }),
      await seat.ask('/v1/debug/whoami', { basic: [PROJECT_ID, `${PROJECT_SECRET}x`] }),
      await seat.ask('/v1/debug/whoami', { headers: { authorization: `Bearer ${token}` } }),
      await seat.token({}, { form: {}, headers: { authorization: basicHeader(clientId, secret) } }),
    ]
    const remembered = (await seat.control('calls')).text + (await seat.control('clients')).text
    for (const spy of spies) spy.mockRestore()

    const hiding = [secret, next, token, imported, PROJECT_SECRET, basicHeader(clientId, secret).slice(6)]
    const all = remembered + refusals.map(({ text }) => text).join('') + written.join('')
    expect(refusals.every(({ status }) => status >= 400)).toBe(true)
    expect(hiding.filter((value) => all.includes(value))).toEqual([])
  })

  it('lists clients with both last fours for whoever watches from another process', async () => {
    const { clientId, secret } = seat.stytch.seed({ clientName: 'billing' })
    const next = seat.stytch.dashboard.rotateStart(clientId)

    const { json } = await seat.control('clients')

    expect(json.clients).toEqual([
      {
        client_id: clientId,
        client_name: 'billing',
        status: 'active',
        client_secret_last_four: secret.slice(-4),
        next_client_secret_last_four: next.slice(-4),
      },
    ])
  })
})
