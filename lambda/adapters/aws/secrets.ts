// Secrets Manager as the domain's Secrets: the one adapter of that port. A function whose use cases need less of it takes the part that
// reads (createSecretReader), or that reads and rotates (createSecretRotator), so that its bundle holds no command that it never sends.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Secrets } from '../../core/secret/secrets.ts'
import { createSecretRegistrar } from './secret-registrar.ts'
import { createSecretRotator } from './secret-rotator.ts'

export const createSecrets = (client: SecretsManagerClient): Secrets => ({
  ...createSecretRotator(client),
  ...createSecretRegistrar(client),
})
