// One table of names, asked of everything that takes one: the file of `m2m apply`, the adoption file, the CDK configuration, a construct, the
// clients function, the command line, the vendor's path, its policy and its client. Each gives the same answer, by the same rule.
import { App, Stack } from 'aws-cdk-lib'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { rowFaults } from '../../bin/adopt/adoption-rows.ts'
import { readClientsFile } from '../../bin/apply/clients-file.ts'
import { assertNames } from '../../bin/show/choose.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { createClientKeeper } from '../../lambda/adapters/stytch/client-keeper.ts'
import { createStytchIssuer } from '../../lambda/adapters/stytch/issuer.ts'
import { createClientRegistry } from '../../lambda/adapters/stytch/registry.ts'
import { createTokenClient } from '../../lambda/client/token-client.ts'
import { declareClient } from '../../lambda/core/clients/declare-client.ts'
import { readApiRequest } from '../../lambda/core/clients/read-api-request.ts'
import { CLIENT_NAME_RULE } from '../../lambda/core/secret/client-name.ts'
import { readVendEvent } from '../../lambda/core/vend/read-vend-event.ts'
import { M2mClient } from '../../lib/clients/m2m-client.ts'
import { Registrar } from '../../lib/clients/registrar.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { proxyEvent } from '../fakes/proxy-event.ts'
import { PROJECT_ID, useAws, useStytch } from '../fakes/stand-ins.ts'

const stytchPlace = useStytch()
const awsPlace = useAws()

const PREFIX = 'm2m/prod/'
const ROLE = 'arn:aws:iam::111111111111:role/rotation'
const VENDOR = 'https://abc123def4.execute-api.eu-west-1.amazonaws.com/v1'
const config = {
  stage: 'prod',
  stytch: { projectId: 'project-live-00000000-0000-4000-8000-000000000000', projectSecretName: 'stytch/m2m-prod' },
  alarms: { email: 'oncall@example.com' },
  breakGlass: { roleArn: 'arn:aws:iam::111111111111:role/break-glass' },
}

/** Throws what is said of a name that is refused. */
type Ask = (name: string) => unknown

const throwAll = (faults: readonly string[]): void => {
  if (faults.length > 0) throw new Error(faults.join('\n'))
}

const declare = async (name: string): Promise<void> => {
  const client = { secretName: `${PREFIX}${name}`, displayName: 'any', description: '', rules: { everyDays: 60 } }
  const request = readApiRequest({
    action: 'declare',
    set: 'payments',
    requestId: 'run-1',
    client: { ...client, onRemoval: 'retain' },
  })
  if (!request.ok || request.value.action !== 'declare') throw new Error('the request is malformed')
  const { api } = stytchPlace.connect()
  const { secrets } = awsPlace.sdk()
  const issuer = createStytchIssuer(api, PROJECT_ID)
  const timing = { now: () => awsPlace.world.clock.now() }
  const registration = {
    issuer,
    registry: createClientRegistry(api),
    secrets: createSecrets(secrets),
    timing,
  }
  const stage = {
    secretNamePrefix: PREFIX,
    tokenUrl: `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`,
    rotationFunctionArn: 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation',
    readers: [ROLE],
    changers: [ROLE],
    rotators: [],
    replicas: [],
  }
  await declareClient(
    { registration, clients: createClientKeeper(api), secrets: createSecrets(secrets) },
    { stage, owner: { stackId: 'cli', resource: 'payments' }, requestId: 'run-1', client: request.value.client },
  )
}

const askVendor: Ask = (name) => {
  const { outcome } = readVendEvent(proxyEvent({ apiId: 'abc123def4', client: name }), 'abc123def4')
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
}

const fetched = async (name: string): Promise<void> => {
  const paths: string[] = []
  await createTokenClient({
    url: VENDOR,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    fetch: async (url) => {
      paths.push(new URL(String(url)).pathname)
      return new Response('{"access_token":"t","expires_in":3600,"scope":"a"}')
    },
  }).token({ client: name })
  expect(paths).toEqual([`/v1/clients/${name}/token`])
}

const entrances: Readonly<Record<string, Ask>> = {
  'the file of m2m apply': (name) =>
    readClientsFile(stringify({ clients: [{ name, description: 'd' }] }), 'clients.yaml'),
  'the adoption file': (name) =>
    throwAll(
      rowFaults(
        {
          name,
          clientId: 'm2m-client-1',
          description: '',
          readers: [],
          fromSecret: undefined,
          overlap: undefined,
          period: undefined,
        },
        'file:1',
      ),
    ),
  'the configuration': (name) => readDeployConfig({ ...config, clients: [{ name, description: 'd', scopes: [] }] }),
  'the construct': (name) => {
    const stack = new Stack(new App(), 'Service', { env: { account: '111111111111', region: 'eu-west-1' } })
    const registrar = Registrar.fromStage(stack, { stage: 'prod' })
    return new M2mClient(stack, 'Client', { registrar, clientName: name, description: '', scopes: [] })
  },
  'the construct of a client that is declared elsewhere': (name) =>
    M2mClient.fromStage(new Stack(new App(), 'Service'), { stage: 'prod', clientName: name }),
  'the clients function': declare,
  'the command line': (name) => assertNames({ secretNamePrefix: PREFIX }, [name]),
  'the vendor’s path': askVendor,
  'the vendor’s policy': (name) =>
    readDeployConfig({
      ...config,
      vendor: { endpoint: 'regional', admits: [{ account: '222222222222', clients: [name] }] },
    }),
  'the vendor’s client': fetched,
}

const names = [
  'billing',
  'billing-worker',
  'order-export',
  'web-portal',
  'reports.v2',
  'reports-v1.2.3',
  'a..b',
  'a_b',
  '7',
  'x'.repeat(64),
]
const none = [
  '',
  'Billing',
  'a/b',
  '-a',
  'a-',
  '.a',
  'a.',
  '_a',
  'a b',
  'café',
  'a*',
  'a?',
  'a%2Fb',
  '..',
  'x'.repeat(65),
]

/** On the command line a slash makes a secret's full name of it, which lies outside of the stage. */
const ruleFor = (where: string, name: string): string =>
  where === 'the command line' && name === 'a/b' ? 'outside of this stage' : CLIENT_NAME_RULE

describe.each(Object.entries(entrances))('%s', (where, ask) => {
  test.each(names)('takes %j', async (name) => {
    await expect((async () => ask(name))()).resolves.not.toThrow()
  })

  test.each(none)('refuses %j, and says what a name is', async (name) => {
    await expect((async () => ask(name))()).rejects.toThrow(ruleFor(where, name))
  })
})
