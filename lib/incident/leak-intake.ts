// Where detectors report: an HTTP API with one route, or a REST API behind AWS WAF (leak-firewall.ts), in front of a function that believes
// only what is signed. The function verifies before it touches anything that others need; then it asks the identify function, passes a
// gate that it keeps in the records table, and reports to the bus about one client. Nobody but its APIs may call it (docs/decisions/036, 099).

import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib'
import { CfnStage, HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { leakSources } from '../../lambda/core/base/event-types.ts'
import { INTAKE_THROTTLE, type Throttle, UNRESERVED_THROTTLE } from '../../lambda/core/intake/door-limits.ts'
import { GITHUB_URL, writeIntakeEnv } from '../../lambda/env/intake.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { eventPattern } from '../base/event-pattern.ts'
import { type FunctionSurroundings, logSettings, M2mFunction, reservationOf } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import type { IntakeConfig } from '../config/incident-config.ts'
import {
  formerGateName,
  functionName,
  namedSecret,
  perhapsNamedSecret,
  type StageNames,
} from '../config/stage-names.ts'
import type { RecordsTable } from '../rotation/records-table.ts'
import type { Identify } from './identify.ts'
import { LeakFirewall } from './leak-firewall.ts'

export interface LeakIntakeProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly config: IntakeConfig
  readonly identify: Identify
  readonly bus: M2mEventBus
  /** Keeps the gate (docs/decisions/058). */
  readonly records: RecordsTable
}

/** Longer than the search: its answer must still be reported. API Gateway stops waiting after 30 s; the function goes on. */
const TIMEOUT_SECONDS = 320
const MEMORY_MB = 512
const EACH_FIVE_MINUTES = { period: Duration.minutes(5), statistic: 'Sum' }

/** What both kinds of API count. */
interface CountingApi {
  metricServerError(options: typeof EACH_FIVE_MINUTES): Metric
  metricClientError(options: typeof EACH_FIVE_MINUTES): Metric
}

/** Who asked and what was answered; neither headers nor body. */
const ACCESS_LOG = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.integrationErrorMessage',
})

export class LeakIntake extends Construct {
  readonly fn: M2mFunction
  /** Absent: detectors have all moved to the firewall's address. */
  readonly api: HttpApi | undefined
  readonly firewall: LeakFirewall | undefined
  private readonly gate: RecordsTable
  /** What a deployment before the records table kept, which the first change of the gate takes over. */
  private readonly formerGate: PolicyStatement

