// Reads a secret that a person has stored by hand. When Secrets Manager refuses, the fault says what to create and how, since a secret that
// was forgotten reads as a denial.
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { CredentialVersion } from '../../core/rotation/issuer.ts'
import { adviceFor, type HandMadeSecret } from '../../core/secret/hand-made-secrets.ts'
import { awsFault } from './aws-call.ts'
import { secretText } from './secret-text.ts'

interface HandMadeVersion {
  /** As secretText has it. */
  readonly text: string
  readonly storedAs?: CredentialVersion
}

/** @throws Fault */
export const readHandMadeVersion = async (
  client: SecretsManagerClient,
  secret: HandMadeSecret,
): Promise<HandMadeVersion> => {
  const reply = await client.send(new GetSecretValueCommand({ SecretId: secret.name })).catch((error: unknown) => {
    const adviseOn = (name: string): string | undefined => adviceFor(secret, name)
    throw awsFault({ operation: 'GetSecretValue', subject: secret.name, adviseOn }, error)
  })
  const { ARN: secretArn, VersionId: versionId } = reply
  const isNamed = secretArn !== undefined && versionId !== undefined
  return { text: secretText(reply), ...(isNamed ? { storedAs: { secretArn, versionId } } : {}) }
}

/** @returns its text, as secretText has it. @throws Fault */
export const readHandMadeSecret = async (client: SecretsManagerClient, secret: HandMadeSecret): Promise<string> =>
  (await readHandMadeVersion(client, secret)).text
