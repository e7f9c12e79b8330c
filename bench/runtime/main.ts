// `npm run bench:vendor-steps`: cold starts of the vendor under AWS's runtime interface client, from spawn to the first request for an event and
// to the first token, beside an empty handler and beside the usual choice, interleaved in one run; and cached vends inside the handler.
// `--runs N` (default 25). Everything is on this machine: the figures compare, and are no Lambda milliseconds.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { arch, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from '../report.ts'
import { measureHits } from '../vend-hit.ts'
import { bundleForms, type Form } from './bundles.ts'
import { type ColdStart, runColdStart } from './execution.ts'
import { installRic, nodePath, ricPath } from './install.ts'
import { startVendPlace } from './place.ts'

type Runs = ReadonlyMap<Form, ColdStart[]>

const measure = async (forms: readonly Form[], runs: number): Promise<Runs> => {
  const place = await startVendPlace()
  const results = new Map<Form, ColdStart[]>(forms.map((form) => [form, []]))
  try {
    // One more, which warms the machine's own caches and is not counted.
    for (let run = 0; run <= runs; run += 1) {
      for (const form of forms) {
        const input = { ricPath, nodePath, directory: form.directory, env: place.env, event: place.event }
        const start = await runColdStart(input)
        const { statusCode } = JSON.parse(start.answer) as { statusCode: number }
        if (statusCode !== 200) throw new Error(`${form.name} answered ${statusCode}: ${start.answer.slice(0, 300)}`)
        if (run > 0) results.get(form)?.push(start)
      }
      process.stderr.write(`\r${run} of ${runs} runs`)
    }
  } finally {
    await place.close()
  }
  process.stderr.write('\n')
  return results
}

const ms = (value: number): string => value.toFixed(1).padStart(7)
const times = (value: number): string => value.toFixed(2).padStart(5)

const report = (results: Runs): void => {
  const forms = [...results.keys()]
  const [empty, usual] = forms
  const of = (form: Form | undefined, key: 'nextMs' | 'answerMs' | 'nextCpuMs' | 'answerCpuMs'): number =>
    median((form === undefined ? [] : (results.get(form) ?? [])).map((start) => start[key]))
  console.log(
    '\nmedians, ms                                kB | first /next  × empty | first token  × usual | CPU: next  token',
  )
  for (const form of forms) {
    const { name, kB } = form
    const next = of(form, 'nextMs')
    const token = of(form, 'answerMs')
    console.log(
      `${name.padEnd(38)} ${kB.toFixed(0).padStart(6)} | ${ms(next)}      ${times(next / of(empty, 'nextMs'))}   | ${ms(token)}      ${times(token / of(usual, 'answerMs'))}   | ${ms(of(form, 'nextCpuMs'))} ${ms(of(form, 'answerCpuMs'))}`,
    )
  }
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '25' } } })
installRic()
const root = await mkdtemp(join(tmpdir(), 'm2m-cold-'))
try {
  const version = spawnSync(nodePath, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(
    `Node ${version}, ${arch()}, ${cpus().length} CPUs, load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  )
  report(await measure(await bundleForms(root), Number(values.runs)))
  console.log(
    `load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  )
} finally {
  await rm(root, { recursive: true, force: true })
}
const hits = await measureHits()
console.log(
  `\ncached vend inside the handler, ${hits.count} of them: p50 ${hits.p50.toFixed(1)} µs, p99 ${hits.p99.toFixed(1)} µs`,
)
