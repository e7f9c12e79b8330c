// Registration: a client is created, stored, bound and put on a schedule, or nothing of it is left; and asking twice completes what
// is missing. No value is ever said.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import {
  type RegisterRequest,
  type Registration,
  registerClient,
} from '../../../lambda/core/clients/register-client.ts'
import { parseSecret } from '../../../lambda/core/secret/secret-format.ts'
import { createCallLog, failAt, onceAt } from '../../fakes/call-log.ts'
import { createFakeIssuer, createFakeRegistry } from '../../fakes/fake-issuer.ts'
import { createFakeSecrets, SECRET_ARN, SECRET_NAME } from '../../fakes/fake-secrets.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { CLIENT_ID, textOf, valueNamed } from '../../fakes/world.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:rotation'
const request: RegisterRequest = {
  secretName: SECRET_NAME,
  clientId: CLIENT_ID,
  description: 'takes orders',
  scopes: ['read:orders'],
  tokenUrl: 'https://test.stytch.com/v1/public/project-test-1/oauth2/token',
  rotation: { functionArn: FUNCTION, everyDays: 60 },
}
const down = new Fault({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true, message: 'down, on purpose' })

const createPlace = () => {
  const log = createCallLog()
  const timing = createFakeTiming()
  const issuer = createFakeIssuer(log)
  const secrets = createFakeSecrets(log, timing)
  secrets.exists = false
  secrets.rotationEnabled = false
  const registry = createFakeRegistry(log, issuer)
  const registration: Registration = { registry, issuer, secrets, timing }
  const run = async (more: Partial<RegisterRequest> = {}) => {
    try {
      return await registerClient(registration, { ...request, ...more })
    } catch (error) {
      return error
    }
  }
  const changes = () =>
    log.calls
      .filter(({ name }) =>
        ['create', 'storeFirst', 'remove', 'bind', 'scheduleRotation', 'start', 'putPending'].includes(name),
      )
      .map(({ port, name }) => `${port}.${name}`)
  return { log, timing, issuer, secrets, registry, run, changes }
}

describe('a new client', () => {
  test('has its secret guarded before it is created, then is stored, bound and scheduled', async () => {
    const place = createPlace()
    const guard = async (secretArn: string) => {
      expect(place.secrets.versions.size).toBe(0)
      await place.log.run({ port: 'registry', name: 'start', about: secretArn }, () => {})
    }

    expect(await place.run({ guard })).toEqual({ clientId: CLIENT_ID, secretArn: SECRET_ARN, created: true })
    expect(place.changes()).toEqual([
      'secrets.create',
      'registry.start',
      'registry.create',
      'secrets.storeFirst',
      'issuer.bind',
      'secrets.scheduleRotation',
    ])
    expect(place.secrets.tags).toEqual({ 'm2m:client-id': CLIENT_ID })
    expect(place.issuer.clients.get(CLIENT_ID)).toMatchObject({ boundTo: SECRET_ARN, next: null })
    expect(place.log.calls.at(-1)?.about).toBe(`${FUNCTION} every 60 days`)
  })

  test('has its value stored in the secret’s format, under a token that marks it as registered', async () => {
    const place = createPlace()
    await place.run()

    const version = [...place.secrets.versions.values()][0]
    const parsed = parseSecret(version?.text ?? '', 0)

    expect(version?.versionId).toMatch(/^register-\d{13}-[0-9a-f]{32}$/)
    expect(
      parsed.ok && [
        parsed.value.clientId,
        parsed.value.projectId,
        parsed.value.fields.token_url,
        parsed.value.issuedAt,
      ],
    ).toEqual([CLIENT_ID, place.issuer.projectId, request.tokenUrl, place.timing.now()])
    expect(parsed.ok && place.issuer.accepts(CLIENT_ID, parsed.value.clientSecret.reveal())).toBe(true)
  })

  test('is put on no schedule when none is asked for', async () => {
    const place = createPlace()
    const { rotation: _rotation, ...plain } = request

    await registerClient(place, plain)

    expect(place.changes()).toEqual(['secrets.create', 'registry.create', 'secrets.storeFirst', 'issuer.bind'])
  })
})

