// What is wrong with the secrets that people have stored for a stage, read with the caller's own rights: for most operators there are none, and
// then a secret is named as not checked. No value leaves this file.
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { isAwsError } from '../../lambda/adapters/aws/aws-call.ts'
import { secretText } from '../../lambda/adapters/aws/secret-text.ts'
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import { correctionOf, creationOf, type HandMadeSecret, titleOf } from '../../lambda/core/secret/hand-made-secrets.ts'
import { formatFault } from './stored-format.ts'

export interface HandMadeReport {
  readonly findings: readonly FleetFinding[]
  /** What the caller may not read, in words. */
  readonly notChecked: readonly string[]
}

const examine = async (client: SecretsManagerClient, secret: HandMadeSecret): Promise<HandMadeReport> => {
  const base = { kind: 'handMadeSecret', weight: 'broken', subject: secret.name } as const
  const found = (what: string, todo: string) => ({ findings: [{ ...base, what, todo }], notChecked: [] })
  try {
    const fault = formatFault(
      secret,
      secretText(await client.send(new GetSecretValueCommand({ SecretId: secret.name }))),
    )
    if (fault === undefined) return { findings: [], notChecked: [] }
    return found(`${titleOf(secret)} is malformed: ${fault}`, correctionOf(secret))
  } catch (error) {
    // A secret that is not there is denied as well, to whoever may not read it.
    if (isAwsError(error, 'AccessDeniedException')) return { findings: [], notChecked: [titleOf(secret)] }
    if (isAwsError(error, 'ResourceNotFoundException'))
      return found(`${titleOf(secret)} does not exist`, creationOf(secret))
    const name = error instanceof Error ? error.name : 'unknown'
    return found(
      `${titleOf(secret)} could not be read: ${name}`,
      'see whether AWS can be reached, and whether it is scheduled for deletion',
    )
  }
}

export const handMadeFindings = async (
  client: SecretsManagerClient,
  secrets: readonly HandMadeSecret[],
): Promise<HandMadeReport> => {
  const reports = await Promise.all(secrets.map((secret) => examine(client, secret)))
  return {
    findings: reports.flatMap(({ findings }) => findings),
    notChecked: reports.flatMap(({ notChecked }) => notChecked),
  }
}
