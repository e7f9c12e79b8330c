// The key that signs the proofs of revokes: ECC over P-256, used by the rotation functions' roles, for a digest and one algorithm alone;
// anybody of the account may read its public half. It outlives the stack, whatever the configuration says of everything else: a proof
// whose key is gone is worth nothing.

import { CfnOutput, Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Alias, type Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { proofKeyAlias } from '../../lambda/core/rotation/proof.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { MetricNotice } from '../base/notice.ts'
import { maySignWith, signingKey } from '../base/signing-key.ts'
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

export class ProofKey extends Construct {
  readonly key: Key
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: ProofKeyProps) {
    super(scope, id)
    const { names, generation = 1 } = props
    this.key = signingKey(this, {
      id: generation === 1 ? 'Key' : `Key${generation}`,
      description: `Signs the proofs of revokes, stage ${names.stage}`,
      signingSid: 'SignForRotations',
      signerRoleArns: props.signerRoleArns,
      administratorRoleArns: props.administratorRoleArns,
    })
    // At one place in the tree, whichever key it is: CloudFormation moves the alias, and would not make a second one of its name.
    const place = this.node.tryFindChild('Key') ?? new Construct(this, 'Key')
    new Alias(place, 'Alias', { aliasName: proofKeyAlias(names.stage), targetKey: this.key })
    this.metricNotices = [
      {
        id: 'ProofPending',
        page: 'proof-pending',
        says: 'A revoke was carried out, but its proof could not be signed or stored. The sweep has it made later.',
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
    fn.mayDo(maySignWith(this.key, 'SignProofs'))
  }

  /** For whoever verifies proofs with the command line. */
  mayReadPublicKey(): PolicyStatement {
    return new PolicyStatement({
      sid: 'ReadProofKey',
      actions: ['kms:GetPublicKey'],
      resources: [this.key.keyArn],
    })
  }
}
