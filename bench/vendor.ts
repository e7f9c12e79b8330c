// `npm run bench:vendor`: tokens from a warm environment, by this project's handler and by what one would otherwise write: how fast, how many mints
// when a hundred ask at once, when Stytch is down, after a rotation and after a revoke, and how much memory. In the handler, and through
// AWS's runtime interface client.
import { openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Bench, integer, median, ms, quantile, runAlone, type Table } from './report.ts'
import { byEsbuild, byOurs, plainly } from './runtime/bundles.ts'
import { runColdStart } from './runtime/execution.ts'
import { installRic, nodePath, ricPath } from './runtime/install.ts'
import { startVendPlace } from './runtime/place.ts'
import { CHECK_SECONDS, type VendForm, vendForms } from './vend/forms.ts'
import { memoryTable } from './vend/memory.ts'
import { SCOPES, startVendingPlace, type VendingPlace } from './vend/place.ts'

interface Measured {
  readonly form: VendForm
  /** Microseconds. */
  readonly p50: number
  readonly p99: number
  readonly aSecond: number
  readonly herdMints: number
  readonly downMints: number
  readonly rotationMints: number
  /** Of a hundred, how many were given a token that the revoked value had bought. */
  readonly staleAfterRevoke: number
  readonly revokeMints: number
}

const HERD = 100
const one = [SCOPES[0] ?? '']

const hits = async (form: VendForm, runs: number) => {
  const count = form.isCached ? runs : Math.min(runs, 500)
  for (let at = 0; at < Math.min(count, 2000); at += 1) await form.vend(one)
  const taken = new Float64Array(count)
  const begun = performance.now()
  for (let at = 0; at < count; at += 1) {
    const startedAt = performance.now()
    await form.vend(one)
    taken[at] = (performance.now() - startedAt) * 1000
  }
  const aSecond = (count / (performance.now() - begun)) * 1000
  taken.sort()
  const at = (part: number): number => taken[Math.floor(count * part)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), aSecond }
}

const herd = (form: VendForm, scopes: readonly string[]) =>
  Promise.allSettled(Array.from({ length: HERD }, () => form.vend(scopes)))

const measure = async (place: VendingPlace, form: VendForm, runs: number): Promise<Measured> => {
  const minted = async (work: () => Promise<unknown>): Promise<number> => {
    const before = place.mints()
    await work()
    return place.mints() - before
  }
  const herdMints = await minted(() => herd(form, one))
  const speed = await hits(form, runs)
  place.setDown(true)
  // One after the other, as callers do who try again.
  const downMints = await minted(async () => {
    for (let at = 0; at < HERD; at += 1) await form.vend([SCOPES[1] ?? '']).catch(() => undefined)
  })
  place.setDown(false)
  await place.rotate()
  await sleep(CHECK_SECONDS * 1000 + 300)
  const rotationMints = await minted(() => herd(form, one))
  const before = await form.vend(one).catch(() => '')
  await place.revoke()
  await sleep(CHECK_SECONDS * 1000 + 300)
  let staleAfterRevoke = 0
  const revokeMints = await minted(async () => {
    for (const reply of await herd(form, one)) {
      if (reply.status === 'fulfilled' && reply.value === before) staleAfterRevoke += 1
    }
  })
  return { form, ...speed, herdMints, downMints, rotationMints, staleAfterRevoke, revokeMints }
}

