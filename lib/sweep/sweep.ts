// The sweep: a function that EventBridge Scheduler calls every few minutes, with what it may do, where a call that failed ends, and what
// people are notified of: above all that it has stopped, since then nothing else would show that a rotation did not happen. It sees no value;
// it asks for rotations and for single steps of them, and moves no label.

import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { IRule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { SWEEP_SOURCE } from '../../lambda/core/base/event-types.ts'
import { LIST_RESOURCE } from '../../lambda/core/revocations/begin-list.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import type { AdoptionEnv } from '../../lambda/env/reads.ts'
import { writeSweepEnv } from '../../lambda/env/sweep.ts'
import { deadLetters, messagesSent } from '../base/dead-letters.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { eventPattern } from '../base/event-pattern.ts'
import { freezeParameter, mayReadFreeze } from '../base/freeze.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import type { RevocationList } from '../base/revocation-list.ts'
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

/** What the sweep looks at beside secrets; whatever is absent, it does not. */
export interface StageParts {
  /** Of the periodic campaign. */
  readonly campaignSchedule?: string | undefined
  /** Rules of the stage's bus. */
  readonly rules: readonly IRule[]
  /** Whose subscribers are people. */
  readonly topic?: ITopic | undefined
  /** Of the secrets, where its policy is the stack's own. */
  readonly key?: IKey | undefined
}

/** How long things may take, for secrets whose tags say nothing. */
export interface SweepSpans {
  readonly periodHours: number
  readonly overlapHours: number
  readonly longestHoldHours: number
  readonly sweepEveryMinutes: number
  readonly checksPerSecond: number
  /** Whether the summary of a day on which nothing is open is mailed as well. */
  readonly mailsWhenWell: boolean
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
  readonly parts: StageParts
  /** Where it is published who is revoked. @default - nowhere, as nobody vends tokens */
  readonly revocations?: RevocationList | undefined
  readonly spans: SweepSpans
  readonly removalPolicy: RemovalPolicy
}

/** A thousand pages of a hundred secrets, and as many requests as its share allows. */
const TIMEOUT_SECONDS = 300
const MEMORY_MB = 256
/** A sweep that is under way ends first, and so does one that comes before it. */
const LIST_TIMEOUT_MINUTES = 15
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
        parts: {
          rules: props.parts.rules.map(({ ruleName }) => ruleName),
          ...defined({
            campaignSchedule: props.parts.campaignSchedule,
            topicArn: props.parts.topic?.topicArn,
            keyArn: props.parts.key?.keyArn,
          }),
        },
        ...defined({
          project: props.project?.place,
          adoption: props.adoption?.env,
          publication: props.revocations?.env,
        }),
      }),
    })
    // What comes later than the next sweep is that one's; CloudFormation's question waits for an answer for as long as the deployment does.
    const maxEventAge = Duration.minutes(Math.max(spans.sweepEveryMinutes, LIST_TIMEOUT_MINUTES))
    this.fn.function.configureAsyncInvoke({
      onFailure: new SqsDestination(this.deadLetters),
      retryAttempts: 1,
      maxEventAge,
    })
    this.maySweep(props)
    if (props.revocations !== undefined) this.publish(props.revocations)
    this.mayLookAt(props.parts)
    this.schedule(props)
    this.eventNotices = sweepEventNotices(spans)
    this.metricNotices = this.listMetricNotices(props)
  }

  /** And has the first list written with the deployment: until then nobody could verify a token. */
  private publish(revocations: RevocationList): void {
    revocations.mayPublish(this.fn)
    const { keyArn: Key, bucket: Bucket } = revocations.env
    const list = new CustomResource(this, 'Revocations', {
      resourceType: LIST_RESOURCE,
      serviceToken: this.fn.function.functionArn,
      serviceTimeout: Duration.minutes(LIST_TIMEOUT_MINUTES),
      // Whatever has another key or another bucket needs a list of its own.
      properties: { Key, Bucket },
    })
    // There is nothing to delete; and the function of a version before this one would leave CloudFormation's question unanswered, in a rollback.
    list.applyRemovalPolicy(RemovalPolicy.RETAIN)
    list.node.addDependency(this.fn, revocations)
  }

  private maySweep({ names, rotation, project, adoption, bus, evidence, records }: SweepProps): void {
    // RotateSecret's own demand also lets it drive what is stuck again (docs/decisions/018).
    mayAskForRotations(this, this.fn, { names, rotation, project })
    this.fn.mayDo(bus.mayPublish(SWEEP_SOURCE), mayReadFreeze(this, names))
    evidence.mayListProofs(this.fn, names)
    records.mayReadVersions(this.fn)
    records.mayRememberReports(this.fn)
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'LookAtPolicies',
        actions: ['secretsmanager:GetResourcePolicy'],
        resources: [...managedSecrets(this, names)],
      }),
    )
    if (adoption !== undefined) this.fn.mayDo(adoption.mayAsk())
  }

  /** One read of each part, and nothing that is not named. */
  private mayLookAt({ campaignSchedule, rules, topic, key }: StageParts): void {
    const { partition, region, account } = Stack.of(this)
    const schedule = `arn:${partition}:scheduler:${region}:${account}:schedule/default/${campaignSchedule}`
    const may = (sid: string, action: string, resources: readonly string[]): void => {
      if (resources.length > 0)
        this.fn.mayDo(new PolicyStatement({ sid, actions: [action], resources: [...resources] }))
    }
    may('LookAtTheSchedule', 'scheduler:GetSchedule', campaignSchedule === undefined ? [] : [schedule])
    may(
      'LookAtRules',
      'events:DescribeRule',
      rules.map(({ ruleArn }) => ruleArn),
    )
    may('LookAtSubscriptions', 'sns:ListSubscriptionsByTopic', topic === undefined ? [] : [topic.topicArn])
    may('LookAtTheKey', 'kms:DescribeKey', key === undefined ? [] : [key.keyArn])
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
        says: 'The sweep is not started, or does not finish.',
        metric: metric('Alive', 'Sum'),
        atLeast: 1,
        periods: SILENT_SWEEPS,
        silence: 'wrong',
      },
      {
        id: 'StageBroken',
        page: 'stage-check',
        says: 'Something that this stage depends on is broken: a rule, a key, a subscription, a schedule, or the way into the archive. The digest and the log of the sweep name it.',
        metric: metric('StageBroken', 'Sum'),
        atLeast: 1,
        periods: SILENT_SWEEPS,
        quietHours: 0,
      },
      {
        id: 'SweepDeadLetters',
        page: 'sweep-stopped',
        says: 'A sweep could not be started, or failed twice. The next one that finishes makes up for it.',
        metric: messagesSent(this.deadLetters),
        atLeast: 1,
      },
      {
        id: 'SweepFailures',
        page: 'sweep-failures',
        says: 'Two sweeps in a row could not do what is due for some secret. The log names the secret and the reason.',
        metric: metric('SweepFailures', 'Maximum'),
        atLeast: 1,
        periods: 2,
        silence: 'unchanged',
      },
      {
        id: 'FreezeUnreadable',
        page: 'freeze',
        says: 'The freeze could not be read for an hour: no planned rotation begins, and no overlap ends. m2m freeze off writes it again.',
        metric: metric('FreezeUnreadable', 'Maximum'),
        atLeast: 1,
        periods: Math.max(1, Math.ceil(60 / spans.sweepEveryMinutes)),
        silence: 'unchanged',
      },
      {
        id: 'ReportsForgotten',
        page: 'records-unavailable',
        says: 'The sweep cannot write to the records table. Findings may be reported more than once a day, and no summary comes.',
        metric: metric('ReportsForgotten', 'Sum'),
        atLeast: 1,
      },
      {
        id: 'ProofsOwed',
        page: 'proof-pending',
        says: 'Signed proofs of revokes are missing or not confirmed after two sweeps that requested them. The log says why.',
        metric: metric('ProofsOwed', 'Maximum'),
        atLeast: 1,
        periods: 2,
        silence: 'unchanged',
      },
    ]
  }
}

/** One message a sweep and one a day, however many secrets they are about: what each is about alone is on the bus, for programs. */
const sweepEventNotices = ({ mailsWhenWell }: SweepSpans): readonly EventNotice[] => [
  {
    id: 'RevokeConfirmed',
    page: 'leak',
    says: 'Revoked secrets are confirmed dead: a second, later proof found them refused again.',
    pattern: eventPattern(SWEEP_SOURCE, 'Revoke Confirmed'),
    secretAt: '$.detail.summary',
  },
  {
    id: 'SweepDigest',
    page: 'sweep-digest',
    says: 'New findings. Those that last are repeated once a day, in the summary.',
    pattern: eventPattern(SWEEP_SOURCE, 'Sweep Digest'),
    secretAt: '$.detail.text',
  },
  {
    id: 'DailySummary',
    page: 'daily-summary',
    says: 'What is open, once a day, and once when nothing is open any more.',
    pattern: mailsWhenWell
      ? eventPattern(SWEEP_SOURCE, 'Daily Summary')
      : eventPattern(SWEEP_SOURCE, 'Daily Summary', { $or: [{ isWell: [false] }, { isEnd: [true] }] }),
    secretAt: '$.detail.text',
  },
]
