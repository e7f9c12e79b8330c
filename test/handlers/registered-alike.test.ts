// One client, declared twice: in cdk.json, through the template and the registrar; and in a file, through the CLI's reading and the clients
// function. Both handlers have the settings that the stack gives them, and what comes of it at Stytch and in Secrets Manager is the same
// but for who declares it.
import { GetResourcePolicyCommand } from '@aws-sdk/client-secrets-manager'
import type { Context } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import { readClientsFile, toDeclared } from '../../bin/apply/clients-file.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { createClientKeeper } from '../../lambda/adapters/stytch/client-keeper.ts'
import type { ClientsReply, ClientsRequest, StageView } from '../../lambda/core/clients/clients-api.ts'
import { planClients } from '../../lambda/core/clients/plan-clients.ts'
import { policyFingerprint } from '../../lambda/core/clients/secret-policy.ts'
import { aliasFor } from '../core/clients/api-seat.ts'
import { PROJECT_ID, PROJECT_SECRET, useAws, useStytch } from '../fakes/stand-ins.ts'
import { ACCOUNT, REGION, resourcesOf, synthStack } from '../stack/synth.ts'

const stytchPlace = useStytch()
const awsPlace = useAws()

const entries = {
  'as little as there can be': { name: 'plain', description: 'Does little' },
  'all there is to say': {
    name: 'full',
    displayName: 'The full one',
    description: 'Does a lot',
    scopes: ['read:b', 'read:a', 'write:c'],
    readers: [`arn:aws:iam::${ACCOUNT}:role/job`, 'arn:aws:iam::222222222222:role/other-job'],
    onRemoval: 'deactivate',
    overlap: '6h',
    period: '10d',
    tags: { team: 'payments', 'cost-centre': '42' },
  },
  'a schedule in hours': { name: 'quick', description: 'Is rotated often', scopes: ['a:b'], period: '5h' },
  'more scopes than one tag holds': {
    name: 'wide',
    description: 'May much',
    scopes: Array.from({ length: 40 }, (_, at) => `resource-${at}:read`),
  },
} as const satisfies Record<string, Readonly<Record<string, unknown>>>
type Entry = (typeof entries)[keyof typeof entries]

/** Joins intrinsic functions to what they come to. */
const flat = (value: unknown): string => {
  if (typeof value === 'string') return value
  const { 'Fn::Join': join, Ref, 'Fn::GetAtt': attribute } = value as Record<string, unknown>
  if (Array.isArray(join)) return (join[1] as unknown[]).map(flat).join('')
  if (Ref === 'AWS::Partition') return 'aws'
  return Ref === undefined ? (attribute as string[]).join('.') : String(Ref)
}

const synthesised = synthStack({
  stytch: { projectId: PROJECT_ID, projectSecretName: 'stytch/m2m-prod' },
  operators: [`arn:aws:iam::${ACCOUNT}:role/operator`],
  readerAccounts: ['222222222222'],
  clients: Object.values(entries),
  // Often enough for the shortest period among them.
  rotation: { campaignSchedule: 'rate(1 hour)' },
}).template()

const settingsOf = (functionName: string): Readonly<Record<string, string>> => {
  const found = Object.values(resourcesOf(synthesised)).find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.FunctionName === functionName,
  )
  const { Variables = {} } = (found?.Properties.Environment ?? {}) as { Variables?: Record<string, unknown> }
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, flat(value)]))
}

/** CloudFormation turns every number into text. */
const asSent = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, one: unknown) => (typeof one === 'number' ? String(one) : one))

const propertiesOf = ({ name }: Entry): unknown => {
  const found = Object.values(resourcesOf(synthesised)).find(
    ({ Type, Properties }) => Type === 'Custom::M2mClient' && Properties.SecretName === `m2m/prod/${name}`,
  )
  return asSent(found?.Properties)
}

let registrar: (event: unknown, context: Context) => Promise<void>
let clientsApi: (event: unknown, context: Context) => Promise<ClientsReply>

