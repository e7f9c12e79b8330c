// A Lambda function that keeps its secret and its token between invocations. The secret is read again, once, when Stytch refuses it: no
// restart is needed, and a revoke is lived through. An answer that says nothing about the secret (429, 5xx) is no refusal.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** Well within the overlap. */
const KEEP_MS = 60 * 60_000
/** A token that ends sooner is not used any more. */
const MARGIN_MS = 60_000
const client = new SecretsManagerClient({})
let kept: { readonly text: string; readonly until: number } | undefined
let token: { readonly value: string; readonly until: number } | undefined

const read = async (secretId: string, isStale: boolean): Promise<Record<string, string>> => {
  if (isStale || kept === undefined || Date.now() > kept.until) {
    const { SecretString: text = '{}' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
    kept = { text, until: Date.now() + KEEP_MS }
  }
  return JSON.parse(kept.text) as Record<string, string>
}

/** @returns undefined when Stytch refuses the secret. */
const exchange = async (secret: Record<string, string>): Promise<string | undefined> => {
  const { client_id = '', client_secret = '', token_url = '' } = secret
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const askedAt = Date.now()
  const response = await fetch(token_url, { method: 'POST', body, signal: AbortSignal.timeout(5000) })
  if (response.status === 401) return undefined
  if (!response.ok) throw new Error(`Stytch gave no token: HTTP ${response.status}. Try again later.`)
  const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number }
  token = { value: access_token, until: askedAt + expires_in * 1000 - MARGIN_MS }
  return access_token
}

/** @param refused a token that a service has just refused with 401, as after a revoke. */
export const accessToken = async (secretId: string, refused?: string): Promise<string> => {
  if (token !== undefined && token.value !== refused && Date.now() < token.until) return token.value
  const isStale = refused !== undefined
  const found = (await exchange(await read(secretId, isStale))) ?? (await exchange(await read(secretId, true)))
  if (found === undefined) throw new Error(`Stytch refuses the value of ${secretId}`)
  return found
}
