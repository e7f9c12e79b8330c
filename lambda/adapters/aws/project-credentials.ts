// The Stytch project secret, from a Secrets Manager secret. It opens everything in the project, so nothing else reads it.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { ok, refused } from '../../core/base/result.ts'
import { readField } from '../../core/secret/stored-fields.ts'
import { createStoredPair } from './stored-pair.ts'

interface CredentialsSource {
  readonly client: SecretsManagerClient
  readonly secretId: string
  readonly projectId: string
}

/** @returns the credentials, or what is wrong with what is stored, each fault. */
export const pickProjectSecret = (json: JsonObject, projectId: string) => {
  const [storedId, secret] = [readField(json, 'project_id'), readField(json, 'secret')]
  const idFaults = !storedId.ok
    ? [storedId.refusal]
    : storedId.value === projectId
      ? []
      : [`project_id is not ${projectId}`]
  if (secret.ok && idFaults.length === 0) return ok({ projectId, secret: secret.value })
  return refused([...idFaults, ...(secret.ok ? [] : [secret.refusal])])
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
