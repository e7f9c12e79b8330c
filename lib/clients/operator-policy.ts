// What an operator needs to run the command line, as a managed policy to attach to roles that the customer keeps: ask for rotations, hold
// and release, look, and call the clients function by the aliases that are for everybody who operates the stage. It reads no value, and names no rotation function but ours. The policies on the
// secrets must name the same roles (`operators` in cdk.json), or deny them all the same.
import { Stack, Validations } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { drillParameter } from '../../lambda/core/clients/drill-record.ts'
import { printedArn } from '../base/m2m-function.ts'
import { managedSecrets, type StageNames } from '../config/stage-names.ts'
import type { RotationFunction } from '../rotation/rotation-function.ts'
import type { ClientsFunction } from './clients-function.ts'

export interface OperatorPolicyProps {
  readonly names: StageNames
  readonly clients: ClientsFunction
  readonly rotation: RotationFunction
}

/** Of a stage. */
export interface StageSights {
  readonly topicArn: string
  readonly keyArn: string
  /** Names. */
  readonly schedules: readonly string[]
}

export class OperatorPolicy extends Construct {
  readonly policy: ManagedPolicy
  /** Whose state m2m shows, and whose end it waits for. */
  private readonly secrets = new PolicyStatement({
    sid: 'Look',
    actions: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:GetResourcePolicy',
    ],
  })
  /** The stage's switches, and what people write down. One statement, since a managed policy has 6,144 characters. */
  private readonly parameters = new PolicyStatement({
    sid: 'SetParameters',
    // The history says by whom rotations were frozen, and since when.
    actions: ['ssm:GetParameter', 'ssm:GetParameterHistory', 'ssm:PutParameter'],
  })

  constructor(scope: Construct, id: string, { names, clients, rotation }: OperatorPolicyProps) {
    super(scope, id)
    const { region } = Stack.of(this)
    const secrets = managedSecrets(this, names)
    this.secrets.addResources(...secrets)
    this.maySet(`/m2m/${names.stage}/freeze`)
    this.maySet(drillParameter(names.stage))
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: `m2m-${names.stage}-operator-${region}`,
      description: `For those who operate the M2M clients below ${names.secretNamePrefix}`,
      statements: [
        this.secrets,
        new PolicyStatement({
          sid: 'List',
          // What else m2m doctor looks at is in mayLookAt.
          actions: ['secretsmanager:ListSecrets', 'cloudwatch:DescribeAlarms', 'events:ListRules'],
          resources: ['*'],
        }),
        new PolicyStatement({
          sid: 'AskForRotations',
          actions: ['secretsmanager:RotateSecret'],
          resources: [...secrets],
          // Neither another function nor another schedule. A request that names none has no such key, or has the function that is set.
          conditions: {
            ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': rotation.arn },
            BoolIfExists: { 'secretsmanager:ModifyRotationRules': 'false' },
          },
        }),
        new PolicyStatement({
          sid: 'ClearWhatIsStuck',
          actions: ['secretsmanager:UpdateSecretVersionStage'],
          resources: [...secrets],
          // The request always names one label. Moving AWSCURRENT is the rotation function's alone.
          conditions: { StringEquals: { 'secretsmanager:VersionStage': 'AWSPENDING' } },
        }),
        new PolicyStatement({
          // The rotation function because RotateSecret asks this of its caller (secrets-manager §1.2).
          sid: 'CallFunctions',
          actions: ['lambda:InvokeFunction'],
          resources: [...clients.operatedAs, rotation.arn],
        }),
        this.parameters,
      ],
    })
    for (const one of secrets)
      this.explain(one, 'Clients come and go without a deployment, so that the prefix is the narrowest name for them')
    this.explain(
      '*',
      'ListSecrets and ListRules know no resources, and DescribeAlarms with a prefix wants all, so that AWS offers nothing narrower; none shows a value',
    )
  }

  /** What m2m doctor asks of the stage's own topic, key and schedules. */
  mayLookAt({ topicArn, keyArn, schedules }: StageSights): void {
    const { partition, account, region } = Stack.of(this)
    this.mayDo(
      // In one statement for the same reason; each action knows one kind of these resources alone.
      new PolicyStatement({
        sid: 'LookAtTheStage',
        actions: [
          'sns:ListSubscriptionsByTopic',
          'kms:DescribeKey',
          'kms:GetKeyPolicy',
          'kms:GetKeyRotationStatus',
          'scheduler:GetSchedule',
        ],
        resources: [
          topicArn,
          keyArn,
          ...schedules.map((name) => `arn:${partition}:scheduler:${region}:${account}:schedule/default/${name}`),
        ],
      }),
    )
  }

  /** @param secretPattern of the ARN of a secret that is no client's */
  mayFollow(secretPattern: string): void {
    this.secrets.addResources(secretPattern)
  }

  /** @param name of a parameter of Systems Manager, beginning with a slash */
  maySet(name: string): void {
    const { partition, account, region } = Stack.of(this)
    this.parameters.addResources(`arn:${partition}:ssm:${region}:${account}:parameter${name}`)
  }

  /** What another part wants its operators to be allowed. */
  mayDo(...statements: readonly PolicyStatement[]): void {
    this.policy.addStatements(...statements)
  }

  /** Why one of its resources names more than one thing. */
  explain(resource: string, reason: string): void {
    const id = `AwsSolutions-IAM5[Resource::${printedArn(this, resource)}]`
    Validations.of(this.policy).acknowledge({ id, reason })
  }
}
