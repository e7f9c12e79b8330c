// The examples for consumers: those for CDK make the templates that they promise, the cache lives through a rotation and a revoke on the
// laptop, and the manifest is what Kubernetes would read.
import { readFileSync } from 'node:fs'
import { App, SecretValue, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { afterAll, expect, test, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { redeployOnNewSecret } from '../../docs/consumers/ecs.ts'
import { callOnNewSecret } from '../../docs/consumers/webhook.ts'
import { awsEnvironment, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'

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
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {} })
  const operator = createOperator(laptop.address)
  for (const [name, value] of Object.entries(awsEnvironment(laptop.address.aws))) vi.stubEnv(name, value)
  try {
    const { accessToken } = await import('../../docs/consumers/lambda.ts')
    const { secretArn } = await operator.register('billing', ['read:invoices'])
    const tokens = [await accessToken(secretArn)]
    for (const intent of ['rotate', 'settle', 'revoke', 'settle'] as const) {
      await operator.rotate(secretArn, intent)
      tokens.push(await accessToken(secretArn))
    }

    expect(tokens.every((token) => token.split('.').length === 3)).toBe(true)
  } finally {
    operator.secretsManager.destroy()
    await laptop.close()
  }
})
