// What an operator sees at a glance, and the questions that are asked of the logs again and again, saved. It reads metrics that are there: of
// the sweep, the rotation functions and the archive (embedded in their log lines), of Lambda, API Gateway and the queues.
import { Duration, Stack } from 'aws-cdk-lib'
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  LogQueryVisualizationType,
  LogQueryWidget,
  Metric,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { STEP_TIMEOUT_MS } from '../../lambda/core/secret/step-timeout.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { StageNames } from '../config/stage-names.ts'

export interface DashboardProps {
  readonly names: StageNames
  /** Every alarm of the stage: the first row is green, or somebody is needed. */
  readonly alarms: readonly IAlarm[]
  readonly functions: {
    readonly rotation: M2mFunction
    readonly incident: M2mFunction
    readonly sweep: M2mFunction
    readonly archive: M2mFunction
    readonly vendor?: M2mFunction
  }
}

const INTENTS = ['rotate', 'settle', 'revoke', 'rollback'] as const
const HOUR = Duration.hours(1)
const WIDTH = 24

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id)
    const { names, alarms, functions } = props
    const { rotation, incident, sweep, vendor } = functions
    const namespace = `M2M/${names.stage}`
    const metric = (metricName: string, statistic: string, dimensionsMap?: Readonly<Record<string, string>>): Metric =>
      new Metric({
        namespace,
        metricName,
        statistic,
        period: HOUR,
        ...(dimensionsMap === undefined
          ? {}
          : { dimensionsMap: { ...dimensionsMap }, label: Object.values(dimensionsMap).join(' ') }),
      })
    const byIntent = (metricName: string): Metric[] => INTENTS.map((intent) => metric(metricName, 'Sum', { intent }))
    const dashboard = new CloudWatchDashboard(this, 'Board', {
      // Dashboards belong to an account, not to a Region (CloudFormation Template Reference, AWS::CloudWatch::Dashboard).
      dashboardName: `m2m-${names.stage}-${Stack.of(this).region}`,
      defaultInterval: Duration.days(7),
    })
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Is anything wrong?', alarms: [...alarms], width: WIDTH, height: 4 }),
    )
    dashboard.addWidgets(
      new SingleValueWidget({
        title: 'The fleet, as the last sweep saw it',
        metrics: [
          metric('OldestSecretDays', 'Maximum'),
          metric('FindingsOpen', 'Maximum'),
          metric('OverlapsOpen', 'Maximum'),
          metric('Frozen', 'Maximum'),
          metric('Alive', 'Minimum'),
        ],
        width: WIDTH,
        height: 4,
      }),
    )
    dashboard.addWidgets(
      new GraphWidget({ title: 'Rotations that ended', left: byIntent('RotationsFinished'), width: 12 }),
      new GraphWidget({
        title: 'Refused, and steps that failed',
        left: [...byIntent('RotationsRefused'), metric('DriftDetected', 'Sum'), metric('StepsFailed', 'Sum')],
        width: 12,
      }),
    )
    dashboard.addWidgets(
      new GraphWidget({
        title: 'Revokes, and seconds until the old value was proven dead',
        left: [metric('SecretsRevoked', 'Sum')],
        right: [metric('SecondsToProof', 'Maximum'), metric('SecondsToProof', 'p50')],
        width: 12,
      }),
      new LogQueryWidget({
        title: 'The last incidents',
        logGroupNames: [incident.logGroup.logGroupName],
        view: LogQueryVisualizationType.TABLE,
        queryString: [
          'fields @timestamp, incident, source, requestedBy, outcome, clients, failures, ms',
          'filter ispresent(incident)',
          'sort @timestamp desc',
          'limit 20',
        ].join(' | '),
        width: 12,
      }),
    )
    dashboard.addWidgets(
      new GraphWidget({
        title: `Rotation function: duration, of ${STEP_TIMEOUT_MS / 1000} s`,
        left: [rotation.function.metricDuration({ statistic: 'Maximum', period: HOUR })],
        right: [rotation.function.metricErrors({ period: HOUR }), rotation.function.metricThrottles({ period: HOUR })],
        width: 12,
      }),
      new GraphWidget({
        title: vendor === undefined ? 'Sweep: duration, of 300 s' : 'Vendor: requests and duration',
        left: [(vendor ?? sweep).function.metricInvocations({ period: HOUR })],
        right: [(vendor ?? sweep).function.metricDuration({ statistic: 'p99', period: HOUR })],
        width: 12,
      }),
    )
    if (vendor !== undefined) {
      dashboard.addWidgets(
        new GraphWidget({
          title: 'Tokens vended: from the cache, minted, refused',
          left: ['Vends', 'VendCacheHits', 'VendMints', 'VendsStale'].map((name) => metric(name, 'Sum')),
          right: ['VendsRefused', 'VendsFailed'].map((name) => metric(name, 'Sum')),
          width: WIDTH,
        }),
      )
    }
    this.saveQueries(props)
  }

  private saveQueries({ names, functions }: DashboardProps): void {
    const { rotation, incident, archive, vendor } = functions
    const save = (id: string, name: string, fns: readonly M2mFunction[], queryString: QueryString): void => {
      new QueryDefinition(this, id, {
        queryDefinitionName: `m2m/${names.stage}/${name}`,
        queryString,
        logGroups: fns.map(({ logGroup }) => logGroup),
      })
    }
    const newest = { sort: '@timestamp desc', limit: 200 }
    save(
      'Refusals',
      'refusals, by reason',
      [rotation],
      new QueryString({
        filterStatements: ['outcome in ["refused", "failed"]'],
        statsStatements: [
          'count(*) as times, latest(@timestamp) as last, latest(secret) as secret by reason, code, step, intent',
        ],
        sort: 'times desc',
      }),
    )
    save(
      'OneSecret',
      'one secret, step by step (put its name in)',
      [rotation],
      new QueryString({
        fields: ['@timestamp', 'step', 'intent', 'outcome', 'reason', 'ms', 'requestToken'],
        filterStatements: ['secret like "billing"'],
        ...newest,
      }),
    )
    save(
      'OneIncident',
      'one incident, from report to evidence (put its id in)',
      [incident, rotation, archive],
      new QueryString({
        fields: ['@timestamp', '@log', 'incident', 'intent', 'step', 'outcome', 'secret', 'requestToken', 'key'],
        filterStatements: ['@message like "INC-42" or intent in ["revoke", "settle"] or type = "Secret Revoked"'],
        ...newest,
      }),
    )
    if (vendor === undefined) return
    save(
      'Vends',
      'vends, by caller and client',
      [vendor],
      new QueryString({
        filterStatements: ['audit = "vend"'],
        statsStatements: [
          'count(*) as vends, sum(source = "minted") as mints, sum(decision != "vended") as refused by caller, client',
        ],
        sort: 'vends desc',
      }),
    )
  }
}
