// Secrets Manager as the domain's Secrets: the one adapter of that port, put together from what reads, what rotates, and what makes and
// keeps secrets.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Secrets } from '../../core/secret/secrets.ts'
import { createSecretReader } from './secret-reader.ts'
import { createSecretRegistrar } from './secret-registrar.ts'
import { createSecretRotator } from './secret-rotator.ts'

export const createSecrets = (client: SecretsManagerClient): Secrets => ({
  ...createSecretReader(client),
  ...createSecretRotator(client),
  ...createSecretRegistrar(client),
})
