// Checks of the secrets that a person stores by hand, each with the setting that names it: whether it is there, whether its key is one that
// the functions will be granted, and whether its value has the format. No value leaves account.ts.
import {
  creationOf,
  formatOf,
  type HandMadeSecret,
  keySettingOf,
  titleOf,
} from '../../lambda/core/secret/hand-made-secrets.ts'
import type { DeployConfig } from '../../lib/config/deploy-config.ts'
import type { Account, AccountSecret } from './account.ts'
import { AwsCallError, type Check, type CheckResult, isDenied, notChecked, passed, problem } from './check.ts'

interface Expected {
  readonly secret: HandMadeSecret
  /** The customer-managed key that the configuration names. */
  readonly keyArn: string | undefined
}

/** Every one that the configuration's features need. */
const handMadeSecretsOf = ({ stytch, incidents }: DeployConfig): readonly Expected[] => {
  const { projectRotation } = stytch
  const { intake } = incidents
  return [
    {
      secret: { kind: 'projectSecret', name: stytch.projectSecretName, projectId: stytch.projectId },
      keyArn: stytch.projectSecretKeyArn,
    },
    ...(projectRotation === undefined
      ? []
      : [
          {
            secret: { kind: 'workspaceKey' as const, name: projectRotation.workspaceKeySecretName },
            keyArn: projectRotation.workspaceKeySecretKeyArn,
          },
        ]),
    ...(intake === undefined
      ? []
      : [
          { secret: { kind: 'signingSecret' as const, name: intake.signingSecretName }, keyArn: intake.secretsKeyArn },
          ...(intake.githubAppSecretName === undefined
            ? []
            : [
                {
                  secret: { kind: 'githubApp' as const, name: intake.githubAppSecretName },
                  keyArn: intake.secretsKeyArn,
                },
              ]),
        ]),
  ]
}

const isDefaultKey = (keyId: string | undefined): boolean =>
  keyId === undefined || /(^|:)alias\/aws\/secretsmanager$/.test(keyId)

/** A secret's key as it was given when it was stored: an ARN, a bare id, or an alias, which cannot be compared. */
const isOtherKey = (keyId: string, keyArn: string): boolean =>
  !keyId.includes('alias/') && keyId !== keyArn && !keyArn.endsWith(`/${keyId}`)

const keyFault = ({ secret, keyArn }: Expected, { kmsKeyId }: AccountSecret): CheckResult | undefined => {
  const setting = keySettingOf(secret)
  if (kmsKeyId === undefined || isDefaultKey(kmsKeyId)) {
    if (keyArn === undefined) return undefined
    return problem(
      secret.name,
      `${titleOf(secret)} is encrypted with aws/secretsmanager, and ${setting} names another key`,
      `take ${setting} out, or: aws secretsmanager update-secret --secret-id ${secret.name} --kms-key-id ${keyArn}`,
    )
  }
  if (keyArn !== undefined && !isOtherKey(kmsKeyId, keyArn)) return undefined
  const what = keyArn === undefined ? `${setting} is not set` : `${setting} is ${keyArn}`
  return problem(
    secret.name,
    `${titleOf(secret)} is encrypted with ${kmsKeyId}, and ${what}: the functions could not decrypt it`,
    `set ${setting} to the ARN of that key`,
  )
}

const checkValue = async ({ secret }: Expected, account: Pick<Account, 'valueFault'>): Promise<CheckResult> => {
  try {
    const fault = await account.valueFault(secret)
    if (fault === undefined) return passed(secret.name, `${titleOf(secret)} is there, and its value has the format`)
    const todo = `store ${formatOf(secret)} with: aws secretsmanager put-secret-value --secret-id ${secret.name} --secret-string file:///dev/stdin`
    return problem(secret.name, `${titleOf(secret)} is malformed: ${fault}`, todo)
  } catch (error) {
    if (!(error instanceof AwsCallError) || !isDenied(error)) throw error
    return notChecked(
      secret.name,
      `${titleOf(secret)} is there; its value was not looked at, since ${error.action} is denied to you`,
      `have it checked by somebody who may read it; expected ${formatOf(secret)}`,
    )
  }
}

const checkOne = async (
  expected: Expected,
  account: Pick<Account, 'secret' | 'valueFault'>,
): Promise<readonly CheckResult[]> => {
  const { secret } = expected
  const stored = await account.secret(secret.name)
  if (stored === undefined) return [problem(secret.name, `${titleOf(secret)} does not exist`, creationOf(secret))]
  if (stored.isBeingDeleted) {
    const restore = `aws secretsmanager restore-secret --secret-id ${secret.name}`
    return [problem(secret.name, `${titleOf(secret)} is scheduled for deletion`, restore)]
  }
  const fault = keyFault(expected, stored)
  return [...(fault === undefined ? [] : [fault]), await checkValue(expected, account)]
}

export const secretChecks = (config: DeployConfig, account: Pick<Account, 'secret' | 'valueFault'>): readonly Check[] =>
  handMadeSecretsOf(config).map((expected) => ({
    check: expected.secret.name,
    what: `whether ${titleOf(expected.secret)} is there`,
    run: () => checkOne(expected, account),
  }))
