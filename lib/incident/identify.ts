// The function that finds whose value leaked. It reads every secret below the prefix and may change none; the project secret it only
// compares. It has no queue and no URL, and its searches are counted: two executions at most, or a table where none are reserved. Nobody may call it but the
// intake, the operators, and whoever else is named here.

import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Spread } from '../../lambda/core/rotation/bounds.ts'
import { writeIdentifyEnv } from '../../lambda/env/identify.ts'
import { guardFunction } from '../base/function-policy.ts'
import { type FunctionSurroundings, M2mFunction, reservationOf } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import type { SecretsKey } from '../base/secrets-key.ts'
import { functionArn, managedSecrets, type StageNames } from '../config/stage-names.ts'
import { compareProjectSecret, type StytchProject } from '../rotation/rotation-function.ts'

export interface IdentifyProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly stytch: Pick<StytchProject, 'projectId' | 'projectSecretName' | 'projectSecretKeyArn'>
  /** What shows that a value is refused. */
  readonly refused: Spread
  readonly key: SecretsKey
  /** Roles of people, of this account or another: break-glass, security. The function's policy lets them in. */
  readonly callerRoleArns: readonly string[]
  /** Roles that have a policy of their own: the intake's, and operators. */
  readonly otherCallerRoleArns: readonly string[]
}

/** 10,000 secrets are some twenty seconds by value, and minutes by a hash that costs milliseconds each (docs/decisions/035). */
const TIMEOUT_SECONDS = 300
/** A whole CPU: what takes long is hashing. */
const MEMORY_MB = 1769
/** In one execution environment. */
const SEARCHES_PER_MINUTE = 10

/** Of all environments, where any number of them may run: as many as two make. */
const SEARCHES_IN_ALL = 20

const FIVE_MINUTES = Duration.minutes(5)

export class Identify extends Construct {
  readonly fn: M2mFunction
  /** By name, so that a policy may point at the function before it exists. */
  readonly arn: string

  constructor(scope: Construct, id: string, props: IdentifyProps) {
    super(scope, id)
    const { names, key, stytch } = props
    this.arn = functionArn(this, names, 'identify')
    const slots = reservationOf('identify', props.surroundings) === undefined ? this.makeSlots() : undefined
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'identify',
      bundle: 'on-identify',
      description: `Finds whose value leaked, among the secrets below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure: 'Its input is the leaked value: no queue may keep it, and whoever asks waits for the answer',
      environment: writeIdentifyEnv({
        stytch: { projectId: stytch.projectId },
        secretNamePrefix: names.secretNamePrefix,
        extraPrefixes: names.extraPrefixes,
        projectSecretName: stytch.projectSecretName,
        refused: props.refused,
        searchesPerMinute: SEARCHES_PER_MINUTE,
        ...(slots === undefined ? {} : { slots: { table: slots.tableName, searchesPerMinute: SEARCHES_IN_ALL } }),
      }),
    })
    // The handler refuses an asynchronous question; should one be asked, Lambda keeps it no longer than it must.
    this.fn.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.seconds(60) })
    Validations.of(this.fn.function).acknowledge({
      id: 'Serverless-LambdaAsyncFailureDestination',
      reason: 'A destination would be given the leaked value; an asynchronous question is refused and dropped',
    })
    this.mayRead(names, key)
    this.fn.mayDo(...compareProjectSecret(this, stytch))
    if (slots !== undefined) this.mayTake(slots)
    this.guard(props)
  }

  private guard({ callerRoleArns, otherCallerRoleArns }: IdentifyProps): void {
    const guarded = guardFunction(this, 'OnlyItsCallers', {
      arn: this.arn,
      allowed: [...new Set([...callerRoleArns, ...otherCallerRoleArns])],
      letIn: callerRoleArns,
      qualified: [{ sid: 'QualifiedByNobody', arn: `${this.arn}:*`, allowed: [] }],
    })
    guarded.node.addDependency(this.fn.function)
  }

  /** The statement that lets a role of this account call it. */
  mayAsk(): PolicyStatement {
    return new PolicyStatement({
      sid: 'AskWhoseValueLeaked',
      actions: ['lambda:InvokeFunction'],
      resources: [this.arn],
    })
  }

  /** None, and no alarm on errors either: whoever asks gets the answer or the error, and the intake reports it as a leak unresolved. */
  readonly eventNotices: readonly EventNotice[] = []

  get metricNotices(): readonly MetricNotice[] {
    return [
      {
        id: 'IdentifyThrottles',
        page: 'leak-unresolved',
        says: 'Searches for leaked values are throttled: somebody tries many values, or a detector reports many at once.',
        metric: this.fn.function.metricThrottles({ period: FIVE_MINUTES }),
        atLeast: 20,
      },
    ]
  }

  /** A few items of a few bytes, which forget what they know within a minute. */
  private makeSlots(): TableV2 {
    const table = new TableV2(this, 'Slots', {
      partitionKey: { name: 'kind', type: AttributeType.STRING },
      sortKey: { name: 'slot', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const reason = 'It knows when searches began within the last minute; lost, they are counted anew'
    for (const id of ['AwsSolutions-DDB3', 'Serverless-DynamoDBPITR']) Validations.of(table).acknowledge({ id, reason })
    return table
  }

  private mayTake(slots: TableV2): void {
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'CountSearches',
        actions: ['dynamodb:UpdateItem'],
        resources: [slots.tableArn],
        conditions: { StringEquals: { 'aws:ResourceAccount': Stack.of(this).account } },
      }),
    )
  }

  private mayRead(names: StageNames, key: SecretsKey): void {
    const secrets = managedSecrets(this, names)
    this.fn.mayDo(
      new PolicyStatement({ sid: 'ListSecrets', actions: ['secretsmanager:ListSecrets'], resources: ['*'] }),
      new PolicyStatement({
        sid: 'ReadManagedSecrets',
        actions: ['secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds'],
        resources: [...secrets],
      }),
      key.use(['kms:Decrypt']),
    )
    this.fn.explainWildcard(secrets, 'A leaked value may be that of any client, so that it must be held against all')
  }
}
