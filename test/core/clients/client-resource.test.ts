// A declared client through its life, with the real adapters against both stand-ins: made, changed, made again, renamed, removed;
// and what a request that fails in the middle leaves behind. Every answer and every message is searched for the secret.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { createClientKeeper } from '../../../lambda/adapters/stytch/client-keeper.ts'
import { createStytchIssuer } from '../../../lambda/adapters/stytch/issuer.ts'
import { createClientRegistry } from '../../../lambda/adapters/stytch/registry.ts'
import { answerClientRequest, failedPhysicalId } from '../../../lambda/core/clients/answer-client-request.ts'
import type { DeclaredClient } from '../../../lambda/core/clients/declared-client.ts'
import type { ClientRequest } from '../../../lambda/core/clients/read-client-request.ts'
import type { SecretPolicy } from '../../../lambda/core/clients/secret-policy.ts'
import { PROJECT_ID, useAws, useStytch } from '../../fakes/stand-ins.ts'

const stytchPlace = useStytch()
const awsPlace = useAws()

const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation'
const NAME = 'm2m/prod/billing'
const DAY_MS = 86_400_000
const role = (name: string) => `arn:aws:iam::111111111111:role/${name}`
const stage = {
  secretNamePrefix: 'm2m/prod/',
  tokenUrl: `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`,
  rotationFunctionArn: FUNCTION,
  readers: [role('rotation'), role('registrar')],
  changers: [role('rotation'), role('registrar')],
  rotators: [],
  replicas: [],
  readerAccounts: ['222222222222'],
}
const client: DeclaredClient = {
  secretName: NAME,
  displayName: 'Billing',
  description: 'Reads invoices',
  scopes: ['read:invoices'],
  consumers: [],
  rules: { everyDays: 60 },
  onRemoval: 'retain',
  tags: {},
}
const create: ClientRequest = {
  type: 'Create',
  requestId: 'request-1',
  owner: { stackId: 'arn:aws:cloudformation:us-east-1:111111111111:stack/m2m/1', resource: 'ClientBilling' },
  physicalId: undefined,
  client,
}

/** Everything that came out, to be searched. */
const said: string[] = []
beforeEach(() => {
  said.length = 0
})
afterEach(() => {
  const values = secretValues()
  for (const text of said) for (const value of values) expect(text).not.toContain(value)
})

const peek = (name = NAME) => awsPlace.standIn.peek(name)
const secretValues = () =>
  (peek()?.versions ?? []).flatMap(({ value }) => /"client_secret":"([^"]+)"/.exec(value ?? '')?.[1] ?? [])
const secretFacts = async (name = NAME) => createSecrets(awsPlace.sdk().secrets).describe(name)

const compose = () => {
  const { api } = stytchPlace.connect()
  const issuer = createStytchIssuer(api, PROJECT_ID)
  const registry = createClientRegistry(api)
  const { secrets } = awsPlace.sdk()
  const timing = { now: () => awsPlace.world.clock.now() }
  const registration = { registry, issuer, secrets: createSecrets(secrets), timing }
  return {
    registration,
    issuer,
    registry,
    timing,
    clients: createClientKeeper(api),
    secrets: createSecrets(secrets),
  }
}

/** Runs `create` until it is at this call, and lets it never go on: before the call's effect, or after it and without its reply. */
const killAt = async (
  at: 'create' | 'setPolicy' | 'register' | 'storeFirst' | 'bind' | 'tag' | 'schedule',
  when: 'before' | 'after',
): Promise<void> => {
  const parts = compose()
  const { registration, secrets } = parts
  let reached = (): void => {}
  const isReached = new Promise<void>((resolve) => {
    reached = resolve
  })
  const stop =
    <Args extends readonly unknown[], Reply>(call: (...args: Args) => Promise<Reply>) =>
    async (...args: Args): Promise<Reply> => {
      if (when === 'after') await call(...args)
      reached()
      return new Promise<never>(() => {})
    }
  const { registry, issuer } = registration
  const killed = {
    ...parts,
    registration: {
      ...registration,
      secrets: {
        ...secrets,
        ...(at === 'create' ? { create: stop(secrets.create) } : {}),
        ...(at === 'storeFirst' ? { storeFirst: stop(secrets.storeFirst) } : {}),
      },
      registry: { ...registry, ...(at === 'register' ? { create: stop(registry.create) } : {}) },
      issuer: { ...issuer, ...(at === 'bind' ? { bind: stop(issuer.bind) } : {}) },
    },
    secrets: {
      ...secrets,
      ...(at === 'setPolicy' ? { setPolicy: stop(secrets.setPolicy) } : {}),
      ...(at === 'tag' ? { tag: stop(secrets.tag) } : {}),
      ...(at === 'schedule' ? { scheduleRotation: stop(secrets.scheduleRotation) } : {}),
    },
  }
  void answerClientRequest(killed, stage, create)
  await isReached
}

