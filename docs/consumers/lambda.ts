// A Lambda function that keeps its secret between invocations: for a while, and until Stytch refuses it. Then it reads the secret again, once.
// No restart is needed, and a revoke is lived through.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** Well within the overlap. */
const KEEP_MS = 60 * 60_000
const client = new SecretsManagerClient({})
let kept: { readonly text: string; readonly until: number } | undefined

const read = async (secretId: string, isStale: boolean): Promise<Record<string, string>> => {
  if (isStale || kept === undefined || Date.now() > kept.until) {
    const { SecretString: text = '{}' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
    kept = { text, until: Date.now() + KEEP_MS }
  }
  return JSON.parse(kept.text) as Record<string, string>
}

const exchange = async (secret: Record<string, string>): Promise<string | undefined> => {
  const { client_id = '', client_secret = '', token_url = '' } = secret
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const response = await fetch(token_url, { method: 'POST', body, signal: AbortSignal.timeout(5000) })
  if (response.status === 401) return undefined
  return ((await response.json()) as { access_token: string }).access_token
}

export const accessToken = async (secretId: string): Promise<string> => {
  const token = (await exchange(await read(secretId, false))) ?? (await exchange(await read(secretId, true)))
  if (token === undefined) throw new Error(`Stytch refuses the value of ${secretId}`)
  return token
}
