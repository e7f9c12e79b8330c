// `npm run bench:start-together`: services that start at the same moment and each ask for their first token, against the limits that the vendor
// is deployed with: its API's rate and burst, its executions at once, and a second of cold start for each. Services, function and both stand-ins
// are processes, and all of it is HTTP.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Laptop, startLaptop } from '../lambda/local/laptop/laptop.ts'
import { defaultReservations } from '../lib/config/reservations.ts'
import { vendorDefaults } from '../lib/config/vendor-config.ts'
import { bundleFunction } from '../scripts/bundle.ts'
import { type Bench, integer, median, runAlone } from './report.ts'
import type { ServicesReport, ServicesTask } from './vend/starting-together.ts'

const COLD_START_MS = 1000
const PROCESSES = 4
/** How many start together, and by when each is to have a token. */
const rounds = [
  { services: 200, withinMs: 10_000 },
  { services: 1000, withinMs: 30_000 },
]

/** With the throttle, the answers and the reservation that its template has. */
const startDeployed = async (modulePath: string): Promise<Laptop> => {
  const laptop = await startLaptop({
    stytchPort: 0,
    awsPort: 0,
    hasVendClient: true,
    onLog: () => {},
  })
  laptop.deploy('vendor', { modulePath })
  laptop.aws.configure({ coldStartMs: COLD_START_MS })
  return laptop
}

const startServices = async (task: ServicesTask) => {
  const child = fork(fileURLToPath(new URL('vend/starting-together.ts', import.meta.url)), { execArgv: [] })
  child.send(task)
  await once(child, 'message')
  return async (): Promise<ServicesReport> => {
    child.send('go')
    const [report] = (await once(child, 'message')) as [ServicesReport]
    return report
  }
}

/** A laptop of its own for each round: the second would find the vendor warm. */
const play = async ({ services, withinMs }: (typeof rounds)[number], modulePath: string) => {
  const laptop = await startDeployed(modulePath)
  const { vend: url, region, access_key_id, secret_access_key, vend_client: client } = laptop.address
  try {
    const place = { url, region, credentials: { accessKeyId: access_key_id, secretAccessKey: secret_access_key } }
    const task = { services: services / PROCESSES, place, client }
    const processes = await Promise.all(Array.from({ length: PROCESSES }, () => startServices(task)))
    const mintsBefore = laptop.stytch.server.calls().filter(({ op }) => op === 'Token').length
    const reports = await Promise.all(processes.map((go) => go()))
    const mints = laptop.stytch.server.calls().filter(({ op }) => op === 'Token').length - mintsBefore
    const tookMs = reports.flatMap((report) => report.tookMs)
    const answers = (status: number): number =>
      reports.reduce((sum, { statuses }) => sum + (statuses[String(status)] ?? 0), 0)
    const inTime = tookMs.filter((ms) => ms <= withinMs).length
    return { services, withinMs, without: services - inTime, tookMs, mints, answers }
  } finally {
    await laptop.close()
  }
}

export const benchStartTogether: Bench = async ({ isQuick }) => {
  const played: Awaited<ReturnType<typeof play>>[] = []
  const directory = await mkdtemp(join(tmpdir(), 'm2m-together-'))
  try {
    // Bundled as it is deployed: the source takes ten times as long to load, and here all executions share two processors.
    const handler = fileURLToPath(new URL('../lambda/handlers/on-vend.ts', import.meta.url))
    await bundleFunction(handler, directory, { isForLaptop: true })
    const modulePath = join(directory, 'index.mjs')
    for (const round of isQuick ? rounds.slice(0, 1) : rounds) played.push(await play(round, modulePath))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  return {
    tables: [
      {
        title: 'Services that start together, the vendor cold',
        columns: [
          'services',
          'without a token after the goal',
          'half of them after, s',
          'the last after, s',
          'mints',
          'answers 200',
          '429',
          '503',
          'none',
        ],
        rows: played.map(({ services, withinMs, without, tookMs, mints, answers }) => [
          integer(services),
          `${without} after ${withinMs / 1000} s`,
          seconds(median(tookMs)),
          seconds(Math.max(...tookMs)),
          ...[mints, answers(200), answers(429), answers(503), answers(0)].map(integer),
        ]),
        notes: [
          `API Gateway's ${vendorDefaults.requestsPerSecond} requests a second and burst of ${vendorDefaults.burst}, ${defaultReservations.vendor} executions at once, and ${COLD_START_MS} ms of cold start beside what starting a process takes here. Each service is a token client with its defaults; ${PROCESSES} processes hold them.`,
          'Many environments, none of which shares a token with another: at most one mint each.',
        ],
      },
    ],
    // Of the round that the gate plays as well.
    ratios: Object.fromEntries(
      played
        .slice(0, 1)
        .map(({ services, withinMs, tookMs }) => [
          `together: the last of ${services}, of ${withinMs / 1000} s`,
          Math.max(...tookMs) / withinMs,
        ]),
    ),
  }
}

if (import.meta.main) await runAlone(benchStartTogether)
