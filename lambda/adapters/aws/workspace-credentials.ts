// The Stytch workspace key, from a Secrets Manager secret of its own. It can add and delete the secrets of every project in the workspace,
// so that nothing but the rotation of the project secret may read it.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { createStoredPair } from './stored-pair.ts'

interface WorkspaceKeySource {
  readonly client: SecretsManagerClient
  readonly secretId: string
}

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** @returns the key, or what is wrong with what is stored. */
export const pickWorkspaceKey = ({ key_id: user, secret: password }: JsonObject) => {
  const missing = [...(isFilled(user) ? [] : ['key_id']), ...(isFilled(password) ? [] : ['secret'])]
  return isFilled(user) && isFilled(password) ? { user, password } : `${missing.join(' and ')} is missing`
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
