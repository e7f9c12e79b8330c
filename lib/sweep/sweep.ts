// The sweep: a function that EventBridge Scheduler calls every few minutes, with what it may do, where a call that failed ends, and what
// people are notified of: above all that it has stopped, since then nothing else would show that a rotation did not happen. It sees no value;
// it asks for rotations and for single steps of them, and moves no label.

import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { SWEEP_SOURCE } from '../../lambda/core/base/event-types.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import type { AdoptionEnv } from '../../lambda/env/reads.ts'
import { writeSweepEnv } from '../../lambda/env/sweep.ts'
import { deadLetters } from '../base/dead-letters.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { eventPattern } from '../base/event-pattern.ts'
import { freezeParameter, mayReadFreeze } from '../base/freeze.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import { functionName, managedSecrets, type StageNames } from '../config/stage-names.ts'
import type { ProjectRotation } from '../rotation/project-rotation.ts'
import type { RecordsTable } from '../rotation/records-table.ts'
import type { RotationFunction } from '../rotation/rotation-function.ts'
import { mayAskForRotations } from '../rotation/rotation-rights.ts'

/** Of lib/sweep/adoption-records.ts. */
export interface SweepAdoption {
  readonly env: AdoptionEnv
  mayAsk(): PolicyStatement
}

export interface SweepEvidence {
  readonly bucket: { readonly bucketName: string }
  mayListProofs(fn: M2mFunction, names: StageNames): void
}

/** How long things may take, for secrets whose tags say nothing. */
export interface SweepSpans {
  readonly periodHours: number
  readonly overlapHours: number
  readonly longestHoldHours: number
  readonly sweepEveryMinutes: number
  readonly checksPerSecond: number
}

export interface SweepProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly rotation: RotationFunction
  /** Absent: the project secret is rotated by hand. */
  readonly project?: ProjectRotation | undefined
  /** Absent: an overlap ends by its time alone. */
  readonly adoption?: SweepAdoption | undefined
  readonly bus: M2mEventBus
  /** Where proofs of revokes lie (lib/incident/evidence-archive.ts). */
  readonly evidence: SweepEvidence
  readonly bounds: Bounds
  /** Where the rotation function notes when it switches. */
  readonly records: RecordsTable
  readonly spans: SweepSpans
  readonly removalPolicy: RemovalPolicy
}

/** A thousand pages of a hundred secrets, and as many requests as its share allows. */
const TIMEOUT_SECONDS = 300
const MEMORY_MB = 256
/** One sweep may be late, or meet an outage; three in a row mean that it has stopped. */
const SILENT_SWEEPS = 3

