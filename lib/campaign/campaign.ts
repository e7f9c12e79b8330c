// The campaign function: a durable one, so that a campaign outlives any process, with an alias by which everybody starts it and versions
// that stay, since what has begun replays on its own. It asks for rotations as the sweep does and sees no value; beside that it may
// start itself, page by page, and write its own checkpoints.

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Alias, CfnFunction, type IVersion } from 'aws-cdk-lib/aws-lambda'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { CAMPAIGN_COMPLETED, CAMPAIGN_SOURCE } from '../../lambda/core/base/event-types.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import { writeCampaignEnv } from '../../lambda/env/campaign.ts'
import { deadLetters, messagesSent } from '../base/dead-letters.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { eventPattern } from '../base/event-pattern.ts'
import { freezeParameter, mayReadFreeze } from '../base/freeze.ts'
import { guardFunction } from '../base/function-policy.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import { longestGapHours } from '../config/campaign-config.ts'
import { functionArn, functionName, roleArn, type StageNames } from '../config/stage-names.ts'
import type { RecordsTable } from '../rotation/records-table.ts'
import type { RotationFunction } from '../rotation/rotation-function.ts'
import { mayAskForRotations } from '../rotation/rotation-rights.ts'

export interface CampaignProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly rotation: RotationFunction
  readonly bounds: Bounds
  /** Where the rotation function notes when it switches. */
  readonly records: RecordsTable
  readonly bus: M2mEventBus
  /** Of the periodic campaign, for EventBridge Scheduler. */
  readonly schedule: string
  readonly spans: { readonly periodHours: number; readonly overlapHours: number }
  /** Roles that start campaigns, beside its schedule's and its own. */
  readonly callerRoleArns: readonly string[]
  /** @default - Stytch sets no limit */
  readonly stytchCallsPerSecond?: number
  readonly removalPolicy: RemovalPolicy
}

/** The operators' policy, as far as a part adds to it. */
interface Operators {
  maySet(name: string): void
  mayDo(...statements: readonly PolicyStatement[]): void
  explain(resource: string, reason: string): void
}

const ALIAS = 'live'
/** As long as Lambda lets one invocation run; an execution has as many as it takes. */
const TIMEOUT_SECONDS = 900
/** The state of a hundred pages is some megabytes. */
const MEMORY_MB = 512
/** Beside an overlap or a grace of a day: a hundred thousand switched and settled, and a day for what cannot be foreseen. */
const BUSY_HOURS = 48
const LONGEST_GRACE_HOURS = 24
/** How long one can look into what a campaign did: Lambda's own history, beside the report. */
const HISTORY_DAYS = 30
/** One that starts hours late still begins with what is due. */
const LATEST_START_SECONDS = 6 * 3600

const OF_A_VERSION = 'An execution belongs to the version that it began on, and is named when it begins'

const FIVE_MINUTES = Duration.minutes(5)

/** Of the alias, by name: known before the function is there. */
export const campaignAliasArn = (scope: Construct, names: StageNames): string =>
  `${functionArn(scope, names, 'campaign')}:${ALIAS}`

/** `/m2m/prod/campaigns` */
const controlParameter = ({ stage }: StageNames): string => `/m2m/${stage}/campaigns`

export class Campaign extends Construct {
  readonly fn: M2mFunction
  readonly alias: Alias
  /** The input of executions that failed, and what the schedule could not start. */
  readonly deadLetters: Queue
  /** Of the periodic campaign, at EventBridge Scheduler. */
  readonly scheduleName: string
  private readonly aliasArn: string
  private readonly names: StageNames

