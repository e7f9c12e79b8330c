// The operator in the story: registers clients and asks for rotations, with the AWS SDK and the production use cases, over HTTP.

import { randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import { createSecrets } from '../../adapters/aws/secrets.ts'
import { createStytchConnection } from '../../adapters/stytch/connect.ts'
import { createStytchIssuer } from '../../adapters/stytch/issuer.ts'
import { createClientRegistry } from '../../adapters/stytch/registry.ts'
import { createTiming } from '../../adapters/timing.ts'
import { defined } from '../../core/base/defined.ts'
import { type Registered, registerClient } from '../../core/clients/register-client.ts'
import { type Intent, makeRequestToken } from '../../core/secret/request-token.ts'
import { scopeTags, TAG } from '../../core/secret/secret-tags.ts'
import type { LaptopAddress } from '../laptop/address.ts'
import { awaitThat, holderOf } from '../laptop/await-rest.ts'

export interface Operator {
  readonly secretsManager: SecretsManagerClient
  register(name: string, scopes: readonly string[]): Promise<Registered>
  /** Asks, and waits until AWSCURRENT carries the request token. @returns the token. */
  rotate(secretId: string, intent: Intent): Promise<string>
  /** The credentials that a consumer reads. */
  read(secretId: string): Promise<Credentials>
}

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly tokenUrl: string
}

const REGISTRATION_MS = 30_000
const ROTATION_MS = 25_000

export interface OperatorInput {
  /** As what its calls are known. @default - as anybody's */
  readonly agent?: string
  /** Whose calls they are. @default - where rights are enforced, those of a role that may register, rotate and read every client */
  readonly accessKeyId?: string
  /** How long a registration or a rotation is waited for. @default 25000 */
  readonly patienceMs?: number
  /** Whose rights a registration has. @default - those of all its calls */
  readonly registersAs?: string
  /** The policy of a secret that it registers. @default - none */
  readonly policyOf?: (secretArn: string) => object
  /** The key of a secret that it registers. @default - Secrets Manager's own */
  readonly kmsKeyId?: string
}

export const createOperator = (address: LaptopAddress, input: OperatorInput = {}): Operator => {
  const {
    agent,
    registersAs,
    policyOf,
    kmsKeyId,
    patienceMs = ROTATION_MS,
    accessKeyId = address.identities === undefined ? 'laptop' : 'break-glass',
  } = input
  const callingAs = (key: string): SecretsManagerClient =>
    new SecretsManagerClient({
      ...awsClientSettings,
      ...defined({ customUserAgent: agent }),
      endpoint: address.aws,
      region: address.region,
      credentials: { accessKeyId: key, secretAccessKey: 'x' },
    })
  const secretsManager = callingAs(accessKeyId)
  const timing = createTiming(() => REGISTRATION_MS)
  const projectSecret = { kind: 'given', secret: address.project_secret } as const
  const place = { projectId: address.project_id, projectSecret, baseUrl: address.stytch }
  const api = createStytchConnection(place, secretsManager)(timing)
  const issuer = createStytchIssuer(api, address.project_id)
  const secrets = createSecrets(registersAs === undefined ? secretsManager : callingAs(registersAs))
  const registration = {
    registry: createClientRegistry(api),
    secrets,
    issuer,
    timing,
  }

  const until = (holds: () => Promise<boolean>, what: string): Promise<void> =>
    awaitThat(holds, {
      patienceMs,
      message: `The ${what} did not come within ${patienceMs / 1000} s`,
    })

  return {
    secretsManager,
    register: async (name, scopes) => {
      const clientId = `m2m-client-test-${randomUUID()}`
      const registered = await registerClient(registration, {
        secretName: `m2m/laptop/${name}`,
        clientId,
        tags: { [TAG.client]: clientId, ...scopeTags(scopes) },
        description: `The story's ${name}`,
        scopes,
        tokenUrl: `${address.stytch}/v1/public/${address.project_id}/oauth2/token`,
        rotation: { functionArn: address.rotation_lambda_arn, everyDays: 60 },
        ...defined({ kmsKeyId }),
        ...(policyOf === undefined
          ? {}
          : { guard: (secretArn) => secrets.setPolicy(secretArn, JSON.stringify(policyOf(secretArn))) }),
      })
      // Turning rotation on is a dry run, which holds AWSPENDING until it has ended.
      await until(
        async () => (await holderOf(secretsManager, registered.secretArn, 'AWSPENDING')) === undefined,
        `registration of ${name}`,
      )
      return registered
    },
    rotate: async (secretId, intent) => {
      // A token is about the ARN, whatever the secret is called here.
      const { ARN: secretArn = secretId } = await secretsManager.send(new DescribeSecretCommand({ SecretId: secretId }))
      const about =
        intent === 'settle' ? ((await holderOf(secretsManager, secretId, 'AWSCURRENT')) ?? '') : randomUUID()
      const token = makeRequestToken({ origin: intent, askedAt: Date.now(), secretArn, about, attempt: 1 })
      await secretsManager.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: token }))
      await until(
        async () => (await holderOf(secretsManager, secretId, 'AWSCURRENT')) === token,
        `${intent} of ${secretId}`,
      )
      // The label is cleaned up after the last step; the next rotation is refused until then.
      await until(
        async () => (await holderOf(secretsManager, secretId, 'AWSPENDING')) !== token,
        `end of the ${intent} of ${secretId}`,
      )
      return token
    },
    read: async (secretId) => {
      const { SecretString: text = '{}' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))
      const { client_id, client_secret, token_url } = JSON.parse(text) as Record<string, string>
      return { clientId: client_id ?? '', clientSecret: client_secret ?? '', tokenUrl: token_url ?? '' }
    },
  }
}
