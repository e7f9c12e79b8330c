// The function that rotates the Stytch project's own secret (docs/decisions/039), and that secret's schedule. It alone may read the
// workspace key, and it may write one secret. The secret itself is made by hand, since it is there before the stack (docs/deploying.md).

import { Duration, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnPermission } from 'aws-cdk-lib/aws-lambda'
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { ROTATION_SOURCE } from '../../lambda/core/base/event-types.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import { STEP_TIMEOUT_MS } from '../../lambda/core/secret/step-timeout.ts'
import type { ProjectPlaceEnv } from '../../lambda/env/project-place.ts'
import { writeProjectRotationEnv } from '../../lambda/env/project-rotation.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { freezeParameter, mayReadFreeze } from '../base/freeze.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { MetricNotice } from '../base/notice.ts'
import { functionArn, namedSecret, type StageNames } from '../config/stage-names.ts'
import type { ProjectRotationConfig } from '../config/stytch-config.ts'
import type { StytchProject } from './rotation-function.ts'
import { keepingEnv, mayKeep, type RotationKeeping } from './rotation-keeping.ts'

export interface ProjectRotationProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly stytch: StytchProject
  readonly config: ProjectRotationConfig
  readonly bus: M2mEventBus
  /** @default - nothing is remembered, and nothing signed */
  readonly keeping?: RotationKeeping
  /** How far the services may be behind. */
  readonly bounds: Bounds
}

const TIMEOUT_SECONDS = STEP_TIMEOUT_MS / 1000
const MEMORY_MB = 512
const FIVE_MINUTES = Duration.minutes(5)

export class ProjectRotation extends Construct {
  readonly fn: M2mFunction
  readonly arn: string
  /** ARN pattern of the one secret. */
  readonly secretPattern: string
  /** For the functions that ask for its rotation. */
  readonly place: ProjectPlaceEnv
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: ProjectRotationProps) {
    super(scope, id)
    const { names, stytch, config, bus } = props
    this.arn = functionArn(this, names, 'project-rotation')
    this.secretPattern = namedSecret(this, stytch.projectSecretName)
    this.place = { secretName: stytch.projectSecretName, rotationFunctionArn: this.arn, periodDays: config.periodDays }
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'project-rotation',
      bundle: 'on-project-rotation',
      // Lambda takes 256 characters, and a secret's name may have as many.
      description: `Rotates the Stytch project secret of stage ${names.stage}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure:
        'Secrets Manager calls it synchronously and retries by itself, so that a dead letter target would stay empty',
      environment: writeProjectRotationEnv({
        stage: names.stage,
        project: { projectId: stytch.projectId },
        projectSecretName: stytch.projectSecretName,
        projectSlug: config.projectSlug,
        environmentSlug: config.environmentSlug,
        workspaceKeySecretId: config.workspaceKeySecretName,
        quietHours: config.quietHours,
        eventBus: bus.bus.eventBusArn,
        freeze: { parameter: freezeParameter(names) },
        ...(props.keeping === undefined ? {} : keepingEnv(props.keeping)),
        bounds: props.bounds,
      }),
    })
    this.mayRotate(props)
    if (props.keeping !== undefined) mayKeep(this.fn, props.keeping)
    this.schedule(props)
    this.metricNotices = [
      {
        id: 'ProjectRotationErrors',
        page: 'project-secret',
        says: 'The rotation of the Stytch project secret failed. The secret in force keeps working.',
        metric: this.fn.function.metricErrors({ period: FIVE_MINUTES }),
        atLeast: 1,
      },
    ]
  }

  private mayRotate({ names, stytch, config, bus }: ProjectRotationProps): void {
    const secret = this.secretPattern
    const workspaceKey = namedSecret(this, config.workspaceKeySecretName)
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'ReadWorkspaceKey',
        actions: ['secretsmanager:GetSecretValue'],
        resources: [workspaceKey],
      }),
      new PolicyStatement({
        sid: 'RotateProjectSecret',
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:ListSecretVersionIds',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [secret],
      }),
      ...this.useKeys([
        { keyArn: stytch.projectSecretKeyArn, secret, actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
        { keyArn: config.workspaceKeySecretKeyArn, secret: workspaceKey, actions: ['kms:Decrypt'] },
      ]),
      bus.mayPublish(ROTATION_SOURCE),
      mayReadFreeze(this, names),
    )
  }

  /** Customer-managed keys, where the secrets have one. */
  private useKeys(
    uses: readonly { readonly keyArn: string | undefined; readonly secret: string; readonly actions: string[] }[],
  ): readonly PolicyStatement[] {
    const { region, urlSuffix } = Stack.of(this)
    return uses.flatMap(({ keyArn, secret, actions }) =>
      keyArn === undefined
        ? []
        : [
            new PolicyStatement({
              actions,
              resources: [keyArn],
              conditions: {
                StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
                StringLike: { 'kms:EncryptionContext:SecretARN': secret },
              },
            }),
          ],
    )
  }

  private schedule({ stytch, config }: ProjectRotationProps): void {
    const onlySecretsManager = new CfnPermission(this, 'OnlySecretsManager', {
      action: 'lambda:InvokeFunction',
      functionName: this.fn.function.functionName,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Stack.of(this).account,
    })
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: stytch.projectSecretName,
      rotationLambdaArn: this.fn.function.functionArn,
      rotationRules: { automaticallyAfterDays: config.periodDays },
      // A deployment changes no secret: it only tries the function (secrets-manager §1.2).
      rotateImmediatelyOnUpdate: false,
    })
    schedule.node.addDependency(onlySecretsManager, this.fn)
  }
}
