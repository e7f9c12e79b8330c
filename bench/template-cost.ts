// What a stage costs before anything happens, read off its synthesized template: alarms, metrics that are written all the time, keys, dashboards,
// and the sweep. Every type of resource is in the table of types, so that a new one is priced or named as free.
import { readFileSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { readDeployConfig } from '../lib/config/deploy-config.ts'
import { M2mStack } from '../lib/m2m-stack.ts'

/** US dollars a month, list prices of November 2026 in us-east-1, without free tiers unless it says so. */
export const monthly = {
  /** For each metric that an alarm looks at, one or several in an expression. */
  alarmMetric: 0.1,
  /** For each series, by the hours in which it is written. */
  series: 0.3,
  key: 1,
  /** The first three of an account, of up to 50 metrics each, cost nothing. */
  dashboard: 3,
} as const

/** An account's first three, of up to 50 metrics each. */
const FREE_DASHBOARDS = 3

const HOURS_A_MONTH = 730
const LAMBDA_GB_SECOND = 0.000_013_333_4
const LAMBDA_REQUEST = 0.2 / 1_000_000
const SCHEDULED_CALL = 1 / 1_000_000
const LOG_GB = 0.5

type Charge = 'alarm' | 'key' | 'dashboard' | 'schedule' | 'secret' | 'use' | 'free'

/** use: by what goes through it, so that one which nothing goes through costs nothing. */
const charges: Readonly<Record<string, Charge>> = {
  'AWS::CloudWatch::Alarm': 'alarm',
  'AWS::CloudWatch::Dashboard': 'dashboard',
  'AWS::KMS::Key': 'key',
  'AWS::Scheduler::Schedule': 'schedule',
  'Custom::M2mClient': 'secret',
  'AWS::ApiGateway::RestApi': 'use',
  'AWS::ApiGatewayV2::Api': 'use',
  'AWS::DynamoDB::GlobalTable': 'use',
  'AWS::Events::EventBus': 'use',
  'AWS::Events::Archive': 'use',
  'AWS::Lambda::Function': 'use',
  'AWS::Logs::LogGroup': 'use',
  'AWS::Logs::MetricFilter': 'use',
  'AWS::S3::Bucket': 'use',
  'AWS::SNS::Topic': 'use',
  'AWS::SQS::Queue': 'use',
}

/** What belongs to one of those, or to none. */
const FREE =
  /^AWS::(IAM|ApiGateway|ApiGatewayV2)::|^Custom::(M2mClaims|M2mRevocations)$|^AWS::Lambda::(Alias|Version|Permission|ResourcePolicy|EventInvokeConfig|EventSourceMapping)$|^AWS::(KMS::Alias|Events::Rule|Events::EventBusPolicy|SNS::TopicPolicy|SNS::Subscription|SQS::QueuePolicy|S3::BucketPolicy|Logs::QueryDefinition|SecretsManager::RotationSchedule|CDK::Metadata|Chatbot::.*)$/

interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}
export type Resources = Readonly<Record<string, Resource>>

export interface FixedParts {
  readonly alarms: number
  /** Of all alarms together. */
  readonly alarmMetrics: number
  readonly series: readonly string[]
  readonly keys: number
  readonly dashboards: number
  /** Of the sweep alone, a month. */
  readonly sweeps: number
}

const chargeOf = (type: string): Charge | undefined => charges[type] ?? (FREE.test(type) ? 'free' : undefined)

/** @returns every type of the template that nobody has priced. */
export const unpriced = (resources: Resources): readonly string[] => [
  ...new Set(Object.values(resources).flatMap(({ Type }) => (chargeOf(Type) === undefined ? [Type] : []))),
]

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Of an alarm: the one metric, or those that its expression is about. */
const metricsOf = ({ Properties: properties = {} }: Resource): number => {
  const { Metrics: metrics } = properties
  if (!Array.isArray(metrics)) return 1
  return metrics.filter((metric) => isObject(metric) && isObject(metric.MetricStat)).length
}

/** The metrics of each sweep's line, by the source that writes it: they come all day, whatever happens. */
const sweepSeries = (): readonly string[] => {
  const source = readFileSync(new URL('../lambda/handlers/sweep-metrics.ts', import.meta.url), 'utf8')
  const [, counts = ''] = /\bcounts: \{([^}]*)\}/.exec(source) ?? []
  const names = [...counts.matchAll(/^\s*([A-Z]\w+)\b/gm)].map(([, name = '']) => name)
  if (names.length === 0)
    throw new Error('The metrics of the sweep were not found in lambda/handlers/sweep-metrics.ts.')
  return names
}

const EVERY_MINUTES = /^rate\((\d+) minutes?\)$/

export const fixedParts = (resources: Resources): FixedParts => {
  const all = Object.values(resources)
  const charged = (charge: Charge): readonly Resource[] => all.filter(({ Type }) => chargeOf(Type) === charge)
  const minutes = charged('schedule').flatMap(({ Properties: { ScheduleExpression: text } = {} }) => {
    const match = EVERY_MINUTES.exec(String(text))
    return match === null ? [] : [Number(match[1])]
  })
  return {
    alarms: charged('alarm').length,
    alarmMetrics: charged('alarm').reduce((total, alarm) => total + metricsOf(alarm), 0),
    series: sweepSeries(),
    keys: charged('key').length,
    dashboards: charged('dashboard').length,
    sweeps: minutes.reduce((total, every) => total + (HOURS_A_MONTH * 60) / every, 0),
  }
}

