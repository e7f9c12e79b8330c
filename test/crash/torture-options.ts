// The command line of `npm run torture`. All errors are listed at once, and nothing runs with one.
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { readShard, type Shard } from './torture-journal.ts'

export interface TortureOptions {
  readonly isQuick: boolean
  readonly only: string
  readonly shard: Shard
  readonly isSharded: boolean
  readonly isResumed: boolean
  readonly isJoined: boolean
  readonly jobs: number
  /** Folder of the journals. */
  readonly results: string
  /** undefined: not given. */
  readonly seed: number | undefined
}

export const usage = `npm run torture -- [--quick] [--shard i/n] [--resume] [--only TEXT] [--jobs N] [--results DIR]
npm run torture -- --join [--quick] [--only TEXT] [--results DIR]
TORTURE_SEED=N repeats the walks and consumers of an earlier run.`

const options = {
  quick: { type: 'boolean', default: false },
  resume: { type: 'boolean', default: false },
  join: { type: 'boolean', default: false },
  shard: { type: 'string', default: '1/1' },
  only: { type: 'string', default: '' },
  jobs: { type: 'string' },
  results: { type: 'string', default: 'reports/torture' },
} as const satisfies ParseArgsConfig['options']

const wholeNumber = (text: string): number | undefined => (/^\d{1,10}$/.test(text) ? Number(text) : undefined)

export interface Surroundings {
  readonly processors: number
  /** The value of TORTURE_SEED. */
  readonly seed: string | undefined
}

/** @returns the options, or what is wrong with them. */
export const readOptions = (
  args: readonly string[],
  { processors, seed: seedText }: Surroundings,
): TortureOptions | { readonly faults: readonly string[] } => {
  const parsed = (() => {
    try {
      return parseArgs({ args: [...args], options, strict: true }).values
    } catch (error) {
      return error instanceof Error ? error.message : 'The command line cannot be read.'
    }
  })()
  if (typeof parsed === 'string') return { faults: [parsed] }
  const shard = readShard(parsed.shard)
  const jobs = parsed.jobs === undefined ? processors : wholeNumber(parsed.jobs)
  const seed = seedText === undefined ? undefined : wholeNumber(seedText)
  const faults = [
    ...(shard === undefined ? [`--shard ${parsed.shard}: expected i/n, with i from 1 to n`] : []),
    ...(jobs === undefined || jobs === 0 ? [`--jobs ${parsed.jobs}: expected a whole number from 1`] : []),
    ...(seedText !== undefined && seed === undefined ? [`TORTURE_SEED=${seedText}: expected a whole number`] : []),
    ...(parsed.join && parsed.resume ? ['--join plays nothing that --resume could go on with'] : []),
  ]
  if (faults.length > 0 || shard === undefined || jobs === undefined) return { faults }
  return {
    isQuick: parsed.quick,
    only: parsed.only,
    shard,
    isSharded: parsed.shard !== '1/1',
    isResumed: parsed.resume,
    isJoined: parsed.join,
    jobs,
    results: parsed.results,
    seed,
  }
}
