// The incident function: the rules on our bus call it for every leak that is reported, each by a source that only named roles may use. It
// asks for rotations as the sweep does and sees no value; what is too much for one execution it hands to the campaign function.

import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { INCIDENT_COMPLETED, INCIDENT_SOURCE, LEAK_REPORTED } from '../../lambda/core/base/event-types.ts'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import { writeIncidentEnv } from '../../lambda/env/incident.ts'
import { deadLetters, messagesSent } from '../base/dead-letters.ts'
import type { M2mEventBus, Speakers } from '../base/event-bus.ts'
import { eventPattern } from '../base/event-pattern.ts'
import { freezeParameter, mayReadFreeze } from '../base/freeze.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import { keepingUndelivered } from '../base/rule-targets.ts'
import type { StageNames } from '../config/stage-names.ts'
import type { ProjectRotation } from '../rotation/project-rotation.ts'
import type { RotationFunction } from '../rotation/rotation-function.ts'
import { mayAskForRotations } from '../rotation/rotation-rights.ts'
import { addLeakRules } from './leak-rules.ts'

export interface IncidentFunctionProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly rotation: RotationFunction
  /** Absent: the project secret is rotated by hand. */
  readonly project?: ProjectRotation | undefined
  readonly bounds: Bounds
  readonly bus: M2mEventBus
  /** Who may report a leak, by source. */
  readonly reporters: Speakers
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

export class IncidentFunction extends Construct {
  readonly fn: M2mFunction
  /** Reports that may not be carried out, and those that failed three times over. */
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
    addLeakRules(this, {
      bus: bus.bus,
      speakers: props.reporters,
      target: keepingUndelivered(new LambdaFunction(this.fn.function), props.undelivered),
    })
  }

  readonly eventNotices: readonly EventNotice[] = [
    {
      id: 'LeakReported',
      page: 'leak',
      says: 'A leak was reported. If no Incident Completed follows within minutes, the report was not carried out.',
      pattern: { detailType: [LEAK_REPORTED] },
      secretAt: '$.detail.incidentId',
    },
    {
      id: 'IncidentFailed',
      page: 'leak',
      says: 'A leaked secret may still be accepted: the incident function could not revoke every client.',
      pattern: eventPattern(INCIDENT_SOURCE, INCIDENT_COMPLETED, { clients: { outcome: ['failed'] } }),
      secretAt: '$.detail.incidentId',
    },
  ]

  get metricNotices(): readonly MetricNotice[] {
    return [
      {
        id: 'IncidentWaits',
        page: 'leak',
        says: 'A leak report waits for a minute or longer: the incident function failed on it and tries again, or as many incidents run as may.',
        // Of an asynchronous call Lambda publishes how old it is whenever it tries to run it: again after a failure, too.
        metric: this.fn.function.metric('AsyncEventAge', { period: FIVE_MINUTES, statistic: 'Maximum' }),
        atLeast: MINUTE_MS,
      },
      {
        id: 'IncidentThrottles',
        page: 'leak',
        says: 'Leak reports find no free execution, again after five minutes: they wait, for six hours at most, while what leaked works.',
        metric: this.fn.function.metricThrottles({ period: FIVE_MINUTES }),
        atLeast: 1,
        periods: 2,
      },
      {
        id: 'IncidentDeadLetters',
        page: 'leak',
        says: 'A leak report was not carried out, and waits in a queue of its own: it was malformed, or failed three times.',
        metric: messagesSent(this.deadLetters),
        atLeast: 1,
      },
    ]
  }
}
