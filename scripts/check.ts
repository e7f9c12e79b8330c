// `npm test`: types, lint, architecture, words and tests, each with a heading and its time. All run even if one fails, so that a red run shows
// everything at once. The last line on stdout is the tally, `N passed, N failed`; it is green only if all is.
// `npm test -- --changed` runs the tests that are near to what changed since HEAD~1 (`--changed REV`: since REV). `npm run test:long` is
// the second run, without the checks. Other arguments go on to vitest: `npm test -- test/core/vend`. Tested in test/scripts/check.long.test.ts.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { changedLongTests, changedSince, importsOf, selectTests } from './changed-tests.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

/** One of the checks that come before the tests. */
export interface RunResult {
  readonly name: string
  readonly passes: boolean
}

export interface TestRun {
  /** vitest's own; null: it was killed. */
  readonly exitCode: number | null
  /** The text of vitest's JSON report; undefined: it wrote none. */
  readonly report: string | undefined
}

const playedNames = {
  crashPoints: 'crash points',
  crashRuns: 'killed runs',
  faults: 'runs with a fault',
  races: 'races',
  collisions: 'collisions',
  walks: 'walks',
  requests: 'requests of consumers',
  modelStates: 'model states',
  staleReplies: 'stale replies',
} as const

/** A line that a kill cut short counts nothing, and hides no tally. */
const noteIn = (line: string): Partial<Record<string, number>> => {
  try {
    return JSON.parse(line) as Partial<Record<string, number>>
  } catch {
    return {}
  }
}

/** What the crash suites noted (test/crash/played.ts), a JSON object a line, as one line; empty: they played nothing. */
export const sumPlayed = (lines: string): string => {
  const notes = lines
    .split('\n')
    .filter((line) => line !== '')
    .map(noteIn)
  return Object.entries(playedNames)
    .map(([name, words]) => ({ words, count: notes.reduce((sum, note) => sum + (note[name] ?? 0), 0) }))
    .filter(({ count }) => count > 0)
    .map(({ words, count }) => `${count} ${words}`)
    .join(', ')
}

export interface CheckTally {
  readonly passed: number
  readonly failed: number
}

interface ReportedTest {
  readonly status: string
  readonly fullName?: string
  readonly failureMessages?: readonly string[] | null
}

interface ReportedFile {
  readonly name?: string
  readonly message?: string
  readonly status: string
  readonly assertionResults: readonly ReportedTest[]
}

const filesOf = (report: string | undefined): readonly ReportedFile[] => {
  if (report === undefined) return []
  try {
    const { testResults } = JSON.parse(report) as { readonly testResults?: readonly ReportedFile[] }
    return testResults ?? []
  } catch {
    return []
  }
}

/**
 * What a run of vitest comes to. A file that fails without a failed test (it could not be loaded, or a hook threw) counts as one
 * failure. So does a run that failed for a reason no file names (an unhandled error, a kill), and one in which no test passed.
 */
export const tallyTests = ({ exitCode, report }: TestRun): CheckTally => {
  const files = filesOf(report)
  const count = (file: ReportedFile, status: string): number =>
    file.assertionResults.filter((assertion) => assertion.status === status).length

  const passed = files.reduce((sum, file) => sum + count(file, 'passed'), 0)
  const failed = files.reduce((sum, file) => {
    const failedTests = count(file, 'failed')
    return sum + (failedTests === 0 && file.status !== 'passed' ? 1 : failedTests)
  }, 0)

  const isUnexplained = failed === 0 && (exitCode !== 0 || passed === 0)
  return { passed, failed: isUnexplained ? 1 : failed }
}

const firstLine = (text: string | undefined): string => (text ?? '').trim().split('\n')[0]?.slice(0, 300) ?? ''

/**
 * A line for each test that failed, and for each that passed only when it was tried again (vitest's `retry`): what CI repeats at its end,
 * where nobody has to look for it.
 */
