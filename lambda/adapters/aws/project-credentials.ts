// The Stytch project secret, from a Secrets Manager secret. It opens everything in the project, so nothing else reads it.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { createStoredPair } from './stored-pair.ts'

interface CredentialsSource {
  readonly client: SecretsManagerClient
  readonly secretId: string
  readonly projectId: string
}

/** @returns the credentials, or what is wrong with what is stored. */
export const pickProjectSecret = ({ project_id: storedId, secret }: JsonObject, projectId: string) => {
  if (storedId !== projectId) return `project_id is not ${projectId}`
  return typeof secret === 'string' && secret !== '' ? { projectId, secret } : 'secret is missing'
}

export const createProjectCredentials = ({ client, secretId, projectId }: CredentialsSource) =>
  createStoredPair({
    client,
    secret: { kind: 'projectSecret', name: secretId, projectId },
    pick: (json) => pickProjectSecret(json, projectId),
    malformed: (what) =>
      new Fault({
        code: 'PROJECT_SECRET_MALFORMED',
        retryable: false,
        message: `The Stytch project secret ${secretId} is malformed: ${what}; store {"project_id": "…", "secret": "…"}.`,
      }),
  })
