// The key that encrypts every secret of a stage. It works only through Secrets Manager and only for secrets below the prefix (encryption
// context); who may read one of those is its own policy's to say. An administrator manages the key and cannot decrypt with it.
import { type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { managedSecrets, type StageNames } from '../config/stage-names.ts'
import {
  administrationStatements,
  KEY_PROBE,
  type KeyPlace,
  secretsManagerOf,
  useStatements,
} from './key-statements.ts'

export interface SecretsKeyProps {
  readonly names: StageNames
  /** Roles that read and write secrets. */
  readonly userRoleArns: readonly string[]
  /** Roles that create them too, hence let Secrets Manager try the key. */
  readonly creatorRoleArns: readonly string[]
  /** Roles that change the key's policy or delete it, beside the account's root: deploy and break-glass. */
  readonly administratorRoleArns: readonly string[]
  /** Other accounts whose roles may be readers. @default - none */
  readonly readerAccounts?: readonly string[]
  /** Every account of this organization as well. @default - none */
  readonly readerOrganizationId?: string
  /** An existing key, whose policy its owner writes: the statements stand in docs/deploying.md. */
  readonly existingKeyArn?: string
  readonly removalPolicy: RemovalPolicy
}

/** As key-statements.ts wants it, of the stack around a construct. */
export const keyPlaceOf = (scope: Construct): KeyPlace => {
  const { partition, region, urlSuffix, account } = Stack.of(scope)
  return { partition, region, urlSuffix, account }
}

export class SecretsKey extends Construct {
  readonly key: IKey
  /** Of a customer's key, whose ARN is known. */
  readonly existingKeyArn: string | undefined
  private readonly props: SecretsKeyProps

  constructor(scope: Construct, id: string, props: SecretsKeyProps) {
    super(scope, id)
    this.props = props
    this.existingKeyArn = props.existingKeyArn
    this.key =
      props.existingKeyArn === undefined
        ? new Key(this, 'Key', {
            description: `Secrets of M2M clients, ${props.names.secretNamePrefix}`,
            alias: `alias/m2m-${props.names.stage}`,
            enableKeyRotation: true,
            policy: this.policy(),
            removalPolicy: props.removalPolicy,
          })
        : Key.fromKeyArn(this, 'Key', props.existingKeyArn)
  }

  /** The statement that a role of this account needs beside the key's own, for its identity policy. */
  use(actions: readonly string[], createsSecrets = false): PolicyStatement {
    const secrets = managedSecrets(this, this.props.names)
    return new PolicyStatement({
      sid: 'KeyThroughSecretsManager',
      actions: [...actions],
      resources: [this.key.keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': secretsManagerOf(keyPlaceOf(this)) },
        StringLike: { 'kms:EncryptionContext:SecretARN': [...secrets, ...(createsSecrets ? [KEY_PROBE] : [])] },
      },
    })
  }

  private policy(): PolicyDocument {
    const { names, userRoleArns, creatorRoleArns, administratorRoleArns, readerAccounts = [] } = this.props
    const place = keyPlaceOf(this)
    const statements = [
      ...administrationStatements(place, administratorRoleArns),
      ...useStatements({
        ...place,
        secretNamePrefix: names.secretNamePrefix,
        extraPrefixes: names.extraPrefixes,
        readerAccounts,
        readerOrganizationId: this.props.readerOrganizationId,
        writerRoleArns: userRoleArns,
        creatorRoleArns,
      }),
    ]
    return new PolicyDocument({ statements: statements.map((one) => PolicyStatement.fromJson(one)) })
  }
}
