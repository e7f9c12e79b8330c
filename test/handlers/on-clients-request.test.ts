// The clients function as the command line meets it: the handler with its own settings and both stand-ins. A refusal is an answer; only
// break-glass's alias switches a client; and neither answer nor log holds a value.
import type { Context } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientsReply, ClientsRequest } from '../../lambda/core/clients/clients-api.ts'
import { aliasFor } from '../core/clients/api-seat.ts'
import { PROJECT_ID, PROJECT_SECRET, useAws, useStytch } from '../fakes/stand-ins.ts'

const stytchPlace = useStytch()
const awsPlace = useAws()

const VALUE = 'canary-value-0123456789'
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-clients'
const HOUR_MS = 3_600_000

let handler: (event: unknown, context: Context) => Promise<ClientsReply>
const logged: string[] = []
const answers: string[] = []

beforeAll(async () => {
  const endpoint = await awsPlace.sdk().secrets.config.endpoint?.()
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${endpoint?.port}`)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any')
  vi.stubEnv('STYTCH_PROJECT_ID', PROJECT_ID)
  vi.stubEnv('STYTCH_SECRET', PROJECT_SECRET)
  vi.stubEnv('STYTCH_BASE_URL', stytchPlace.origin())
  vi.stubEnv('M2M_SECRET_PREFIX', 'm2m/prod/')
  vi.stubEnv('M2M_ROTATION_FUNCTION', 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation')
  vi.stubEnv('M2M_READERS', 'arn:aws:iam::111111111111:role/rotation')
  vi.stubEnv('M2M_CHANGERS', 'arn:aws:iam::111111111111:role/clients')
  vi.stubEnv('M2M_BACKSTOP', '60')
  vi.stubEnv('M2M_PERIOD_HOURS', '720')
  vi.stubEnv('M2M_OVERLAP_HOURS', '24')
  vi.stubEnv('M2M_LONGEST_HOLD_HOURS', '168')
  ;({ handler } = await import('../../lambda/handlers/on-clients-request.ts'))
})
afterAll(() => vi.unstubAllEnvs())
beforeEach(() => {
  logged.length = 0
  answers.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => logged.push(String(line)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
  const value = awsPlace.standIn.peek('m2m/prod/billing')?.versions[0]?.value
  const secret = /"client_secret":"([^"]+)"/.exec(value ?? '')?.[1]
  for (const text of [...answers, ...logged]) {
    if (secret !== undefined) expect(text).not.toContain(secret)
    expect(text).not.toContain('canary')
  }
})

/** @param qualifier `null`: without an alias. @default - as the command line invokes it */
const ask = async (
  event: unknown,
  qualifier: string | null = aliasFor(Object(event) as ClientsRequest),
): Promise<ClientsReply> => {
  const context = {
    awsRequestId: 'aws-request',
    invokedFunctionArn: qualifier === null ? FUNCTION_ARN : `${FUNCTION_ARN}:${qualifier}`,
    getRemainingTimeInMillis: () => 60_000,
  } as Context
  const reply = await handler(event, context)
  answers.push(JSON.stringify(reply))
  return reply
}

const client = {
  secretName: 'm2m/prod/billing',
  displayName: 'billing',
  description: 'Reads invoices',
  scopes: ['read:invoices'],
  consumers: [],
  rules: { everyDays: 60 },
  onRemoval: 'retain',
  tags: {},
}
const declare = (more: object = {}) =>
  ask({ action: 'declare', set: 'default', requestId: 'run-1', client: { ...client, ...more } })
const clientId = (): string => awsPlace.standIn.peek('m2m/prod/billing')?.tags['m2m:client-id'] ?? ''

test('says what the stage has settled, so that a plan can be made without the project secret', async () => {
  expect(await ask({ action: 'stage' })).toEqual({
    ok: true,
    value: {
      projectId: PROJECT_ID,
      secretNamePrefix: 'm2m/prod/',
      rotationFunctionArn: 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation',
      tokenUrl: `${stytchPlace.origin()}/v1/public/${PROJECT_ID}/oauth2/token`,
      backstop: { everyDays: 60 },
      periodHours: 720,
      overlapHours: 24,
      longestHoldHours: 168,
      handMadeSecrets: [],
      policyRevision: expect.stringMatching(/^[0-9a-f]{16}$/),
      readerAccounts: [],
      drills: {},
    },
  })
})

test.each([null, '$LATEST', '3', 'nobodys'])(
  'does nothing for an invocation as %s, a look included',
  async (qualifier) => {
    expect(await ask({ action: 'stage' }, qualifier)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/look, operate, default, break-glass/),
    })
    expect(await ask({ action: 'declare' }, qualifier)).toMatchObject({
      ok: false,
      code: 'INPUT_MALFORMED',
      retryable: false,
    })
  },
)

test('proves the project secret', async () => {
  expect(await ask({ action: 'whoami' })).toEqual({ ok: true, value: PROJECT_ID })
})

test('declares a client, and says so in one line that names it', async () => {
  const reply = await declare()

  expect(reply).toEqual({
    ok: true,
    value: { clientId: clientId(), secretArn: awsPlace.standIn.peek('m2m/prod/billing')?.arn },
  })
  expect(logged.map((line) => JSON.parse(line))).toEqual([
    {
      action: 'declare',
      subject: 'm2m/prod/billing',
      outcome: 'done',
      qualifier: 'default',
      requestId: 'aws-request',
    },
  ])
})

test('lists clients without a value, some or all', async () => {
  await declare()
  stytchPlace.stytch.seed({ clientId: 'legacy', secret: VALUE })

  const all = await ask({ action: 'list' })
  const one = await ask({ action: 'list', clientIds: ['legacy'] })

  expect(all).toMatchObject({ value: { clients: [{ clientId: clientId() }, { clientId: 'legacy' }] } })
  expect(one).toMatchObject({
    value: { clients: [{ clientId: 'legacy', slots: { current: '6789', next: null }, isActive: true }] },
  })
})

describe('what was declared by a file', () => {
  test('is retired as it was declared, by its own set alone', async () => {
    await declare({ onRemoval: 'deactivate' })
    awsPlace.world.clock.advance(9 * 24 * HOUR_MS)
    vi.spyOn(Date, 'now').mockReturnValue(awsPlace.world.clock.now())
    const retire = (resource: string) =>
      ask({ action: 'retire', secretName: 'm2m/prod/billing', owner: { stackId: 'cli', resource } })

    expect(await retire('payments')).toEqual({ ok: true, value: 'notOurs' })
    expect(await retire('default')).toEqual({ ok: true, value: 'deactivated' })

    expect(awsPlace.standIn.peek('m2m/prod/billing')).toMatchObject({
      tags: { 'm2m:retired': expect.stringMatching(/^20/) },
      rotation: { isEnabled: false },
    })
  })

  test('is active again when it is declared again', async () => {
    await declare({ onRemoval: 'deactivate' })
    awsPlace.world.clock.advance(9 * 24 * HOUR_MS)
    vi.spyOn(Date, 'now').mockReturnValue(awsPlace.world.clock.now())
    await ask({ action: 'retire', secretName: 'm2m/prod/billing', owner: { stackId: 'cli', resource: 'default' } })

    await declare()

    expect(await ask({ action: 'list' })).toMatchObject({ value: { clients: [{ isActive: true }] } })
    expect(awsPlace.standIn.peek('m2m/prod/billing')?.tags['m2m:retired']).toBeUndefined()
    expect(awsPlace.standIn.peek('m2m/prod/billing')?.rotation?.isEnabled).toBe(true)
  })

  test('is kept, where nothing says otherwise', async () => {
    await declare()

    const owner = { stackId: 'cli', resource: 'default' }
    expect(await ask({ action: 'retire', secretName: 'm2m/prod/billing', owner })).toEqual({
      ok: true,
      value: 'retained',
    })
  })
})

describe('Stytch’s switch', () => {
  const setActive = (isActive: boolean, qualifier?: string | null) =>
    ask({ action: 'setActive', secretName: 'm2m/prod/billing', isActive }, qualifier)

  test.each([null, '$LATEST', '7', 'live'])('is refused to whoever calls by %s', async (qualifier) => {
    await declare()

    expect(await setActive(false, qualifier)).toMatchObject({
      ok: false,
      code: 'INPUT_MALFORMED',
      message: expect.stringMatching(/acts by its aliases alone/),
    })
    expect(await ask({ action: 'list' })).toMatchObject({ value: { clients: [{ isActive: true }] } })
  })

  test('goes off and on by the alias, and again is no failure', async () => {
    await declare()

    expect(await setActive(false, 'break-glass')).toEqual({ ok: true, value: { clientId: clientId() } })
    expect(await setActive(false, 'break-glass')).toMatchObject({ ok: true })
    expect(await ask({ action: 'list' })).toMatchObject({ value: { clients: [{ isActive: false }] } })
    await setActive(true, 'break-glass')
    expect(await ask({ action: 'list' })).toMatchObject({ value: { clients: [{ isActive: true }] } })
  })

  const recordOf = async () => {
    const answer = await ask({ action: 'list', clientIds: [clientId()] })
    return JSON.parse(JSON.stringify(answer)).value.clients[0]
  }

  test('who threw it is on record, until a command throws it back', async () => {
    await declare()

    await ask(
      { action: 'setActive', secretName: 'm2m/prod/billing', isActive: false, by: 'jane@laptop' },
      'break-glass',
    )
    expect(await recordOf()).toMatchObject({
      switchedOff: { by: 'm2m deactivate (jane@laptop)', at: expect.any(Number) },
    })
    await setActive(true, 'break-glass')
    expect(await recordOf()).toMatchObject({ isActive: true, switchedOff: null })
    stytchPlace.stytch.dashboard.setStatus(clientId(), 'inactive')
    expect(await recordOf()).toMatchObject({ isActive: false, switchedOff: null })
  })

  test('asked for a client that a colleague made inactive, claims nothing', async () => {
    await declare()
    stytchPlace.stytch.dashboard.setStatus(clientId(), 'inactive')

    await setActive(false, 'break-glass')

    expect(await recordOf()).toMatchObject({ isActive: false, switchedOff: null })
  })

  test('a client that was switched off stays off when it is declared again', async () => {
    await declare()
    await setActive(false, 'break-glass')

    await declare({ description: 'Reads more' })

    expect(await ask({ action: 'list' })).toMatchObject({ value: { clients: [{ isActive: false }] } })
  })

  test.each([
    ['there is no such secret', 'm2m/prod/nobody'],
    ["is outside of this stage's prefixes (m2m/prod/)", 'other/billing'],
  ])('%s', async (why, secretName) => {
    expect(await ask({ action: 'setActive', secretName, isActive: false }, 'break-glass')).toMatchObject({
      ok: false,
      message: expect.stringContaining(why),
    })
  })

  test('is not thrown for a client that another secret holds', async () => {
    await declare()
    const { api } = stytchPlace.connect()
    await api.updateClient(clientId(), { trustedMetadata: { managed_by: 'arn:other' } })

    expect(await setActive(false, 'break-glass')).toMatchObject({
      ok: false,
      message: expect.stringContaining('arn:other'),
    })
  })
})

describe('a client whose value was never stored', () => {
  const seed = (metadata: Readonly<Record<string, string>>) => {
    stytchPlace.stytch.seed({ clientId: 'left', secret: VALUE, trustedMetadata: metadata })
  }
  const old = new Date(Date.now() - HOUR_MS).toISOString()

  test('is removed', async () => {
    seed({ registered_for: 'm2m/prod/billing', registered_at: old })

    expect(await ask({ action: 'discard', clientId: 'left' })).toEqual({ ok: true, value: {} })
    expect(stytchPlace.stytch.clientIds()).toEqual([])
    expect(await ask({ action: 'discard', clientId: 'left' })).toMatchObject({ ok: true })
  })

  test.each([
    ['young', { registered_for: 'm2m/prod/billing', registered_at: new Date().toISOString() }],
    ['bound', { registered_for: 'm2m/prod/billing', registered_at: old, managed_by: 'arn:x' }],
    ['of another stage', { registered_for: 'm2m/dev/billing', registered_at: old }],
    ['of nobody’s making', {}],
  ])('is left when it is %s', async (_what, metadata) => {
    seed(metadata)

    expect(await ask({ action: 'discard', clientId: 'left' })).toMatchObject({ ok: false, code: 'INPUT_MALFORMED' })
    expect(stytchPlace.stytch.clientIds()).toEqual(['left'])
  })
})

describe('a malformed request', () => {
  test('is answered with every fault, and never with what stood in it', async () => {
    const reply = await ask({
      action: 'adopt',
      secretName: 'm2m/prod/billing',
      clientId: 'a b',
      clientSecret: ['canary'],
      rules: {},
      tags: { 'm2m:held': 'x' },
      overlap: 'soon',
    })

    expect(reply).toMatchObject({ ok: false, code: 'INPUT_MALFORMED', retryable: false })
    const { message } = reply as { message: string }
    for (const name of ['clientId', 'clientSecret', 'description', 'rules', 'tags', 'overlap', 'heldBy']) {
      expect(message).toContain(`${name}: expected`)
    }
  })

  test.each([
    [undefined, /expected an object/],
    [{ action: 'dance' }, /action: expected stage, declare/],
    [{ action: 'declare' }, /set: expected .*requestId: expected .*client: expected an object/],
    [{ action: 'retire' }, /owner\.stackId: expected/],
    [{ action: 'list', clientIds: 'all', page: 7 }, /page: expected .*clientIds: expected/],
    [{ action: 'setActive', secretName: 'x', isActive: 'yes' }, /isActive: expected true or false/],
  ])('%j', async (event, why) => {
    expect(await ask(event)).toMatchObject({ ok: false, message: expect.stringMatching(why) })
  })
})

test('a fault of either service is an answer, which says whether to ask again', async () => {
  stytchPlace.stytch.server.faults.add({ op: '*', kind: 'throttle', count: 10 })

  expect(await ask({ action: 'whoami' })).toMatchObject({ ok: false, code: 'STYTCH_RATE_LIMITED', retryable: true })
})
