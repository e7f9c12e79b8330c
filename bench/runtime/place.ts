// Where the forms of the vendor run: both stand-ins with one client whose tokens may be vended, the settings that point at them, and the
// event that asks for a token.

import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { writeVendorEnv } from '../../lambda/env/vendor.ts'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'
import { toProxyEvent } from '../../lambda/local/vend-front/proxy-event.ts'

export interface VendPlace {
  readonly env: Readonly<Record<string, string>>
  readonly event: object
  close(): Promise<void>
}

const API_ID = 'bench0api0'
const CLIENT = 'reports'

export const startVendPlace = async (): Promise<VendPlace> => {
  const world = createWorld()
  const projectId = 'project-test-11111111-1111-4111-8111-111111111111'
  const stytch = createStytchStandIn({ world, projectId, projectSecret: 'secret-test-bench' })
  const aws = createAwsStandIn({ world })
  const [stytchUrl, awsUrl] = [await stytch.server.listen(0), await aws.listen(0)]
  const { clientId, secret } = stytch.seed({ scopes: ['read:reports', 'write:reports'] })
  const client = new SecretsManagerClient({
    endpoint: awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  })
  await client.send(
    new CreateSecretCommand({
      Name: `m2m/bench/${CLIENT}`,
      SecretString: JSON.stringify({
        client_id: clientId,
        client_secret: secret,
        project_id: projectId,
        token_url: `${stytchUrl}/v1/public/${projectId}/oauth2/token`,
      }),
      Tags: [
        { Key: 'm2m:client-id', Value: clientId },
        { Key: 'm2m:scopes', Value: 'read:reports write:reports' },
        { Key: 'vend:default-scopes', Value: 'read:reports' },
      ],
    }),
  )
  client.destroy()
  const env = {
    ...writeVendorEnv({
      stytch: { projectId, baseUrl: stytchUrl },
      vertical: 'consumer',
      secretNamePrefix: 'm2m/bench/',
      eventBus: 'm2m-bench',
      apiId: API_ID,
      apiUrl: 'https://bench.example/v1',
      revocationsBucket: 'm2m-bench-revocations',
      checkSeconds: 30,
    }),
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  }
  const identity = {
    apiId: API_ID,
    stage: 'v1',
    accountId: '000000000000',
    accessKeyId: 'bench',
    userArn: 'arn:aws:sts::000000000000:assumed-role/bench/session',
  }
  const request = {
    method: 'POST',
    path: `/clients/${CLIENT}/token`,
    query: new URLSearchParams(),
    headers: { host: 'bench.example', 'user-agent': 'bench', 'content-type': 'application/json' },
    body: '{"scopes":["read:reports"],"min_ttl":120}',
    sourceIp: '127.0.0.1',
    at: Date.now(),
  }
  const route = { method: 'POST', resource: '/clients/{client}/token' }
  return {
    env,
    event: toProxyEvent(route, { client: CLIENT }, request, identity),
    close: async () => {
      await Promise.all([stytch.server.close(), aws.close()])
    },
  }
}
