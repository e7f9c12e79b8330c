// The one function that Secrets Manager calls to rotate, and that changes secrets at Stytch. It reads the project secret, reads and
// writes secrets below the prefix, publishes on the bus; and nothing else. Only Secrets Manager, for this account, may call it.

import { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnPermission } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { ROTATION_SOURCE } from '../../lambda/core/base/event-types.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import { STEP_TIMEOUT_MS } from '../../lambda/core/secret/step-timeout.ts'
import { writeRotationEnv } from '../../lambda/env/rotation.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { freezeParameter, mayReadFreeze } from '../base/freeze.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import { useReplicaKeys } from '../base/replica-keys.ts'
import type { RevocationList } from '../base/revocation-list.ts'
import type { SecretsKey } from '../base/secrets-key.ts'
import type { ReplicaConfig } from '../config/account-config.ts'
import { functionArn, managedSecrets, namedSecret, type StageNames } from '../config/stage-names.ts'
import { keepingEnv, mayKeep, type RotationKeeping } from './rotation-keeping.ts'

/** Where the Stytch project's credentials lie. */
export interface StytchProject {
  readonly projectId: string
  readonly projectSecretName: string
  /** @default - the secret is encrypted with aws/secretsmanager */
  readonly projectSecretKeyArn?: string
}

export interface RotationFunctionProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly stytch: StytchProject
  readonly key: SecretsKey
  readonly bus: M2mEventBus
  /** @default - nothing is remembered, and nothing signed */
  readonly keeping?: RotationKeeping
  /** Where it is published who is revoked. @default - nowhere, as nobody vends tokens */
  readonly revocations?: RevocationList | undefined
  /** How far the services may be behind. */
  readonly bounds: Bounds
  /** Where a value that is stored is copied to. @default - nowhere */
  readonly replicas?: readonly ReplicaConfig[]
}

/** A clear of a stuck AWSPENDING waits at least two minutes: by then, no killed execution's request is under way (architecture §3). */
const TIMEOUT_SECONDS = STEP_TIMEOUT_MS / 1000
/** A step waits for the network; below this, Lambda's share of a CPU makes TLS and the module's start the longer part. */
const MEMORY_MB = 512

type ProjectSecretPlace = Pick<StytchProject, 'projectSecretName' | 'projectSecretKeyArn'>

const readingProjectSecret = (
  scope: Construct,
  stytch: ProjectSecretPlace,
  actions: readonly string[],
): readonly PolicyStatement[] => {
  const { region, urlSuffix } = Stack.of(scope)
  const secret = namedSecret(scope, stytch.projectSecretName)
  const read = new PolicyStatement({ sid: 'ReadProjectSecret', actions: [...actions], resources: [secret] })
  if (stytch.projectSecretKeyArn === undefined) return [read]
  return [
    read,
    new PolicyStatement({
      sid: 'DecryptProjectSecret',
      actions: ['kms:Decrypt'],
      resources: [stytch.projectSecretKeyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
        StringLike: { 'kms:EncryptionContext:SecretARN': secret },
      },
    }),
  ]
}

/** What calling Stytch with the project secret takes: for those that change clients there. */
export const readProjectSecret = (scope: Construct, stytch: ProjectSecretPlace): readonly PolicyStatement[] =>
  readingProjectSecret(scope, stytch, ['secretsmanager:GetSecretValue'])

/** What comparing a leaked value with it takes, with those before it as well: for identify, which calls nobody with it. */
export const compareProjectSecret = (scope: Construct, stytch: ProjectSecretPlace): readonly PolicyStatement[] =>
  readingProjectSecret(scope, stytch, ['secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds'])

export class RotationFunction extends Construct {
  readonly fn: M2mFunction
  /** By name, so that a policy may point at the function before it exists. */
  readonly arn: string

  constructor(scope: Construct, id: string, props: RotationFunctionProps) {
    super(scope, id)
    const { names, stytch, key, bus } = props
    this.arn = functionArn(this, names, 'rotation')
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'rotation',
      bundle: 'on-rotation',
      description: `Rotates the secrets of M2M clients below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure:
        'Secrets Manager calls it synchronously and retries by itself, so that a dead letter target would stay empty',
      environment: writeRotationEnv({
        stage: names.stage,
        stytch: {
          projectId: stytch.projectId,
          projectSecret: { kind: 'stored', secretId: stytch.projectSecretName },
        },
        eventBus: bus.bus.eventBusArn,
        freeze: { parameter: freezeParameter(names) },
        ...(props.keeping === undefined ? {} : keepingEnv(props.keeping)),
        bounds: props.bounds,
        extraPrefixes: names.extraPrefixes,
        publication: props.revocations?.env,
      }),
    })
    this.fn.mayDo(
      ...readProjectSecret(this, stytch),
      new PolicyStatement({
        sid: 'RotateManagedSecrets',
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:ListSecretVersionIds',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [...managedSecrets(this, names)],
      }),
      key.use(['kms:Decrypt', 'kms:GenerateDataKey']),
      bus.mayPublish(ROTATION_SOURCE),
      mayReadFreeze(this, names),
    )
    if (props.keeping !== undefined) {
      props.keeping.records.mayReadClaims(this.fn)
      mayKeep(this.fn, props.keeping)
    }
    props.revocations?.mayPublish(this.fn)
    useReplicaKeys(this.fn, names, props.replicas ?? [])
    this.fn.explainWildcard(
      managedSecrets(this, names),
      'Clients come and go without a deployment, so that the prefix is the narrowest name that holds all of them',
    )
    // CDK's own HostedRotation and addRotationSchedule leave aws:SourceAccount out: any account's Secrets Manager could call.
    new CfnPermission(this, 'OnlySecretsManager', {
      action: 'lambda:InvokeFunction',
      functionName: this.fn.function.functionName,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Stack.of(this).account,
    })
  }
}
