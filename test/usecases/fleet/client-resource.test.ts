// A declared client through its life, with the real adapters against both stand-ins: made, changed, made again, renamed, removed;
// and what a request that fails in the middle leaves behind. Every answer and every message is searched for the secret.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSecretKeeper } from '../../../lambda/adapters/aws/secret-keeper.ts'
import { createShelf } from '../../../lambda/adapters/aws/shelf.ts'
import { createVault } from '../../../lambda/adapters/aws/vault.ts'
import { createClientKeeper } from '../../../lambda/adapters/stytch/client-keeper.ts'
import { createStytchIssuer } from '../../../lambda/adapters/stytch/issuer.ts'
import { createClientRegistry } from '../../../lambda/adapters/stytch/registry.ts'
import type { DeclaredClient } from '../../../lambda/domain/fleet/declared-client.ts'
import type { SecretPolicy } from '../../../lambda/domain/fleet/secret-policy.ts'
import { answerClientRequest, failedPhysicalId } from '../../../lambda/usecases/fleet/answer-client-request.ts'
import type { ClientRequest } from '../../../lambda/usecases/fleet/read-client-request.ts'
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
const secretFacts = async (name = NAME) => createSecretKeeper(awsPlace.sdk().secrets).inspect(name)

const compose = () => {
  const { api } = stytchPlace.connect()
  const issuer = createStytchIssuer(api, PROJECT_ID)
  const registry = createClientRegistry(api)
  const { secrets } = awsPlace.sdk()
  const timing = { now: () => awsPlace.world.clock.now() }
  const registration = { registry, issuer, shelf: createShelf(secrets), vault: createVault(secrets), timing }
  return {
    registration,
    issuer,
    registry,
    timing,
    clients: createClientKeeper(api),
    secrets: createSecretKeeper(secrets),
  }
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
      'OnlyNamedRolesOpen',
    ])
  })

  test('asked again makes nothing anew, and does not read the value', async () => {
    const first = await ask(create)
    const before = awsPlace.calls().filter((op) => op === 'GetSecretValue').length

    const second = await ask(create)

    expect(second).toEqual(first)
    expect(clientIds()).toHaveLength(1)
    expect(awsPlace.calls().filter((op) => op === 'GetSecretValue')).toHaveLength(before)
  })

  test.each(['CreateSecret', 'PutResourcePolicy', 'TagResource', 'RotateSecret'])(
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

  test('that was killed after the client was made removes the client whose secret nobody has, and makes another', async () => {
    const parts = compose()
    const killed = {
      ...parts.registration,
      shelf: { ...parts.registration.shelf, create: () => new Promise<never>(() => {}) },
    }
    void answerClientRequest({ ...parts, registration: killed }, stage, create)
    await expect.poll(clientIds).toHaveLength(1)
    const [orphan] = clientIds()

    const { attributes } = await ask(create)

    expect(clientIds()).toEqual([attributes.ClientId])
    expect(attributes.ClientId).not.toBe(orphan)
  })

  test('that was killed after the secret was stored goes on with it', async () => {
    const parts = compose()
    const killed = { ...parts.registration, issuer: { ...parts.issuer, bind: () => new Promise<never>(() => {}) } }
    void answerClientRequest({ ...parts, registration: killed }, stage, create)
    await expect.poll(() => peek()?.arn).toBeDefined()
    const [made] = clientIds()

    const { attributes } = await ask(create)

    expect(attributes.ClientId).toBe(made)
    expect(clientIds()).toHaveLength(1)
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
    expect((await secretFacts())?.rotation?.rules).toEqual({ schedule: 'cron(0 2 1 1/3 ? *)', durationHours: 4 })
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
      await createVault(awsPlace.sdk().secrets).read(NAME, { label: 'AWSCURRENT' })
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