export class SweepFunction extends Construct {
  readonly fn: M2mFunction
  /** What was to start or to end a sweep and did not. */
  readonly deadLetters: Queue
  readonly eventNotices: readonly EventNotice[]
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: SweepProps) {
    super(scope, id)
    const { names, rotation, bus, spans } = props
    this.deadLetters = deadLetters(this, 'DeadLetters', {
      holds: 'It is itself where a sweep ends that could not be started or done',
      removalPolicy: props.removalPolicy,
    })
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'sweep',
      bundle: 'on-sweep',
      description: `Asks for what is due of the secrets below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure: 'A sweep that failed twice goes to a queue of its own by a destination, which keeps the error as well',
      environment: writeSweepEnv({
        stage: names.stage,
        secretNamePrefix: names.secretNamePrefix,
        extraPrefixes: names.extraPrefixes,
        rotationFunctionArn: rotation.arn,
        eventBus: bus.bus.eventBusArn,
        periodHours: spans.periodHours,
        overlapHours: spans.overlapHours,
        longestHoldHours: spans.longestHoldHours,
        everyMinutes: spans.sweepEveryMinutes,
        checksPerSecond: spans.checksPerSecond,
        freeze: { parameter: freezeParameter(names) },
        bounds: props.bounds,
        records: { table: props.records.table.tableName },
        proofs: { bucket: props.evidence.bucket.bucketName },
        ...defined({ project: props.project?.place, adoption: props.adoption?.env }),
      }),
    })
    // What comes later than the next sweep is that one's.
    const maxEventAge = Duration.minutes(spans.sweepEveryMinutes)
    this.fn.function.configureAsyncInvoke({
      onFailure: new SqsDestination(this.deadLetters),
      retryAttempts: 1,
      maxEventAge,
    })
    this.maySweep(props)
    this.schedule(props)
    this.eventNotices = sweepEventNotices
    this.metricNotices = this.listMetricNotices(props)
  }

  private maySweep({ names, rotation, project, adoption, bus, evidence, records }: SweepProps): void {
    // RotateSecret's own demand also lets it drive what is stuck again (docs/decisions/018).
    mayAskForRotations(this, this.fn, { names, rotation, project })
    this.fn.mayDo(bus.mayPublish(SWEEP_SOURCE), mayReadFreeze(this, names))
    evidence.mayListProofs(this.fn, names)
    records.mayReadVersions(this.fn)
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'LookAtPolicies',
        actions: ['secretsmanager:GetResourcePolicy'],
        resources: [...managedSecrets(this, names)],
      }),
    )
    if (adoption !== undefined) this.fn.mayDo(adoption.mayAsk())
  }

  private schedule({ names, spans }: SweepProps): void {
    const { partition, region, account } = Stack.of(this)
    const role = new Role(this, 'ScheduleRole', {
      roleName: `${functionName(names, 'sweep')}-schedule-${region}`,
      description: `Starts the sweep of stage ${names.stage}`,
      // A schedule of another account must not start ours. Scheduler's key is the group's ARN, not the schedule's.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/default`,
          },
        },
      }),
    })
    const { functionArn } = this.fn.function
    role.addToPrincipalPolicy(
      new PolicyStatement({ sid: 'StartTheSweep', actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    )
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'KeepWhatCouldNotStart',
        actions: ['sqs:SendMessage'],
        resources: [this.deadLetters.queueArn],
      }),
    )
    const schedule = new CfnSchedule(this, 'Schedule', {
      name: functionName(names, 'sweep'),
      description: `Sweeps the secrets below ${names.secretNamePrefix}`,
      scheduleExpression: `rate(${spans.sweepEveryMinutes} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        // Scheduler puts the time in: a sweep that is run twice decides by the same.
        input: JSON.stringify({ scheduledAt: '<aws.scheduler.scheduled-time>' }),
        retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: spans.sweepEveryMinutes * 60 },
        deadLetterConfig: { arn: this.deadLetters.queueArn },
      },
    })
    // It may fire as soon as it is there; the policy is a resource of its own.
    schedule.node.addDependency(role)
  }

  private listMetricNotices({ names, spans }: SweepProps): readonly MetricNotice[] {
    const metric = (metricName: string, statistic: 'Sum' | 'Maximum'): Metric =>
      new Metric({
        namespace: `M2M/${names.stage}`,
        metricName,
        statistic,
        period: Duration.minutes(spans.sweepEveryMinutes),
      })
    return [
      {
        id: 'SweepStopped',
        page: 'sweep-stopped',
        says: 'The sweep does not get through, or is not started. No overlap ends, and nothing that is overdue is reported.',
        metric: metric('SweepCompleted', 'Sum'),
        atLeast: 1,
        periods: SILENT_SWEEPS,
        silence: 'wrong',
      },
      {
        id: 'SweepDeadLetters',
        page: 'sweep-stopped',
        says: 'A sweep could not be started, or failed twice. The next one makes up for it, if it gets through.',
        metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({
          period: Duration.minutes(5),
          statistic: 'Maximum',
        }),
        atLeast: 1,
      },
      {
        id: 'SweepFailures',
        page: 'sweep-failures',
        says: 'The sweep cannot do what is due for some secret, twice in a row. Its log names the secret and the reason.',
        metric: metric('SweepFailures', 'Maximum'),
        atLeast: 1,
        periods: 2,
        silence: 'unchanged',
      },
      {
        id: 'SecretOverdue',
        page: 'overdue',
        says: 'Secrets were not rotated within their period and a quarter of it. Events on the bus name them.',
        metric: metric('SecretsOverdue', 'Maximum'),
        atLeast: 1,
        silence: 'unchanged',
      },
      {
        id: 'SecretsDead',
        page: 'drift',
        says: "Stytch refuses what consumers read: AWSCURRENT is dead, or its client gone or another secret's. Events on the bus name them: m2m incident NAME replaces a dead value.",
        metric: metric('SecretsDead', 'Maximum'),
        atLeast: 1,
        silence: 'unchanged',
      },
      {
        id: 'ProofsOwed',
        page: 'proof-pending',
        says: 'Signed proofs of revokes are missing or not confirmed, twice in a row, although the sweep had them made. Its log says why.',
        metric: metric('ProofsOwed', 'Maximum'),
        atLeast: 1,
        periods: 2,
        silence: 'unchanged',
      },
    ]
  }
}

/** One message a secret: few at a time. What can come by the thousand, secrets that are overdue, has an alarm instead. */
const sweepEventNotices: readonly EventNotice[] = [
  {
    id: 'StuckLeft',
    page: 'rotation-stuck',
    says: 'A rotation is stuck, and the sweep could not end it: Stytch or the function does not answer, or only its value works.',
    pattern: eventPattern(SWEEP_SOURCE, 'Rotation Stuck', { became: ['left'] }),
    secretAt: '$.detail.secretName',
  },
  {
    id: 'SettleRefusing',
    page: 'settle-refusing',
    says: 'An overlap is over and does not end: the settle was asked for and refused. Or a value that was revoked works. The event says which.',
    pattern: eventPattern(SWEEP_SOURCE, 'Settle Refusing'),
    secretAt: '$.detail.secretName',
  },
  {
    id: 'SecretDead',
    page: 'drift',
    says: 'Stytch refuses the value that consumers read. Type m2m incident NAME to replace it, or m2m rollback NAME where the value before works; the event says what was found, and since when.',
    pattern: eventPattern(SWEEP_SOURCE, 'Secret Dead'),
    secretAt: '$.detail.secretName',
  },
  {
    id: 'PolicyForeign',
    page: 'foreign-policy',
    says: 'The resource policy of a secret is not one that this stage writes: others may read or change it. The event says which secret.',
    pattern: eventPattern(SWEEP_SOURCE, 'Policy Foreign'),
    secretAt: '$.detail.secretName',
  },
  {
    id: 'HoldTooLong',
    page: 'held-too-long',
    says: 'A secret has been on hold for longer than holds may last. Nothing planned happens to it until it is released.',
    pattern: eventPattern(SWEEP_SOURCE, 'Hold Too Long'),
    secretAt: '$.detail.secretName',
  },
  {
    id: 'RotationOff',
    page: 'rotation-off',
    says: 'Rotation of a secret is switched off, or is not by our function. Nothing replaces it any more.',
    pattern: eventPattern(SWEEP_SOURCE, 'Rotation Off'),
    secretAt: '$.detail.secretName',
  },
]
