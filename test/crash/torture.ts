// `npm run torture`: the long form of everything in this folder, as many suites at a time as there are processors. Prints each suite's
// figures as it ends, every violation, and one last line with the counts. Exit 1 when anything was violated. `--quick` plays a share, to
// see that it runs; `--jobs=1` one suite after the other; `TORTURE_SEED` the walks of an earlier run.
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { type Figures, type Report, type Suite, tortureSuites } from './torture-suites.ts'

const isQuick = process.argv.includes('--quick')
const optionOf = (name: string): string | undefined =>
  process.argv.find((option) => option.startsWith(`--${name}=`))?.slice(name.length + 3)
const seed = Number(process.env.TORTURE_SEED ?? Math.floor(Math.random() * 2 ** 31))
const suites = tortureSuites({ isQuick, seed })

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** One suite in a process of its own. A process that dies is a violation, not a suite that found nothing. */
const runApart = (at: number): Promise<Report> =>
  new Promise((resolve) => {
    const child = fork(import.meta.filename, [`--suite=${at}`, ...(isQuick ? ['--quick'] : [])], {
      env: { ...process.env, TORTURE_SEED: String(seed) },
    })
    let report: Report = { violations: ['its process died'] }
    child.on('message', (message) => {
      report = message as Report
    })
    child.on('exit', () => resolve(report))
  })

const runAll = async (jobs: number): Promise<readonly (Suite & { readonly report: Report })[]> => {
  const done: (Suite & { readonly report: Report })[] = []
  const left = [...suites.entries()]
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, suite] = next
      const startedAt = performance.now()
      const report = await runApart(at)
      const { violations, ...figures } = report
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      say(`${suite.name}: ${JSON.stringify(figures)}, ${violations.length} violated, ${seconds} s`)
      for (const violation of violations.slice(0, 20)) say(`  ${violation}`)
      done.push({ ...suite, report })
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return done
}

const summarise = (done: readonly (Suite & { readonly report: Report })[]): void => {
  const sum = (kinds: readonly Suite['kind'][], figure: keyof Figures): number =>
    done.filter(({ kind }) => kinds.includes(kind)).reduce((total, { report }) => total + (report[figure] ?? 0), 0)
  const violations = done.reduce((total, { report }) => total + report.violations.length, 0)
  const failures = violations + sum(['consumers'], 'failures')
  say(
    [
      `${sum(['crashes'], 'points')} crash points`,
      `${sum(['crashes', 'races', 'collisions'], 'runs')} runs`,
      `${sum(['faults'], 'runs')} faults`,
      `${sum(['walks'], 'walks')} walks`,
      `${sum(['consumers'], 'requests')} consumer requests`,
      `${failures} failures`,
    ].join(', '),
  )
  process.exitCode = failures === 0 ? 0 : 1
}

const only = optionOf('suite')
if (only === undefined) {
  summarise(await runAll(Number(optionOf('jobs') ?? availableParallelism())))
} else {
  const report = await suites[Number(only)]?.run()
  if (report !== undefined) process.send?.(report, () => process.disconnect())
}
