// The key that encrypts every secret of a stage. It works only through Secrets Manager, only for secrets below the prefix
// (encryption context), and only for roles that are named here; an administrator manages it and cannot decrypt with it.
import { type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccountRootPrincipal, AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { managedSecrets, namedSecret, type StageNames } from './stage-names.ts'

/** What Secrets Manager encrypts when it tries a key before the secret exists (secrets-manager §3). */
const KEY_PROBE = 'RequestToValidateKeyAccess'

export interface SecretsKeyProps {
  readonly names: StageNames
  /** Roles that read and write secrets. */
  readonly userRoleArns: readonly string[]
  /** Roles that create them too, hence let Secrets Manager try the key. */
  readonly creatorRoleArns: readonly string[]
  /** Roles that read any of them. */
  readonly readerRoleArns: readonly string[]
  /** An existing key, whose policy its owner writes: the statements stand in docs/deploying.md. */
  readonly existingKeyArn?: string
  readonly removalPolicy: RemovalPolicy
}

interface KeyUse {
  readonly sid: string
  readonly actions: readonly string[]
  readonly roleArns: readonly string[]
  readonly secrets: readonly string[]
}

export class SecretsKey extends Construct {
  readonly key: IKey
  private readonly props: SecretsKeyProps
  private readonly policy = new PolicyDocument()
  private consumers = 0

  constructor(scope: Construct, id: string, props: SecretsKeyProps) {
    super(scope, id)
    this.props = props
    this.writePolicy()
    this.key =
      props.existingKeyArn === undefined
        ? new Key(this, 'Key', {
            description: `Secrets of M2M clients, ${props.names.secretNamePrefix}`,
            alias: `alias/m2m-${props.names.stage}`,
            enableKeyRotation: true,
            policy: this.policy,
            removalPolicy: props.removalPolicy,
          })
        : Key.fromKeyArn(this, 'Key', props.existingKeyArn)
  }

  /** The statement that a role of this account needs beside the key's own, for its identity policy. */
  use(actions: readonly string[], createsSecrets = false): PolicyStatement {
    return new PolicyStatement({
      sid: 'KeyThroughSecretsManager',
      actions: [...actions],
      resources: [this.key.keyArn],
      conditions: this.conditions([managedSecrets(this, this.props.names)], createsSecrets),
    })
  }

  /** The same for a consumer of one secret, of whatever account. */
  consume(secretName: string): PolicyStatement {
    return new PolicyStatement({
      sid: 'KeyOfM2mSecret',
      actions: ['kms:Decrypt'],
      resources: [this.key.keyArn],
      conditions: this.conditions([namedSecret(this, secretName)], false),
    })
  }

  /** Lets a consumer, of whatever account, decrypt the one secret of this name. */
  allowConsumer(roleArn: string, secretName: string): void {
    this.consumers += 1
    this.policy.addStatements(
      this.statement({
        sid: `Consumer${this.consumers}`,
        actions: ['kms:Decrypt'],
        roleArns: [roleArn],
        secrets: [namedSecret(this, secretName)],
      }),
    )
  }

  private writePolicy(): void {
    const { names, userRoleArns, creatorRoleArns, readerRoleArns } = this.props
    const secrets = [managedSecrets(this, names)]
    const readAndWrite = ['kms:Decrypt', 'kms:GenerateDataKey']
    this.policy.addStatements(
      new PolicyStatement({
        sid: 'AdministerNotUse',
        principals: [new AccountRootPrincipal()],
        actions: [
          'kms:DescribeKey',
          'kms:GetKeyPolicy',
          'kms:GetKeyRotationStatus',
          'kms:ListResourceTags',
          'kms:ListKeyPolicies',
          'kms:ListGrants',
          'kms:ListKeyRotations',
          'kms:PutKeyPolicy',
          'kms:EnableKey',
          'kms:DisableKey',
          'kms:EnableKeyRotation',
          'kms:DisableKeyRotation',
          'kms:RotateKeyOnDemand',
          'kms:UpdateKeyDescription',
          'kms:CreateAlias',
          'kms:UpdateAlias',
          'kms:DeleteAlias',
          'kms:TagResource',
          'kms:UntagResource',
          'kms:RevokeGrant',
          'kms:ScheduleKeyDeletion',
          'kms:CancelKeyDeletion',
        ],
        resources: ['*'],
      }),
      this.statement({ sid: 'ReadAndWriteSecrets', actions: readAndWrite, roleArns: userRoleArns, secrets }),
      this.statement({ sid: 'CreateSecrets', actions: readAndWrite, roleArns: creatorRoleArns, secrets }, true),
    )
    if (readerRoleArns.length > 0) {
      this.policy.addStatements(
        this.statement({ sid: 'ReadSecrets', actions: ['kms:Decrypt'], roleArns: readerRoleArns, secrets }),
      )
    }
  }

  private conditions(secrets: readonly string[], createsSecrets: boolean) {
    return {
      StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this).region}.${Stack.of(this).urlSuffix}` },
      StringLike: { 'kms:EncryptionContext:SecretARN': [...secrets, ...(createsSecrets ? [KEY_PROBE] : [])] },
    }
  }

  private statement({ sid, actions, roleArns, secrets }: KeyUse, createsSecrets = false): PolicyStatement {
    // A role as a principal must exist when the policy is stored, and turns into an id when it is deleted. Named by condition,
    // it may come later, be replaced, or live in another account; and anonymous callers have no such ARN.
    return new PolicyStatement({
      sid,
      principals: [new AnyPrincipal()],
      actions: [...actions],
      resources: ['*'],
      conditions: {
        ...this.conditions(secrets, createsSecrets),
        ArnEquals: { 'aws:PrincipalArn': [...roleArns] },
      },
    })
  }
}
