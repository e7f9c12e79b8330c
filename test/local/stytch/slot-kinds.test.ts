// The three kinds that rotate in slots (M2M, Connected App, SCIM) by one contract over raw HTTP: what start, complete and cancel
// do, what is shown when, and what proves that a value is accepted. Whatever only one kind has is in that kind's own suite.
import { describe, expect, it } from 'vitest'
import type { SlotDashboard, SlotKind } from '../../../lambda/local/stytch/slot-kind.ts'
import { type Answer, type Json, PROJECT_ID, rotatePath, useSeat } from './bench-seat.ts'

const seat = await useSeat()

type Step = 'Start' | 'Complete' | 'Cancel'

interface Seeded {
  readonly id: string
  readonly secret: string
  /** The path of a rotation call. */
  readonly path: (step: Step) => string
}

/** What the contract must know of a kind. */
interface Kind {
  readonly kind: () => SlotKind<SlotDashboard>
  readonly seed: () => Seeded
  readonly opPrefix: string
  readonly envelope: string
  readonly nextField: string
  readonly lastFourFields: readonly [current: string, next: string]
  readonly errors: { readonly notRotating: string; readonly notFound: string }
  readonly get: (id: string) => Promise<Answer>
  /** A call that the real consumer of this secret makes. @returns its status. */
  readonly prove: (id: string, secret: string) => Promise<number>
}

const steps = { Start: '/start', Complete: '', Cancel: '/cancel' } as const

const m2m: Kind = {
  kind: () => seat.stytch.m2m,
  seed: () => {
    const { clientId, secret } = seat.stytch.seed()
    return { id: clientId, secret, path: (step) => rotatePath(clientId, steps[step]) }
  },
  opPrefix: 'Rotate',
  envelope: 'm2m_client',
  nextField: 'next_client_secret',
  lastFourFields: ['client_secret_last_four', 'next_client_secret_last_four'],
  errors: { notRotating: 'm2m_client_not_rotating_secret', notFound: 'm2m_client_not_found' },
  get: (id) => seat.ask(`/v1/m2m/clients/${id}`),
  prove: async (id, secret) => (await seat.token({ client_id: id, client_secret: secret })).status,
}

const connectedApp: Kind = {
  kind: () => seat.stytch.connectedApps,
  seed: () => {
    const { clientId, secret } = seat.stytch.connectedApps.seed()
    const path = (step: Step) => rotatePath(clientId, steps[step]).replace('/m2m/', '/connected_apps/')
    return { id: clientId, secret, path }
  },
  opPrefix: 'ConnectedAppRotate',
  envelope: 'connected_app',
  nextField: 'next_client_secret',
  lastFourFields: ['client_secret_last_four', 'next_client_secret_last_four'],
  errors: { notRotating: 'idp_client_not_rotating_secret', notFound: 'connected_app_not_found' },
  get: (id) => seat.ask(`/v1/connected_apps/clients/${id}`),
  prove: async (id, secret) => {
    const form = { client_id: id, client_secret: secret, token: 'none' }
    return (await seat.ask(`/v1/public/${PROJECT_ID}/oauth2/introspect`, { basic: null, form })).status
  },
}

const ORGANIZATION = 'organization-test-33333333-3333-4333-8333-333333333333'

const scim: Kind = {
  kind: () => seat.stytch.scim,
  seed: () => {
    const { connectionId, bearerToken } = seat.stytch.scim.seed({ organizationId: ORGANIZATION })
    const base = `/v1/b2b/scim/${ORGANIZATION}/connection/${connectionId}/rotate`
    return { id: connectionId, secret: bearerToken, path: (step) => `${base}/${step.toLowerCase()}` }
  },
  opPrefix: 'ScimRotate',
  envelope: 'connection',
  nextField: 'next_bearer_token',
  lastFourFields: ['bearer_token_last_four', 'next_bearer_token_last_four'],
  errors: { notRotating: 'scim_connection_not_rotating_token', notFound: 'no_active_scim_connection' },
  get: () => seat.ask(`/v1/b2b/scim/${ORGANIZATION}/connection`),
  prove: async (id, secret) => {
    const headers = { authorization: `Bearer ${secret}` }
    return (await seat.ask(`/v1/b2b/scim/${id}/Users?count=1`, { basic: null, headers })).status
  },
}

