// Raw HTTP: the two slots. After every single call, what the token endpoint takes is what the documentation says it takes.
import { describe, expect, it } from 'vitest'
import { type Answer, clientOf, rotatePath, useSeat } from './bench-seat.ts'

const seat = await useSeat()

const rotate = (clientId: string, step: '' | '/start' | '/cancel'): Promise<Answer> =>
  seat.ask(rotatePath(clientId, step), { json: {} })

const exchangeStatus = async (clientId: string, secret: string): Promise<number> =>
  (await seat.token({ client_id: clientId, client_secret: secret })).status

describe('the two slots', () => {
  it('start adds a second secret and shows it once', async () => {
    const { clientId, secret } = seat.stytch.seed()

    const started = await rotate(clientId, '/start')
    const next = String(clientOf(started).next_client_secret)
    const got = await seat.ask(`/v1/m2m/clients/${clientId}`)

    expect(clientOf(started)).not.toHaveProperty('client_secret')
    expect(got.text).not.toContain(next)
    expect(clientOf(got)).toMatchObject({
      client_secret_last_four: secret.slice(-4),
      next_client_secret_last_four: next.slice(-4),
    })
    expect([await exchangeStatus(clientId, secret), await exchangeStatus(clientId, next)]).toEqual([200, 200])
  })

  it('complete refuses the old secret from then on', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const next = String(clientOf(await rotate(clientId, '/start')).next_client_secret)

    const completed = await rotate(clientId, '')

    expect(clientOf(completed)).not.toHaveProperty('next_client_secret')
    expect([await exchangeStatus(clientId, secret), await exchangeStatus(clientId, next)]).toEqual([401, 200])
    expect(seat.stytch.slots(clientId)).toEqual({ status: 'active', lastFour: next.slice(-4), nextLastFour: null })
  })

  it('cancel refuses the next secret from then on', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const next = String(clientOf(await rotate(clientId, '/start')).next_client_secret)

    await rotate(clientId, '/cancel')

    expect([await exchangeStatus(clientId, secret), await exchangeStatus(clientId, next)]).toEqual([200, 401])
  })

  it('a second start makes no new secret and leaves the first next one valid', async () => {
    const { clientId } = seat.stytch.seed()
    const next = String(clientOf(await rotate(clientId, '/start')).next_client_secret)

    const again = await rotate(clientId, '/start')

    expect([again.status, again.json.error_type]).toEqual([400, 'm2m_client_already_rotating_secret'])
    expect(await exchangeStatus(clientId, next)).toBe(200)
  })

  it.each(['', '/cancel'] as const)('rotate%s without a start is refused as not rotating', async (step) => {
    const { clientId, secret } = seat.stytch.seed()

    const refused = await rotate(clientId, step)

    expect([refused.status, refused.json.error_type]).toEqual([400, 'm2m_client_not_rotating_secret'])
    expect(await exchangeStatus(clientId, secret)).toBe(200)
  })

  it.each(['/start', '', '/cancel'] as const)('rotate%s of an unknown client is not found', async (step) => {
    const refused = await rotate('m2m-client-test-none', step)

    expect([refused.status, refused.json.error_type]).toEqual([404, 'm2m_client_not_found'])
  })

  it('takes the three calls without a body too, and refuses a broken one without an effect', async () => {
    const { clientId } = seat.stytch.seed()

    const broken = await seat.ask(rotatePath(clientId, '/start'), { text: '{' })
    const before = seat.stytch.slots(clientId)
    const bare = await seat.ask(rotatePath(clientId, '/start'), { method: 'POST' })

    expect([broken.status, broken.json.error_type]).toEqual([400, 'bad_request'])
    expect(before?.nextLastFour).toBeNull()
    expect(bare.status).toBe(200)
  })

  it('has no expiry: both secrets are valid a year later', async () => {
    const { clientId, secret } = seat.stytch.seed()
    const next = seat.stytch.dashboard.rotateStart(clientId)

    seat.world.clock.advance(365 * 24 * 3600 * 1000)

    expect([seat.stytch.accepts(clientId, secret), seat.stytch.accepts(clientId, next)]).toEqual([true, true])
  })
})

describe('in-process inspection', () => {
  it('counts as no call, and nor does the dashboard', async () => {
    const { clientId, secret } = seat.stytch.seed()

    seat.stytch.dashboard.rotateStart(clientId)
    seat.stytch.dashboard.rotateComplete(clientId)
    seat.stytch.dashboard.rotateStart(clientId)
    seat.stytch.dashboard.rotateCancel(clientId)
    seat.stytch.dashboard.setStatus(clientId, 'inactive')
    const isAccepted = seat.stytch.accepts(clientId, secret)
    const slots = seat.stytch.slots(clientId)

    expect(isAccepted).toBe(false)
    expect(slots?.status).toBe('inactive')
    expect(seat.stytch.server.calls()).toEqual([])
  })

  it('the dashboard throws what Stytch refuses', () => {
    const { clientId } = seat.stytch.seed()

    const complete = () => seat.stytch.dashboard.rotateComplete(clientId)

    expect(complete).toThrow('The M2M client is not rotating its secret.')
  })
})

describe('last-four collisions', () => {
  it('one generated secret ends as told, the one after does not', async () => {
    const { clientId, secret } = seat.stytch.seed()

    seat.stytch.forceLastFour(secret.slice(-4))
    const forced = String(clientOf(await rotate(clientId, '/start')).next_client_secret)
    const slots = seat.stytch.slots(clientId)
    await rotate(clientId, '/cancel')
    const free = String(clientOf(await rotate(clientId, '/start')).next_client_secret)

    expect(forced).toHaveLength(44)
    expect(forced).not.toBe(secret)
    expect(slots).toMatchObject({ lastFour: secret.slice(-4), nextLastFour: secret.slice(-4) })
    expect(free.slice(-4)).not.toBe(secret.slice(-4))
    expect(seat.stytch.settings.nextSecretLastFour).toBeNull()
  })

  it('can be asked for over HTTP', async () => {
    await seat.control('settings', { nextSecretLastFour: 'AbC_' })

    const made = await seat.ask('/v1/m2m/clients', { json: { scopes: [] } })

    expect(clientOf(made).client_secret_last_four).toBe('AbC_')
  })
})