const context = {
  awsRequestId: 'aws-request',
  invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:m2m-prod-clients`,
  getRemainingTimeInMillis: () => 60_000,
} as Context

const useSettings = (settings: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  vi.stubEnv('STYTCH_SECRET', PROJECT_SECRET)
  vi.stubEnv('STYTCH_BASE_URL', stytchPlace.origin())
}

beforeAll(async () => {
  const endpoint = await awsPlace.sdk().secrets.config.endpoint?.()
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${endpoint?.port}`)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any')
  useSettings(settingsOf('m2m-prod-registrar'))
  ;({ handler: registrar } = await import('../../lambda/handlers/on-client-resource.ts'))
  useSettings(settingsOf('m2m-prod-clients'))
  ;({ handler: clientsApi } = await import('../../lambda/handlers/on-clients-request.ts'))
})
afterAll(() => vi.unstubAllEnvs())
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
})

const askClientsApi = async <Value>(request: object): Promise<Value> => {
  const alias = aliasFor(request as ClientsRequest)
  const invokedFunctionArn = `${context.invokedFunctionArn}:${alias}`
  const reply = await clientsApi(request, { ...context, invokedFunctionArn })
  if (!reply.ok) throw new Error(reply.message)
  return reply.value as Value
}

const declaredInFile = async (entry: Entry) => {
  const view = await askClientsApi<StageView>({ action: 'stage' })
  const [client] = readClientsFile(stringify({ set: 'payments', clients: [entry] }), 'clients.yaml').clients
  if (client === undefined) throw new Error('the file holds no client')
  return { view, client: toDeclared(client, view) }
}

const register = {
  'cdk.json': async (entry: Entry) => {
    // Nobody takes the answer; what was made stands.
    await registrar(
      {
        RequestType: 'Create',
        ResponseURL: 'https://example.com/answer',
        StackId: 'arn:aws:cloudformation:eu-west-1:111111111111:stack/m2m/1',
        RequestId: 'request-1',
        LogicalResourceId: 'Client',
        ResourceProperties: propertiesOf(entry),
      },
      context,
    ).catch(() => {})
  },
  'm2m apply': async (entry: Entry) => {
    const { client } = await declaredInFile(entry)
    await askClientsApi({ action: 'declare', set: 'payments', requestId: 'run-1', client })
  },
} as const

const ofTheirOwn = new Set(['m2m:client-id', 'm2m:request', 'm2m:stack', 'm2m:resource'])

/** All that came of it, without what is made at random and who declared it. */
const outcomeOf = async ({ name }: Entry) => {
  const secret = awsPlace.standIn.peek(`m2m/prod/${name}`)
  if (secret === undefined) throw new Error('no secret was made')
  const clientId = secret.tags['m2m:client-id'] ?? ''
  const reply = await stytchPlace.connect().api.getClient(clientId)
  if (!reply.ok) throw new Error('no client was made')
  const { ResourcePolicy: policy } = await awsPlace
    .sdk()
    .secrets.send(new GetResourcePolicyCommand({ SecretId: secret.arn }))
  const { client_id, client_secret, issued_at, ...rest } = JSON.parse(secret.versions[0]?.value ?? '{}')
  const { managed_by, registered_at, ...metadata } = reply.value.trustedMetadata
  return {
    clientId,
    isBound: client_id === clientId && managed_by === secret.arn,
    isLive: stytchPlace.stytch.accepts(clientId, client_secret),
    areDated: typeof issued_at === 'string' && typeof registered_at === 'string',
    versions: secret.versions.map(({ id, stages }) => [id.split('-')[0], stages]),
    stored: rest,
    tags: Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !ofTheirOwn.has(key))),
    description: secret.description,
    rotation: { ...secret.rotation, nextAt: undefined },
    policy: JSON.parse(policy ?? '{}') as unknown,
    atStytch: {
      name: reply.value.name,
      description: reply.value.description,
      scopes: [...reply.value.scopes].sort(),
      isActive: reply.value.isActive,
      metadata,
    },
  }
}