describe('when something fails', () => {
  test('a client whose value could not be stored is removed, and the first fault goes on', async () => {
    const place = createPlace()
    place.log.before.push(failAt('secrets.storeFirst', down))

    expect(await place.run()).toBe(down)
    expect(place.changes()).toEqual(['secrets.create', 'registry.create', 'secrets.storeFirst', 'registry.remove'])
    expect(place.issuer.clients.size).toBe(0)
  })

  test('a client whose value was stored, though the reply was lost, lives', async () => {
    const place = createPlace()
    place.log.after.push(failAt('secrets.storeFirst', down))

    expect(await place.run()).toEqual({ clientId: CLIENT_ID, secretArn: SECRET_ARN, created: true })
    expect(place.issuer.clients.get(CLIENT_ID)?.boundTo).toBe(SECRET_ARN)
  })

  test('a client of whose value nobody knows whether it was stored is named, and lives', async () => {
    const place = createPlace()
    place.log.before.push(failAt('secrets.storeFirst', down))
    place.log.before.push(failAt('secrets.readValue', down))

    const error = await place.run()

    expect(error).toMatchObject({ retryable: true })
    expect(String(error)).toContain(`Client ${CLIENT_ID} could not be removed again`)
    expect(place.issuer.clients.has(CLIENT_ID)).toBe(true)
  })

  test('no client is created while its secret is not guarded', async () => {
    const place = createPlace()

    expect(await place.run({ guard: () => Promise.reject(down) })).toBe(down)
    expect(place.changes()).toEqual(['secrets.create'])
  })

  test('a name that somebody else took in the meantime is left to him, and no client is created', async () => {
    const place = createPlace()
    place.log.before.push(
      onceAt('secrets.create', () => {
        place.secrets.exists = true
        place.secrets.tags = { 'm2m:client-id': 'm2m-client-test-other' }
      }),
    )

    expect(await place.run()).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })
    expect(place.changes()).toEqual(['secrets.create'])
  })

  test('a second registration of the same secret that stores first keeps it, and this one’s client is removed', async () => {
    const place = createPlace()
    const other = 'm2m-client-test-other'
    place.issuer.clients.set(other, { current: valueNamed('A'), next: null, isActive: true, boundTo: undefined })
    place.log.before.push(
      onceAt('secrets.storeFirst', ({ about }) => {
        place.secrets.place(about, {
          text: textOf(valueNamed('A'), { client_id: other }),
          labels: ['AWSCURRENT'],
        })
      }),
    )

    expect(await place.run()).toEqual({ clientId: other, secretArn: SECRET_ARN, created: false })
    expect([...place.issuer.clients.keys()]).toEqual([other])
    expect(place.issuer.clients.get(other)?.boundTo).toBe(SECRET_ARN)
  })

  test('a client that surely was not created, though the reply was lost, is created once more', async () => {
    const place = createPlace()
    place.registry.losses.push('before')

    expect(await place.run()).toEqual({ clientId: CLIENT_ID, secretArn: SECRET_ARN, created: true })
    expect(place.changes().slice(0, 3)).toEqual(['secrets.create', 'registry.create', 'registry.create'])
  })

  test.each([
    ['at the first try', ['after'], ['registry.create', 'registry.remove']],
    ['at the second', ['before', 'after'], ['registry.create', 'registry.create', 'registry.remove']],
    ['at both, without a client', ['before', 'before'], ['registry.create', 'registry.create', 'registry.remove']],
  ] as const)('a client whose secret was lost with the reply is removed: %s', async (_, losses, changes) => {
    const place = createPlace()
    place.registry.losses.push(...losses)

    expect(await place.run()).toMatchObject({ code: 'STYTCH_OUTCOME_UNKNOWN', retryable: true })
    expect(place.changes()).toEqual(['secrets.create', ...changes])
    expect(place.issuer.clients.size).toBe(0)
    expect(place.secrets.versions.size).toBe(0)
  })

  test('a client that is refused at the second try is removed, for the first may have arrived late', async () => {
    const place = createPlace()
    place.registry.losses.push('before')
    let creations = 0
    place.log.before.push(({ port, name }) => {
      creations += `${port}.${name}` === 'registry.create' ? 1 : 0
      if (creations === 2) throw down
    })

    expect(await place.run()).toBe(down)
    expect(place.changes()).toContain('registry.remove')
    expect(place.issuer.clients.size).toBe(0)
  })

  test('nothing is created while it is unknown whether the secret exists', async () => {
    const place = createPlace()
    place.log.before.push(failAt('secrets.describe', down))

    expect(await place.run()).toBe(down)
    expect(place.changes()).toEqual([])
  })

  test.each(['registry.create', 'secrets.storeFirst'])(
    'what %s left without a value is filled by asking again, with another client',
    async (at) => {
      const place = createPlace()
      place.log.before.push(failAt(at, down))
      expect(await place.run()).toBe(down)
      place.log.before.length = 0
      const second = 'm2m-client-test-second'

      expect(await place.run({ clientId: second })).toEqual({ clientId: second, secretArn: SECRET_ARN, created: true })
      expect([...place.issuer.clients.keys()]).toEqual([second])
      expect(place.secrets.versions.size).toBe(1)
    },
  )

  test.each(['issuer.bind', 'secrets.scheduleRotation'])(
    'what %s left undone is completed by asking again, with the same client',
    async (at) => {
      const place = createPlace()
      place.log.before.push(failAt(at, down))

      expect(await place.run()).toBe(down)
      expect(await place.run({ clientId: 'm2m-client-test-second' })).toEqual({
        clientId: CLIENT_ID,
        secretArn: SECRET_ARN,
        created: false,
      })
      expect([...place.issuer.clients.keys()]).toEqual([CLIENT_ID])
      expect(place.issuer.clients.get(CLIENT_ID)?.boundTo).toBe(SECRET_ARN)
      expect(place.secrets.rotationEnabled).toBe(true)
    },
  )
})

