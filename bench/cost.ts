// `npm run bench:cost`: what a fleet costs a month, from measured calls (README, Figures), the synthesized template (template-cost.ts) and list
// prices of us-east-1. Prices are the customer's to check; the arithmetic is here to be read. docs/cost.md holds both tables, and a test holds
// the page to them; with `-- --write` they are written there.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Bench } from './report.ts'
import { fixedCost, fixedParts, fixedTable, monthly, seriesCost, stages } from './template-cost.ts'

/** US dollars, list prices of November 2026 in us-east-1. */
export const prices = {
  secretMonth: 0.4,
  secretsManagerCall: 0.05 / 10_000,
  lambdaGbSecond: 0.000_013_333_4,
  lambdaRequest: 0.2 / 1_000_000,
  event: 1 / 1_000_000,
  logGb: 0.5,
  restApiRequest: 3.5 / 1_000_000,
} as const

/** Measured or counted; each names its source. */
export const facts = {
  /** test/e2e/rotation.long.test.ts: a rotate and its settle. */
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
  /** Rotations that ended, all of them and by their intent: a planned one is a rotate and a settle. */
  rotationSeries: 3,
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
      rotations * facts.rotationLogGb * prices.logGb +
      // Each in an hour of its own, and its settle in another.
      seriesCost(facts.rotationSeries, 2 * rotations),
    vending:
      vendsAMonth * (prices.restApiRequest + prices.lambdaRequest + facts.vendGbSeconds * prices.lambdaGbSecond) +
      vendsAMonth * facts.vendLogGb * prices.logGb +
      (vendsAMonth === 0
        ? 0
        : facts.vendMetrics * monthly.series + clients * facts.vendCallsAMonth * prices.secretsManagerCall),
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

/** Without KMS keys and within an account's first three dashboards, of a stage with its defaults. */
export const fixedOf = (of: ReturnType<typeof stages>): { readonly fixed: number; readonly keys: number } => {
  const { together: fixed, keys } = fixedCost(fixedParts(of.smallest))
  return { fixed, keys }
}

export const costTable = ({ fixed, keys }: ReturnType<typeof fixedOf>): string =>
  [
    '| clients | secrets | rotation, once a month | fixed | KMS keys | together | a client | AWS’s template, for comparison | and a token every five minutes from the vendor |',
    '|---|---|---|---|---|---|---|---|---|',
    ...[10, 1_000, 100_000].map((clients) => {
      const use = { clients, rotationsAMonth: 1, vendsAMonth: clients * VENDS_A_CLIENT }
      const { secrets, rotation, vending } = costOf(use)
      const together = secrets + rotation + fixed + keys
      const amounts = [secrets, rotation, fixed, keys, together, together / clients, templateCost(use), vending]
      return `| ${clients.toLocaleString('en')} | ${amounts.map(dollars).join(' | ')} |`
    }),
  ].join('\n')

const BEGIN = '<!-- npm run bench:cost -- --write -->'
const END = '<!-- end -->'

/** The page with its two tables as they are now. @throws Error where the page does not say where they stand. */
export const withTables = (page: string, tables: readonly string[]): string => {
  const places = page.split(BEGIN)
  if (places.length !== tables.length + 1) throw new Error(`docs/cost.md has ${places.length - 1} places for tables.`)
  return places
    .map((place, at) => {
      const end = place.indexOf(END)
      return at === 0 ? place : `${BEGIN}\n${tables[at - 1]}\n${place.slice(end)}`
    })
    .join('')
}

export const costTables = (of: ReturnType<typeof stages>): readonly string[] => [costTable(fixedOf(of)), fixedTable(of)]

const rowsOf = (table: string): readonly (readonly string[])[] =>
  table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

export const benchCost: Bench = async () => {
  const of = stages()
  const { fixed, keys } = fixedOf(of)
  const [columns = [], , ...rows] = rowsOf(costTable({ fixed, keys }))
  const large = costOf({ clients: 100_000, rotationsAMonth: 1, vendsAMonth: 0 })
  const notes = [
    'Measured calls at list prices (docs/cost.md); AWS’s template leaves the old value dead at once, proves nothing and revokes nothing.',
  ]
  return {
    tables: [{ title: 'What it costs a month', columns, rows, notes }],
    // Of what Secrets Manager asks for the secrets themselves, whoever rotates them.
    ratios: {
      'cost: all but the fixed part, of the secrets alone, at 100,000':
        (large.secrets + large.rotation) / large.secrets,
      'cost: fixed part in dollars, without keys, of 4': fixed / 4,
    },
  }
}

if (import.meta.main) {
  const tables = costTables(stages())
  const page = new URL('../docs/cost.md', import.meta.url)
  if (process.argv.includes('--write')) writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables))
  console.log(tables.join('\n\n'))
}