/** Two seconds at 256 MB, and a line of 1 KB. */
const SWEEP = 2 * 0.25 * LAMBDA_GB_SECOND + LAMBDA_REQUEST + SCHEDULED_CALL + (1000 / 1e9) * LOG_GB

export interface FixedCost {
  readonly alarms: number
  readonly series: number
  readonly sweeps: number
  /** Within an account's first three dashboards; keys apart. */
  readonly together: number
  readonly keys: number
  /** Where the account has three others. */
  readonly dashboards: number
}

export const fixedCost = ({ alarmMetrics, series, sweeps, keys, dashboards }: FixedParts): FixedCost => {
  const cost = {
    alarms: alarmMetrics * monthly.alarmMetric,
    series: series.length * monthly.series,
    sweeps: sweeps * SWEEP,
  }
  return {
    ...cost,
    together: cost.alarms + cost.series + cost.sweeps + Math.max(0, dashboards - FREE_DASHBOARDS) * monthly.dashboard,
    keys: keys * monthly.key,
    dashboards: dashboards * monthly.dashboard,
  }
}

/** For as long as what it counts happens. */
export const seriesCost = (series: number, hours: number): number =>
  series * monthly.series * (Math.min(HOURS_A_MONTH, hours) / HOURS_A_MONTH)

const ACCOUNT = '111111111111'
const REGION = 'us-east-1'

const smallest = {
  stage: 'prod',
  stytch: {
    projectId: 'project-live-00000000-0000-4000-8000-000000000000',
    projectSecretName: 'stytch/m2m-prod',
  },
  alarms: { email: 'oncall@example.com' },
  breakGlass: { roleArn: `arn:aws:iam::${ACCOUNT}:role/break-glass` },
  environment: { account: ACCOUNT, region: REGION },
}

const key = (id: number): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`

/** Whatever a stage may have that is always there; keys of its own are named as somebody else's. */
const everything = {
  ...smallest,
  stytch: {
    ...smallest.stytch,
    projectSecretKeyArn: key(1),
    projectRotation: {
      projectSlug: 'acme',
      environmentSlug: 'production',
      workspaceKeySecretName: 'stytch/workspace',
      workspaceKeySecretKeyArn: key(2),
    },
  },
  incidents: {
    intake: {
      signingSecretName: 'm2m-intake/prod/signing',
      githubAppSecretName: 'm2m-intake/prod/app',
      secretsKeyArn: key(3),
    },
  },
  rotation: { adoptionProof: {} },
  vendor: { endpoint: 'regional', admits: [] },
  monitoringKey: 'create',
}

const synthesized = (settings: object): Resources => {
  const context = { 'aws:cdk:disable-stack-trace': true }
  const app = new App({
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: false,
    context,
  })
  const config = readDeployConfig(settings)
  const stack = new M2mStack(app, 'M2m', { config, ...(config.environment ? { env: config.environment } : {}) })
  return (Template.fromStack(stack).toJSON() as { readonly Resources: Resources }).Resources
}

/** A stage with its defaults, and one with every feature: their resources. */
export const stages = (): { readonly smallest: Resources; readonly everything: Resources } => ({
  smallest: synthesized(smallest),
  everything: synthesized(everything),
})

const dollars = (amount: number): string => `$${amount.toFixed(2)}`

/** The page's second table. */
export const fixedTable = (of: ReturnType<typeof stages>): string => {
  const parts = [of.smallest, of.everything].map(fixedParts)
  const costs = parts.map(fixedCost)
  const row = (what: string, cells: readonly string[]): string => `| ${[what, ...cells].join(' | ')} |`
  const priced = (what: string, count: (of: FixedParts) => string, price: (of: FixedCost) => number): string =>
    row(
      what,
      parts.map((part, at) => `${count(part)}${dollars(costs[at] === undefined ? 0 : price(costs[at]))}`),
    )
  return [
    '| a month | with its defaults | with every feature |',
    '|---|---|---|',
    priced(
      'alarms, $0.10 for each metric',
      ({ alarmMetrics }) => `${alarmMetrics}: `,
      ({ alarms }) => alarms,
    ),
    priced(
      'metrics written by every sweep, $0.30 a series',
      ({ series }) => `${series.length}: `,
      ({ series }) => series,
    ),
    priced(
      'sweeps',
      ({ sweeps }) => `${Math.round(sweeps).toLocaleString('en')}: `,
      ({ sweeps }) => sweeps,
    ),
    priced(
      '**together**',
      () => '',
      ({ together }) => together,
    ),
    priced(
      'KMS keys, $1 each',
      ({ keys }) => `${keys}: `,
      ({ keys }) => keys,
    ),
    priced(
      'the dashboard, if the account has three others',
      ({ dashboards }) => `${dashboards}: `,
      ({ dashboards }) => dashboards,
    ),
  ].join('\n')
}
