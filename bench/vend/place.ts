// Where the ways to vend a token are compared: both stand-ins, one client, and what can happen to it: a rotation, a revoke, a Stytch that
// answers nothing. Every mint is counted at Stytch.
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'

export const CLIENT = 'reports'
export const SECRET_NAME = `m2m/bench/${CLIENT}`
/** Enough for four thousand scope sets. */
export const SCOPES = Array.from({ length: 12 }, (_, at) => `read:thing${at}`)

export interface VendingPlace {
  readonly awsUrl: string
  readonly stytchUrl: string
  readonly projectId: string
  readonly secretsManager: SecretsManagerClient
  mints(): number
  reads(): number
  /** Another value beside the first one; both are accepted. */
  rotate(): Promise<void>
  /** Another value, and the one before is dead. */
  revoke(): Promise<void>
  /** Stytch answers 500 to every exchange, until it is set otherwise. */
  setDown(isDown: boolean): void
  close(): Promise<void>
}

export const startVendingPlace = async (): Promise<VendingPlace> => {
  const world = createWorld()
  const projectId = 'project-test-11111111-1111-4111-8111-111111111111'
  const stytch = createStytchStandIn({ world, projectId, projectSecret: 'secret-test-bench' })
  const aws = createAwsStandIn({ world })
  const [stytchUrl, awsUrl] = [await stytch.server.listen(0), await aws.listen(0)]
  const { clientId, secret } = stytch.seed({ scopes: SCOPES })
  const client = new SecretsManagerClient({
    endpoint: awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  })
  const text = (value: string): string =>
    JSON.stringify({
      client_id: clientId,
      client_secret: value,
      project_id: projectId,
      token_url: `${stytchUrl}/v1/public/${projectId}/oauth2/token`,
    })
  let number = 0
  const tokenOf = (origin: 'register' | 'rotate' | 'settle'): string => {
    number += 1
    const about = { askedAt: Date.now(), secretArn: SECRET_NAME, about: String(number), attempt: 1 }
    return makeRequestToken({ origin, ...about })
  }
  await client.send(
    new CreateSecretCommand({
      Name: SECRET_NAME,
      ClientRequestToken: tokenOf('register'),
      SecretString: text(secret),
    }),
  )
  const Tags = [
    { Key: 'm2m:client-id', Value: clientId },
    { Key: 'm2m:scopes', Value: SCOPES.join(' ') },
    { Key: 'vend:default-scopes', Value: SCOPES[0] },
  ]
  await client.send(new TagResourceCommand({ SecretId: SECRET_NAME, Tags }))
  const store = async (origin: 'rotate' | 'settle', value: string): Promise<void> => {
    const ClientRequestToken = tokenOf(origin)
    await client.send(
      new PutSecretValueCommand({ SecretId: SECRET_NAME, ClientRequestToken, SecretString: text(value) }),
    )
  }
  const count = (calls: readonly { readonly op: string }[], ...ops: readonly string[]): number =>
    calls.filter(({ op }) => ops.includes(op)).length
  return {
    awsUrl,
    stytchUrl,
    projectId,
    secretsManager: client,
    mints: () => count(stytch.server.calls(), 'Token'),
    reads: () => count(aws.calls(), 'GetSecretValue', 'DescribeSecret'),
    rotate: async () => store('rotate', stytch.dashboard.rotateStart(clientId)),
    revoke: async () => {
      if (stytch.slots(clientId)?.nextLastFour) stytch.dashboard.rotateComplete(clientId)
      const next = stytch.dashboard.rotateStart(clientId)
      stytch.dashboard.rotateComplete(clientId)
      await store('settle', next)
    },
    setDown: (isDown) => {
      if (isDown)
        stytch.server.faults.setPolicy((op) => (op === 'Token' ? { op, kind: 'error', status: 500 } : undefined))
      else stytch.server.faults.clear()
    },
    close: async () => {
      client.destroy()
      await Promise.all([stytch.server.close(), aws.close()])
    },
  }
}
