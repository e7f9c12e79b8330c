// `npm run bench:scale`: what looks at every secret, at 1,000, 10,000 and 100,000 of them, with AWS's quotas enforced: a sweep with nothing due,
// a campaign's selection (as a dry run), and a search for whose a leaked value is. Time, calls, and the most memory that the function's
// process held. The functions are the real ones, in processes of their own.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { createIdentifier } from '../lambda/adapters/aws/identifier.ts'
import { createInvoking } from '../lambda/adapters/aws/invoking.ts'
import { MAX_SECRETS } from '../lambda/core/intake/identify-leak.ts'
import { readProof } from '../lambda/core/intake/leak-proof.ts'
import { credentialsOf } from '../lambda/local/iam/people.ts'
import { awsEnvironment, type Laptop, startLaptop } from '../lambda/local/laptop/laptop.ts'
import { seedFleet, spentBy } from './fleet/scale.ts'
import { sweepOnce } from './fleet/sweep.ts'
import { type Bench, integer, ms, runAlone } from './report.ts'

interface Row {
  readonly what: string
  readonly clients: number
  readonly seconds: number
  readonly calls: number
  readonly peakMb: number
  readonly cpuSeconds: number
}

const selectOnce = async (laptop: Laptop, clients: number): Promise<void> => {
  const { aws, region } = laptop.address
  const lambda = new LambdaClient({ endpoint: aws, region, credentials: credentialsOf('operator') })
  const input = {
    intent: 'rotate',
    selector: { scopes: ['read:things'] },
    dryRun: true,
    reason: 'bench',
    requestedBy: 'bench',
  }
  await lambda.send(
    new InvokeCommand({
      FunctionName: 'm2m-laptop-campaign:live',
      InvocationType: 'Event',
      Payload: JSON.stringify(input),
    }),
  )
  lambda.destroy()
  for (;;) {
    const report = laptop.aws.events().findLast(({ detailType }) => detailType === 'Campaign Completed')
    if (report !== undefined) {
      const { outcome, counts } = report.detail as { outcome: string; counts: { selected: number } }
      if (outcome !== 'dryRun' || counts.selected !== clients)
        throw new Error(`the selection ended so: ${outcome}, ${counts.selected}`)
      return
    }
    await sleep(50)
  }
}

const searchOnce = async (laptop: Laptop): Promise<void> => {
  const identifier = createIdentifier({
    invoke: createInvoking(laptop.address.aws),
    functionName: 'm2m-laptop-identify',
    timing: { now: Date.now, remainingMs: () => 600_000, wait: async (time) => void (await sleep(time)) },
  })
  const proof = readProof(randomBytes(33).toString('base64url'), undefined)
  if (!proof.ok) throw new Error(proof.refusal)
  const { found, notSearched } = await identifier.identify({ proof: proof.value })
  if (found.length > 0 || notSearched !== undefined) throw new Error(`the search ended so: ${notSearched ?? 'found'}`)
}

const measure = async (
  laptop: Laptop,
  about: Pick<Row, 'what' | 'clients'>,
  part: string,
  work: () => Promise<void>,
) => {
  const before = laptop.aws.calls().length
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  const calls = laptop.aws
    .calls()
    .slice(before)
    .filter(({ op }) => op !== 'Invoke' && !op.includes('Durable')).length
  return { ...about, seconds, calls, ...spentBy(`m2m-laptop-${part}`) }
}

const ofSize = async (clients: number): Promise<readonly Row[]> => {
  const laptop = await startLaptop({
    stytchPort: 0,
    awsPort: 0,
    awsSettings: { enforceQuotas: true },
    onLog: () => {},
  })
  try {
    // Invoke is signed as this process’s environment says.
    Object.assign(process.env, awsEnvironment(laptop.address.aws, 'operator'))
    seedFleet(laptop, clients)
    const sweepAll = async (): Promise<void> => {
      const { seen, failed, secretsDead } = await sweepOnce(laptop)
      if (seen !== clients || failed > 0 || secretsDead > 0)
        throw new Error(
          `the sweep saw ${seen} of ${clients}, ${failed} failed, and ${secretsDead} were said to be dead`,
        )
    }
    const rows = [
      await measure(laptop, { what: 'a sweep, no value on record', clients }, 'sweep', sweepAll),
      await measure(laptop, { what: 'a sweep, nothing due', clients }, 'sweep', sweepAll),
      await measure(laptop, { what: 'a campaign’s selection', clients }, 'campaign', () => selectOnce(laptop, clients)),
    ]
    if (clients > MAX_SECRETS) return rows
    const search = { what: 'a search for an unknown value', clients }
    return [...rows, await measure(laptop, search, 'identify', () => searchOnce(laptop))]
  } finally {
    await laptop.close()
  }
}

const SWEEP_LIMIT = { seconds: 300, mb: 256 }

export const benchScale: Bench = async ({ isFull, isQuick }) => {
  const sizes = isQuick ? [1_000, 10_000] : isFull ? [1_000, 10_000, 100_000] : [1_000, 10_000]
  const rows: Row[] = []
  for (const clients of sizes) rows.push(...(await ofSize(clients)))
  const sweeps = rows.filter(({ what }) => what === 'a sweep, nothing due')
  const largest = sweeps.at(-1)
  const [small, larger] = sweeps
  return {
    tables: [
      {
        title: 'What looks at every secret, quotas enforced',
        columns: [
          'what',
          'secrets',
          'seconds',
          'of them CPU of the function',
          'AWS calls',
          'peak memory of the process, MB',
        ],
        rows: rows.map(({ what, clients, seconds, cpuSeconds, calls, peakMb }) => [
          what,
          integer(clients),
          seconds.toFixed(1),
          cpuSeconds.toFixed(1),
          integer(calls),
          ms(peakMb),
        ]),
        notes: [
          `A sweep’s limits are ${SWEEP_LIMIT.seconds} s and ${SWEEP_LIMIT.mb} MB; the process’s memory holds Node itself, and starts at some 75 MB. Each first call starts its process; a first sweep has the rotation function try every value once, and the next ones ask about those whose last four characters are on record by Stytch’s search pages. What grows faster than the calls is the stand-in’s list, which looks at every secret for every page; the function’s own CPU does not.`,
          `A search is over at most ${integer(MAX_SECRETS)} secrets a call; above that it asks to be narrowed (docs/incidents.md).`,
        ],
      },
    ],
    ratios: {
      'scale: the largest sweep’s time, of its limit': (largest?.seconds ?? Number.NaN) / SWEEP_LIMIT.seconds,
      'scale: the largest sweep’s memory, of its limit': (largest?.peakMb ?? Number.NaN) / SWEEP_LIMIT.mb,
      'scale: calls a secret, of ten times as many secrets':
        (larger?.calls ?? Number.NaN) / 10 / (small?.calls ?? Number.NaN),
    },
  }
}

if (import.meta.main) await runAlone(benchScale)
