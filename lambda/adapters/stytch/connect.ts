// Puts the Stytch adapter together from a function's settings: its address, the project secret from where it lies, and the
// vendor's API over undici.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createProjectCredentials } from '../aws/project-credentials.ts'
import { createStytchApi, type StytchApi, type StytchSettings } from './api.ts'
import { vendorBaseUrl } from './base-url.ts'
import { createSend } from './http.ts'
import type { RetryTiming } from './retry.ts'

interface StytchPlace {
  readonly projectId: string
  readonly projectSecret:
    | { readonly kind: 'stored'; readonly secretId: string }
    | { readonly kind: 'given'; readonly secret: string }
  readonly baseUrl?: string
}

/** @returns how Stytch is reached within one invocation's time; credentials and connections outlive it. */
export const createStytchConnector = (
  { projectId, projectSecret, baseUrl }: StytchPlace,
  client: SecretsManagerClient,
): ((timing: RetryTiming) => StytchSettings) => {
  const credentials: StytchSettings['credentials'] =
    projectSecret.kind === 'given'
      ? async () => ({ projectId, secret: projectSecret.secret })
      : createProjectCredentials({ client, secretId: projectSecret.secretId, projectId })
  const send = createSend()
  return (timing) => ({ baseUrl: baseUrl ?? vendorBaseUrl(projectId), projectId, credentials, send, timing })
}

/** The same, as the API of M2M clients. */
export const createStytchConnection = (
  place: StytchPlace,
  client: SecretsManagerClient,
): ((timing: RetryTiming) => StytchApi) => {
  const reach = createStytchConnector(place, client)
  return (timing) => createStytchApi(reach(timing))
}
