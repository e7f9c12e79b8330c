// `npm run bench:cold`: the cold start of every function's bundle under AWS's runtime interface client on Node 24, beside an empty handler and
// beside the usual choices; interleaved, so that a busy machine falls on all of them alike. Everything is on one machine: the figures compare,
// and are no Lambda milliseconds.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Laptop, startLaptop } from '../lambda/local/laptop/laptop.ts'
import { type Bench, median, medianRatio, ms, runAlone, times } from './report.ts'
import { byEsbuild, byOurs, type Form, plainly } from './runtime/bundles.ts'
import { type ColdStart, runColdStart } from './runtime/execution.ts'
import { installRic, nodePath, ricPath } from './runtime/install.ts'
import { startPending } from './runtime/pending.ts'
import { startVendPlace } from './runtime/place.ts'

interface Subject {
  readonly name: string
  readonly form: Form
  readonly env: Readonly<Record<string, string>>
  readonly event: unknown
  /** What the answer was for. */
  readonly does: string
  /** The usual choice for the same job, by name. */
  readonly usual?: string
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const handler = (name: string): string => path(`../lambda/handlers/${name}.ts`)

const VENDOR = '**token vendor**'
const ROTATION = '**rotation function**'
const EMPTY = 'empty handler (for reference)'

/** What each of the others is asked, that it answers at once. */
const asked: Readonly<Record<string, { readonly event: unknown; readonly does: string }>> = {
  'project-rotation': { event: { Step: 'none' }, does: 'refuses an event' },
  clients: { event: { op: 'stage' }, does: 'answers' },
  sweep: { event: {}, does: 'sweeps a secret' },
  campaign: { event: {}, does: 'refuses an event' },
  registrar: { event: {}, does: 'refuses an event' },
  incident: { event: { source: 'm2m.security', detail: {} }, does: 'refuses an event' },
  archive: { event: { source: 'm2m.rotation', 'detail-type': 'None', detail: {} }, does: 'refuses an event' },
  identify: { event: {}, does: 'refuses an event' },
  intake: { event: { headers: {}, requestContext: { http: { method: 'POST' } } }, does: 'refuses a request' },
}

/** All of the other functions, as the laptop configures them. */
const others = async (root: string, laptop: Laptop): Promise<readonly Subject[]> => {
  const subjects = laptop
    .configured()
    .filter(({ part }) => asked[part] !== undefined)
    .map(
      async ({ part, handler: name, env }): Promise<Subject> => ({
        name: part,
        form: await byOurs(part, join(root, part), handler(name)),
        env,
        ...(asked[part] ?? { event: {}, does: '' }),
      }),
    )
  return Promise.all(subjects)
}

export const benchCold: Bench = async ({ isQuick }) => {
  installRic()
  const runs = isQuick ? 7 : 21
  const root = await mkdtemp(join(tmpdir(), 'm2m-cold-'))
  const at = (name: string): string => join(root, name)
  const [vend, pending] = [await startVendPlace(), await startPending()]
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, hasVendClient: true, onLog: () => {} })
  try {
    const form = (name: string): string => path(`runtime/forms/${name}.ts`)
    const vends = { env: vend.env, event: vend.event, does: 'a token, by Secrets Manager and Stytch' }
    const tests = { env: pending.env, event: pending.event, does: '`testSecret`: a read, and an exchange' }
    const bare = { env: {}, event: {}, does: 'nothing' }
    const subjects: readonly Subject[] = [
      { name: EMPTY, form: await byEsbuild('empty', at('empty'), plainly(form('empty'), { banner: {} })), ...bare },
      {
        name: VENDOR,
        form: await byOurs('vendor', at('vendor'), handler('on-vend')),
        ...vends,
        usual: 'the same, usual choice',
      },
      { name: 'the same, usual choice', form: await byEsbuild('usual', at('usual'), plainly(form('usual'))), ...vends },
      {
        name: ROTATION,
        form: await byOurs('rotation', at('rotation'), handler('on-rotation')),
        ...tests,
        usual: 'the same, by `stytch` SDK and Powertools',
      },
      {
        name: 'the same, by `stytch` SDK and Powertools',
        form: await byEsbuild('sdk', at('sdk'), plainly(path('rotation/vendor-sdk.ts'))),
        ...tests,
      },
      {
        name: 'the same, by AWS’s template',
        form: await byEsbuild('template', at('template'), plainly(path('rotation/template.ts'))),
        ...tests,
      },
      ...(await others(root, laptop)),
    ]
    const results = new Map<string, ColdStart[]>(subjects.map(({ name }) => [name, []]))
    // One more, which warms the machine's own caches and is not counted.
    for (let run = 0; run <= runs; run += 1) {
      for (const {
        name,
        form: { directory },
        env,
        event,
      } of subjects) {
        const start = await runColdStart({ ricPath, nodePath, directory, env, event, mayFail: true })
        if (run > 0) results.get(name)?.push(start)
      }
    }
    const of = (name: string, key: 'nextMs' | 'answerMs' | 'nextCpuMs' | 'answerCpuMs') =>
      (results.get(name) ?? []).map((start) => start[key])
    const toEmpty = (name: string, key: 'nextMs' | 'nextCpuMs'): number => medianRatio(of(name, key), of(EMPTY, key))
    return {
      tables: [
        {
          title: `Cold start of every function, medians of ${runs} interleaved runs, ms`,
          columns: [
            'function',
            'bundle, kB',
            'spawn → first `/next`',
            '× empty',
            'CPU × empty',
            'spawn → first answer',
            '× usual',
            'again, warm',
            'the answer',
          ],
          rows: subjects.map(({ name, form: { kB }, does, usual }) => [
            name,
            kB.toFixed(0),
            ms(median(of(name, 'nextMs'))),
            times(toEmpty(name, 'nextMs')),
            times(toEmpty(name, 'nextCpuMs')),
            ms(median(of(name, 'answerMs'))),
            usual === undefined ? '' : times(medianRatio(of(name, 'answerMs'), of(usual, 'answerMs'))),
            ms(median((results.get(name) ?? []).flatMap(({ warmMs }) => warmMs))),
            does,
          ]),
          notes: [
            `The vendor’s goal is 2 × an empty handler to the first \`/next\`: ${times(toEmpty(VENDOR, 'nextMs'))}. The rotation function’s is 3 ×: ${times(toEmpty(ROTATION, 'nextMs'))}.`,
            'CPU is user and system time of all threads, which a busy machine changes less than the wall clock.',
          ],
        },
      ],
      ratios: {
        'cold: vendor’s first /next, of an empty handler': toEmpty(VENDOR, 'nextMs'),
        'cold: rotation function’s first /next, of an empty handler': toEmpty(ROTATION, 'nextMs'),
        'cold: vendor’s first token, of the usual choice': medianRatio(
          of(VENDOR, 'answerMs'),
          of('the same, usual choice', 'answerMs'),
        ),
        'cold: rotation function’s first answer, of the SDK’s': medianRatio(
          of(ROTATION, 'answerMs'),
          of('the same, by `stytch` SDK and Powertools', 'answerMs'),
        ),
      },
    }
  } finally {
    await laptop.close()
    await Promise.all([vend.close(), pending.close()])
    await rm(root, { recursive: true, force: true })
  }
}

if (import.meta.main) await runAlone(benchCold)