export const explainTests = (root: string, { report }: Pick<TestRun, 'report'>): readonly string[] =>
  filesOf(report).flatMap((file) => {
    const name = relative(root, file.name ?? '')
    const failures = file.assertionResults.flatMap(({ status, fullName = '', failureMessages }) => {
      const said = `${name} > ${fullName}: ${firstLine(failureMessages?.[0])}`
      if (status === 'failed') return [`── failed: ${said}`]
      return status === 'passed' && (failureMessages ?? []).length > 0 ? [`── passed when tried again: ${said}`] : []
    })
    const isOnlyFile = file.status !== 'passed' && !failures.some((line) => line.startsWith('── failed'))
    return isOnlyFile ? [...failures, `── failed: ${name}: ${firstLine(file.message)}`] : failures
  })

/** The last line, and whether all is well: each check before the tests that fails counts as one failure. */
export const conclude = (
  checks: readonly RunResult[],
  tests: TestRun,
): { readonly line: string; readonly passes: boolean } => {
  const { passed, failed } = tallyTests(tests)
  const allFailed = failed + checks.filter(({ passes }) => !passes).length
  return { line: `${passed} passed, ${allFailed} failed`, passes: allFailed === 0 }
}

const seconds = (startedAt: number): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`

interface NodeRun {
  /** null: it was killed, or could not be started. */
  readonly exitCode: number | null
  /** What it printed, where that was kept. */
  readonly output: string
}

const node = (
  root: string,
  args: readonly string[],
  output: 'shown' | 'kept',
  env: Readonly<Record<string, string>> = {},
): Promise<NodeRun> =>
  new Promise((resolve) => {
    const stream = output === 'kept' ? 'pipe' : 'inherit'
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', stream, stream],
      env: { ...process.env, ...env },
    })
    const printed: string[] = []
    for (const one of [child.stdout, child.stderr]) one?.setEncoding('utf8').on('data', (text) => printed.push(text))
    child.on('error', ({ message }) => resolve({ exitCode: null, output: message }))
    child.on('close', (exitCode) => resolve({ exitCode, output: printed.join('') }))
  })

const installed = (path: string): string => join(repository, 'node_modules', path)

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const runTests = async (root: string, args: readonly string[]): Promise<TestRun> => {
  const directory = mkdtempSync(join(tmpdir(), 'm2m-check-'))
  const reportFile = join(directory, 'vitest.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
    const played = join(directory, 'played')
    const command = [installed('vitest/vitest.mjs'), 'run', ...reporters, ...args]
    const { exitCode } = await node(root, command, 'shown', { M2M_PLAYED: played })
    const sums = sumPlayed(readIfThere(played) ?? '')
    if (sums !== '') console.log(`── played: ${sums}`)
    return { exitCode, report: readIfThere(reportFile) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A check before the tests: what Node is to run; exit code 0 passes. */
export interface CheckStep {
  readonly name: string
  readonly args: readonly string[]
  /** Goes on beside the tests, and is shown after them: one processor would idle while the others wait for it. @default false */
  readonly isSlow?: boolean
}

const TYPES_KNOWN = installed('.cache/types.tsbuildinfo')

const PAGE = 'lambda/local/page/browser'
const PAGE_TYPES = 'types of the page'

const steps: readonly CheckStep[] = [
  {
    name: 'types',
    args: [installed('typescript/bin/tsc'), '--noEmit', '--incremental', '--tsBuildInfoFile', TYPES_KNOWN],
    isSlow: true,
  },
  { name: PAGE_TYPES, args: [installed('typescript/bin/tsc'), '-p', PAGE] },
  { name: 'lint', args: [installed('@biomejs/biome/bin/biome'), 'check', '.'] },
  { name: 'architecture', args: [join(repository, 'scripts/architecture.ts')] },
  { name: 'words', args: [join(repository, 'scripts/words/main.ts')] },
]

interface StepEnd extends RunResult {
  readonly output: string
  readonly took: string
}

const runStep = async (root: string, { name, args }: CheckStep): Promise<StepEnd> => {
  const startedAt = performance.now()
  const { exitCode, output } = await node(root, args, 'kept')
  return { name, passes: exitCode === 0, output, took: seconds(startedAt) }
}

/** What each printed stands under its own heading. */
const showSteps = async (running: readonly Promise<StepEnd>[]): Promise<readonly RunResult[]> => {
  const checks: RunResult[] = []
  for (const step of running) {
    const { name, passes, output, took } = await step
    console.log(`\n── ${name}\n${output.trimEnd()}${output.trim() === '' ? '' : '\n'}── ${name}: ${took}`)
    checks.push({ name, passes })
  }
  return checks
}

/** Runs everything in `root` and prints the tally last. @returns the exit code. */
export const check = async (
  root: string,
  stepsBefore: readonly CheckStep[],
  vitestArgs: readonly string[],
): Promise<0 | 1> => {
  const running = stepsBefore.map((step) => ({ step, end: runStep(root, step) }))
  const endsOf = (isSlow: boolean) =>
    running.filter(({ step }) => (step.isSlow === true) === isSlow).map(({ end }) => end)
  const quick = await showSteps(endsOf(false))
  console.log('\n── tests')
  const startedAt = performance.now()
  const tests = await runTests(root, vitestArgs)
  console.log(`── tests: ${seconds(startedAt)}`)
  const checks = [...quick, ...(await showSteps(endsOf(true)))]

  const { line, passes } = conclude(checks, tests)
  for (const { name } of checks.filter((one) => !one.passes)) console.log(`── failed: ${name}`)
  for (const said of explainTests(root, tests)) console.log(said)
  console.log(line)
  return passes ? 0 : 1
}

export interface ChangedOption {
  /** undefined: it is not asked for. */
  readonly base: string | undefined
  /** What goes on to vitest. */
  readonly others: readonly string[]
}

/** `--changed`, `--changed=REV` and `--changed REV`. */
export const readChanged = (args: readonly string[]): ChangedOption => {
  const at = args.findIndex((arg) => arg === '--changed' || arg.startsWith('--changed='))
  const [option, next] = args.slice(at)
  if (at === -1 || option === undefined) return { base: undefined, others: args }
  const given = option.slice('--changed='.length)
  const isNext = given === '' && next !== undefined && !next.startsWith('-')
  return {
    base: given || (isNext ? next : 'HEAD~1'),
    others: [...args.slice(0, at), ...args.slice(at + (isNext ? 2 : 1))],
  }
}

interface Asked {
  readonly steps: readonly CheckStep[]
  readonly vitestArgs: readonly string[]
}

/** The option becomes the test files that it asks for. */
const withChanged = async (args: readonly string[]): Promise<Asked> => {
  const { base, others } = readChanged(args)
  if (base === undefined) return { steps, vitestArgs: args }
  const changed = changedSince(repository, base)
  const imports = await importsOf(repository)
  const selected = selectTests(imports, changed)
  console.log(`${changed.length} files changed since ${base}; ${selected.length} test files are near to them.`)
  const long = changedLongTests(imports, changed)
  if (long.length > 0) console.log(`Changed as well, and of the long run: npm run test:long -- ${long.join(' ')}`)
  // What every change may break: names, comments, layout.
  const vitestArgs = [...others, ...(selected.length === 0 ? ['test/architecture'] : selected)]
  const isPageChanged = changed.some((file) => file.startsWith(PAGE))
  return { steps: steps.filter(({ name }) => isPageChanged || name !== PAGE_TYPES), vitestArgs }
}

const main = async (args: readonly string[]): Promise<0 | 1> => {
  if (args[0] === '--long') return check(repository, [], ['--config', 'vitest.long.config.ts', ...args.slice(1)])
  try {
    const asked = await withChanged(args)
    return await check(repository, asked.steps, asked.vitestArgs)
  } catch (error) {
    console.log(error instanceof Error ? error.message : error)
    console.log(conclude([], { exitCode: null, report: undefined }).line)
    return 1
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
