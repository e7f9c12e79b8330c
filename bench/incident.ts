// `npm run bench:incident`: how long the revoke of a whole fleet takes, from the report on the bus to the proof of the last client, against
// the bound that AWS's quotas (12.5 clients a second) and a configured Stytch rate set. `--clients 10,1000,10000`; `--cases unthrottled,faults,
// rates`; `--rates 50,100,200`. Quotas are enforced by the stand-ins. Exit 1 when anything was left behind. 10,000 clients take a quarter of
// an hour a case.
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { credentialsOf } from '../lambda/local/iam/people.ts'
import { type Laptop, startLaptop } from '../lambda/local/laptop/laptop.ts'
import { createLeakedFleet, leftBehind } from './incident/fleet.ts'
import { type Bench, integer, machine, type Table, tableText, times } from './report.ts'

/** AWS's quotas: fifty writes a second, four a client (docs/campaigns.md, "How fast"). */
const CLIENTS_A_SECOND = 12.5
/** A revoke's and its settle's, with the evidence (README, Figures). */
const STYTCH_CALLS_A_CLIENT = 11
const FAILING = 0.05

interface Case {
  readonly name: string
  readonly stytchRate?: number
  readonly failing?: number
  /** Times the bound that is allowed. */
  readonly goal: number
}

interface Plan {
  readonly sizes: readonly number[]
  readonly cases: readonly Case[]
}

const unthrottled: Case = { name: 'Stytch unthrottled', goal: 1.2 }
const faults: Case = { name: '5 % of calls failing', failing: FAILING, goal: 1.6 }
const atRate = (rate: number): Case => ({ name: `Stytch at ${rate} calls/s`, stytchRate: rate, goal: 1.2 })

const boundMs = (clients: number, { stytchRate }: Case): number => {
  const byAws = clients / CLIENTS_A_SECOND
  const byStytch = stytchRate === undefined ? 0 : (clients * STYTCH_CALLS_A_CLIENT) / stytchRate
  return Math.max(byAws, byStytch) * 1000
}

/** One call in twenty of either service: refused without effect, or its reply lost after the effect. */
const fail = ({ aws, stytch }: Laptop, share: number): void => {
  for (const server of [aws, stytch.server]) {
    server.faults.setPolicy((op) => {
      if (op === 'PutEvents' || op === 'Invoke' || Math.random() >= share) return undefined
      return Math.random() < 0.5 ? { op, kind: 'error', status: 500 } : { op, kind: 'drop_reply' }
    })
  }
}

const report = async (laptop: Laptop, clients: number): Promise<void> => {
  const { aws, region, bus } = laptop.address
  const events = new EventBridgeClient({
    endpoint: aws,
    region,
    credentials: credentialsOf('break-glass'),
  })
  const detail = {
    incidentId: `bench-${clients}`,
    selector: { all: true, expectedCount: clients },
    reason: 'bench',
    requestedBy: 'bench',
  }
  const entry = { EventBusName: bus, Source: 'm2m.break-glass', DetailType: 'Secret Leak Reported' }
  await events.send(new PutEventsCommand({ Entries: [{ ...entry, Detail: JSON.stringify(detail) }] }))
  events.destroy()
}

interface Outcome {
  readonly provenMs: number
  readonly endMs: number
  readonly cpuSeconds: number
  readonly throttled: number
  readonly left: readonly string[]
}