describe.each(Object.entries(entries))('%s', (_what, entry) => {
  describe.each(Object.entries(register))('declared in %s', (_where, declare) => {
    beforeEach(async () => {
      await declare(entry)
      await awsPlace.standIn.idle()
    })

    test('is a client that works, bound to a secret that says what it is', async () => {
      const { view, client } = await declaredInFile(entry)
      const outcome = await outcomeOf(entry)

      expect(outcome).toMatchObject({ isBound: true, isLive: true, areDated: true })
      expect(outcome.versions).toEqual([['register', ['AWSCURRENT']]])
      expect(outcome.stored).toEqual({ project_id: PROJECT_ID, token_url: view.tokenUrl })
      expect(outcome.description).toBe(client.description)
      expect(outcome.atStytch).toMatchObject({
        name: client.displayName,
        description: client.description,
        scopes: [...client.scopes].sort(),
        isActive: true,
      })
    })

    test('has the tags by which it is found, selected and spared', async () => {
      const { view, client } = await declaredInFile(entry)
      const { tags } = await outcomeOf(entry)
      const scopes = Object.keys(tags).filter((key) => key.startsWith('m2m:scopes'))

      expect(scopes.flatMap((key) => (tags[key] ?? '').split(' ')).sort()).toEqual([...client.scopes].sort())
      expect(Object.fromEntries(Object.entries(tags).filter(([key]) => !scopes.includes(key)))).toEqual({
        ...client.tags,
        'm2m:on-removal': client.onRemoval,
        'm2m:policy': policyFingerprint(view.policyRevision, client.consumers),
        ...(client.overlap === undefined ? {} : { 'm2m:overlap': client.overlap }),
        ...(client.period === undefined ? {} : { 'm2m:period': client.period }),
      })
    })

    test('is rotated by the stage’s function, by a backstop of its own period', async () => {
      const { view, client } = await declaredInFile(entry)
      const { rotation } = await outcomeOf(entry)

      expect(rotation).toMatchObject({ isEnabled: true, lambdaArn: view.rotationFunctionArn })
      expect(rotation.rules).toEqual(
        'everyDays' in client.rules
          ? { AutomaticallyAfterDays: client.rules.everyDays }
          : expect.objectContaining({ ScheduleExpression: client.rules.schedule }),
      )
    })

    test('lets its readers read, operators ask for rotations, and nobody else do either', async () => {
      const { client } = await declaredInFile(entry)
      const { policy } = await outcomeOf(entry)
      const statements = (policy as { Statement: { Sid: string; Condition: object }[] }).Statement
      const named = (sid: string): string => JSON.stringify(statements.find(({ Sid }) => Sid === sid)?.Condition)

      for (const reader of client.consumers) expect(named('OnlyNamedRolesRead')).toContain(reader)
      expect(named('OnlyNamedRolesRotate')).toContain(':role/operator')
      expect(named('OnlyNamedRolesRead')).not.toContain(':role/operator')
      expect(named('OnlyNamedRolesChange')).not.toContain(':role/operator')
    })
  })

  test('comes out the same, whichever declares it', async () => {
    await register['cdk.json'](entry)
    await awsPlace.standIn.idle()
    const { clientId: _one, ...byStack } = await outcomeOf(entry)
    awsPlace.world.reset()
    stytchPlace.world.reset()
    await register['m2m apply'](entry)
    await awsPlace.standIn.idle()

    const { clientId: _other, ...byFile } = await outcomeOf(entry)

    expect(byFile).toEqual(byStack)
  })

  test('applied, is planned as unchanged; declared by a stack, as the stack’s', async () => {
    const { view, client } = await declaredInFile(entry)
    const plan = async () => {
      const { secrets } = await createSecrets(awsPlace.sdk().secrets).list('m2m/prod/')
      const { clients: records } = await createClientKeeper(stytchPlace.connect().api).list({})
      const input = { stage: view, set: 'payments', clients: [client], secrets, records, retiresUnlisted: false }
      return planClients({ ...input, now: Date.now() })
    }
    await register['m2m apply'](entry)
    await awsPlace.standIn.idle()

    expect(await plan()).toEqual({ changes: [], unchanged: [client.secretName], refused: [], notListed: [] })

    awsPlace.world.reset()
    stytchPlace.world.reset()
    await register['cdk.json'](entry)
    await awsPlace.standIn.idle()

    expect((await plan()).refused).toEqual([
      { secretName: client.secretName, why: expect.stringMatching(/^stack arn:aws:cloudformation.* declares it/) },
    ])
  })
})
