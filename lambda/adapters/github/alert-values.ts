// GitHub's secret-scanning alerts as the domain's AlertValues: the value that a webhook leaves out, fetched by a GitHub App whose key
// lies in a Secrets Manager secret. The address is made of checked parts, never taken from the delivery.
import type { KeyObject } from 'node:crypto'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { ok, type Result, refused } from '../../core/base/result.ts'
import type { AlertValues } from '../../core/intake/intake-ports.ts'
import { MAX_LEAK_BYTES } from '../../core/intake/leak-text.ts'
import { type ClientSecret, createClientSecret } from '../../core/secret/client-secret.ts'
import { readField, readStoredObject } from '../../core/secret/stored-fields.ts'
import { readHandMadeSecret } from '../aws/hand-made-secret.ts'
import { type GithubApp, installationToken, makeAppJwt } from './app.ts'
import { callGithub } from './http.ts'
import { readPrivateKey } from './private-key.ts'

interface GithubPlace {
  readonly client: SecretsManagerClient
  /** Of the secret that holds `{"app_id": "…", "private_key": "…"}`; absent: nothing is fetched. */
  readonly appSecretId: string | undefined
  readonly baseUrl: string
  readonly now: () => number
}

const fault = (message: string): Fault => new Fault({ code: 'ALERT_NOT_FETCHED', retryable: false, message })

/** People store the App's id as a number as well. */
const readAppId = (json: JsonObject): Result<string, string> =>
  Number.isSafeInteger(json.app_id) ? ok(String(json.app_id)) : readField(json, 'app_id')

const readKey = (json: JsonObject): Result<KeyObject, string> => {
  const text = readField(json, 'private_key')
  if (!text.ok) return text
  const key = readPrivateKey(text.value)
  return key.ok ? key : refused(`private_key is malformed: ${key.refusal}`)
}

/** @returns the App, or what is wrong with its secret's text, each fault. */
export const readGithubApp = (text: string): Result<GithubApp, readonly string[]> => {
  const json = readStoredObject(text)
  if (!json.ok) return refused([json.refusal])
  const [appId, key] = [readAppId(json.value), readKey(json.value)]
  if (appId.ok && key.ok) return ok({ appId: appId.value, key: key.value })
  return refused([appId, key].flatMap((read) => (read.ok ? [] : [read.refusal])))
}

/** @throws Fault ALERT_NOT_FETCHED for what is no App's key. */
const toApp = (appSecretId: string, text: string): GithubApp => {
  const app = readGithubApp(text)
  if (app.ok) return app.value
  const faults = app.refusal.join('; ')
  throw fault(
    `The GitHub App's secret ${appSecretId} is malformed: ${faults}; store {"app_id": "…", "private_key": "…"}.`,
  )
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
    const app = toApp(appSecretId, text)
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
