// Who is notified of what, from the first day: each notice says in its own words what happened, and names its page in the runbook.
// Notices come from what the system publishes on its bus, from metrics that AWS does publish, and, as a second opinion, from CloudTrail
// (best effort, and only where a trail exists). Secrets Manager has no metric of its own for a rotation that failed.

import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { CfnRule, type EventBus, EventField, type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { ROTATION_SOURCE } from '../../lambda/core/base/event-types.ts'
import { prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'
import { STEP_NEAR_TIMEOUT_MS, STEP_TIMEOUT_MS } from '../../lambda/core/secret/step-timeout.ts'
import { alarmName } from '../base/alarm-names.ts'
import { eventPattern } from '../base/event-pattern.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice, Notice } from '../base/notice.ts'
import type { Notifications } from '../base/notifications.ts'
import { keepingUndelivered, toTopic } from '../base/rule-targets.ts'
import type { BreakGlass } from '../config/account-config.ts'
import type { StageNames } from '../config/stage-names.ts'
import type { EvidenceArchive } from '../incident/evidence-archive.ts'
import type { SweepFunction } from '../sweep/sweep.ts'

export interface FailureAlarmsProps {
  readonly names: StageNames
  readonly bus: EventBus
  readonly notifications: Notifications
  readonly rotation: M2mFunction
  readonly registrar: M2mFunction
  readonly archive: EvidenceArchive
  /** What rotations remember and sign with. */
  readonly keeping: readonly { readonly metricNotices: readonly MetricNotice[] }[]
  /** Whatever takes part in finding out whose secret leaked. */
  readonly leaks: readonly {
    readonly eventNotices: readonly EventNotice[]
    readonly metricNotices: readonly MetricNotice[]
  }[]
  readonly sweep: SweepFunction
  /** Absent: there are no campaigns. */
  readonly campaign?: { readonly eventNotices: readonly EventNotice[]; readonly metricNotices: readonly MetricNotice[] }
  /** Absent: no tokens are vended. */
  readonly vendor?: { readonly eventNotices: readonly EventNotice[]; readonly metricNotices: readonly MetricNotice[] }
  /** Absent: an overlap ends by its time alone. */
  readonly adoption?: { readonly eventNotices: readonly EventNotice[]; readonly metricNotices: readonly MetricNotice[] }
  /** Absent: the project secret is rotated by hand. */
  readonly projectRotation?: { readonly metricNotices: readonly MetricNotice[] }
  readonly breakGlass: BreakGlass
  /** Where the runbook's pages are. @default 'docs/runbook.md' */
  readonly runbook?: string
}

const FIVE_MINUTES = Duration.minutes(5)

/** Lambda, for one, publishes nothing while nothing is called. */
const whenSilent = {
  fine: TreatMissingData.NOT_BREACHING,
  unchanged: TreatMissingData.IGNORE,
  wrong: TreatMissingData.BREACHING,
} as const

export class FailureAlarms extends Construct {
  /** Every one, in the order in which they were made. */
  readonly alarms: Alarm[] = []
  private readonly props: FailureAlarmsProps

  constructor(scope: Construct, id: string, props: FailureAlarmsProps) {
    super(scope, id)
    this.props = props
    for (const notice of this.onOurBus()) this.notify(notice, props.bus)
    for (const notice of this.onCloudTrail()) this.notify(notice)
    for (const notice of this.onMetrics()) this.alarm(notice)
    for (const notice of props.sweep.eventNotices) this.notify(notice, props.bus)
    for (const notice of props.sweep.metricNotices) this.alarm(notice)
    const more = [props.vendor, props.campaign, props.adoption].filter((part) => part !== undefined)
    for (const { eventNotices, metricNotices } of [...props.leaks, ...more]) {
      for (const notice of eventNotices) this.notify(notice, props.bus)
      for (const notice of metricNotices) this.alarm(notice)
    }
    for (const notice of props.projectRotation?.metricNotices ?? []) this.alarm(notice)
    for (const notice of props.keeping.flatMap(({ metricNotices }) => metricNotices)) this.alarm(notice)
    if ('roleArn' in props.breakGlass) this.watchBreakGlass(props.breakGlass.roleArn)
  }

  private onOurBus(): readonly EventNotice[] {
    // What cannot be rotated is tried every day; the campaign's report says so again, once a week.
    const firstTime = { isRepeated: [{ exists: false }] }
    return [
      {
        id: 'RotationRefused',
        page: 'rotation-failed',
        says: 'A rotation stopped and changed nothing more. The event names the reason.',
        pattern: eventPattern(ROTATION_SOURCE, 'Rotation Refused', firstTime),
        secretAt: '$.detail.secretName',
      },
      {
        id: 'Drift',
        page: 'drift',
        says: 'Stytch and the secret have come apart: somebody changed the client by hand, or AWSCURRENT is refused.',
        pattern: eventPattern(ROTATION_SOURCE, 'Drift Detected', firstTime),
        secretAt: '$.detail.secretName',
      },
    ]
  }

  private onCloudTrail(): readonly EventNotice[] {
    const arns = prefixesOf(this.props.names).map((prefix) => ({ wildcard: `*:secret:${prefix}*` }))
    const pattern = (...eventName: string[]): EventPattern => ({
      source: ['aws.secretsmanager'],
      // Public rules disagree about which of the two a rotation's own events come under (secrets-manager §1.7).
      detailType: ['AWS Service Event via CloudTrail', 'AWS API Call via CloudTrail'],
      detail: { eventSource: ['secretsmanager.amazonaws.com'], eventName, additionalEventData: { SecretId: arns } },
    })
    return [
      {
        id: 'RotationStuck',
        page: 'rotation-stuck',
        says: 'Secrets Manager gave a rotation up. Its AWSPENDING may still stand there and refuse the next one.',
        pattern: pattern('RotationFailed', 'RotationAbandoned'),
        secretAt: '$.detail.additionalEventData.SecretId',
      },
      {
        id: 'ScheduleRefused',
        page: 'rotation-failed',
        says: 'The test of a changed rotation schedule failed: the function does not run, or AWSCURRENT is refused.',
        pattern: pattern('TestRotationFailed'),
        secretAt: '$.detail.additionalEventData.SecretId',
      },
    ]
  }

  private onMetrics(): readonly MetricNotice[] {
    const { rotation, registrar, archive, notifications } = this.props
    return [
      {
        id: 'RotationErrors',
        page: 'rotation-failed',
        says: 'The rotation function failed. Secrets Manager calls it directly, so that no queue holds what failed.',
        metric: rotation.function.metricErrors({ period: FIVE_MINUTES }),
        atLeast: 1,
      },
      {
        id: 'RotationThrottles',
        page: 'rotation-stuck',
        says: 'Rotations wait for a free execution: more of them run than the reserved concurrency allows.',
        metric: rotation.function.metricThrottles({ period: FIVE_MINUTES }),
        atLeast: 1,
      },
      {
        id: 'RotationNearTimeout',
        page: 'rotation-stuck',
        says: `A rotation step took over ${STEP_NEAR_TIMEOUT_MS / 1000} of its ${STEP_TIMEOUT_MS / 1000} seconds. One that is killed leaves its AWSPENDING behind.`,
        metric: rotation.function.metricDuration({ period: FIVE_MINUTES, statistic: 'Maximum' }),
        atLeast: STEP_NEAR_TIMEOUT_MS,
      },
      {
        id: 'RegistrarErrors',
        page: 'registration-failed',
        says: 'The registrar could not even answer CloudFormation, whose deployment now waits for its timeout.',
        metric: registrar.function.metricErrors({ period: FIVE_MINUTES }),
        atLeast: 1,
      },
      {
        id: 'EvidenceNotArchived',
        page: 'evidence-not-archived',
        says: 'Evidence could not be archived, three times over, and waits in a queue of its own for 14 days.',
        metric: archive.unarchived.metricApproximateNumberOfMessagesVisible({
          period: FIVE_MINUTES,
          statistic: 'Maximum',
        }),
        atLeast: 1,
      },
      {
        id: 'EvidenceNotKept',
        page: 'evidence-not-archived',
        says: 'Evidence was neither archived nor kept in its queue: what the function failed on could not be written there.',
        metric: archive.fn.function.metric('DestinationDeliveryFailures', { period: FIVE_MINUTES, statistic: 'Sum' }),
        atLeast: 1,
      },
      {
        id: 'DeadLetters',
        page: 'dead-letters',
        says: 'Something that was to be reported or done was not, and waits in the dead letters.',
        metric: notifications.deadLetters.metricApproximateNumberOfMessagesVisible({
          period: FIVE_MINUTES,
          statistic: 'Maximum',
        }),
        atLeast: 1,
      },
    ]
  }

  /** Any use at all of the break-glass role on a secret of ours. */
  private watchBreakGlass(roleArn: string): void {
    const rule = this.notify({
      id: 'BreakGlassUsed',
      page: 'break-glass-used',
      says: 'The break-glass role was used on Secrets Manager. Somebody must know why.',
      pattern: {
        source: ['aws.secretsmanager'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { userIdentity: { sessionContext: { sessionIssuer: { arn: [roleArn] } } } },
      },
      secretAt: '$.detail.requestParameters.secretId',
    })
    const cfnRule = rule.node.defaultChild
    if (!(cfnRule instanceof CfnRule)) throw new Error('The rule has no CfnRule.')
    // Reading a value is a read-only management event, which rules do not see otherwise.
    cfnRule.state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
  }

  private text({ page, says }: Notice): string {
    return `${says} Runbook: ${this.props.runbook ?? 'docs/runbook.md'}#${page}`
  }

  private notify(notice: EventNotice, bus?: EventBus): Rule {
    const { notifications, names } = this.props
    return new Rule(this, notice.id, {
      description: this.text(notice).slice(0, 512),
      eventPattern: notice.pattern,
      ...defined({ eventBus: bus }),
      targets: [
        keepingUndelivered(
          toTopic(
            notifications.topic,
            // Only names and ids: a message leaves the account.
            RuleTargetInput.fromText(
              `[m2m ${names.stage}] ${EventField.fromPath('$.detail-type')}: ${EventField.fromPath(notice.secretAt)}, ${EventField.time}, ${EventField.account} ${EventField.region}. ${this.text(notice)}`,
            ),
          ),
          notifications.deadLetters,
        ),
      ],
    })
  }

  private alarm(notice: MetricNotice): void {
    const { notifications, names } = this.props
    const alarm = new Alarm(this, notice.id, {
      alarmName: alarmName(names, notice),
      alarmDescription: this.text(notice),
      metric: notice.metric,
      threshold: notice.atLeast,
      evaluationPeriods: notice.periods ?? 1,
      comparisonOperator:
        notice.silence === 'wrong'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: whenSilent[notice.silence ?? 'fine'],
    })
    alarm.addAlarmAction(new SnsAction(notifications.topic))
    this.alarms.push(alarm)
  }
}
