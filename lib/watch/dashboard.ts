// What an operator sees at a glance: one number for each question, then what it is made of, then how it came about; and the questions that are
// asked of the logs again and again, saved. The numbers are asked of the logs (queries.ts), which costs no metric; the curves read metrics that
// are there, of the functions' log lines, of Lambda and of the vendor.
import { Duration, Stack } from 'aws-cdk-lib'
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  LogQueryVisualizationType,
  LogQueryWidget,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { STEP_TIMEOUT_MS } from '../../lambda/core/secret/step-timeout.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { StageNames } from '../config/stage-names.ts'
import {
  FLEET,
  FROZEN,
  LAST_INCIDENTS,
  OLDEST_SECRET,
  OPEN_OVERLAPS,
  SAVED_QUERIES,
  WHAT_IS_WRONG,
  WRONG_NOW,
} from './queries.ts'

export interface DashboardProps {
  readonly names: StageNames
  /** Every alarm of the stage. */
  readonly alarms: readonly IAlarm[]
  readonly functions: {
    readonly rotation: M2mFunction
    readonly incident: M2mFunction
    readonly sweep: M2mFunction
    readonly archive: M2mFunction
    readonly campaign?: M2mFunction
    readonly vendor?: M2mFunction
  }
}

const INTENTS = ['rotate', 'settle', 'revoke', 'rollback'] as const
const HOUR = Duration.hours(1)
const WIDTH = 24

export class Dashboard extends Construct {
  private readonly board: CloudWatchDashboard

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id)
    this.board = new CloudWatchDashboard(this, 'Board', {
      // Dashboards belong to an account, not to a Region (CloudFormation Template Reference, AWS::CloudWatch::Dashboard).
      dashboardName: `m2m-${props.names.stage}-${Stack.of(this).region}`,
      defaultInterval: Duration.days(7),
    })
    this.showAnswers(props)
    this.showCurves(props)
    this.saveQueries(props)
  }

  private showAnswers({ alarms, functions }: DashboardProps): void {
    const { rotation, incident, sweep, campaign } = functions
    const incidents = campaign === undefined ? [incident] : [incident, campaign]
    const show = (title: string, query: string, of: readonly M2mFunction[], size: { width: number; height: number }) =>
      new LogQueryWidget({
        title,
        logGroupNames: of.map(({ logGroup }) => logGroup.logGroupName),
        view: LogQueryVisualizationType.TABLE,
        queryString: query,
        ...size,
      })
    const number = { width: WIDTH / 4, height: 3 }
    this.board.addWidgets(
      show('Wrong now (0: nothing)', WRONG_NOW, [rotation, sweep, ...incidents], number),
      show('Oldest secret, days', OLDEST_SECRET, [sweep], number),
      show('Open overlaps', OPEN_OVERLAPS, [sweep], number),
      show('Frozen', FROZEN, [sweep], number),
    )
    const wide = { width: WIDTH, height: 5 }
    this.board.addWidgets(show('What is wrong', WHAT_IS_WRONG, [rotation, sweep, ...incidents], wide))
    this.board.addWidgets(show('The secrets, as the last sweep saw them', FLEET, [sweep], { ...wide, height: 3 }))
    this.board.addWidgets(show('The last incidents, with the time to the last proof', LAST_INCIDENTS, incidents, wide))
    this.board.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WIDTH, height: 4 }))
  }

  private showCurves({ names, functions }: DashboardProps): void {
    const { rotation, sweep, vendor } = functions
    const metric = (metricName: string, statistic: string, dimensionsMap?: Readonly<Record<string, string>>): Metric =>
      new Metric({
        namespace: `M2M/${names.stage}`,
        metricName,
        statistic,
        period: HOUR,
        ...(dimensionsMap === undefined
          ? {}
          : { dimensionsMap: { ...dimensionsMap }, label: Object.values(dimensionsMap).join(' ') }),
      })
    const sums = (...metricNames: readonly string[]): Metric[] => metricNames.map((name) => metric(name, 'Sum'))
    this.board.addWidgets(
      new GraphWidget({
        title: 'Rotations that ended',
        left: INTENTS.map((intent) => metric('RotationsFinished', 'Sum', { intent })),
        width: 12,
      }),
      new GraphWidget({
        title: 'Refused, and steps that failed',
        left: sums('RotationsRefused', 'DriftDetected', 'StepsFailed'),
        width: 12,
      }),
    )
    this.board.addWidgets(
      new GraphWidget({
        title: 'Revokes, and seconds until the old value was refused',
        left: sums('SecretsRevoked'),
        right: [metric('SecondsToProof', 'Maximum'), metric('SecondsToProof', 'p50')],
        width: 12,
      }),
      new GraphWidget({
        title: `Rotation function: duration, of ${STEP_TIMEOUT_MS / 1000} s`,
        left: [rotation.function.metricDuration({ statistic: 'Maximum', period: HOUR })],
        right: [rotation.function.metricErrors({ period: HOUR }), rotation.function.metricThrottles({ period: HOUR })],
        width: 12,
      }),
    )
    this.board.addWidgets(
      new GraphWidget({
        title: vendor === undefined ? 'Sweep: runs and duration, of 300 s' : 'Vendor: requests and duration',
        left: [(vendor ?? sweep).function.metricInvocations({ period: HOUR })],
        right: [(vendor ?? sweep).function.metricDuration({ statistic: 'p99', period: HOUR })],
        width: vendor === undefined ? WIDTH : 12,
      }),
      ...(vendor === undefined
        ? []
        : [
            new GraphWidget({
              title: 'Tokens vended: from the cache, minted, refused',
              left: sums('Vends', 'VendCacheHits', 'VendMints', 'VendsStale'),
              right: sums('VendsRefused', 'VendsFailed'),
              width: 12,
            }),
          ]),
    )
  }

  private saveQueries({ names, functions }: DashboardProps): void {
    for (const { id, name, functions: parts, query } of SAVED_QUERIES) {
      const logGroupNames = parts.flatMap((part) => functions[part]?.logGroup.logGroupName ?? [])
      if (logGroupNames.length === 0) continue
      // Below a construct of its own, as the CDK's own QueryDefinition has it: the same logical id, so that an upgrade replaces none.
      new CfnQueryDefinition(new Construct(this, id), 'Resource', {
        name: `m2m/${names.stage}/${name}`,
        queryString: query,
        logGroupNames,
      })
    }
  }
}
