// Stytch as the domain's Issuer, over real HTTP against the stand-in: every call, and every way in which one goes wrong.
import { describe, expect, test } from 'vitest'
import { createStytchIssuer } from '../../../lambda/adapters/stytch/issuer.ts'
import { createClientRegistry } from '../../../lambda/adapters/stytch/registry.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import type { FaultKind } from '../../../lambda/local/stand-in/faults.ts'
import { PROJECT_ID, useStytch } from '../../fakes/stand-ins.ts'

const place = useStytch()
const { stytch } = place
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'
const VALUE = 'canary-of-a-value-0123-AAAA'

/** Stytch's calls take no precondition: what the look showed is not sent. */
const LOOKED_AT = { known: [], slots: { current: 'AAAA', next: null } }
const calls = ['start', 'complete', 'cancel'] as const

const seat = () => {
  const { clientId } = stytch.seed({ secret: VALUE })
  const { api, timing } = place.connect()
  return { clientId, api, timing, issuer: createStytchIssuer(api, PROJECT_ID) }
}
const outcome = async (call: Promise<unknown>) => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

describe('look', () => {
  test('shows the slots by last four, and who the client belongs to', async () => {
    const { clientId, issuer } = seat()

    expect(await issuer.look(clientId)).toEqual({
      slots: { current: 'AAAA', next: null },
      isActive: true,
      boundTo: undefined,
      requestId: expect.stringMatching(/^request-id-test-/),
    })
    stytch.forceLastFour('BBBB')
    stytch.dashboard.rotateStart(clientId)
    stytch.dashboard.setStatus(clientId, 'inactive')
    await issuer.bind(clientId, ARN)
    expect(await issuer.look(clientId)).toMatchObject({
      slots: { current: 'AAAA', next: 'BBBB' },
      isActive: false,
      boundTo: ARN,
    })
  })

  test('a client that is gone is none', async () => {
    const { issuer } = seat()

    expect(await issuer.look('m2m-client-test-nobody')).toBeUndefined()
  })

  test('at many is one search, which shows the same of each, and names those that there are not', async () => {
    const { clientId, issuer } = seat()
    const other = stytch.seed({}).clientId
    await issuer.bind(clientId, ARN)

    const found = await issuer.lookMany?.([clientId, 'm2m-client-test-nobody', other])

    expect(place.calls().filter((op) => op !== 'UpdateClient')).toEqual(['SearchClients'])
    expect([...(found?.keys() ?? [])]).toEqual([clientId, 'm2m-client-test-nobody', other])
    const { requestId: _one, ...looked } = (await issuer.look(clientId)) ?? {}
    expect(found?.get(clientId)).toMatchObject(looked)
    expect(found?.get('m2m-client-test-nobody')).toBeUndefined()
  })

  test('at none asks nothing: a search without ids is for all clients', async () => {
    const { issuer } = seat()

    expect(await issuer.lookMany?.([])).toEqual(new Map())
    expect(place.calls()).toEqual([])
  })

  test('at many of a Stytch that is down is a Fault', async () => {
    const { clientId, issuer } = seat()
    stytch.server.faults.add({ op: 'SearchClients', kind: 'error', status: 500, count: 100 })

    expect(await outcome(issuer.lookMany?.([clientId]) ?? Promise.resolve())).toMatchObject({
      code: expect.stringMatching(/^STYTCH_/),
    })
  })

  test.each(['', 17, null, ['x']])('a mark that names no secret binds nothing: %j', async (mark) => {
    const { issuer } = seat()
    const { clientId } = stytch.seed({ trustedMetadata: { managed_by: mark } })

    expect((await issuer.look(clientId))?.boundTo).toBeUndefined()
  })
})