const run = async (clients: number, one: Case): Promise<Outcome> => {
  const { stytchRate, failing } = one
  const laptop = await startLaptop({
    stytchPort: 0,
    awsPort: 0,
    awsSettings: { enforceQuotas: true, redriveSpacingMs: 2000 },
    ...(stytchRate === undefined ? {} : { stytchCallsPerSecond: stytchRate }),
    onLog: () => {},
  })
  try {
    const fleet = await createLeakedFleet(laptop, clients)
    if (stytchRate !== undefined) {
      laptop.stytch.configure({ rateLimitClientCalls: stytchRate, rateLimitTokenCalls: stytchRate })
    }
    if (failing !== undefined) fail(laptop, failing)
    const cpu = process.cpuUsage()
    const calls = laptop.aws.calls().length
    const startedAt = performance.now()
    let provenMs = 0
    let proven = 0
    await report(laptop, clients)
    const isOver = (): boolean => {
      const events = laptop.aws.events()
      const revoked = events.filter(({ detailType }) => detailType === 'Secret Revoked').length
      if (revoked > proven) [proven, provenMs] = [revoked, performance.now() - startedAt]
      return events.some(({ detailType }) => detailType === 'Campaign Completed' || detailType === 'Incident Completed')
    }
    const limitMs = boundMs(clients, one) * 5 + 120_000
    while (!isOver()) {
      if (performance.now() - startedAt > limitMs)
        throw new Error(`${one.name}, ${clients}: no end within ${limitMs} ms`)
      await sleep(200)
    }
    const endMs = performance.now() - startedAt
    for (const server of [laptop.aws, laptop.stytch.server]) server.faults.clear()
    await laptop.aws.idle()
    const { user, system } = process.cpuUsage(cpu)
    const throttled = laptop.aws
      .calls()
      .slice(calls)
      .filter(({ status }) => status === 429).length
    return { provenMs, endMs, cpuSeconds: (user + system) / 1e6, throttled, left: leftBehind(laptop, fleet) }
  } finally {
    await laptop.close()
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 100_000 ? 1 : 0)} s`

interface Row extends Outcome {
  readonly clients: number
  readonly one: Case
}

const carryOut = async ({ sizes, cases }: Plan): Promise<readonly Row[]> => {
  const rows: Row[] = []
  for (const clients of sizes) {
    for (const one of cases) {
      const outcome = await run(clients, one)
      const { left, cpuSeconds, throttled } = outcome
      console.error(
        `  ${clients}, ${one.name}: stand-ins took ${cpuSeconds.toFixed(1)} s of CPU, ${throttled} calls were throttled, load ${loadavg()[0]?.toFixed(1)}`,
      )
      for (const what of left.slice(0, 10)) console.error(`  ${what}`)
      if (left.length > 0) process.exitCode = 1
      rows.push({ clients, one, ...outcome })
    }
  }
  return rows
}

const tableOf = (rows: readonly Row[]): Table => ({
  title: 'The revoke of a whole fleet, from the report on the bus to the proof of the last client',
  columns: [
    'clients',
    'case',
    'bound',
    'last one proven dead',
    '× bound',
    'goal',
    'a second',
    'campaign over',
    'left behind',
  ],
  rows: rows.map(({ clients, one, provenMs, endMs, left }) => {
    const bound = boundMs(clients, one)
    return [
      integer(clients),
      one.name,
      seconds(bound),
      seconds(provenMs),
      times(provenMs / bound),
      times(one.goal),
      (clients / (provenMs / 1000)).toFixed(1),
      seconds(endMs),
      integer(left.length),
    ]
  }),
  notes: [
    `The bound is AWS’s quota on writes: ${CLIENTS_A_SECOND} clients a second. Ten clients are shorter than one revoke, its seconds of switch and settle, so that their bound says nothing.`,
  ],
})

export const benchIncident: Bench = async ({ isFull, isQuick }) => {
  const sizes = isQuick ? [200] : isFull ? [10, 1_000, 10_000] : [10, 1_000]
  const rows = await carryOut({ sizes, cases: [unthrottled] })
  const last = rows.at(-1)
  const ratio = last === undefined ? Number.NaN : last.provenMs / boundMs(last.clients, last.one)
  return { tables: [tableOf(rows)], ratios: { 'incident: the last proof, of the quotas’ bound': ratio } }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '10,1000' },
      cases: { type: 'string', default: 'unthrottled,faults,rates' },
      rates: { type: 'string', default: '50,100,200' },
    },
  })
  const wanted = values.cases.split(',')
  const cases = [
    ...(wanted.includes('unthrottled') ? [unthrottled] : []),
    ...(wanted.includes('faults') ? [faults] : []),
    ...(wanted.includes('rates') ? values.rates.split(',').map((rate) => atRate(Number(rate))) : []),
  ]
  console.log(`${machine()}\n`)
  console.log(tableText(tableOf(await carryOut({ sizes: values.clients.split(',').map(Number), cases }))))
}