/** Through AWS's runtime interface client, which adds its own half a millisecond of HTTP. */
const throughRic = async (isQuick: boolean): Promise<Table> => {
  installRic()
  const root = await mkdtemp(join(tmpdir(), 'm2m-vend-'))
  const place = await startVendPlace()
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
  const again = isQuick ? 500 : 5000
  try {
    const forms = [
      await byEsbuild(
        'empty handler (for reference)',
        join(root, 'empty'),
        plainly(path('runtime/forms/empty.ts'), { banner: {} }),
      ),
      await byOurs('**this project’s vendor**', join(root, 'vendor'), path('../lambda/handlers/on-vend.ts')),
      await byEsbuild(
        'usual choice: SDK, Powertools, zod',
        join(root, 'usual'),
        plainly(path('runtime/forms/usual.ts')),
      ),
    ]
    const rows: (readonly string[])[] = []
    for (const { name, directory } of forms) {
      const { warmMs } = await runColdStart({ ricPath, nodePath, directory, env: place.env, event: place.event, again })
      const settled = warmMs.slice(Math.floor(again / 10))
      const aSecond = 1000 / (settled.reduce((sum, took) => sum + took, 0) / settled.length)
      rows.push([
        name,
        integer(aSecond),
        ms(median(settled)),
        ms(quantile(settled, 0.99)),
        ms(quantile(settled, 0.999)),
      ])
    }
    return {
      title: `A token from the cache, through AWS’s runtime interface client, ${integer(again)} in a row`,
      columns: ['form', 'a second', 'p50, ms', 'p99, ms', 'p99.9, ms'],
      rows,
    }
  } finally {
    await place.close()
    await rm(root, { recursive: true, force: true })
  }
}

const quietly = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const log = openSync('/dev/null', 'w')
  const before = process.stdout.write
  process.stdout.write = (text: string | Uint8Array): boolean => writeSync(log, String(text)) > 0
  try {
    return await work()
  } finally {
    process.stdout.write = before
  }
}

export const benchVendor: Bench = async ({ isQuick }) => {
  const runs = isQuick ? 20_000 : 100_000
  const measured = await quietly(async () => {
    const all: Measured[] = []
    // A place for each: what happens to one's client is nobody else's business.
    for (let at = 0; ; at += 1) {
      const place = await startVendingPlace()
      try {
        // The module of ours reads its settings once, so that it lives in the first place alone.
        const form = (await vendForms(place))[at]
        if (form === undefined) return all
        all.push(await measure(place, form, runs))
      } finally {
        await place.close()
      }
    }
  })
  const [ours] = measured
  const peers = measured.filter(({ form }, at) => at > 0 && form.isReference === undefined)
  const best = (key: 'herdMints' | 'downMints' | 'staleAfterRevoke'): number =>
    Math.min(...peers.map((one) => one[key]))
  return {
    tables: [
      {
        title: `A token from a warm environment, ${integer(runs)} in a row; ${HERD} ask at once`,
        columns: [
          'form',
          'a second',
          'p50, µs',
          'p99, µs',
          `mints for ${HERD} at once`,
          `mints for ${HERD} tries, Stytch down`,
          `mints for ${HERD} after a rotation`,
          `of ${HERD} after a revoke, tokens of the revoked value`,
        ],
        rows: measured.map(({ form, ...figures }) => [
          form.isReference === undefined ? form.name : `${form.name} (for reference)`,
          integer(figures.aSecond),
          ms(figures.p50),
          ms(figures.p99),
          integer(figures.herdMints),
          integer(figures.downMints),
          integer(figures.rotationMints),
          integer(figures.staleAfterRevoke),
        ]),
        notes: [
          `“After” is ${CHECK_SECONDS} s and a bit later: how often this project’s vendor looks at the secret’s labels is set to that here, and is 30 s unless configured.`,
          'What keeps tokens and nothing else answers faster than a handler that judges an event and writes an audit line; it hands out the tokens of a revoked value until they expire.',
          'The handler’s bounds are 50 µs (p50) and 500 µs (p99).',
        ],
      },
      await memoryTable(),
      await throughRic(isQuick),
    ],
    ratios: {
      'vendor: a hit, of a read and an exchange': (ours?.p50 ?? Number.NaN) / (peers[0]?.p50 ?? Number.NaN),
      'vendor: mints of a herd, of the best peer’s': (ours?.herdMints ?? Number.NaN) / Math.max(1, best('herdMints')),
      'vendor: mints while Stytch is down, of the best peer’s':
        (ours?.downMints ?? Number.NaN) / Math.max(1, best('downMints')),
    },
  }
}

if (import.meta.main) await runAlone(benchVendor)
