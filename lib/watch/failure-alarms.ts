// Who is notified of what, from the first day: each notice says in its own words what happened, and names its page in the runbook.
// Notices come from what the system publishes on its bus, from metrics that AWS does publish, and, as a second opinion, from CloudTrail
// (trail-notices.ts). Secrets Manager has no metric of its own for a rotation that failed. An alarm speaks once and says when it is over.

import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { CfnRule, type EventBus, Rule } from 'aws-cdk-lib/aws-events'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { ROTATION_SOURCE } from '../../lambda/core/base/event-types.ts'
import { STEP_NEAR_TIMEOUT_MS, STEP_TIMEOUT_MS } from '../../lambda/core/secret/step-timeout.ts'
import { alarmName } from '../base/alarm-names.ts'
import { messagesSent } from '../base/dead-letters.ts'
import { eventPattern } from '../base/event-pattern.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import type { Notifications } from '../base/notifications.ts'
import { keepingUndelivered, toTopic } from '../base/rule-targets.ts'
import type { BreakGlass } from '../config/account-config.ts'
import type { Part, StageNames } from '../config/stage-names.ts'
import type { EvidenceArchive } from '../incident/evidence-archive.ts'
import { alarmText, chatMessage, mailMessage, quietHoursOf, ruleText } from './notice-message.ts'
import { breakGlassUsed, changedByHand, rotationsGivenUp } from './trail-notices.ts'

/** Whatever lists notices of its own. */
export interface NoticeSource {
  /** Where the details of its notices are. */
  readonly fn?: M2mFunction
  readonly eventNotices?: readonly EventNotice[]
  readonly metricNotices: readonly MetricNotice[]
}

export interface FailureAlarmsProps {
  readonly names: StageNames
  readonly bus: EventBus
  readonly notifications: Notifications
  readonly rotation: M2mFunction
  readonly registrar: M2mFunction
  readonly archive: EvidenceArchive
  /** The parts that this stage has, each with what it has to say. */
  readonly parts: readonly NoticeSource[]
  readonly breakGlass: BreakGlass
  /** What this stage stands on, and who may change it. */
  readonly foundation: {
    readonly keys: readonly IKey[]
    readonly ownSecrets: readonly string[]
    readonly schedules: readonly string[]
    readonly deployRoleArn: string
  }
  /** Where the runbook can be read. @default - messages name its page */
  readonly runbookUrl?: string | undefined
}

const FIVE_MINUTES = Duration.minutes(5)
const HOUR_SECONDS = 3600

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
    const { names, rotation, registrar, archive, breakGlass } = props
    for (const notice of ofRotations) this.notify(notice, { bus: props.bus, log: rotation.part })
    for (const notice of rotationsGivenUp(names)) this.notify(notice, { log: rotation.part })
    for (const notice of this.onFoundation()) this.notify(notice)
    for (const notice of onRotationMetrics(rotation)) this.alarm(notice, rotation.part)
    this.alarm(onRegistrarErrors(registrar), registrar.part)
    for (const notice of onArchiveMetrics(archive)) this.alarm(notice, archive.fn.part)
    this.alarm(this.onDeadLetters())
    for (const part of props.parts) this.addPart(part)
    if ('roleArn' in breakGlass) this.watchBreakGlass(breakGlass.roleArn)
  }

  private addPart({ fn, eventNotices = [], metricNotices }: NoticeSource): void {
    const log = fn?.part
    for (const notice of eventNotices) this.notify(notice, { bus: this.props.bus, log })
    for (const notice of metricNotices) this.alarm(notice, log)
  }

  private onFoundation(): readonly EventNotice[] {
    const { names, bus, breakGlass, foundation } = this.props
    const breakGlassArn = 'roleArn' in breakGlass ? breakGlass.roleArn : undefined
    return changedByHand({ scope: this, names, busName: bus.eventBusName, breakGlassArn, ...foundation })
  }

  private onDeadLetters(): MetricNotice {
    return {
      id: 'DeadLetters',
      page: 'dead-letters',
      says: 'A notice, a leak report or a CloudFormation request was not delivered, and is in the dead-letter queue.',
      metric: messagesSent(this.props.notifications.deadLetters),
      atLeast: 1,
    }
  }

  private watchBreakGlass(roleArn: string): void {
    const cfnRule = this.notify(breakGlassUsed(roleArn)).node.defaultChild
    if (!(cfnRule instanceof CfnRule)) throw new Error('The rule has no CfnRule.')
    // Reading a value is a read-only management event, which rules do not see otherwise.
    cfnRule.state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
  }

  private place(log?: Part) {
    const { names, runbookUrl } = this.props
    return { scope: this, names, runbookUrl, log }
  }

  /** @param from the bus; CloudTrail's events are on the account's own. */
  private notify(notice: EventNotice, from: { readonly bus?: EventBus; readonly log?: Part | undefined } = {}): Rule {
    const { topics, deadLetters } = this.props.notifications
    const place = this.place(from.log)
    return new Rule(this, notice.id, {
      description: ruleText(notice),
      eventPattern: notice.pattern,
      ...defined({ eventBus: from.bus }),
      targets: topics.map(({ topic, isChat }) =>
        keepingUndelivered(toTopic(topic, (isChat ? chatMessage : mailMessage)(notice, place)), deadLetters),
      ),
    })
  }

  private alarm(notice: MetricNotice, log?: Part): void {
    const { notifications, names } = this.props
    const { metric, silence = 'fine', periods = 1 } = notice
    const quietPeriods = Math.floor((quietHoursOf(notice) * HOUR_SECONDS) / metric.period.toSeconds())
    const alarm = new Alarm(this, notice.id, {
      alarmName: alarmName(names, notice),
      alarmDescription: alarmText(notice, this.place(log)),
      metric,
      threshold: notice.atLeast,
      // It stays until there was none of it in all of these, so that it does not say the same again and again.
      evaluationPeriods: Math.max(periods, quietPeriods),
      datapointsToAlarm: periods,
      comparisonOperator:
        silence === 'wrong'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: whenSilent[silence],
    })
    for (const { topic } of notifications.topics) {
      const action = new SnsAction(topic)
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
    }
    this.alarms.push(alarm)
  }
}

