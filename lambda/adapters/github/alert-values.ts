// GitHub's secret-scanning alerts as the domain's AlertValues: the value that a webhook leaves out, fetched by a GitHub App whose key
// lies in a Secrets Manager secret. The address is made of checked parts, never taken from the delivery.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import { parseJsonObject } from '../../core/base/json-object.ts'
import type { AlertValues } from '../../core/intake/intake-ports.ts'
import { MAX_LEAK_BYTES } from '../../core/intake/leak-text.ts'
import { type ClientSecret, createClientSecret } from '../../core/secret/client-secret.ts'
import { readHandMadeSecret } from '../aws/hand-made-secret.ts'
import { type GithubApp, installationToken, makeAppJwt, readPrivateKey } from './app.ts'
import { callGithub } from './http.ts'

export interface GithubPlace {
  readonly client: SecretsManagerClient
  /** Of the secret that holds `{"app_id": "…", "private_key": "…"}`; absent: nothing is fetched. */
  readonly appSecretId: string | undefined
  readonly baseUrl: string
  readonly now: () => number
}

const fault = (message: string): Fault => new Fault({ code: 'ALERT_NOT_FETCHED', retryable: false, message })

/** @throws Fault ALERT_NOT_FETCHED for what is no App's key. */
export const readGithubApp = (appSecretId: string, text: string): GithubApp => {
  const { app_id: appId, private_key: pem } = parseJsonObject(text) ?? {}
  const key = typeof pem === 'string' ? readPrivateKey(pem) : undefined
  if (typeof appId !== 'string' || appId === '' || key === undefined) {
    throw fault(`The GitHub App's secret ${appSecretId} is malformed: store {"app_id": "…", "private_key": "…"}.`)
  }
  return { appId, key }
}

const toValue = (secret: unknown): ClientSecret | undefined => {
  const text = typeof secret === 'string' ? secret.trim() : ''
  return text === '' || text.length > MAX_LEAK_BYTES ? undefined : createClientSecret(text)
}

export const createAlertValues = ({ client, appSecretId, baseUrl, now }: GithubPlace): AlertValues => ({
  fetch: async (place) => {
    if (appSecretId === undefined) throw fault('No GitHub App is configured that could fetch an alert.')
    const { repository, alertNumber } = place
    const text = await readHandMadeSecret(client, { kind: 'githubApp', name: appSecretId })
    const app = readGithubApp(appSecretId, text)
    const token = await installationToken(baseUrl, await makeAppJwt(app, now()), place)
    const { secret } = await callGithub(baseUrl, {
      method: 'GET',
      path: `/repos/${repository}/secret-scanning/alerts/${alertNumber}`,
      token,
      what: `alert ${alertNumber} of ${repository}`,
    })
    return toValue(secret)
  },
})
