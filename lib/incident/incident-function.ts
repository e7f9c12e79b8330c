// The incident function: a rule on our bus calls it for every leak that is reported, by sources that only named roles may use. It asks for
// rotations as the sweep does and sees no value; what is too much for one execution it hands to the campaign function, whose report another
// rule brings back to it, so that every incident ends by the same event.

import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import type { EventPattern } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { INCIDENT_COMPLETED, INCIDENT_SOURCE } from '../../lambda/core/base/event-types.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import { writeIncidentEnv } from '../../lambda/env/incident.ts'
import { campaignEndRule, leakReportRule } from '../../lambda/env/leak-rules.ts'
import { deadLetters, messagesSent } from '../base/dead-letters.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { eventPattern } from '../base/event-pattern.ts'
import { freezeParameter, mayReadFreeze } from '../base/freeze.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import { byRules, keepingUndelivered, toFunction } from '../base/rule-targets.ts'
import type { StageNames } from '../config/stage-names.ts'
import type { ProjectRotation } from '../rotation/project-rotation.ts'
import type { RotationFunction } from '../rotation/rotation-function.ts'
import { mayAskForRotations } from '../rotation/rotation-rights.ts'
import { addIncidentRules } from './leak-rules.ts'

export interface IncidentFunctionProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly rotation: RotationFunction
  /** Absent: the project secret is rotated by hand. */
  readonly project?: ProjectRotation | undefined
  readonly bounds: Bounds
  readonly bus: M2mEventBus
  readonly maxSecurityClients: number
  /** Of the campaign function's alias. @default - there are no campaigns, and what is too much for one execution fails */
  readonly campaignArn?: string
  /** @default - Stytch sets no limit */
  readonly stytchCallsPerSecond?: number
  /** For what EventBridge could not hand over; what the function could not do has a queue of its own. */
  readonly undelivered: IQueue
  readonly removalPolicy: RemovalPolicy
}

/** As long as Lambda lets a function run: a stuck rotation waits two minutes, and five attempts may each meet one. */
const TIMEOUT_SECONDS = 900
const MEMORY_MB = 256

const FIVE_MINUTES = Duration.minutes(5)
const MINUTE_MS = 60_000

const SUMMARY = '$.detail.summary'

/** Many clients make several events, of which each has the summary of all. */
const ended = (detail: NonNullable<EventPattern['detail']>): EventPattern =>
  eventPattern(INCIDENT_SOURCE, INCIDENT_COMPLETED, { part: [1], ...detail })

export class IncidentFunction extends Construct {
  readonly fn: M2mFunction
  /** Reports, and ends of campaigns, that the function failed on three times. */
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, props: IncidentFunctionProps) {
    super(scope, id)
    const { names, rotation, bus } = props
    this.deadLetters = deadLetters(this, 'DeadLetters', {
      holds: 'It is itself where leak reports end that could not be carried out',
      removalPolicy: props.removalPolicy,
    })
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'incident',
      bundle: 'on-incident',
      description: `Revokes leaked secrets below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure: 'A report that failed three times goes to a queue of its own by a destination, which keeps the error',
      environment: writeIncidentEnv({
        secretNamePrefix: names.secretNamePrefix,
        extraPrefixes: names.extraPrefixes,
        rotationFunctionArn: rotation.arn,
        ...defined({ campaignFunctionArn: props.campaignArn }),
        eventBus: bus.bus.eventBusArn,
        maxSecurityClients: props.maxSecurityClients,
        freeze: { parameter: freezeParameter(names) },
        bounds: props.bounds,
        ...defined({ project: props.project?.place, stytchCallsPerSecond: props.stytchCallsPerSecond }),
      }),
    })
    this.fn.function.configureAsyncInvoke({
      onFailure: new SqsDestination(this.deadLetters),
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
    })
    mayAskForRotations(this, this.fn, { names, rotation, project: props.project })
    this.fn.mayDo(bus.mayPublish(INCIDENT_SOURCE), mayReadFreeze(this, names))
    if (props.campaignArn !== undefined) {
      this.fn.mayDo(
        new PolicyStatement({
          sid: 'StartACampaign',
          actions: ['lambda:InvokeFunction'],
          resources: [props.campaignArn],
        }),
      )
    }
    const rules = addIncidentRules(this, {
      bus: bus.bus,
      rules: [leakReportRule, ...(props.campaignArn === undefined ? [] : [campaignEndRule])],
      target: keepingUndelivered(toFunction(this.fn.function), props.undelivered),
    })
    // The event says by whom a leak is reported, and the bus alone sees to it that this is true.
    this.fn.onlyCalledBy({ services: [byRules(rules)] })
  }

  // Each event has one line of its own that says who, whom, why and what to do (lambda/core/incident/incident-summary.ts).
  readonly eventNotices: readonly EventNotice[] = [
    {
      id: 'IncidentBegun',
      page: 'leak',
      says: 'A leak was reported, and its clients are being revoked. One more message says how it ended.',
      pattern: eventPattern(INCIDENT_SOURCE, 'Incident Begun'),
      secretAt: SUMMARY,
    },
    {
      id: 'IncidentDelayed',
      page: 'leak',
      says: 'An incident is delayed, and a leaked secret may still be accepted. It continues by itself.',
      pattern: eventPattern(INCIDENT_SOURCE, 'Incident Delayed'),
      secretAt: SUMMARY,
    },
    {
      id: 'IncidentEnded',
      page: 'leak',
      says: 'An incident is over: Stytch refuses the leaked secret. Nothing is left to do.',
      // One that leaves clients to a campaign is not over yet.
      pattern: ended({ outcome: ['dead', 'refused'], open: [{ exists: false }] }),
      secretAt: SUMMARY,
    },
    {
      id: 'IncidentFailed',
      page: 'leak',
      says: 'A leaked secret may still be accepted: not every client could be revoked.',
      pattern: ended({ outcome: ['partly', 'failed', 'nobody'] }),
      secretAt: SUMMARY,
    },
    {
      id: 'LeakReportRefused',
      page: 'leak',
      says: 'A leak report was NOT CARRIED OUT. The leaked secret still works.',
      pattern: eventPattern(INCIDENT_SOURCE, 'Leak Report Refused'),
      secretAt: SUMMARY,
    },
  ]

  get metricNotices(): readonly MetricNotice[] {
    return [
      {
        id: 'IncidentWaits',
        page: 'leak',
        says: 'A leak report has waited for a minute or longer: the incident function failed on it and retries, or all its executions are busy.',
        // Of an asynchronous call Lambda publishes how old it is whenever it tries to run it: again after a failure, too.
        metric: this.fn.function.metric('AsyncEventAge', { period: FIVE_MINUTES, statistic: 'Maximum' }),
        atLeast: MINUTE_MS,
      },
      {
        id: 'IncidentThrottles',
        page: 'leak',
        says: 'Leak reports have found no free execution for over five minutes. They are retried for six hours; until then the leaked secrets work.',
        metric: this.fn.function.metricThrottles({ period: FIVE_MINUTES }),
        atLeast: 1,
        periods: 2,
      },
      {
        id: 'IncidentDeadLetters',
        page: 'leak',
        says: 'A leak report failed three times and is in a dead-letter queue: the leaked secret may still be accepted.',
        metric: messagesSent(this.deadLetters),
        atLeast: 1,
      },
    ]
  }
}
