// A key that signs documents of ours: ECC over P-256, for a digest and one algorithm alone, by the roles that are named; anybody of the account
// may read its public half. It outlives the stack, whatever the configuration says of everything else: what it signed is worth nothing
// without it.

import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { administrationStatements } from './key-statements.ts'
import { keyPlaceOf } from './secrets-key.ts'

const ANYBODY = { AWS: '*' }
/** What every call that signs says. */
export const AS_DIGEST = { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' }

interface SigningKeyProps {
  /** In its scope. @default Key */
  readonly id?: string
  readonly description: string
  /** @default - none, as somebody else moves it */
  readonly alias?: string
  /** Of the statement that lets sign. */
  readonly signingSid: string
  readonly signerRoleArns: readonly string[]
  /** Roles that change the key's policy or delete it, beside the account's root: deploy and break-glass. */
  readonly administratorRoleArns: readonly string[]
}

const policyOf = (scope: Construct, props: SigningKeyProps): PolicyDocument => {
  const { signingSid, signerRoleArns, administratorRoleArns } = props
  const statements = [
    ...administrationStatements(keyPlaceOf(scope), administratorRoleArns),
    {
      Sid: signingSid,
      Effect: 'Allow',
      Principal: ANYBODY,
      Action: 'kms:Sign',
      Resource: '*',
      Condition: { StringEquals: AS_DIGEST, ArnEquals: { 'aws:PrincipalArn': signerRoleArns } },
    },
    {
      // Also against a grant, and against a statement that somebody adds above.
      Sid: 'NobodyElseSigns',
      Effect: 'Deny',
      Principal: ANYBODY,
      Action: 'kms:Sign',
      Resource: '*',
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': signerRoleArns } },
    },
    ...Object.entries(AS_DIGEST).map(([key, value]) => ({
      Sid: `Only${key.replace('kms:', '')}`,
      Effect: 'Deny',
      Principal: ANYBODY,
      Action: 'kms:Sign',
      Resource: '*',
      Condition: { StringNotEquals: { [key]: value } },
    })),
    {
      Sid: 'AnybodyOfTheAccountReadsThePublicKey',
      Effect: 'Allow',
      Principal: ANYBODY,
      Action: 'kms:GetPublicKey',
      Resource: '*',
      Condition: { StringEquals: { 'kms:CallerAccount': Stack.of(scope).account } },
    },
  ]
  return new PolicyDocument({ statements: statements.map((one) => PolicyStatement.fromJson(one)) })
}

export const signingKey = (scope: Construct, props: SigningKeyProps): Key =>
  new Key(scope, props.id ?? 'Key', {
    description: props.description,
    ...defined({ alias: props.alias }),
    keySpec: KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
    policy: policyOf(scope, props),
    removalPolicy: RemovalPolicy.RETAIN,
  })

/** The statement that a role needs beside the key's own. */
export const maySignWith = (key: Key, sid: string): PolicyStatement =>
  new PolicyStatement({
    sid,
    actions: ['kms:Sign'],
    resources: [key.keyArn],
    conditions: { StringEquals: AS_DIGEST },
  })
