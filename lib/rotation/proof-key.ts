// The key that signs the proofs of revokes: ECC over P-256, used by the rotation functions' roles, for a digest and one algorithm alone;
// anybody of the account may read its public half. It outlives the stack, whatever the configuration says of everything else: a proof
// whose key is gone is worth nothing.

import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Alias, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { proofKeyAlias } from '../../lambda/core/rotation/proof.ts'
import { administrationStatements } from '../base/key-statements.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { MetricNotice } from '../base/notice.ts'
import { keyPlaceOf } from '../base/secrets-key.ts'
import type { StageNames } from '../config/stage-names.ts'

export interface ProofKeyProps {
  readonly names: StageNames
  /** Roles that sign: those of the rotation functions. */
  readonly signerRoleArns: readonly string[]
  /** Roles that change the key's policy or delete it, beside the account's root: deploy and break-glass. */
  readonly administratorRoleArns: readonly string[]
  /** Raised, another key takes the place of the one before, which stays. @default 1 */
  readonly generation?: number
}

const ANYBODY = { AWS: '*' }
const AS_PROOFS = { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' }

export class ProofKey extends Construct {
  readonly key: Key
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: ProofKeyProps) {
    super(scope, id)
    const { names, generation = 1 } = props
    this.key = new Key(this, generation === 1 ? 'Key' : `Key${generation}`, {
      description: `Signs the proofs of revokes, stage ${names.stage}`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      policy: this.policy(props),
      removalPolicy: RemovalPolicy.RETAIN,
    })
    // At one place in the tree, whichever key it is: CloudFormation moves the alias, and would not make a second one of its name.
    const place = this.node.tryFindChild('Key') ?? new Construct(this, 'Key')
    new Alias(place, 'Alias', { aliasName: proofKeyAlias(names.stage), targetKey: this.key })
    this.metricNotices = [
      {
        id: 'ProofPending',
        page: 'proof-pending',
        says: 'A revoke was carried out, and its proof could not be signed or stored. It can be made again.',
        metric: new Metric({
          namespace: `M2M/${names.stage}`,
          metricName: 'ProofPending',
          statistic: 'Sum',
          period: Duration.minutes(5),
        }),
        atLeast: 1,
      },
    ]
    const output = new CfnOutput(this, 'Public', {
      value: this.key.keyArn,
      description:
        'Key that signs the proofs of revokes; its public half: aws kms get-public-key --key-id ARN --query PublicKey --output text | base64 -d',
    })
    output.overrideLogicalId('ProofPublicKey')
  }

  /** The statement that a role needs beside the key's own. */
  maySign(fn: M2mFunction): void {
    fn.mayDo(
      new PolicyStatement({
        sid: 'SignProofs',
        actions: ['kms:Sign'],
        resources: [this.key.keyArn],
        conditions: { StringEquals: AS_PROOFS },
      }),
    )
  }

  /** For whoever verifies proofs with the command line. */
  mayReadPublicKey(): PolicyStatement {
    return new PolicyStatement({
      sid: 'ReadProofKey',
      actions: ['kms:GetPublicKey'],
      resources: [this.key.keyArn],
    })
  }

  private policy({ signerRoleArns, administratorRoleArns }: ProofKeyProps): PolicyDocument {
    const place = keyPlaceOf(this)
    const { account } = Stack.of(this)
    const statements = [
      ...administrationStatements(place, administratorRoleArns),
      {
        Sid: 'SignForRotations',
        Effect: 'Allow',
        Principal: ANYBODY,
        Action: 'kms:Sign',
        Resource: '*',
        Condition: { StringEquals: AS_PROOFS, ArnEquals: { 'aws:PrincipalArn': signerRoleArns } },
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
      ...Object.entries(AS_PROOFS).map(([key, value]) => ({
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
        Condition: { StringEquals: { 'kms:CallerAccount': account } },
      },
    ]
    return new PolicyDocument({ statements: statements.map((one) => PolicyStatement.fromJson(one)) })
  }
}