  constructor(scope: Construct, id: string, props: LeakIntakeProps) {
    super(scope, id)
    const { names, config, identify, bus, records } = props
    this.gate = records
    this.formerGate = new PolicyStatement({
      sid: 'ReadTheFormerGate',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [...perhapsNamedSecret(this, formerGateName(names))],
    })
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'intake',
      bundle: 'on-leak-report',
      description: "Takes detectors' reports of leaked M2M secrets",
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure:
        'A delivery may hold the leaked value, so that no queue may keep it; API Gateway calls it synchronously',
      environment: writeIntakeEnv({
        signingSecretId: config.signingSecretName,
        records: { table: records.table.tableName },
        formerGateId: formerGateName(names),
        maxPerHour: config.maxPerHour,
        watched: config.watched,
        identifyFunctionName: functionName(names, 'identify'),
        eventBus: bus.bus.eventBusArn,
        githubUrl: config.githubUrl ?? GITHUB_URL,
        ...defined({ githubAppSecretId: config.githubAppSecretName }),
      }),
    })
    this.mayTake(props)
    this.fn.mayDo(identify.mayAsk(), bus.mayPublish(leakSources.intake))
    const { firewall } = config
    const throttle = reservationOf('intake', props.surroundings) === undefined ? UNRESERVED_THROTTLE : INTAKE_THROTTLE
    this.api = config.keepsFormerAddress ? this.makeApi(props, throttle) : undefined
    this.firewall = firewall && new LeakFirewall(this, 'Firewall', { names, fn: this.fn.function, throttle, firewall })
    this.nameAddresses()
  }

  /** A leak that could not be resolved, or that is held. */
  readonly eventNotices: readonly EventNotice[] = [
    {
      id: 'LeakUnresolved',
      page: 'leak-unresolved',
      says: 'A detector reported a leak that could not be traced to a client. Nothing was revoked: pass the leaked text to m2m incident --leaked-value-stdin.',
      run: 'm2m incident show ID --stage STAGE',
      pattern: eventPattern(leakSources.intake, 'Leak Unresolved'),
      // Not where the detector shows it, which is the detector's text.
      secretAt: '$.detail.incidentId',
    },
    {
      id: 'IntakeHeld',
      page: 'intake-held',
      says: 'The leak intake holds new incidents: too many leaks within an hour. Nothing held is revoked until a person releases it.',
      pattern: eventPattern(leakSources.intake, 'Incident Held', { first: [true] }),
      secretAt: '$.detail.secretName',
    },
    {
      id: 'HeldNotRemembered',
      page: 'intake-held',
      says: 'A held leak was not recorded, so a release will not report it: the records table does not answer, or is full.',
      pattern: eventPattern(leakSources.intake, 'Incident Held', { remembered: [false] }),
      secretAt: '$.detail.secretName',
    },
  ]

  /** Whatever keeps the intake from reporting even that. */
  get metricNotices(): readonly MetricNotice[] {
    return [
      {
        id: 'IntakeFailures',
        page: 'leak-unresolved',
        says: 'The leak intake failed deliveries: its function failed or timed out, all its executions were busy, or the report could not be published. Detectors do not retry.',
        // Whatever the reason, what the detector got is a 5xx.
        metric: this.ofBoth((api) => api.metricServerError(EACH_FIVE_MINUTES)),
        atLeast: 1,
      },
      {
        id: 'IntakeRefusals',
        page: 'leak-unresolved',
        says: 'The leak intake refuses many deliveries: a key was replaced on one side only, or somebody sends unsigned requests.',
        metric: this.ofBoth((api) => api.metricClientError(EACH_FIVE_MINUTES)),
        atLeast: 20,
      },
    ]
  }

  /** What releasing the gate takes, beside the right to report leaks: for the operators' policy. */
  mayRelease(): readonly PolicyStatement[] {
    return [this.gate.mayPassTheGate('ReleaseTheIntake'), this.formerGate]
  }

  private mayTake({ config }: LeakIntakeProps): void {
    const read = [config.signingSecretName, ...(config.githubAppSecretName ? [config.githubAppSecretName] : [])]
    const secrets = read.map((name) => namedSecret(this, name))
    this.fn.mayDo(
      new PolicyStatement({ sid: 'ReadKeys', actions: ['secretsmanager:GetSecretValue'], resources: secrets }),
      this.gate.mayPassTheGate('PassTheGate'),
      this.formerGate,
    )
    if (config.secretsKeyArn === undefined) return
    const { region, urlSuffix } = Stack.of(this)
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'DecryptKeys',
        actions: ['kms:Decrypt'],
        resources: [config.secretsKeyArn],
        conditions: {
          StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
          StringLike: { 'kms:EncryptionContext:SecretARN': secrets },
        },
      }),
    )
  }

  /** The firewall's address is the one to report to; the one before answers beside it. */
  private nameAddresses(): void {
    const name = (id: string, value: string, description: string): void => {
      new CfnOutput(this, id, { value: `${value}/leaks`, description })
    }
    const here = 'Where detectors report leaks'
    if (this.firewall !== undefined) name('Url', this.firewall.url, `${here}, behind AWS WAF`)
    if (this.api === undefined) return
    if (this.firewall === undefined) name('Url', this.api.apiEndpoint, here)
    else name('FormerUrl', this.api.apiEndpoint, `${here} without AWS WAF, until formerAddress is false`)
  }

  private ofBoth(metricOf: (api: CountingApi) => Metric): Metric | MathExpression {
    const [first, second] = [this.api, this.firewall?.api].filter((api) => api !== undefined).map(metricOf)
    if (first === undefined) throw new Error('The intake has no API.')
    if (second === undefined) return first
    const { period } = EACH_FIVE_MINUTES
    return new MathExpression({
      expression: 'FILL(former, 0) + FILL(firewall, 0)',
      usingMetrics: { former: first, firewall: second },
      period,
    })
  }

  private makeApi({ names, surroundings }: LeakIntakeProps, throttle: Throttle): HttpApi {
    const api = new HttpApi(this, 'Api', {
      apiName: functionName(names, 'intake'),
      description: "Takes detectors' reports of leaked M2M secrets",
      createDefaultStage: false,
    })
    // It grants the API, for this route alone, to call the function.
    const routes = api.addRoutes({
      path: '/leaks',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Function', this.fn.function),
    })
    for (const route of routes) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'Detectors hold no AWS credentials: each delivery is signed, and the function believes nothing else',
      })
    }
    const log = new LogGroup(this, 'AccessLog', {
      // Such a name needs no statement of its own in the account's one policy of log groups; the API's id keeps a group that outlived its
      // API out of the way.
      logGroupName: `/aws/vendedlogs/${functionName(names, 'intake')}-${api.apiId}`,
      ...logSettings(surroundings),
    })
    const stage = api.addStage('Stage', {
      stageName: '$default',
      autoDeploy: true,
      throttle,
    })
    const cfnStage = stage.node.defaultChild
    if (!(cfnStage instanceof CfnStage)) throw new Error('The stage has no CfnStage.')
    const { destinationArn } = new LogGroupLogDestination(log).bind(stage)
    cfnStage.accessLogSettings = { destinationArn, format: ACCESS_LOG }
    return api
  }
}
