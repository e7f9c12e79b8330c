// The Stytch project secret, from a Secrets Manager secret: read on the first call, kept for the life of the execution
// environment, and read anew when Stytch refuses it. It opens everything in the project, so nothing else reads it.
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../domain/failures.ts'
import { parseJsonObject } from '../../domain/json-object.ts'
import { awsFault } from './aws-call.ts'

export interface CredentialsSource {
  readonly client: SecretsManagerClient
  readonly secretId: string
  readonly projectId: string
}

const malformed = (secretId: string, faults: string): Fault =>
  new Fault({
    code: 'PROJECT_SECRET_MALFORMED',
    retryable: false,
    message: `The Stytch project secret ${secretId} is malformed: ${faults}; store {"project_id": "…", "secret": "…"}.`,
  })

const read = async ({ client, secretId, projectId }: CredentialsSource): Promise<string> => {
  const reply = await client.send(new GetSecretValueCommand({ SecretId: secretId })).catch((error: unknown) => {
    throw awsFault({ operation: 'GetSecretValue', subject: secretId }, error)
  })
  const json = parseJsonObject(reply.SecretString ?? '')
  if (json === undefined) throw malformed(secretId, 'the value is not a JSON object')
  if (json.project_id !== projectId) throw malformed(secretId, `project_id is not ${projectId}`)
  if (typeof json.secret !== 'string' || json.secret === '') throw malformed(secretId, 'secret is missing')
  return json.secret
}

export const createProjectCredentials = (source: CredentialsSource) => {
  // The promise is shared by concurrent callers; a failed read is never kept.
  let known: Promise<string> | undefined
  return async (isStale: boolean): Promise<{ projectId: string; secret: string }> => {
    if (isStale) known = undefined
    known ??= read(source).catch((error: unknown) => {
      known = undefined
      throw error
    })
    return { projectId: source.projectId, secret: await known }
  }
}
