// The function that registers clients: it may create clients at Stytch, and secrets below the prefix, and keeps both as they are
// declared (M2mClient). CloudFormation calls it, asynchronously; a request that it could not finish three times over goes to the
// dead letters.
import { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { writeRegistrarEnv } from '../lambda/env.ts'
import type { ReplicaConfig } from './deploy-config.ts'
import { type FunctionSurroundings, M2mFunction } from './m2m-function.ts'
import { type RotationFunction, readProjectSecret, type StytchProject } from './rotation-function.ts'
import type { RotationRules } from './rotation-schedule.ts'
import type { SecretsKey } from './secrets-key.ts'
import { managedSecrets, roleArn, type StageNames } from './stage-names.ts'

export interface RegistrarProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly stytch: StytchProject & { readonly tokenUrl?: string }
  readonly key: SecretsKey
  readonly rotation: RotationFunction
  /** When a client's own declaration says nothing. */
  readonly backstop: RotationRules
  /** Roles, beside the rotation function's and the registrar's own, that every secret's policy lets read. */
  readonly readers: readonly string[]
  /** The same for changing: deploy and break-glass. */
  readonly changers: readonly string[]
  readonly replicas: readonly ReplicaConfig[]
  readonly deadLetters: IQueue
}

/** A registration is some fifteen calls of at most five seconds; CloudFormation itself would wait for an hour. */
const TIMEOUT_SECONDS = 120
const MEMORY_MB = 512

export class Registrar extends Construct {
  readonly fn: M2mFunction
  readonly names: StageNames
  readonly key: SecretsKey
  readonly backstop: RotationRules
  /** Goes into every client's declaration: when it changes, CloudFormation asks for each again, and each policy is renewed. */
  readonly stageRevision: Readonly<Record<string, readonly string[]>>

  constructor(scope: Construct, id: string, props: RegistrarProps) {
    super(scope, id)
    const { names, key, rotation, stytch, replicas } = props
    this.names = names
    this.key = key
    this.backstop = props.backstop
    const own = [roleArn(this, names, 'rotation'), roleArn(this, names, 'registrar')]
    const readers = [...own, ...props.readers]
    const changers = [...own, ...props.changers]
    this.stageRevision = { Readers: readers, Changers: changers, Replicas: replicas.map(({ region }) => region) }
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'registrar',
      bundle: 'on-client-resource',
      description: `Registers M2M clients and their secrets below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure:
        'What CloudFormation asked in vain goes to the dead letters by a destination, which keeps the error as well',
      environment: writeRegistrarEnv({
        stytch: {
          projectId: stytch.projectId,
          projectSecret: { kind: 'stored', secretId: stytch.projectSecretName },
        },
        secretNamePrefix: names.secretNamePrefix,
        rotationFunctionArn: rotation.arn,
        kmsKeyId: key.key.keyArn,
        readers,
        changers,
        replicas: replicas.map(({ region, keyArn }) => ({
          region,
          ...(keyArn === undefined ? {} : { kmsKeyId: keyArn }),
        })),
        ...(stytch.tokenUrl === undefined ? {} : { tokenUrl: stytch.tokenUrl }),
      }),
    })
    this.fn.function.configureAsyncInvoke({ onFailure: new SqsDestination(props.deadLetters) })
    this.mayRegister(props)
  }

  private mayRegister({ names, stytch, key, rotation, replicas }: RegistrarProps): void {
    const secrets = managedSecrets(this, names)
    this.fn.mayDo(
      ...readProjectSecret(this, stytch),
      new PolicyStatement({
        sid: 'RegisterBelowThePrefix',
        actions: [
          'secretsmanager:CreateSecret',
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:UpdateSecret',
          'secretsmanager:TagResource',
          'secretsmanager:UntagResource',
          'secretsmanager:CancelRotateSecret',
          'secretsmanager:DeleteSecret',
        ],
        resources: [secrets],
      }),
      new PolicyStatement({
        sid: 'NoPublicPolicy',
        actions: ['secretsmanager:PutResourcePolicy'],
        resources: [secrets],
        conditions: { Bool: { 'secretsmanager:BlockPublicPolicy': 'true' } },
      }),
      new PolicyStatement({
        sid: 'RotateByOurFunctionOnly',
        actions: ['secretsmanager:RotateSecret'],
        resources: [secrets],
        conditions: { ArnEquals: { 'secretsmanager:RotationLambdaARN': rotation.arn } },
      }),
      new PolicyStatement({
        // RotateSecret asks this of its caller (secrets-manager §1.2).
        sid: 'WhatRotateSecretDemands',
        actions: ['lambda:InvokeFunction'],
        resources: [rotation.arn],
      }),
      key.use(['kms:Decrypt', 'kms:GenerateDataKey'], true),
    )
    this.fn.explainWildcard(
      secrets,
      'Clients are registered by name below the prefix, and Secrets Manager adds six characters of its own',
    )
    if (replicas.length > 0) this.mayReplicate(names, replicas)
  }

  private mayReplicate(names: StageNames, replicas: readonly ReplicaConfig[]): void {
    const regions = replicas.map(({ region }) => region)
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'ReplicateToDeclaredRegions',
        actions: ['secretsmanager:ReplicateSecretToRegions', 'secretsmanager:CreateSecret'],
        resources: [managedSecrets(this, names), ...regions.map((region) => managedSecrets(this, names, region))],
      }),
    )
    const keys = replicas.flatMap(({ keyArn }) => (keyArn === undefined ? [] : [keyArn]))
    if (keys.length > 0) {
      const { urlSuffix } = Stack.of(this)
      this.fn.mayDo(
        new PolicyStatement({
          sid: 'EncryptReplicas',
          actions: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt'],
          resources: keys,
          conditions: {
            StringEquals: { 'kms:ViaService': regions.map((region) => `secretsmanager.${region}.${urlSuffix}`) },
          },
        }),
      )
    }
    for (const region of regions) {
      this.fn.explainWildcard(managedSecrets(this, names, region), "A replica has its primary's name")
    }
  }
}
