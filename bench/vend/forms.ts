// The ways to vend a token that are compared: this project's, and what one would otherwise write. Each is asked by client and scopes, and hands
// back a token or throws.

import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { createCache } from 'async-cache-dedupe'
import type { Context } from 'aws-lambda'
import { Client } from 'stytch'
import { writeVendorEnv } from '../../lambda/env/vendor.ts'
import { toProxyEvent } from '../../lambda/local/vend-front/proxy-event.ts'
import { CLIENT, SECRET_NAME, type VendingPlace } from './place.ts'

export interface VendForm {
  readonly name: string
  /** Whether it keeps tokens at all. */
  readonly isCached: boolean
  /** A row for reference: it does less than the job. */
  readonly isReference?: true
  vend(scopes: readonly string[]): Promise<string>
}

/** How long ours may serve a token without looking at the secret's labels; 30 s unless configured. */
export const CHECK_SECONDS = 1

const TTL_SECONDS = 3500
const API_ID = 'bench0api0'
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 15_000 } as Context

interface Answered {
  readonly statusCode: number
  readonly body: string
}

const ours = async (place: VendingPlace): Promise<VendForm> => {
  Object.assign(process.env, {
    ...writeVendorEnv({
      stytch: { projectId: place.projectId, baseUrl: place.stytchUrl },
      vertical: 'consumer',
      secretNamePrefix: 'm2m/bench/',
      eventBus: 'm2m-bench',
      apiId: API_ID,
      apiUrl: 'https://bench.example/v1',
      revocationsBucket: 'm2m-bench-revocations',
      checkSeconds: CHECK_SECONDS,
    }),
    AWS_ENDPOINT_URL: place.awsUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  })
  const { handler } = await import('../../lambda/handlers/on-vend.ts')
  const identity = {
    apiId: API_ID,
    stage: 'v1',
    accountId: '000000000000',
    accessKeyId: 'bench',
    userArn: 'arn:aws:sts::000000000000:assumed-role/bench/session',
  }
  const eventFor = (scopes: readonly string[]): object =>
    toProxyEvent(
      { method: 'POST', resource: '/clients/{client}/token' },
      { client: CLIENT },
      {
        method: 'POST',
        path: `/clients/${CLIENT}/token`,
        query: new URLSearchParams(),
        headers: { host: 'bench.example', 'content-type': 'application/json' },
        body: JSON.stringify({ scopes }),
        sourceIp: '127.0.0.1',
        at: Date.now(),
      },
      identity,
    )
  // The event comes ready from API Gateway.
  const events = new Map<string, object>()
  return {
    name: '**this project’s handler**, event and audit line included',
    isCached: true,
    vend: async (scopes) => {
      const key = scopes.join(' ')
      const event = events.get(key) ?? eventFor(scopes)
      events.set(key, event)
      const { statusCode, body } = (await handler(event, context)) as Answered
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
      return (JSON.parse(body) as { access_token: string }).access_token
    },
  }
}

interface Pair {
  readonly client_id: string
  readonly client_secret: string
}

export const vendForms = async (place: VendingPlace): Promise<readonly VendForm[]> => {
  const stytch = new Client({ project_id: place.projectId, secret: 'unused', env: `${place.stytchUrl}/` })
  const exchange = async (pair: Pair, scopes: readonly string[]): Promise<string> =>
    (await stytch.m2m.token({ ...pair, scopes: [...scopes] })).access_token
  const pairOf = (text: string): Pair => {
    const { client_id, client_secret } = JSON.parse(text) as Pair
    return { client_id, client_secret }
  }
  const readPair = async (): Promise<Pair> => {
    const { SecretString = '{}' } = await place.secretsManager.send(
      new GetSecretValueCommand({ SecretId: SECRET_NAME }),
    )
    return pairOf(SecretString)
  }
  const mint = async (scopes: readonly string[]): Promise<string> => exchange(await readPair(), scopes)
  const parameters = new SecretsProvider({ awsSdkV3Client: place.secretsManager })

  const dedupe = createCache({ ttl: TTL_SECONDS, storage: { type: 'memory' } }).define(
    'token',
    async (scope: string): Promise<string> => mint(scope.split(' ')),
  )

  const kept = new Map<string, { readonly token: string; readonly until: number }>()
  return [
    await ours(place),
    { name: 'no cache: a read and an exchange each time', isCached: false, vend: mint },
    {
      name: 'Powertools parameters (5 s) and `stytch`',
      isCached: false,
      vend: async (scopes) => exchange(pairOf(String(await parameters.get(SECRET_NAME, { maxAge: 5 }))), scopes),
    },
    { name: '`async-cache-dedupe` around both', isCached: true, vend: (scopes) => dedupe.token(scopes.join(' ')) },
    {
      name: 'a Map with a TTL',
      isCached: true,
      isReference: true,
      vend: async (scopes) => {
        const key = scopes.join(' ')
        const held = kept.get(key)
        if (held !== undefined && held.until > Date.now()) return held.token
        const token = await mint(scopes)
        kept.set(key, { token, until: Date.now() + TTL_SECONDS * 1000 })
        return token
      },
    },
  ]
}
