// A fleet's first days, as an operator lives through them, by the command line and the deployed functions on the laptop: half of it applied from
// a file, half adopted with the values in use; swept; rotated by a campaign whose processes are killed, while one call in fifty goes wrong;
// and consumers at work all along. Not a test itself: fleet.long.test.ts plays a few clients, bench/fleet-run.ts thousands.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_PREFIX, roleArnOf } from '../../lambda/local/laptop/deployment.ts'
import { awsEnvironment } from '../../lambda/local/laptop/laptop.ts'
import { childEnv } from '../child-env.ts'
import { letRead } from '../fakes/laptop.ts'
import { type CampaignSeat, DAY_MS, openCampaigns } from './campaign-seat.ts'
import type { Subject } from './desk.ts'
import { repository } from './spawned.ts'

export interface FleetLife {
  readonly clients: number
  /** How many consumers, each of a client of its own; their habits in turn. */
  readonly consumers: number
  readonly patienceMs: number
  readonly say: (line: string) => void
}

export interface FleetResult {
  readonly applied: number
  readonly adopted: number
  readonly rotated: number
  readonly kills: number
  readonly failedCalls: number
  readonly requests: number
  readonly failures: number
  /** What is not as it must be, one sentence each. */
  readonly faults: readonly string[]
}

const CALLS_AT_ONCE = 16
const OVERLAP_MS = DAY_MS
const READER = roleArnOf('reader')
const number = (at: number): string => String(at).padStart(5, '0')

const atOnce = async (count: number, work: (at: number) => Promise<void>): Promise<void> => {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) await work(at)
  }
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE, count) }, worker))
}

/** The command line in a process of its own. @throws when it fails, with what it said. */
const commandLine =
  ({ desk }: CampaignSeat, place: string) =>
  (args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(repository, 'bin/m2m.ts'), ...args], {
        cwd: place,
        env: childEnv({
          ...awsEnvironment(desk.laptop.address.aws, 'operator'),
          M2M_STAGE: 'laptop',
          M2M_OPERATOR: 'ada',
        }),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text
        })
      }
      child.on('close', (code) => {
        if (code === 0) resolve(said)
        else reject(new Error(`m2m ${args.join(' ')} ended with ${code}: ${said.slice(-2000)}`))
      })
    })

type Habit = 'every' | 'ttl' | 'overlap'
const habits: readonly Habit[] = ['every', 'ttl', 'overlap']

/** Exchanges its secret again and again. What a vendor could not do now it asks again, as any client does; a refusal is what counts. */
const startConsumer = ({ desk }: CampaignSeat, secretName: string, habit: Habit) => {
  const { laptop } = desk
  const { aws: endpoint, region } = laptop.address
  const client = new SecretsManagerClient({ endpoint, region, credentials: credentialsOf('reader') })
  const tally = { requests: 0, failures: 0 }
  let isStopped = false
  let kept: { readonly id: string; readonly value: string; readonly until: number } | undefined
  const read = async (isStale: boolean): Promise<{ readonly id: string; readonly value: string }> => {
    const now = laptop.world.clock.now()
    if (!isStale && kept !== undefined && now < kept.until) return kept
    for (;;) {
      const reply = await client.send(new GetSecretValueCommand({ SecretId: secretName })).catch(() => undefined)
      if (reply === undefined) continue
      const { client_id: id = '', client_secret: value = '' } = JSON.parse(reply.SecretString ?? '{}') as Record<
        string,
        string
      >
      const keepMs = { every: 0, ttl: 300_000, overlap: OVERLAP_MS - 60_000 }[habit]
      kept = { id, value, until: now + keepMs }
      return kept
    }
  }
  const isAccepted = async ({ id, value }: { readonly id: string; readonly value: string }): Promise<boolean> => {
    const { stytch, project_id: projectId } = laptop.address
    for (;;) {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: value })
      const response = await fetch(`${stytch}/v1/public/${projectId}/oauth2/token`, { method: 'POST', body }).catch(
        () => undefined,
      )
      const json = (await response?.json().catch(() => undefined)) as
        | { access_token?: string; error?: string }
        | undefined
      if (json?.access_token !== undefined) return true
      if (json?.error === 'invalid_client') return false
      await sleep(20)
    }
  }
  const work = async (): Promise<void> => {
    while (!isStopped) {
      tally.requests += 1
      const isServed =
        (await isAccepted(await read(false))) || (habit !== 'overlap' && (await isAccepted(await read(true))))
      if (!isServed) tally.failures += 1
      await sleep(150)
    }
  }
  const done = work()
  return {
    tally,
    stop: async () => {
      isStopped = true
      await done
      client.destroy()
    },
  }
}

