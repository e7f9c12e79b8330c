// The examples for consumers: those for CDK make the templates that they promise, the cache lives through a rotation and a revoke on the
// laptop, and the manifest is what Kubernetes would read.
import { readFileSync } from 'node:fs'
import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets'
import { ReplicateSecretToRegionsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { App, SecretValue, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { afterAll, expect, test, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { redeployOnNewSecret } from '../../docs/consumers/ecs.ts'
import { accessToken as tokenByReplica } from '../../docs/consumers/replica.ts'
import { callOnNewSecret } from '../../docs/consumers/webhook.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { awsEnvironment } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { callsOf } from '../e2e/control.ts'
import { startTestLaptop } from '../fakes/laptop.ts'

afterAll(() => vi.unstubAllEnvs())

const stack = () => new Stack(new App(), 'Consumers')
const changed = { source: ['m2m.rotation'], 'detail-type': ['M2M Secret Changed'] }

test('ECS is deployed anew for its own secret alone', () => {
  const scope = stack()
  redeployOnNewSecret(scope, 'Redeploy', {
    busName: 'm2m-prod',
    secretName: 'm2m/prod/billing',
    cluster: 'shop',
    service: 'billing',
  })

  Template.fromStack(scope).hasResourceProperties('AWS::Events::Rule', {
    EventBusName: 'm2m-prod',
    EventPattern: { ...changed, detail: { secretName: ['m2m/prod/billing'] } },
  })
})

test('a webhook is called by a destination with a dead-letter queue', () => {
  const scope = stack()
  callOnNewSecret(scope, 'Webhook', {
    busName: 'm2m-prod',
    endpoint: 'https://hooks.example.com/m2m',
    apiKey: SecretValue.secretsManager('hooks/key'),
  })
  const template = Template.fromStack(scope)

  template.hasResourceProperties('AWS::Events::Rule', { EventPattern: changed })
  template.resourceCountIs('AWS::Events::ApiDestination', 1)
  template.resourceCountIs('AWS::SQS::Queue', 1)
})

test('the manifest refreshes within an overlap, and restarts what uses it', () => {
  const text = readFileSync(new URL('../../docs/consumers/external-secret.yaml', import.meta.url), 'utf8')
  const [secret, deployment] = parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS() as { kind: string; spec: { refreshInterval?: string }; metadata: { annotations?: object } }
  })

  expect([secret?.kind, secret?.spec.refreshInterval, deployment?.kind]).toEqual(['ExternalSecret', '1h', 'Deployment'])
  expect(Object.values(deployment?.metadata.annotations ?? {})).toEqual(['billing-m2m'])
})

test('the Lambda’s cache lives through a rotation, a settle and a revoke', { timeout: 60_000 }, async () => {
  const laptop = await startTestLaptop()
  const operator = createOperator(laptop.address, guardingOf(laptop))
  for (const [name, value] of Object.entries(awsEnvironment(laptop.address.aws, 'reader'))) vi.stubEnv(name, value)
  try {
    const { accessToken } = await import('../../docs/consumers/lambda.ts')
    const { secretArn } = await operator.register('billing', ['read:invoices'])
    const tokens = [await accessToken(secretArn)]
    for (const intent of ['rotate', 'settle', 'revoke', 'settle'] as const) {
      await operator.rotate(secretArn, intent)
      // Two tokens of one second are the same.
      laptop.world.clock.advance(1_000)
      // As after a service's 401: what is kept is not handed out again.
      tokens.push(await accessToken(secretArn, tokens.at(-1)))
    }

    expect(tokens.every((token) => token.split('.').length === 3)).toBe(true)
    expect(new Set(tokens).size).toBe(5)

    const exchanges = () => laptop.stytch.server.calls().filter(({ op }) => op === 'Token').length
    const reads = async () => (await callsOf(laptop.address.aws)).filter(({ op }) => op === 'GetSecretValue').length
    const before = [exchanges(), await reads()]
    expect(await accessToken(secretArn)).toBe(tokens.at(-1))
    expect([exchanges(), await reads()]).toEqual(before)

    for (const [kind, status] of [
      ['throttle', 429],
      ['error', 503],
    ] as const) {
      laptop.stytch.server.faults.add({ op: 'Token', kind, status })
      const readsBefore = await reads()
      await expect(accessToken(secretArn, tokens.at(-1))).rejects.toThrow(`HTTP ${status}`)
      // One read, for the token that a service refused; the answer is none about the secret, and asks for no second.
      expect(await reads()).toBe(readsBefore + 1)
    }
  } finally {
    operator.secretsManager.destroy()
    await laptop.close()
  }
})

test('Powertools answers from memory after a revoke, and reads again when it is made to', {
  timeout: 60_000,
}, async () => {
  const laptop = await startTestLaptop()
  const operator = createOperator(laptop.address, guardingOf(laptop))
  const { aws: endpoint, region } = laptop.address
  const awsSdkV3Client = new SecretsManagerClient({ endpoint, region, credentials: credentialsOf('reader') })
  try {
    const { secretArn } = await operator.register('billing', ['read:invoices'])
    const cache = new SecretsProvider({ awsSdkV3Client })
    const read = (forceFetch: boolean) => cache.get(secretArn, { maxAge: 3600, forceFetch })
    const first = await read(false)
    for (const intent of ['revoke', 'settle'] as const) await operator.rotate(secretArn, intent)

    expect(await read(false)).toBe(first)
    expect(await read(true)).not.toBe(first)
    expect(await read(false)).not.toBe(first)
  } finally {
    awsSdkV3Client.destroy()
    operator.secretsManager.destroy()
    await laptop.close()
  }
})

test('a replica’s consumer lives through a revoke, with a replica that lags and with one that has failed', {
  timeout: 60_000,
}, async () => {
  const laptop = await startTestLaptop()
  const operator = createOperator(laptop.address, guardingOf(laptop))
  const config = { endpoint: laptop.address.aws, credentials: credentialsOf('reader') }
  const primary = new SecretsManagerClient({ ...config, region: 'us-east-1' })
  const replica = new SecretsManagerClient({ ...config, region: 'eu-north-1' })
  const waits: number[] = []
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms)
    laptop.world.clock.advance(ms)
  }
  try {
    const { secretArn } = await operator.register('billing', ['read:invoices'])
    const AddReplicaRegions = [{ Region: 'eu-north-1' }]
    await operator.secretsManager.send(new ReplicateSecretToRegionsCommand({ SecretId: secretArn, AddReplicaRegions }))
    const read = () => tokenByReplica({ secretId: 'm2m/laptop/billing', replica, primary, wait })
    expect([(await read()).split('.').length, waits]).toEqual([3, []])

    // In a laptop's settle a second or two pass; this is later than both of its rotations.
    laptop.aws.configure({ replicaLagMs: 20_000 })
    await operator.rotate(secretArn, 'revoke')
    await operator.rotate(secretArn, 'settle')
    expect([(await read()).split('.').length, waits.length > 0]).toEqual([3, true])

    laptop.aws.configure({ replicaLagMs: 0, replicaFailure: { 'eu-north-1': 'The key does not let it' } })
    await operator.rotate(secretArn, 'revoke')
    await operator.rotate(secretArn, 'settle')
    waits.length = 0
    expect((await read()).split('.')).toHaveLength(3)
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(30_000)
  } finally {
    primary.destroy()
    replica.destroy()
    operator.secretsManager.destroy()
    await laptop.close()
  }
})