describe('exchange', () => {
  test('tells an accepted value from a refused one', async () => {
    const { clientId, issuer } = seat()

    expect(await issuer.exchange(clientId, createClientSecret(VALUE))).toEqual({
      accepted: true,
      requestId: expect.stringMatching(/^request-id-test-/),
    })
    expect(await issuer.exchange(clientId, createClientSecret('canary-wrong'))).toEqual({
      accepted: false,
      status: 401,
      error: 'invalid_client',
      requestId: expect.stringMatching(/^request-id-test-/),
    })
  })

  test('a refusal counts with either status that Stytch may give it', async () => {
    const { clientId, issuer } = seat()
    stytch.configure({ refusedCredentialStatus: 400 })

    expect(await issuer.exchange(clientId, createClientSecret('canary-wrong'))).toMatchObject({
      accepted: false,
      status: 400,
    })
  })

  test('an inactive or unknown client is refused', async () => {
    const { clientId, issuer } = seat()
    stytch.dashboard.setStatus(clientId, 'inactive')

    for (const id of [clientId, 'm2m-client-test-nobody']) {
      expect(await issuer.exchange(id, createClientSecret(VALUE))).toMatchObject({ accepted: false })
    }
  })

  test('a project that does not exist is a fault, and refuses no value', async () => {
    const { clientId } = seat()
    const { api } = place.connect({ projectId: 'project-test-other' })

    const result = await outcome(
      createStytchIssuer(api, 'project-test-other').exchange(clientId, createClientSecret(VALUE)),
    )

    expect(result).toMatchObject({ code: 'STYTCH_ANSWER_UNKNOWN', retryable: true })
  })

  test.each([
    'invalid_client',
    'invalid_client_secret',
    'm2m_client_invalid_client_secret',
    'unauthorized_client',
    'invalid_grant',
  ])('%s is a refusal, with whichever status', async (refusedError) => {
    const { clientId, issuer } = seat()
    for (const refusedCredentialStatus of [400, 401] as const) {
      stytch.configure({ refusedError, refusedCredentialStatus })

      const exchange = await issuer.exchange(clientId, createClientSecret('canary-wrong'))

      expect(exchange).toMatchObject({ accepted: false, status: refusedCredentialStatus, error: refusedError })
    }
  })

  test('a name that Stytch does not publish is reported as itself, and shows nothing', async () => {
    const { clientId, issuer } = seat()
    stytch.configure({ refusedError: 'brand_new_name', refusedCredentialStatus: 401 })

    const result = await outcome(issuer.exchange(clientId, createClientSecret('canary-wrong')))

    expect(result).toMatchObject({ code: 'STYTCH_ANSWER_UNKNOWN', retryable: true })
    expect(result).toMatchObject({ message: expect.stringContaining('brand_new_name') })
  })
})

