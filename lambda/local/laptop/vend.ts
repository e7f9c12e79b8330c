// The token vendor on the laptop: the front that stands for API Gateway with its one key pair, the settings that the stack would give
// the function, and a client that may be vended. Everything else of it is the deployed handler (functions.ts).

import { randomBytes, randomUUID } from 'node:crypto'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import { createSecrets } from '../../adapters/aws/secrets.ts'
import { createStytchConnection } from '../../adapters/stytch/connect.ts'
import { createStytchIssuer } from '../../adapters/stytch/issuer.ts'
import { createClientRegistry } from '../../adapters/stytch/registry.ts'
import { createTiming } from '../../adapters/timing.ts'
import { defined } from '../../core/base/defined.ts'
import { registerClient } from '../../core/clients/register-client.ts'
import { scopeTags, TAG } from '../../core/secret/secret-tags.ts'
import { VEND_TAG } from '../../core/vend/scope-rule.ts'
import type { StytchEnv } from '../../env/stytch.ts'
import { writeVendorEnv } from '../../env/vendor.ts'
import { createVendFront, type VendFront, type VendFrontInput } from '../vend-front/front.ts'
import type { KeyPair } from '../vend-front/signature.ts'
import { awaitRest } from './await-rest.ts'

export const VEND_PORT = 4020

/** The client that `npm run laptop` registers: what it may have, and what it gets when it asks for nothing. */
export const VEND_CLIENT = {
  name: 'reports',
  scopes: ['read:reports', 'write:reports'],
  defaults: ['read:reports'],
} as const

const API_ID = 'laptop0api'

export interface LaptopVend {
  readonly keys: KeyPair
  readonly front: VendFront
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** As AWS's look, and good for nothing but this laptop. */
const newKeys = (): KeyPair => ({
  accessKeyId: `AKIA${[...randomBytes(16)].map((byte) => BASE32.charAt(byte % 32)).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})

export const createLaptopVend = (
  input: Pick<VendFrontInput, 'region' | 'invoke' | 'throttle' | 'responses' | 'throttledIntegration'> & {
    readonly accountId: string
    readonly stage: string
  },
): LaptopVend => {
  const { accountId, stage, ...front } = input
  const keys = newKeys()
  const identity = {
    apiId: API_ID,
    stage,
    accountId,
    accessKeyId: keys.accessKeyId,
    userArn: `arn:aws:iam::${accountId}:user/laptop`,
  }
  return { keys, front: createVendFront({ keys, identity, ...front }) }
}

export const laptopVendorEnv = (seat: {
  readonly stytch: StytchEnv
  readonly secretNamePrefix: string
  readonly extraPrefixes?: readonly string[] | undefined
  readonly eventBus: string
  readonly apiUrl: string
}): Record<string, string> => {
  const { projectId, baseUrl } = seat.stytch
  return writeVendorEnv({
    stytch: { projectId, ...defined({ baseUrl }) },
    vertical: 'consumer',
    secretNamePrefix: seat.secretNamePrefix,
    extraPrefixes: seat.extraPrefixes,
    eventBus: seat.eventBus,
    apiId: API_ID,
    apiUrl: seat.apiUrl,
    checkSeconds: 30,
  })
}

const PATIENCE_MS = 60_000

/** Registered as the registrar would: by the production use case, with rotation on; back once the dry run of that is over. */
export const registerVendClient = async (place: {
  readonly aws: string
  readonly stytch: string
  readonly region: string
  readonly projectId: string
  readonly projectSecret: string
  readonly secretNamePrefix: string
  readonly rotationFunctionArn: string
}): Promise<void> => {
  const client = new SecretsManagerClient({
    ...awsClientSettings,
    endpoint: place.aws,
    region: place.region,
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
  })
  const { projectId, stytch: baseUrl, rotationFunctionArn: functionArn } = place
  const timing = createTiming(() => PATIENCE_MS)
  const projectSecret = { kind: 'given', secret: place.projectSecret } as const
  const api = createStytchConnection({ projectId, projectSecret, baseUrl }, client)(timing)
  const { name, scopes, defaults } = VEND_CLIENT
  const clientId = `m2m-client-test-${randomUUID()}`
  try {
    const { secretArn } = await registerClient(
      {
        registry: createClientRegistry(api),
        secrets: createSecrets(client),
        issuer: createStytchIssuer(api, projectId),
        timing,
      },
      {
        secretName: `${place.secretNamePrefix}${name}`,
        clientId,
        description: 'A client whose tokens may be vended',
        scopes,
        tokenUrl: `${baseUrl}/v1/public/${projectId}/oauth2/token`,
        tags: { [TAG.client]: clientId, ...scopeTags(scopes), [VEND_TAG.defaults]: defaults.join(' ') },
        rotation: { functionArn, everyDays: 60 },
      },
    )
    await awaitRest(client, secretArn, {
      patienceMs: PATIENCE_MS,
      message: `the rotation of ${name} did not come to rest`,
    })
  } finally {
    client.destroy()
  }
}
