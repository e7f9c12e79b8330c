// A consumer that reads the secret's replica in its own Region. A planned rotation keeps the value that it has until the replica has the new
// one. A revoke does not: refused, it reads the replica again for a while, and then the primary.
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** Before each further look at the replica, 30 seconds in all. */
const PAUSES_MS = [500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 2500]

export interface ReplicaSecret {
  /** Its name, which is the same in both Regions. */
  readonly secretId: string
  readonly replica: SecretsManagerClient
  readonly primary: SecretsManagerClient
  readonly wait?: (ms: number) => Promise<void>
}

interface Version {
  readonly id: string | undefined
  readonly secret: Readonly<Record<string, string>>
}

const read = async (client: SecretsManagerClient, SecretId: string): Promise<Version> => {
  const { SecretString: text = '{}', VersionId: id } = await client.send(new GetSecretValueCommand({ SecretId }))
  return { id, secret: JSON.parse(text) as Record<string, string> }
}

/** @returns undefined when Stytch refuses the value. */
const exchange = async ({ secret }: Version): Promise<string | undefined> => {
  const { client_id = '', client_secret = '', token_url = '' } = secret
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const response = await fetch(token_url, { method: 'POST', body, signal: AbortSignal.timeout(5000) })
  if (response.status === 401) return undefined
  // It says nothing about the value.
  if (!response.ok) throw new Error(`Stytch gave no token: HTTP ${response.status}. Try again later.`)
  return ((await response.json()) as { access_token: string }).access_token
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const accessToken = async ({ secretId, replica, primary, wait = sleep }: ReplicaSecret): Promise<string> => {
  let version = await read(replica, secretId)
  let token = await exchange(version)
  for (const pauseMs of PAUSES_MS) {
    if (token !== undefined) return token
    await wait(pauseMs)
    const next = await read(replica, secretId)
    // What was refused is not tried again.
    if (next.id !== version.id) token = await exchange(next)
    version = next
  }
  token ??= await exchange(await read(primary, secretId))
  if (token === undefined) throw new Error(`Stytch refuses the value of ${secretId} in both Regions`)
  return token
}