describe('the two slots', () => {
  test('start, complete and cancel do what they say', async () => {
    const { clientId, issuer } = seat()

    const started = await issuer.start(clientId)
    if (started.outcome !== 'started') throw new Error(started.outcome)
    expect(stytch.accepts(clientId, started.secret.reveal())).toBe(true)
    expect(await issuer.start(clientId)).toEqual({ outcome: 'alreadyRotating' })
    expect(await issuer.complete(clientId, LOOKED_AT)).toEqual({ outcome: 'done' })
    expect([VALUE, started.secret.reveal()].map((value) => stytch.accepts(clientId, value))).toEqual([false, true])
    expect(await issuer.complete(clientId, LOOKED_AT)).toEqual({ outcome: 'notRotating' })
    const again = await issuer.start(clientId)
    expect(await issuer.cancel(clientId, LOOKED_AT)).toEqual({ outcome: 'done' })
    expect(again.outcome === 'started' && stytch.accepts(clientId, again.secret.reveal())).toBe(false)
    expect(await issuer.cancel(clientId, LOOKED_AT)).toEqual({ outcome: 'notRotating' })
  })

  test('other statuses for the same errors change nothing', async () => {
    const { clientId, issuer } = seat()
    stytch.configure({ alreadyRotatingStatus: 409, notRotatingStatus: 409 })

    expect(await issuer.complete(clientId, LOOKED_AT)).toEqual({ outcome: 'notRotating' })
    await issuer.start(clientId)
    expect(await issuer.start(clientId)).toEqual({ outcome: 'alreadyRotating' })
  })

  const ops = { start: 'RotateStart', complete: 'RotateComplete', cancel: 'RotateCancel' }
  /** Whether the effect happens, by how the reply gets lost. */
  const losses: readonly (readonly [FaultKind, boolean])[] = [
    ['drop_reply', true],
    ['garble', true],
    ['reset', false],
    ['html', false],
  ]

  test.each(calls.flatMap((call) => losses.map(([kind, happens]) => ({ call, kind, happens }))))(
    '$call, $kind: the outcome is unknown, and it is sent once',
    async ({ call, kind, happens }) => {
      const { clientId, issuer, timing } = seat()
      if (call !== 'start') stytch.dashboard.rotateStart(clientId)
      const before = stytch.slots(clientId)
      stytch.server.faults.add({ op: ops[call], kind })

      expect(await issuer[call](clientId, LOOKED_AT)).toEqual({ outcome: 'unknown' })
      expect(place.calls()).toEqual([ops[call]])
      expect(timing.waits).toEqual([])
      expect(JSON.stringify(stytch.slots(clientId)) !== JSON.stringify(before)).toBe(happens)
    },
  )

  test.each(calls)('%s: a server error may have happened', async (call) => {
    const { clientId, issuer } = seat()
    stytch.server.faults.add({ op: ops[call], kind: 'error', status: 500 })

    expect(await issuer[call](clientId, LOOKED_AT)).toEqual({ outcome: 'unknown' })
    expect(place.calls()).toEqual([ops[call]])
  })

  test.each(calls)(
    '%s: what was throttled is sent once, surely had no effect, and says how long to wait',
    async (call) => {
      const { clientId, issuer, timing } = seat()
      if (call !== 'start') stytch.dashboard.rotateStart(clientId)
      const before = stytch.slots(clientId)
      stytch.server.faults.add({ op: ops[call], kind: 'throttle', retry_after: 2 })

      expect(await issuer[call](clientId, LOOKED_AT)).toEqual({
        outcome: 'notDone',
        waitMs: 2000,
        fault: expect.objectContaining({ code: 'STYTCH_RATE_LIMITED', retryable: true }),
      })
      expect(place.calls()).toEqual([ops[call]])
      expect(timing.waits).toEqual([])
      expect(stytch.slots(clientId)).toEqual(before)
    },
  )

  test('no reply within five seconds is an unknown outcome', async () => {
    const { clientId, issuer } = seat()
    stytch.server.faults.add({ op: 'RotateStart', kind: 'delay', delay_ms: 7000 })

    expect(await issuer.start(clientId)).toEqual({ outcome: 'unknown' })
    expect(stytch.slots(clientId)?.nextLastFour).not.toBeNull()
  })
})

