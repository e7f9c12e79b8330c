// The Stytch workspace key, from a Secrets Manager secret of its own. It can add and delete the secrets of every project in the workspace,
// so that nothing but the rotation of the project secret may read it.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { ok, refused } from '../../core/base/result.ts'
import { readField } from '../../core/secret/stored-fields.ts'
import { createStoredPair } from './stored-pair.ts'

interface WorkspaceKeySource {
  readonly client: SecretsManagerClient
  readonly secretId: string
}

/** @returns the key, or what is wrong with what is stored, each fault. */
export const pickWorkspaceKey = (json: JsonObject) => {
  const [user, password] = [readField(json, 'key_id'), readField(json, 'secret')]
  if (user.ok && password.ok) return ok({ user: user.value, password: password.value })
  return refused([user, password].flatMap((read) => (read.ok ? [] : [read.refusal])))
}

export const createWorkspaceCredentials = ({ client, secretId }: WorkspaceKeySource) =>
  createStoredPair({
    client,
    secret: { kind: 'workspaceKey', name: secretId },
    pick: pickWorkspaceKey,
    malformed: (what) =>
      new Fault({
        code: 'PROJECT_SECRET_MALFORMED',
        retryable: false,
        message: `The Stytch workspace key ${secretId} is malformed: ${what}; store {"key_id": "…", "secret": "…"}.`,
      }),
  })
