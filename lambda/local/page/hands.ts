// What one identity acts with: clients of AWS that call by its access key id, and the ports of the core on top of them. Whatever is denied is
// noted with AWS's words.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import { createClientsApi } from '../../adapters/aws/clients-api.ts'
import { createEvents } from '../../adapters/aws/events.ts'
import { createSecrets } from '../../adapters/aws/secrets.ts'
import { type EventSource, leakSources } from '../../core/base/event-types.ts'
import type { Events } from '../../core/base/events.ts'
import { parseJsonObject } from '../../core/base/json-object.ts'
import type { ClientsApi } from '../../core/clients/clients-api.ts'
import type { Secrets } from '../../core/secret/secrets.ts'
import type { Laptop } from '../laptop/laptop.ts'
import { watched } from './denials.ts'

export interface Hands {
  readonly secrets: Secrets
  readonly events: Events<Extract<EventSource, typeof leakSources.security>>
  readonly clientsApi: Pick<ClientsApi, 'declare'>
  /** @returns the last four of AWSCURRENT's value; undefined: it has none in the format of a client's secret. */
  readLastFour(secretId: string): Promise<string | undefined>
  close(): void
}

/** The clients function stops after 120 s, and its first call starts a process. */
const DECLARE_TIMEOUT_MS = 130_000

export const createHands = (
  { address, settings }: Pick<Laptop, 'address' | 'settings'>,
  accessKeyId: string,
): Hands => {
  const place = {
    endpoint: address.aws,
    region: address.region,
    credentials: { accessKeyId, secretAccessKey: 'x' },
  }
  const secretsManager = new SecretsManagerClient({ ...awsClientSettings, ...place })
  const eventBridge = new EventBridgeClient({ ...awsClientSettings, ...place })
  const lambda = new LambdaClient({ ...place, maxAttempts: 1, requestHandler: { requestTimeout: DECLARE_TIMEOUT_MS } })
  const noting = { step: 'initialize', name: 'noteDenials' } as const
  secretsManager.middlewareStack.add((next) => (args) => watched(() => next(args)), noting)
  eventBridge.middlewareStack.add((next) => (args) => watched(() => next(args)), noting)
  lambda.middlewareStack.add((next) => (args) => watched(() => next(args)), noting)
  return {
    secrets: createSecrets(secretsManager),
    events: createEvents(eventBridge, address.bus, leakSources.security),
    clientsApi: createClientsApi(lambda, `m2m-${settings.stage}-clients`),
    readLastFour: async (secretId) => {
      const { SecretString: text = '' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))
      const { client_secret: value } = parseJsonObject(text) ?? {}
      return typeof value === 'string' ? value.slice(-4) : undefined
    },
    close: () => {
      for (const client of [secretsManager, eventBridge, lambda]) client.destroy()
    },
  }
}
