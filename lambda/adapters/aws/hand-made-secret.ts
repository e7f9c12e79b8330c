// Reads a secret that a person has stored by hand. When Secrets Manager refuses, the fault says what to create and how, since a secret that
// was forgotten reads as a denial.
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { adviceFor, type HandMadeSecret } from '../../core/secret/hand-made-secrets.ts'
import { awsFault } from './aws-call.ts'
import { secretText } from './secret-text.ts'

/** @returns its text, as secretText has it. @throws Fault */
export const readHandMadeSecret = async (client: SecretsManagerClient, secret: HandMadeSecret): Promise<string> => {
  const reply = await client.send(new GetSecretValueCommand({ SecretId: secret.name })).catch((error: unknown) => {
    const adviseOn = (name: string): string | undefined => adviceFor(secret, name)
    throw awsFault({ operation: 'GetSecretValue', subject: secret.name, adviseOn }, error)
  })
  return secretText(reply)
}