const ask = async (request: ClientRequest) => {
  try {
    const answer = await answerClientRequest(compose(), stage, request)
    said.push(JSON.stringify(answer))
    return answer
  } catch (error) {
    said.push(String(error))
    throw error
  }
}
const update = (changes: Partial<DeclaredClient>, more: Partial<ClientRequest> = {}): ClientRequest => ({
  ...create,
  type: 'Update',
  requestId: 'request-2',
  physicalId: NAME,
  client: { ...client, ...changes },
  ...more,
})
const remove = (onRemoval: DeclaredClient['onRemoval'], more: Partial<ClientRequest> = {}): ClientRequest =>
  update({ onRemoval }, { type: 'Delete', requestId: 'request-3', ...more })
const clientIds = () => stytchPlace.stytch.clientIds()
const view = async (clientId: string) => {
  const reply = await stytchPlace.connect().api.getClient(clientId)
  if (!reply.ok) throw new Error(`no client ${clientId}: ${reply.error}`)
  return reply.value
}
const policyOf = async (): Promise<SecretPolicy> => {
  const { GetResourcePolicyCommand } = await import('@aws-sdk/client-secrets-manager')
  const { ResourcePolicy } = await awsPlace.sdk().secrets.send(new GetResourcePolicyCommand({ SecretId: NAME }))
  return JSON.parse(ResourcePolicy ?? '{}') as SecretPolicy
}