describe.each([
  ['M2M client', m2m],
  ['Connected App', connectedApp],
  ['SCIM connection', scim],
] as const)('a %s', (_name, of) => {
  const call = ({ path }: Seeded, step: Step): Promise<Answer> => seat.ask(path(step), { json: {} })
  const inEnvelope = (answer: Answer): Json => answer.json[of.envelope] as Json
  const start = async (seeded: Seeded): Promise<string> => String(inEnvelope(await call(seeded, 'Start'))[of.nextField])
  const proven = async (id: string, ...secrets: string[]): Promise<number[]> => {
    const statuses: number[] = []
    for (const secret of secrets) statuses.push(await of.prove(id, secret))
    return statuses
  }

  it('start adds a second secret, shows it once, and both are taken', async () => {
    const seeded = of.seed()

    const started = await call(seeded, 'Start')
    const next = String(inEnvelope(started)[of.nextField])
    const got = await of.get(seeded.id)

    const [current, following] = of.lastFourFields
    expect(started.json).toMatchObject({ status_code: 200, request_id: expect.stringMatching(/^request-id-test-/) })
    expect(inEnvelope(started)[current]).toBe(seeded.secret.slice(-4))
    expect(inEnvelope(got)).toMatchObject({ [current]: seeded.secret.slice(-4), [following]: next.slice(-4) })
    expect(got.text).not.toContain(next)
    expect(await proven(seeded.id, seeded.secret, next)).toEqual([200, 200])
  })

  it('complete takes the next secret alone from then on', async () => {
    const seeded = of.seed()
    const next = await start(seeded)

    const completed = await call(seeded, 'Complete')

    const statuses = await proven(seeded.id, seeded.secret, next)
    expect(inEnvelope(completed)[of.lastFourFields[0]]).toBe(next.slice(-4))
    expect(inEnvelope(completed)[of.lastFourFields[1]] || null).toBeNull()
    expect(inEnvelope(completed)).not.toHaveProperty(of.nextField)
    expect(statuses).toEqual([401, 200])
  })

  it('cancel keeps the original and refuses the next secret from then on', async () => {
    const seeded = of.seed()
    const next = await start(seeded)

    const cancelled = await call(seeded, 'Cancel')

    const statuses = await proven(seeded.id, seeded.secret, next)
    expect(inEnvelope(cancelled)[of.lastFourFields[0]]).toBe(seeded.secret.slice(-4))
    expect(statuses).toEqual([200, 401])
  })

  it.each(['Complete', 'Cancel'] as const)('%s without a start is refused and changes nothing', async (step) => {
    const seeded = of.seed()
    seat.stytch.configure({ notRotatingStatus: 422 })

    const refused = await call(seeded, step)

    expect([refused.status, refused.json.error_type]).toEqual([422, of.errors.notRotating])
    expect(await proven(seeded.id, seeded.secret)).toEqual([200])
  })

  it.each(['Start', 'Complete', 'Cancel'] as const)('%s of an unknown id is not found', async (step) => {
    const seeded = of.seed()
    of.kind().dashboard.remove(seeded.id)

    const refused = await call(seeded, step)

    expect([refused.status, refused.json.error_type]).toEqual([404, of.errors.notFound])
  })

  it('takes the three calls without a body, and refuses them without the project’s credentials', async () => {
    const seeded = of.seed()

    const refused = await seat.ask(seeded.path('Start'), { json: {}, basic: null })
    const untouched = of.kind().slots(seeded.id)
    const bare = await seat.ask(seeded.path('Start'), { method: 'POST' })

    expect([refused.status, refused.json.error_type]).toEqual([401, 'unauthorized_credentials'])
    expect(untouched?.nextLastFour).toBeNull()
    expect(bare.status).toBe(200)
  })

  it('propagationDelayMs and nextSecretDelayMs hold for it', async () => {
    seat.stytch.configure({ propagationDelayMs: 5000, nextSecretDelayMs: 2000 })
    const seeded = of.seed()
    const next = await start(seeded)

    const early = await proven(seeded.id, seeded.secret, next)
    seat.world.clock.advance(2000)
    await call(seeded, 'Complete')
    const lingering = await proven(seeded.id, seeded.secret, next)
    seat.world.clock.advance(5000)
    const late = await proven(seeded.id, seeded.secret, next)

    expect([early, lingering, late]).toEqual([
      [200, 401],
      [200, 200],
      [401, 200],
    ])
  })

  it('a dropped reply loses the only copy of the next secret, and the fault is named by its own operation', async () => {
    const seeded = of.seed()
    seat.stytch.server.faults.add({ op: `${of.opPrefix}Start`, kind: 'drop_reply' })

    const lost = call(seeded, 'Start')

    await expect(lost).rejects.toThrow('fetch failed')
    expect(of.kind().slots(seeded.id)?.nextLastFour).toHaveLength(4)
    expect(seat.stytch.server.calls()).toMatchObject([{ op: `${of.opPrefix}Start`, subject: seeded.id, status: 0 }])
  })

  it('a planned 404 has its own name, and no effect', async () => {
    const seeded = of.seed()
    seat.stytch.server.faults.add({ op: `${of.opPrefix}Start`, kind: 'error', status: 404 })

    const failed = await call(seeded, 'Start')

    expect([failed.status, failed.json.error_type]).toEqual([404, of.errors.notFound])
    expect(of.kind().slots(seeded.id)?.nextLastFour).toBeNull()
  })

  it('in-process: the dashboard has the same effects, a last four can be forced, and nothing of it is a call', () => {
    const { id, secret } = of.seed()
    const { accepts, slots, ids, dashboard } = of.kind()

    seat.stytch.forceLastFour(secret.slice(-4))
    const next = dashboard.rotateStart(id)
    const during = [accepts(id, secret), accepts(id, next), slots(id)]
    dashboard.rotateComplete(id)
    const after = [accepts(id, secret), accepts(id, next)]
    const again = dashboard.rotateStart(id)
    dashboard.rotateCancel(id)

    expect(during).toEqual([
      true,
      true,
      { status: 'active', lastFour: secret.slice(-4), nextLastFour: secret.slice(-4) },
    ])
    expect(after).toEqual([false, true])
    expect(accepts(id, again)).toBe(false)
    expect(again.slice(-4)).not.toBe(secret.slice(-4))
    expect(ids()).toEqual([id])
    expect(() => dashboard.rotateCancel(id)).toThrow('is not rotating')
    dashboard.remove(id)
    expect([ids(), slots(id), accepts(id, next)]).toEqual([[], undefined, false])
    expect(seat.stytch.server.calls()).toEqual([])
  })

  it('a reset forgets it', async () => {
    const { id, secret } = of.seed()

    seat.world.reset()

    expect(of.kind().ids()).toEqual([])
    expect(of.kind().accepts(id, secret)).toBe(false)
  })

  it('leaves no value in what is remembered, listed or refused', async () => {
    const seeded = of.seed()
    const next = await start(seeded)
    const answers = [
      await of.get(seeded.id),
      await call(seeded, 'Complete'),
      await call(seeded, 'Complete'),
      await seat.control('calls'),
      await seat.control('clients'),
      await seat.control('connected-apps'),
      await seat.control('scim-connections'),
    ]
    await proven(seeded.id, seeded.secret, next)

    const seen = answers.map(({ text }) => text).join('') + JSON.stringify(seat.stytch.server.calls())
    expect([seeded.secret, next].filter((value) => seen.includes(value))).toEqual([])
  })
})
