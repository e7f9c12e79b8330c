// `npm run bench:cost`: what a fleet costs a month, from measured calls (README, Figures) and list prices of us-east-1. Prices are the customer's
// to check; the arithmetic is here to be read. docs/cost.md holds what this prints, and a test holds the two together.
import type { Bench } from './report.ts'

/** US dollars, list prices of November 2026 in us-east-1. */
export const prices = {
  secretMonth: 0.4,
  secretsManagerCall: 0.05 / 10_000,
  lambdaGbSecond: 0.000_013_333_4,
  lambdaRequest: 0.2 / 1_000_000,
  event: 1 / 1_000_000,
  logGb: 0.5,
  alarmMonth: 0.1,
  metricMonth: 0.3,
  keyMonth: 1,
  restApiRequest: 3.5 / 1_000_000,
} as const

/** Measured or counted; each names its source. */
export const facts = {
  /** test/e2e/rotation.test.ts: a rotate and its settle. */
  rotationCalls: 9 + 11,
  /** bench/fleet.ts: what a campaign looks at besides, a rotation. */
  campaignCalls: 19,
  /** A page of the list holds a hundred secrets; sweeps a month. */
  sweepCalls: (4 * 24 * 30) / 100,
  /** Eight steps of some 100 ms at 512 MB. */
  rotationGbSeconds: 8 * 0.1 * 0.5,
  rotationRequests: 8,
  rotationEvents: 4,
  /** Eight lines of some 400 bytes. */
  rotationLogGb: (8 * 400) / 1e9,
  alarms: 25,
  /** Four by four intents or together, eight of the sweep, two of the archive (docs/decisions/040). */
  metrics: 30,
  /** Of the vendor, made by metric filters. */
  vendMetrics: 6,
  /** A cached vend: a billed millisecond or two at 1 GB. */
  vendGbSeconds: 0.002,
  vendLogGb: 500 / 1e9,
  /** A mint an hour for each client and execution environment, and a look at its labels every half minute while it is asked for. */
  vendCallsAMonth: 2 * 60 * 24 * 30,
} as const

export interface Use {
  readonly clients: number
  readonly rotationsAMonth: number
  /** Of all clients together. */
  readonly vendsAMonth: number
}

export interface Cost {
  readonly secrets: number
  readonly rotation: number
  readonly fixed: number
  readonly vending: number
}

export const costOf = ({ clients, rotationsAMonth, vendsAMonth }: Use): Cost => {
  const rotations = clients * rotationsAMonth
  const calls = rotations * (facts.rotationCalls + facts.campaignCalls) + clients * facts.sweepCalls
  return {
    secrets: clients * prices.secretMonth,
    rotation:
      calls * prices.secretsManagerCall +
      rotations * facts.rotationGbSeconds * prices.lambdaGbSecond +
      rotations * facts.rotationRequests * prices.lambdaRequest +
      rotations * facts.rotationEvents * prices.event +
      rotations * facts.rotationLogGb * prices.logGb,
    fixed: facts.alarms * prices.alarmMonth + facts.metrics * prices.metricMonth + prices.keyMonth,
    vending:
      vendsAMonth * (prices.restApiRequest + prices.lambdaRequest + facts.vendGbSeconds * prices.lambdaGbSecond) +
      vendsAMonth * facts.vendLogGb * prices.logGb +
      (vendsAMonth === 0
        ? 0
        : facts.vendMetrics * prices.metricMonth + clients * facts.vendCallsAMonth * prices.secretsManagerCall),
  }
}

/** AWS's template: a schedule of Secrets Manager's and one function; it lists and describes, and ends nothing (secrets-manager §1.1). */
const TEMPLATE_CALLS = 9

export const templateCost = ({ clients, rotationsAMonth }: Use): number =>
  clients * prices.secretMonth +
  clients * rotationsAMonth * (TEMPLATE_CALLS * prices.secretsManagerCall + 4 * 0.1 * 0.5 * prices.lambdaGbSecond)

const dollars = (amount: number): string =>
  `$${amount < 10 ? amount.toFixed(2) : Math.round(amount).toLocaleString('en')}`

/** Each client asks the vendor for a token every five minutes, which caches for an hour. */
const VENDS_A_CLIENT = 12 * 24 * 30

export const costTable = (): string =>
  [
    '| clients | secrets | rotation, once a month | fixed | together | a client | AWS’s template, for comparison | and a token every five minutes from the vendor |',
    '|---|---|---|---|---|---|---|---|',
    ...[10, 1_000, 100_000].map((clients) => {
      const use = { clients, rotationsAMonth: 1, vendsAMonth: clients * VENDS_A_CLIENT }
      const { secrets, rotation, fixed, vending } = costOf(use)
      const together = secrets + rotation + fixed
      const cells = [secrets, rotation, fixed, together, together / clients, templateCost(use), vending].map(dollars)
      return `| ${clients.toLocaleString('en')} | ${cells.join(' | ')} |`
    }),
  ].join('\n')

const rowsOf = (table: string): readonly (readonly string[])[] =>
  table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

export const benchCost: Bench = async () => {
  const [columns = [], , ...rows] = rowsOf(costTable())
  const [small, large] = [10, 100_000].map((clients) => costOf({ clients, rotationsAMonth: 1, vendsAMonth: 0 }))
  const notes = [
    'Measured calls at list prices (docs/cost.md); AWS’s template leaves the old value dead at once, proves nothing and revokes nothing.',
  ]
  return {
    tables: [{ title: 'What it costs a month', columns, rows, notes }],
    // Of what Secrets Manager asks for the secrets themselves, whoever rotates them.
    ratios: {
      'cost: all but the fixed part, of the secrets alone, at 100,000':
        large === undefined ? Number.NaN : (large.secrets + large.rotation) / large.secrets,
      'cost: fixed part in dollars, of 15': (small?.fixed ?? Number.NaN) / 15,
    },
  }
}

if (import.meta.main) console.log(costTable())