describe('Create', () => {
  test('makes the client, stores its secret, binds, guards and schedules it', async () => {
    const { physicalId, attributes } = await ask(create)

    const clientId = attributes.ClientId ?? ''
    expect(physicalId).toBe(NAME)
    expect(attributes).toEqual({ ClientId: clientId, SecretName: NAME, SecretArn: peek()?.arn })
    expect(await view(clientId)).toMatchObject({
      name: 'Billing',
      description: 'Reads invoices',
      scopes: ['read:invoices'],
      trustedMetadata: { managed_by: peek()?.arn },
    })
    expect(peek()?.rotation).toMatchObject({ isEnabled: true, lambdaArn: FUNCTION })
    expect((await policyOf()).Statement.map(({ Sid }) => Sid)).toEqual([
      'OnlyNamedRolesRead',
      'OnlyNamedRolesChange',
      'OnlyNamedRolesRotate',
      'OnlyNamedRolesMoveLabels',
      'OthersMoveAwspendingOnly',
      'OnlyNamedRolesTag',
      'OnlyNamedRolesOpen',
    ])
    const calls = awsPlace.calls()
    expect(calls.filter((op) => op === 'PutResourcePolicy')).toHaveLength(1)
    expect(calls.indexOf('PutResourcePolicy')).toBeLessThan(calls.indexOf('PutSecretValue'))
  })

  test('repeated, it makes nothing anew, and does not read the value', async () => {
    const first = await ask(create)
    const before = awsPlace.calls().filter((op) => op === 'GetSecretValue').length

    const second = await ask(create)

    expect(second).toEqual(first)
    expect(clientIds()).toHaveLength(1)
    expect(awsPlace.calls().filter((op) => op === 'GetSecretValue')).toHaveLength(before)
  })

  test.each(['CreateSecret', 'PutResourcePolicy', 'PutSecretValue', 'TagResource', 'RotateSecret'])(
    'that fails at %s leaves neither client nor secret',
    async (op) => {
      awsPlace.standIn.faults.add({ op, kind: 'error', status: 400 })

      await expect(ask(create)).rejects.toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })

      expect(clientIds()).toEqual([])
      expect(await secretFacts()).toBeUndefined()
      await expect(ask(create)).resolves.toMatchObject({ physicalId: NAME })
    },
  )

  test.each(['CreateClient', 'UpdateClient'])('that fails at %s leaves neither client nor secret', async (op) => {
    stytchPlace.stytch.server.faults.add({ op, kind: 'error', status: 400 })

    await expect(ask(create)).rejects.toThrow()

    expect(clientIds()).toEqual([])
    expect(await secretFacts()).toBeUndefined()
  })

  describe.each(['before', 'after'] as const)('killed %s', (when) => {
    test.each(['create', 'setPolicy', 'register', 'storeFirst', 'bind', 'tag', 'schedule'] as const)(
      '%s, another request ends with one client, whose value is stored and guarded',
      async (at) => {
        await killAt(at, when)

        const { attributes } = await ask({ ...create, requestId: 'request-2' })

        expect(clientIds()).toEqual([attributes.ClientId])
        expect(peek()?.tags['m2m:client-id']).toBe(attributes.ClientId)
        expect(await view(attributes.ClientId ?? '')).toMatchObject({ trustedMetadata: { managed_by: peek()?.arn } })
        expect(peek()?.versions.filter(({ value }) => value !== undefined)).toHaveLength(1)
        expect(secretValues().every((value) => stytchPlace.stytch.accepts(attributes.ClientId ?? '', value))).toBe(true)
        expect((await policyOf()).Statement.length).toBeGreaterThan(4)
      },
    )

    test.each(['create', 'setPolicy', 'register', 'storeFirst', 'bind'] as const)(
      '%s, the same request run again ends so, too',
      async (at) => {
        await killAt(at, when)

        const { attributes } = await ask(create)

        expect(clientIds()).toEqual([attributes.ClientId])
        expect(secretValues()).toHaveLength(1)
        expect(stytchPlace.stytch.accepts(attributes.ClientId ?? '', secretValues()[0] ?? '')).toBe(true)
      },
    )
  })

  test('killed before it stored a value, and removed then: neither its secret nor its client stays', async () => {
    await killAt('storeFirst', 'before')
    expect(clientIds()).toHaveLength(1)

    const { outcome } = await ask({ ...create, type: 'Delete', physicalId: NAME })

    expect(outcome).toBe('deleted')
    expect(clientIds()).toEqual([])
    expect((await secretFacts())?.isDeleted).toBe(true)
  })

  test.each<readonly [string, Partial<DeclaredClient>, RegExp]>([
    [
      'of an account that the key does not admit',
      { consumers: ['arn:aws:iam::333333333333:role/job'] },
      /add "333333333333" to "readerAccounts", or set "readerOrganizationId"/,
    ],
    [
      'more than its policy holds',
      { consumers: Array.from({ length: 400 }, (_, at) => role(`job-${at}`)) },
      /of 400 readers \d+ fit/,
    ],
  ])('with readers %s is refused before anything is made', async (_what, more, why) => {
    await expect(ask({ ...create, client: { ...client, ...more } })).rejects.toThrow(why)

    expect(clientIds()).toEqual([])
    expect(await secretFacts()).toBeUndefined()
  })

  test('outside of the prefix is refused', async () => {
    const request = { ...create, client: { ...client, secretName: 'other/billing' } }

    await expect(ask(request)).rejects.toThrow(/does not start with m2m\/prod\//)
    expect(clientIds()).toEqual([])
  })

  test('of a client that another stack declares is refused, and leaves it be', async () => {
    await ask(create)
    const elsewhere = {
      stackId: 'arn:aws:cloudformation:us-east-1:111111111111:stack/other/2',
      resource: 'ClientBilling',
    }

    await expect(ask({ ...create, requestId: 'request-9', owner: elsewhere })).rejects.toThrow(
      /stack\/m2m\/1 declares it/,
    )

    expect(clientIds()).toHaveLength(1)
  })
})

describe('Update', () => {
  test('changes name, description, scopes, consumers and schedule in place', async () => {
    const { attributes } = await ask(create)
    const consumer = 'arn:aws:iam::222222222222:role/billing-job'

    const answer = await ask(
      update({
        displayName: 'Billing job',
        description: 'Reads and writes invoices',
        scopes: ['read:invoices', 'write:invoices'],
        consumers: [consumer],
        rules: { schedule: 'cron(0 2 1 1/3 ? *)', durationHours: 4 },
      }),
    )

    expect(answer).toMatchObject({ physicalId: NAME, attributes })
    expect(await view(attributes.ClientId ?? '')).toMatchObject({
      name: 'Billing job',
      description: 'Reads and writes invoices',
      scopes: ['read:invoices', 'write:invoices'],
    })
    expect(peek()?.description).toBe('Reads and writes invoices')
    expect((await secretFacts())?.rules).toEqual({ schedule: 'cron(0 2 1 1/3 ? *)', durationHours: 4 })
    expect((await policyOf()).Statement[0]).toMatchObject({
      Effect: 'Allow',
      Condition: { ArnEquals: { 'aws:PrincipalArn': [consumer] } },
    })
  })

  test('that changes nothing of the schedule asks for no rotation, dry or not', async () => {
    await ask(create)
    const before = awsPlace.calls().filter((op) => op === 'RotateSecret').length

    await ask(update({ description: 'Reads more invoices' }))

    expect(awsPlace.calls().filter((op) => op === 'RotateSecret')).toHaveLength(before)
  })

  test('that fails leaves the live client and its secret', async () => {
    await ask(create)
    stytchPlace.stytch.server.faults.add({ op: 'UpdateClient', kind: 'error', status: 400 })

    await expect(ask(update({ scopes: ['write:invoices'] }))).rejects.toThrow()

    expect(clientIds()).toHaveLength(1)
    expect(secretValues()).toHaveLength(1)
  })

  test('of the name makes another client, and keeps the old one until its own removal', async () => {
    await ask(create)

    const { physicalId } = await ask(update({ secretName: 'm2m/prod/invoices' }))

    expect(physicalId).toBe('m2m/prod/invoices')
    expect(clientIds()).toHaveLength(2)
  })
})