/** Clients that work already, each with its value in a secret of another team's. @returns a CSV that names them. */
const findClients = async ({ desk }: CampaignSeat, count: number): Promise<string> => {
  const rows: string[] = []
  desk.laptop.aws.configure({ enforceQuotas: false })
  await atOnce(count, async (at) => {
    const clientId = `m2m-client-test-old-${number(at)}`
    const { secret } = desk.laptop.stytch.seed({
      clientId,
      secret: randomBytes(33).toString('base64url'),
      scopes: ['read:things'],
    })
    await desk.operator.secretsManager.send(
      new CreateSecretCommand({ Name: `legacy/${number(at)}`, SecretString: secret }),
    )
    rows.push(`old_${number(at)},${clientId},legacy/${number(at)},${READER}`)
  })
  desk.laptop.aws.configure({ enforceQuotas: true })
  return ['name,client_id,from_secret,readers', ...rows].join('\n')
}

const declared = (count: number): string =>
  [
    'clients:',
    ...Array.from(
      { length: count },
      (_, at) =>
        `  - { name: new_${number(at)}, description: Client ${at}, scopes: [read:things], readers: ["${READER}"] }`,
    ),
  ].join('\n')

const subjectOf = ({ desk }: CampaignSeat, name: string): Subject => {
  const secret = desk.laptop.aws.peek(`${LAPTOP_PREFIX}${name}`)
  return { secretArn: secret?.arn ?? '', clientId: secret?.tags['m2m:client-id'] ?? '' }
}

/** What of the fleet is not settled, not rotated exactly once, or not served. */
const leftBehind = (seat: CampaignSeat, names: readonly string[]): readonly string[] => {
  const held = new Set(names.map((name) => subjectOf(seat, name).clientId))
  const strangers = seat.desk.laptop.stytch.clientIds().filter((clientId) => !held.has(clientId))
  return [
    ...strangers.map((clientId) => `client ${clientId} is held by no secret`),
    ...names.flatMap((name) => {
      const subject = subjectOf(seat, name)
      const { rotate = 0 } = seat.attempts(subject)
      return [
        ...(seat.isSettled(subject) ? [] : [`${name} is not settled`]),
        ...(rotate >= 1 ? [] : [`${name} was not rotated`]),
      ]
    }),
  ]
}

