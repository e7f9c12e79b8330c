// What registering clients takes: for the registrar and for the clients function, which do the same for another asker. Below the prefix
// only, by our rotation function only, and without a right to move a label. It may store values: a secret's first one by PutSecretValue;
// and UpdateSecret, which changes descriptions here, takes a value as well (IAM has no condition that tells the two apart).
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { M2mFunction } from '../base/m2m-function.ts'
import { useReplicaKeys } from '../base/replica-keys.ts'
import type { SecretsKey } from '../base/secrets-key.ts'
import type { ReplicaConfig } from '../config/account-config.ts'
import { extraSecrets, ownSecrets, type StageNames } from '../config/stage-names.ts'
import { type RotationFunction, readProjectSecret, type StytchProject } from '../rotation/rotation-function.ts'

export interface RegistrationRights {
  readonly names: StageNames
  readonly stytch: StytchProject
  readonly key: SecretsKey
  readonly rotation: RotationFunction
  readonly replicas: readonly ReplicaConfig[]
}

const mayReplicate = (fn: M2mFunction, names: StageNames, replicas: readonly ReplicaConfig[]): void => {
  const regions = replicas.map(({ region }) => region)
  fn.mayDo(
    new PolicyStatement({
      sid: 'ReplicateToDeclaredRegions',
      actions: ['secretsmanager:ReplicateSecretToRegions', 'secretsmanager:CreateSecret'],
      resources: [...ownSecrets(fn, names), ...regions.flatMap((region) => ownSecrets(fn, names, region))],
    }),
  )
  useReplicaKeys(fn, names, replicas)
  for (const region of regions) {
    fn.explainWildcard(ownSecrets(fn, names, region), "A replica has its primary's name")
  }
}

const setPolicyOf = (sid: string, secrets: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    sid,
    actions: ['secretsmanager:PutResourcePolicy'],
    resources: [...secrets],
    conditions: { Bool: { 'secretsmanager:BlockPublicPolicy': 'true' } },
  })

const rotateByOurs = (sid: string, secrets: readonly string[], rotation: RotationFunction): PolicyStatement =>
  new PolicyStatement({
    sid,
    actions: ['secretsmanager:RotateSecret'],
    resources: [...secrets],
    // Our function, or none: a request that names none keeps the one that is set, and whether it then carries this key is undocumented.
    conditions: { ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': rotation.arn } },
  })

export const mayRegister = (fn: M2mFunction, rights: RegistrationRights): void => {
  const { names, stytch, key, rotation, replicas } = rights
  const secrets = ownSecrets(fn, names)
  fn.mayDo(
    ...readProjectSecret(fn, stytch),
    new PolicyStatement({
      sid: 'RegisterBelowThePrefix',
      actions: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecret',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:CancelRotateSecret',
        'secretsmanager:DeleteSecret',
      ],
      resources: [...secrets],
    }),
    setPolicyOf('NoPublicPolicy', secrets),
    rotateByOurs('RotateByOurFunctionOnly', secrets, rotation),
    new PolicyStatement({
      // RotateSecret asks this of its caller (secrets-manager §1.2).
      sid: 'WhatRotateSecretDemands',
      actions: ['lambda:InvokeFunction'],
      resources: [rotation.arn],
    }),
    key.use(['kms:Decrypt', 'kms:GenerateDataKey'], true),
  )
  fn.explainWildcard(
    secrets,
    'Clients are registered by name below the prefix, and Secrets Manager adds six characters of its own',
  )
  if (replicas.length > 0) mayReplicate(fn, names, replicas)
}

/**
 * For a secret that is adopted where it is, below an extra prefix: to look at it and at its policy, whose statements stay, and to write what
 * makes it managed, or ends that. Its value is its owner's until the first rotation: it is read, and never stored, created or deleted.
 */
export const mayAdoptInPlace = (
  fn: M2mFunction,
  { names, rotation }: Pick<RegistrationRights, 'names' | 'rotation'>,
): void => {
  const secrets = extraSecrets(fn, names)
  if (secrets.length === 0) return
  fn.mayDo(
    new PolicyStatement({
      sid: 'AdoptInPlace',
      actions: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:GetResourcePolicy',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        // To give it back.
        'secretsmanager:CancelRotateSecret',
        'secretsmanager:DeleteResourcePolicy',
      ],
      resources: [...secrets],
    }),
    setPolicyOf('NoPublicPolicyInPlace', secrets),
    rotateByOurs('RotateInPlaceByOurFunctionOnly', secrets, rotation),
  )
  fn.explainWildcard(secrets, 'Which secrets of an extra prefix are adopted, their owners decide without a deployment')
}