describe('a name that is there already', () => {
  const registered = async () => {
    const place = createPlace()
    await place.run()
    place.log.clear()
    return place
  }

  test('changes nothing when nothing is missing', async () => {
    const place = await registered()

    expect(await place.run()).toEqual({ clientId: CLIENT_ID, secretArn: SECRET_ARN, created: false })
    expect(place.changes()).toEqual([])
  })

  const spoiled: readonly (readonly [string, (place: Awaited<ReturnType<typeof registered>>) => void, string])[] = [
    [
      'holds no value, and was made by hand',
      ({ secrets }) => {
        secrets.versions.clear()
        secrets.tags = {}
      },
      'holds no value',
    ],
    [
      'holds no value, and was made by an adoption',
      ({ secrets }) => {
        secrets.versions.clear()
        secrets.tags = { ...secrets.tags, 'm2m:held': '2026-11-29T00:00:00.000Z' }
      },
      'holds no value',
    ],
    [
      'holds another format',
      ({ secrets }) => secrets.place(secrets.holderOf('AWSCURRENT') ?? '', { text: '{"client_secret":"canary"}' }),
      'client_id is missing',
    ],
    [
      'belongs to another project',
      ({ secrets }) => {
        const text = textOf(valueNamed('A'), { project_id: 'project-test-9' })
        secrets.place(secrets.holderOf('AWSCURRENT') ?? '', { text })
      },
      'for project project-test-9',
    ],
    ['names a client that is gone', ({ issuer }) => issuer.clients.clear(), 'does not exist at Stytch'],
    [
      'names a client of another secret',
      ({ issuer }) => Object.assign(issuer.clients.get(CLIENT_ID) ?? {}, { boundTo: 'arn:of:another' }),
      'is bound to arn:of:another',
    ],
  ]
  test.each(spoiled)('and %s is refused, and nothing is changed', async (_what, spoil, why) => {
    const place = await registered()
    spoil(place)

    const error = await place.run()

    expect(error).toMatchObject({ code: 'INPUT_MALFORMED', retryable: false, message: expect.stringContaining(why) })
    expect(String(error)).not.toContain('canary')
    expect(place.changes()).toEqual([])
  })
})

describe('a request that cannot be', () => {
  test('is told with all its faults, and nobody is asked', async () => {
    const place = createPlace()

    const error = await place.run({
      secretName: 'm2m/test/bad name-abcdef',
      clientId: '',
      description: 'x'.repeat(2001),
      scopes: ['read:orders', 'with space', 'with"quote'],
      tokenUrl: 'nowhere',
      rotation: { functionArn: FUNCTION, everyDays: 0 },
    })

    expect(error).toMatchObject({ code: 'INPUT_MALFORMED', retryable: false })
    expect(String(error).split('\n').slice(1)).toEqual([
      '  secretName: expected 1 to 512 of letters, digits and /_+=.@-',
      '  secretName: expected its last part to be 1 to 64 of a-z, 0-9, . _ and -, starting and ending with a letter or digit; write "bad-name-abcdef"',
      '  clientId: expected 1 to 128 letters, digits, _ or -',
      '  description: expected at most 2000 characters',
      '  scopes: "with space", "with\\"quote" cannot be an OAuth scope',
      '  tokenUrl: expected a URL',
      '  rotation.everyDays: expected an integer from 1 to 1000',
    ])
    expect(place.log.calls).toEqual([])
  })

  test.each([0, -1, 1.5, 1001, Number.NaN])('a schedule of %s days is none', async (everyDays) => {
    expect(await createPlace().run({ rotation: { functionArn: FUNCTION, everyDays } })).toMatchObject({
      code: 'INPUT_MALFORMED',
    })
  })
})

test('no failure says the value', async () => {
  for (const at of [
    'registry.create',
    'secrets.create',
    'secrets.storeFirst',
    'secrets.describe',
    'issuer.bind',
    'secrets.scheduleRotation',
  ]) {
    for (const when of ['before', 'after'] as const) {
      const place = createPlace()
      place.log[when].push(failAt(at, down))

      expect(JSON.stringify(await place.run())).not.toContain('canary')
    }
  }
})