  constructor(scope: Construct, id: string, props: CampaignProps) {
    super(scope, id)
    const { names, rotation, bus, spans } = props
    this.names = names
    this.aliasArn = campaignAliasArn(this, names)
    this.scheduleName = functionName(names, 'campaign')
    this.deadLetters = deadLetters(this, 'DeadLetters', {
      holds: 'It is itself where campaigns end that failed or could not be started',
      removalPolicy: props.removalPolicy,
    })
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'campaign',
      bundle: 'on-campaign',
      description: `Rotates and revokes many of the secrets below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure: this.deadLetters,
      environment: writeCampaignEnv({
        secretNamePrefix: names.secretNamePrefix,
        extraPrefixes: names.extraPrefixes,
        rotationFunctionArn: rotation.arn,
        selfArn: this.aliasArn,
        eventBus: bus.bus.eventBusArn,
        periodHours: spans.periodHours,
        overlapHours: spans.overlapHours,
        campaignEveryHours: longestGapHours(props.schedule),
        freeze: { parameter: freezeParameter(names) },
        controlParameter: controlParameter(names),
        bounds: props.bounds,
        records: { table: props.records.table.tableName },
        ...defined({ stytchCallsPerSecond: props.stytchCallsPerSecond }),
      }),
    })
    this.makeDurable(spans.overlapHours)
    this.mayRun(props)
    this.alias = this.publish()
    const scheduleRole = this.schedule(props)
    this.guard([roleArn(this, names, 'campaign'), scheduleRole.roleArn, ...props.callerRoleArns])
  }

  readonly eventNotices: readonly EventNotice[] = [
    {
      id: 'CampaignFailed',
      page: 'campaign-failed',
      says: 'A campaign stopped early, or some of its clients failed. The event names them.',
      // That of a revoke is told as its incident's end, with whose leaked value may still be accepted (IncidentFailed).
      pattern: eventPattern(CAMPAIGN_SOURCE, CAMPAIGN_COMPLETED, { needsSomebody: [true], intent: ['rotate'] }),
      secretAt: '$.detail.campaignId',
    },
  ]

  /** Whatever keeps a campaign from saying even that. */
  get metricNotices(): readonly MetricNotice[] {
    return [
      {
        id: 'CampaignExecutionFailed',
        page: 'campaign-failed',
        says: 'An execution of the campaign function failed: malformed input, or a defect. The input is in the dead-letter queue.',
        metric: this.durableMetric('DurableExecutionFailed'),
        atLeast: 1,
      },
      {
        id: 'CampaignTimedOut',
        page: 'campaign-failed',
        says: 'Lambda ended a campaign, or a page of one, that ran for too long.',
        metric: this.durableMetric('DurableExecutionTimedOut'),
        atLeast: 1,
      },
      {
        id: 'CampaignStopped',
        page: 'campaign-failed',
        says: 'A campaign, or a page of one, was stopped in Lambda, which leaves no report. Next time use m2m campaign stop ID.',
        metric: this.durableMetric('DurableExecutionStopped'),
        atLeast: 1,
      },
      {
        id: 'CampaignDeadLetters',
        page: 'campaign-failed',
        says: 'A campaign failed or could not be started. Its input is in a dead-letter queue.',
        metric: messagesSent(this.deadLetters),
        atLeast: 1,
      },
    ]
  }

  /** Lets operators start and repeat campaigns, look at them, pause and stop them. */
  letOperate(operators: Operators): void {
    const arn = functionArn(this, this.names, 'campaign')
    const executions = `${arn}:*`
    operators.mayDo(
      new PolicyStatement({
        sid: 'StartCampaigns',
        actions: ['lambda:InvokeFunction'],
        resources: [this.aliasArn],
      }),
      new PolicyStatement({
        sid: 'SeeCampaigns',
        actions: ['lambda:ListDurableExecutionsByFunction', 'lambda:GetDurableExecution'],
        resources: [arn, executions],
      }),
    )
    // Pausing and stopping.
    operators.maySet(controlParameter(this.names))
    operators.explain(executions, OF_A_VERSION)
  }

  /** The parameter is no resource of the stack, as the freeze's is none: CloudFormation would write its value again. */
  private control(sid: string, actions: readonly string[]): PolicyStatement {
    const { partition, region, account } = Stack.of(this)
    const resources = [`arn:${partition}:ssm:${region}:${account}:parameter${controlParameter(this.names)}`]
    return new PolicyStatement({ sid, actions: [...actions], resources })
  }

  /** Lambda's documentation: such metrics are of the function, all versions together. */
  private durableMetric(metricName: string): Metric {
    return new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      dimensionsMap: { FunctionName: this.fn.function.functionName },
      statistic: 'Sum',
      period: FIVE_MINUTES,
    })
  }

  private makeDurable(overlapHours: number): void {
    const cfnFunction = this.fn.function.node.defaultChild
    if (!(cfnFunction instanceof CfnFunction)) throw new Error('The function has no CfnFunction.')
    // Here and not by the construct's own property, which would print a remark at every synth.
    cfnFunction.durableConfig = {
      executionTimeout: (Math.ceil(Math.max(overlapHours, LONGEST_GRACE_HOURS)) + BUSY_HOURS) * 3600,
      retentionPeriodInDays: HISTORY_DAYS,
    }
  }

  /** A new version with every change; those before it stay, since executions that began on one go on there (docs/decisions/031). */
  private publish(): Alias {
    const version = this.fn.function.currentVersion
    version.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    // The class says of its optional fields what the interface leaves out.
    return new Alias(this, 'Alias', { aliasName: ALIAS, version: version as IVersion })
  }

  private mayRun({ names, rotation, bus, records }: CampaignProps): void {
    const own = `${functionArn(this, names, 'campaign')}:*`
    mayAskForRotations(this, this.fn, { names, rotation })
    records.mayReadVersions(this.fn)
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'StartOwnPages',
        actions: ['lambda:InvokeFunction'],
        resources: [this.aliasArn],
      }),
      new PolicyStatement({
        sid: 'KeepOwnCheckpoints',
        actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
        resources: [own],
      }),
      bus.mayPublish(CAMPAIGN_SOURCE),
      mayReadFreeze(this, names),
      this.control('ReadWhatOperatorsWant', ['ssm:GetParameter']),
    )
    this.fn.explainWildcard(own, OF_A_VERSION)
  }

  /** Whoever may call it revokes and rotates whatever they name. */
  private guard(allowed: readonly string[]): void {
    const { arn } = this.fn
    guardFunction(this, 'OnlyItsCallers', {
      arn,
      // A campaign is begun by the alias.
      allowed: [],
      letIn: [],
      // Also here, since it is not said whether an alias's own policy is the only one that is asked about it.
      qualified: [{ sid: 'QualifiedByFewer', arn: `${arn}:*`, allowed }],
    }).node.addDependency(this.fn.function)
    guardFunction(this, 'AliasByFewer', { arn: this.aliasArn, allowed, letIn: [] }).node.addDependency(this.alias)
  }

  private schedule({ names, schedule: scheduleExpression }: CampaignProps): Role {
    const { partition, region, account } = Stack.of(this)
    const role = new Role(this, 'ScheduleRole', {
      roleName: `${functionName(names, 'campaign')}-schedule-${region}`,
      description: `Starts the periodic campaign of stage ${names.stage}`,
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
    const allow = (sid: string, action: string, resource: string): void => {
      role.addToPrincipalPolicy(new PolicyStatement({ sid, actions: [action], resources: [resource] }))
    }
    allow('StartTheCampaign', 'lambda:InvokeFunction', this.aliasArn)
    allow('KeepWhatCouldNotStart', 'sqs:SendMessage', this.deadLetters.queueArn)
    const schedule = new CfnSchedule(this, 'Schedule', {
      name: this.scheduleName,
      description: `Rotates what is due of the secrets below ${names.secretNamePrefix}`,
      scheduleExpression,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.aliasArn,
        roleArn: role.roleArn,
        // Scheduler puts the time in: delivered twice, it is the same campaign, and the second joins the first.
        input: JSON.stringify({
          intent: 'rotate',
          selector: { due: true },
          reason: 'Their period is over',
          requestedBy: functionName(names, 'campaign'),
          campaignId: 'schedule-<aws.scheduler.scheduled-time>',
        }),
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: LATEST_START_SECONDS },
        deadLetterConfig: { arn: this.deadLetters.queueArn },
      },
    })
    // It may fire as soon as it is there; policy and alias are resources of their own.
    schedule.node.addDependency(role, this.alias)
    return role
  }
}
