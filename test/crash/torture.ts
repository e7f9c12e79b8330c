// `npm run torture`: the long form of everything in this folder, for every kind of secret. Prints each unit's figures as it ends, every
// violation, and one last line with the counts; exit 1 when anything was violated. `--shard i/n` plays one part of n, `--resume` goes on
// where a run was cut short, `--join` adds all shards up and plays nothing; see torture-options.ts for the rest.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join as pathOf } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  countsLine,
  type Ended,
  endedLine,
  hasPassed,
  headLine,
  isSame,
  type Journal,
  join,
  leftOf,
  readJournal,
  type TortureRun,
  unitsOf,
} from './torture-journal.ts'
import { readOptions, type TortureOptions, usage } from './torture-options.ts'
import { hashSources } from './torture-sources.ts'
import { gaps, tortureUnits, type Unit } from './torture-units.ts'
import { playAll, startWorker } from './torture-workers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SHOWN = 20
const WORKER = '--worker'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const read = (path: string): Journal | undefined =>
  existsSync(path) ? readJournal(readFileSync(path, 'utf8')) : undefined

/** Shards must agree on a seed without having met. */
const ownSeed = ({ isSharded }: TortureOptions, sources: string): number =>
  isSharded ? Number.parseInt(sources.slice(0, 7), 16) : Math.floor(Math.random() * 2 ** 31)

const unitsFor = ({ isQuick, seed, only }: TortureRun): readonly Unit[] =>
  tortureUnits({ isQuick, seed }).filter(({ name }) => name.includes(only))

const report = (one: Ended): void => {
  const { unit, seconds, report: found } = one
  const { violations, ...figures } = found
  const nothing = violations.length === 0 && !hasPassed(one) && found.failures === undefined ? ', played nothing' : ''
  say(`${unit}: ${JSON.stringify(figures)}, ${violations.length} violated${nothing}, ${seconds} s`)
  for (const violation of violations.slice(0, SHOWN)) say(`  ${violation}`)
  if (violations.length > SHOWN) say(`  and ${violations.length - SHOWN} more`)
}

/** @returns the exit code. */
const play = async (options: TortureOptions): Promise<0 | 1> => {
  const { shard, isQuick, only, isResumed, jobs } = options
  mkdirSync(options.results, { recursive: true })
  const path = pathOf(options.results, `shard-${shard.shard}-of-${shard.of}.jsonl`)
  const sources = hashSources(root)
  const before = isResumed ? read(path) : undefined
  const run = { sources, isQuick, only, seed: options.seed ?? before?.run.seed ?? ownSeed(options, sources) }
  const journal = before !== undefined && isSame(before.run, run) ? before : undefined
  if (isResumed && journal === undefined) {
    say(
      before === undefined
        ? 'There is nothing to resume.'
        : 'The sources, the seed or the form changed: starting over.',
    )
  }
  const units = unitsOf(unitsFor(run), shard)
  const left = leftOf(units, journal)
  // A kill may have cut the last line short; what comes next begins a line of its own.
  if (journal === undefined) writeFileSync(path, headLine(run, shard))
  else appendFileSync(path, '\n')
  say(`seed ${run.seed}, sources ${sources}: ${left.length} of ${units.length} units to play`)

  const names = new Set(left.map(({ name }) => name))
  const ended: Ended[] = [...(journal?.ended ?? [])].filter(({ unit }) => !names.has(unit))
  const args = [WORKER, String(run.seed), ...(isQuick ? ['--quick'] : [])]
  await playAll({
    units: left,
    jobs,
    startWorker: () => startWorker(import.meta.filename, args),
    onEnd: ({ name, suite }, found, seconds) => {
      // A process that started since then has played other sources than the record is of.
      if (hashSources(root) !== sources) {
        say(`${name}: the sources changed meanwhile, so that it is not recorded.`)
        return
      }
      const one = { unit: name, suite, seconds, report: found }
      appendFileSync(path, endedLine(one))
      ended.push(one)
      report(one)
    },
  })
  say(countsLine(ended, units.length - ended.length))
  return ended.every(hasPassed) && ended.length === units.length && units.length > 0 ? 0 : 1
}

/** @returns the exit code. */
const joinAll = (options: TortureOptions): 0 | 1 => {
  const { isQuick, only } = options
  const files = existsSync(options.results) ? readdirSync(options.results) : []
  const journals = files
    .filter((name) => /^shard-\d+-of-\d+\.jsonl$/.test(name))
    .flatMap((name) => read(pathOf(options.results, name)) ?? [])
  const run = { sources: hashSources(root), isQuick, only, seed: options.seed ?? journals[0]?.run.seed ?? 0 }
  const { line, faults } = join(
    journals,
    unitsFor(run).map(({ name }) => name),
    run,
  )
  for (const fault of faults) say(fault)
  say(line)
  return faults.length === 0 ? 0 : 1
}

/** Plays what it is sent, one unit after the other. */
const work = (seed: number, isQuick: boolean): void => {
  const units = new Map(tortureUnits({ isQuick, seed }).map((unit) => [unit.name, unit]))
  process.on('disconnect', () => process.exit())
  process.on('message', ({ unit }: { readonly unit: string }) => {
    const played = units.get(unit)?.run() ?? Promise.resolve({ violations: ['There is no such unit.'] })
    played
      .catch((error: unknown) => ({
        violations: [error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'],
      }))
      .then((found) => process.send?.(found))
  })
}

const main = async (args: readonly string[]): Promise<void> => {
  if (args[0] === WORKER) return work(Number(args[1]), args.includes('--quick'))
  const options = readOptions(args, { processors: availableParallelism(), seed: process.env.TORTURE_SEED })
  if ('faults' in options) {
    process.stderr.write(`${[...options.faults, usage].join('\n')}\n`)
    process.exitCode = 2
    return
  }
  if (options.isJoined) {
    process.exitCode = joinAll(options)
    return
  }
  for (const [kind, suites] of Object.entries(gaps)) {
    for (const [suite, why] of Object.entries(suites)) say(`${kind}: no ${suite}. ${why}`)
  }
  process.exitCode = await play(options)
}

await main(process.argv.slice(2))