describe('Delete', () => {
  const quiet = () => awsPlace.world.clock.advance(9 * DAY_MS)

  test('keeps client, secret and rotation, unless configured otherwise', async () => {
    const { attributes } = await ask(create)
    quiet()

    const { outcome } = await ask(remove('retain'))

    expect(outcome).toBe('retained')
    expect(await view(attributes.ClientId ?? '')).toMatchObject({ isActive: true })
    expect(peek()?.rotation?.isEnabled).toBe(true)
  })

  test('lets a client that was kept be declared by another stack', async () => {
    await ask(create)
    await ask(remove('retain'))
    const elsewhere = { stackId: 'arn:aws:cloudformation:us-east-1:111111111111:stack/other/2', resource: 'Client' }

    await ask({ ...create, requestId: 'request-4', owner: elsewhere })

    expect(clientIds()).toHaveLength(1)
  })

  test('deactivates, where configured, and stops what would rotate in vain', async () => {
    const { attributes } = await ask(create)
    quiet()

    const { outcome } = await ask(remove('deactivate'))

    expect(outcome).toBe('deactivated')
    expect(await view(attributes.ClientId ?? '')).toMatchObject({ isActive: false })
    expect(peek()?.rotation?.isEnabled).toBe(false)
  })

  test('deletes, where configured: the client at once, the secret after its recovery window; and again is no failure', async () => {
    await ask(create)
    quiet()

    await ask(remove('delete'))
    const { outcome } = await ask(remove('delete'))

    expect(outcome).toBe('deleted')
    expect(clientIds()).toEqual([])
    expect(peek()?.deletionAt).toBeDefined()
  })

  test.each(['deactivate', 'delete'] as const)(
    'refuses to %s while the secret was read within seven days',
    async (how) => {
      const { attributes } = await ask(create)
      quiet()
      await createSecrets(awsPlace.sdk().secrets).readValue(NAME, { label: 'AWSCURRENT' })
      awsPlace.world.clock.advance(7 * DAY_MS)

      await expect(ask(remove(how))).rejects.toThrow(/was last read on 20\d\d-\d\d-\d\d, and 7 full days/)
      expect(await view(attributes.ClientId ?? '')).toMatchObject({ isActive: true })
      expect(peek()?.deletionAt).toBeUndefined()

      awsPlace.world.clock.advance(DAY_MS)
      await expect(ask(remove(how))).resolves.toMatchObject({ outcome: how === 'delete' ? 'deleted' : 'deactivated' })
    },
  )

  test('of a construct that was renamed leaves the client to its successor', async () => {
    const { attributes } = await ask(create)
    await ask({ ...create, requestId: 'request-5', owner: { ...create.owner, resource: 'ClientInvoices' } })
    quiet()

    const { outcome } = await ask(remove('delete'))

    expect(outcome).toBe('notOurs')
    expect(await view(attributes.ClientId ?? '')).toMatchObject({ isActive: true })
  })

  test('refuses a client that is bound to another secret', async () => {
    const { attributes } = await ask(create)
    quiet()
    const { issuer } = compose()
    await issuer.bind(attributes.ClientId ?? '', 'arn:aws:secretsmanager:us-east-1:111111111111:secret:other-AbCdEf')

    await expect(ask(remove('delete'))).rejects.toThrow(/bound to .*other-AbCdEf/)
    expect(clientIds()).toHaveLength(1)
  })

  test('after a Create that failed touches nothing, not even what had the name before', async () => {
    await ask(create)
    quiet()
    const physicalId = failedPhysicalId(create)

    const { outcome } = await ask(remove('delete', { physicalId }))

    expect(outcome).toBe('neverMade')
    expect(clientIds()).toHaveLength(1)
  })

  test('of what is not there is done', async () => {
    await expect(ask(remove('delete'))).resolves.toMatchObject({ outcome: 'notOurs' })
  })
})