export const liveThrough = async ({ clients, consumers: wanted, patienceMs, say }: FleetLife): Promise<FleetResult> => {
  const seat = await openCampaigns({ enforceQuotas: true, redriveSpacingMs: 2000 }, patienceMs)
  const { laptop } = seat.desk
  const place = mkdtempSync(join(tmpdir(), 'm2m-fleet-'))
  const m2m = commandLine(seat, place)
  const pace = ['--concurrency', '20', '--stytch-rate', '400', '--yes']
  const half = Math.floor(clients / 2)
  const names = [
    ...Array.from({ length: clients - half }, (_, at) => `new_${number(at)}`),
    ...Array.from({ length: half }, (_, at) => `old_${number(at)}`),
  ]
  const running: ReturnType<typeof startConsumer>[] = []
  const faults: string[] = []
  const startedAt = performance.now()
  const tell = (what: string): void =>
    say(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${what}`)
  try {
    // Whoever adopts copies the values by a right of their own.
    letRead(laptop, 'operator', 'legacy/*')
    writeFileSync(join(place, 'clients.yaml'), declared(clients - half))
    writeFileSync(join(place, 'old.csv'), await findClients(seat, half))
    await m2m(['apply', 'clients.yaml', ...pace])
    tell(`applied ${clients - half}`)
    await m2m(['adopt', '--csv', 'old.csv', ...pace])
    await laptop.aws.idle()
    tell(`adopted ${half}: nothing was rotated, and each is held`)
    const rotatedAtAdoption = names.filter((name) => (seat.attempts(subjectOf(seat, name)).rotate ?? 0) > 0)
    faults.push(...rotatedAtAdoption.map((name) => `${name} was rotated before anybody asked`))
    const sample = Array.from(
      { length: Math.min(wanted, clients) },
      (_, at) => names[Math.floor((at * clients) / wanted)] ?? '',
    )
    for (const [at, name] of sample.entries()) {
      running.push(startConsumer(seat, `${LAPTOP_PREFIX}${name}`, habits[at % habits.length] ?? 'every'))
    }
    await m2m(['release', '--all', '--yes'])
    tell('released all')

    // Over the period, with the sweep at work by its schedule: everything is due, and overdue is told.
    laptop.world.clock.advance(31 * DAY_MS)
    seat.failTwoPercent()
    const before = laptop.aws.calls().length + laptop.stytch.server.calls().length
    const stopKilling = seat.killAtRandom()
    const execution = await seat.start(
      { intent: 'rotate', selector: { due: true }, toleratedFailurePercentage: 20, concurrency: 60 },
      'fleet',
    )
    tell('a campaign began, with one call in fifty failing and its processes killed at random')
    const report = await seat.endOf(execution)
    const kills = stopKilling()
    tell(`the campaign ended: ${report.outcome}, ${JSON.stringify(report.counts)}, ${kills} processes killed`)
    // What the campaign reports as failed is the next one's, and what is stuck the sweep's.
    for (let turn = 1; turn <= 4 && leftBehind(seat, names).length > 0; turn += 1) {
      laptop.world.clock.advance(DAY_MS)
      await sleep(1500)
      await laptop.aws.idle()
      const again = await seat.endOf(
        await seat.start(
          { intent: 'rotate', selector: { due: true }, toleratedFailurePercentage: 20, concurrency: 60 },
          `fleet-${turn}`,
        ),
      )
      tell(`the next day: ${again.outcome}, ${JSON.stringify(again.counts)}`)
    }
    const failedCalls = Math.floor((laptop.aws.calls().length + laptop.stytch.server.calls().length - before) / 50)
    seat.failNothing()
    await laptop.aws.idle()
    await Promise.all(running.map((consumer) => consumer.stop()))
    const sum = (count: 'requests' | 'failures'): number =>
      running.reduce((total, { tally }) => total + tally[count], 0)
    if (sum('failures') > 0) faults.push(`${sum('failures')} requests failed at a consumer`)
    faults.push(...leftBehind(seat, names))
    const again = await m2m(['apply', 'clients.yaml', ...pace])
    if (!again.startsWith('no changes:')) faults.push(`the second apply found something to do: ${again.slice(0, 300)}`)
    tell(`the second apply said: ${again.split('\n')[0]}`)
    const rotated = names.filter((name) => (seat.attempts(subjectOf(seat, name)).rotate ?? 0) > 0).length
    return {
      applied: clients - half,
      adopted: half,
      rotated,
      kills,
      failedCalls,
      requests: sum('requests'),
      failures: sum('failures'),
      faults,
    }
  } finally {
    await Promise.all(running.map((consumer) => consumer.stop()))
    rmSync(place, { recursive: true, force: true })
    await seat.close()
  }
}