describe('what only a retry or a person can mend', () => {
  const faults = [
    ['throttled to the end', { op: 'GetClient', kind: 'throttle', count: 9 }, 'STYTCH_RATE_LIMITED', true],
    ['down to the end', { op: 'GetClient', kind: 'error', status: 503, count: 9 }, 'STYTCH_OUTCOME_UNKNOWN', true],
    [
      'refused for a reason that we do not know',
      { op: 'GetClient', kind: 'error', status: 403 },
      'STYTCH_REJECTED',
      false,
    ],
    ['refused the project', { op: 'GetClient', kind: 'error', status: 401, count: 9 }, 'STYTCH_UNAUTHORIZED', true],
  ] as const

  test.each(faults)('%s', async (_what, fault, code, retryable) => {
    const { clientId, issuer } = seat()
    stytch.server.faults.add(fault)

    const error = await outcome(issuer.look(clientId))

    expect(error).toMatchObject({ code, retryable, name: 'Fault' })
    expect(String(error)).toContain(clientId)
    expect(String(error)).not.toContain('canary')
  })

  test('an address where nobody answers was not reached: a look is repeated, then a fault; a change surely had no effect', async () => {
    const { clientId } = seat()
    const { api, timing } = place.connect({ baseUrl: 'http://127.0.0.1:9' })
    const issuer = createStytchIssuer(api, PROJECT_ID)

    expect(await outcome(issuer.look(clientId))).toMatchObject({ code: 'STYTCH_UNAVAILABLE', retryable: true })
    expect(timing.waits.length).toBe(3)
    for (const call of calls) {
      expect(await issuer[call](clientId, LOOKED_AT)).toMatchObject({
        outcome: 'notDone',
        fault: { code: 'STYTCH_UNAVAILABLE' },
      })
    }
    expect(timing.waits.length).toBe(3)
  })

  test('a look that fails for a moment is repeated', async () => {
    for (const kind of ['reset', 'drop_reply', 'garble', 'html', 'throttle'] as const) {
      place.world.reset()
      const { clientId, issuer } = seat()
      stytch.server.faults.add({ op: 'GetClient', kind })

      expect((await issuer.look(clientId))?.slots).toEqual({ current: 'AAAA', next: null })
    }
  })

  test('a bind that fails for a moment is repeated, and merges into what is there', async () => {
    const { issuer } = seat()
    const { clientId } = stytch.seed({ trustedMetadata: { team: 'orders' } })
    stytch.server.faults.add({ op: 'UpdateClient', kind: 'drop_reply' })

    await issuer.bind(clientId, ARN)

    expect(stytch.trustedMetadata(clientId)).toEqual({ team: 'orders', managed_by: ARN })
  })
})

describe('the registrar’s calls', () => {
  const request = {
    clientId: 'm2m-client-test-new',
    name: 'orders',
    description: 'takes orders',
    scopes: ['read:orders'],
    registeredFor: 'm2m/test/orders',
    registeredAt: Date.parse('2026-11-01T12:00:00Z'),
  }

  test('create says what the client is for, and hands out its first value', async () => {
    const registry = createClientRegistry(place.connect().api)

    const reply = await registry.create(request)

    expect(reply.outcome === 'created' && stytch.accepts(request.clientId, reply.secret.reveal())).toBe(true)
    expect(stytch.trustedMetadata(request.clientId)).toEqual({
      registered_for: 'm2m/test/orders',
      registered_at: '2026-11-01T12:00:00.000Z',
    })
    stytch.configure({ createStatus: 201 })
    expect((await registry.create({ ...request, clientId: 'm2m-client-test-second' })).outcome).toBe('created')
  })

  test.each(['drop_reply', 'garble', 'reset', 'html'] as const)('create, %s: unknown, and sent once', async (kind) => {
    stytch.server.faults.add({ op: 'CreateClient', kind })

    expect(await createClientRegistry(place.connect().api).create(request)).toEqual({ outcome: 'unknown' })
    expect(place.calls()).toEqual(['CreateClient'])
  })

  test('an id that is taken is refused', async () => {
    const registry = createClientRegistry(place.connect().api)
    await registry.create(request)

    expect(await outcome(registry.create(request))).toMatchObject({ code: 'STYTCH_REJECTED', retryable: false })
  })

  test('remove removes, and removing what is gone is no failure', async () => {
    const { clientId, api } = seat()
    const registry = createClientRegistry(api)

    await registry.remove(clientId)
    await registry.remove(clientId)

    expect(stytch.clientIds()).toEqual([])
  })

  test.each(['drop_reply', 'garble', 'reset', 'html'] as const)('remove, %s: it is asked once more', async (kind) => {
    const { clientId, api } = seat()
    stytch.server.faults.add({ op: 'DeleteClient', kind })

    await createClientRegistry(api).remove(clientId)

    expect(stytch.clientIds()).toEqual([])
  })

  test('a client that could not be removed is a fault', async () => {
    const { clientId, api } = seat()
    stytch.server.faults.add({ op: 'DeleteClient', kind: 'reset', count: 9 })

    expect(await outcome(createClientRegistry(api).remove(clientId))).toMatchObject({ code: 'STYTCH_OUTCOME_UNKNOWN' })
  })
})
