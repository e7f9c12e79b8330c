// `npm run bench:incident`: how long the revoke of a whole fleet takes, from the report on the bus to the proof of the last client, against
// the bound that AWS's quotas (12.5 clients a second) and a configured Stytch rate set. `--clients 10,1000,10000`; `--cases unthrottled,faults,
// rates`; `--rates 50,100,200`. Quotas are enforced by the stand-ins. Exit 1 when anything was left behind. 10,000 clients take a quarter of
// an hour a case.
import { availableParallelism, cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { type Laptop, startLaptop } from '../lambda/local/laptop/laptop.ts'
import { createLeakedFleet, leftBehind } from './incident/fleet.ts'

/** AWS's quotas: fifty writes a second, four a client (architecture §8). */
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

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10,1000' },
    cases: { type: 'string', default: 'unthrottled,faults,rates' },
    rates: { type: 'string', default: '50,100,200' },
  },
})
const sizes = values.clients.split(',').map(Number)
const wanted = values.cases.split(',')
const cases: readonly Case[] = [
  ...(wanted.includes('unthrottled') ? [{ name: 'Stytch unthrottled', goal: 1.2 }] : []),
  ...(wanted.includes('faults') ? [{ name: '5 % of calls failing', failing: FAILING, goal: 1.6 }] : []),
  ...(wanted.includes('rates')
    ? values.rates
        .split(',')
        .map((rate) => ({ name: `Stytch at ${rate} calls/s`, stytchRate: Number(rate), goal: 1.2 }))
    : []),
]

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
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
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
      const told = events.filter(({ detailType }) => detailType === 'Secret Revoked').length
      if (told > proven) [proven, provenMs] = [told, performance.now() - startedAt]
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

const load = loadavg().map((one) => one.toFixed(1))
console.log(
  `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, load ${load.join(' ')}\n`,
)
console.log('| clients | case | bound | last one proven dead | × bound | goal | campaign over | left behind |')
console.log('|---|---|---|---|---|---|---|---|')
for (const clients of sizes) {
  for (const one of cases) {
    const { provenMs, endMs, left, cpuSeconds, throttled } = await run(clients, one)
    const bound = boundMs(clients, one)
    const times = provenMs / bound
    console.log(
      `| ${clients.toLocaleString('en')} | ${one.name} | ${seconds(bound)} | ${seconds(provenMs)} | ${times.toFixed(2)} | ${one.goal} | ${seconds(endMs)} | ${left.length} |`,
    )
    console.error(
      `  stand-ins: ${cpuSeconds.toFixed(1)} s of CPU, ${throttled} calls throttled, load ${loadavg()[0]?.toFixed(1)}`,
    )
    for (const what of left.slice(0, 10)) console.error(`  ${what}`)
    if (left.length > 0) process.exitCode = 1
  }
}