// What cannot be rotated is tried every day; the campaign's report says so again, once a week.
const firstTime = { isRepeated: [{ exists: false }] }

const ofRotations: readonly EventNotice[] = [
  {
    id: 'RotationRefused',
    page: 'rotation-failed',
    says: 'A rotation was refused, and nothing more was changed.',
    pattern: eventPattern(ROTATION_SOURCE, 'Rotation Refused', firstTime),
    secretAt: '$.detail.secretName',
  },
  {
    id: 'Drift',
    page: 'drift',
    says: 'Stytch and the secret do not match: somebody changed the client by hand, or AWSCURRENT is refused.',
    pattern: eventPattern(ROTATION_SOURCE, 'Drift Detected', firstTime),
    secretAt: '$.detail.secretName',
  },
]

const onRotationMetrics = ({ function: fn }: M2mFunction): readonly MetricNotice[] => [
  {
    id: 'RotationErrors',
    page: 'rotation-failed',
    says: 'The rotation function failed. Secrets Manager retries; the log has the reason.',
    metric: fn.metricErrors({ period: FIVE_MINUTES }),
    atLeast: 1,
    // The sweep asks again for what is due every six hours: the same failure is one alarm.
    quietHours: 12,
  },
  {
    id: 'RotationThrottles',
    page: 'rotation-stuck',
    says: 'Rotations are throttled: more run at once than the reserved concurrency allows.',
    metric: fn.metricThrottles({ period: FIVE_MINUTES }),
    atLeast: 1,
  },
  {
    id: 'RotationNearTimeout',
    page: 'rotation-stuck',
    says: `A rotation step took over ${STEP_NEAR_TIMEOUT_MS / 1000} of its ${STEP_TIMEOUT_MS / 1000} seconds. A step that times out leaves AWSPENDING behind.`,
    metric: fn.metricDuration({ period: FIVE_MINUTES, statistic: 'Maximum' }),
    atLeast: STEP_NEAR_TIMEOUT_MS,
  },
]

const onRegistrarErrors = ({ function: fn }: M2mFunction): MetricNotice => ({
  id: 'RegistrarErrors',
  page: 'registration-failed',
  says: 'The registrar could not answer CloudFormation. The deployment waits until it times out.',
  metric: fn.metricErrors({ period: FIVE_MINUTES }),
  atLeast: 1,
})

const onArchiveMetrics = ({ unarchived, fn }: EvidenceArchive): readonly MetricNotice[] => [
  {
    id: 'EvidenceNotArchived',
    page: 'evidence-not-archived',
    says: 'Evidence could not be archived in three attempts. A queue keeps it for 14 days.',
    metric: messagesSent(unarchived),
    atLeast: 1,
  },
  {
    id: 'EvidenceNotKept',
    page: 'evidence-not-archived',
    says: 'Evidence was neither archived nor kept in its queue.',
    metric: fn.function.metric('DestinationDeliveryFailures', { period: FIVE_MINUTES, statistic: 'Sum' }),
    atLeast: 1,
  },
]
