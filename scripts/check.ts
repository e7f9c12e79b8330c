// `npm test`: types, lint, architecture and tests, each with a heading and its time. All four run even if one fails, so that a
// red run shows everything at once. The last line on stdout is the tally, `N passed, N failed`; it is green only if all is.
// Arguments go on to vitest: `npm test -- test/domain`. Tested in test/scripts/check.test.ts.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))

/** One of the checks that come before the tests. */
export interface CheckResult {
  readonly name: string
  readonly passes: boolean
}

export interface TestRun {
  /** vitest's own; null: it was killed. */
  readonly exitCode: number | null
  /** The text of vitest's JSON report; undefined: it wrote none. */
  readonly report: string | undefined
}

export interface Tally {
  readonly passed: number
  readonly failed: number
}

interface ReportedFile {
  readonly status: string
  readonly assertionResults: readonly { readonly status: string }[]
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
export const tallyTests = ({ exitCode, report }: TestRun): Tally => {
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

/** The last line, and whether all is well: each check before the tests that fails counts as one failure. */
export const conclude = (
  checks: readonly CheckResult[],
  tests: TestRun,
): { readonly line: string; readonly passes: boolean } => {
  const { passed, failed } = tallyTests(tests)
  const allFailed = failed + checks.filter(({ passes }) => !passes).length
  return { line: `${passed} passed, ${allFailed} failed`, passes: allFailed === 0 }
}

const timed = <T>(heading: string, run: () => T): T => {
  console.log(`\n── ${heading}`)
  const startedAt = performance.now()
  const result = run()
  console.log(`── ${heading}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  return result
}

const node = (root: string, args: readonly string[]): number | null =>
  spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status

const installed = (path: string): string => join(repository, 'node_modules', path)

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const runTests = (root: string, args: readonly string[]): TestRun => {
  const directory = mkdtempSync(join(tmpdir(), 'm2m-check-'))
  const reportFile = join(directory, 'vitest.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
    const exitCode = node(root, [installed('vitest/vitest.mjs'), 'run', ...reporters, ...args])
    return { exitCode, report: readIfThere(reportFile) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A check before the tests: what Node is to run; exit code 0 passes. */
export interface Step {
  readonly name: string
  readonly args: readonly string[]
}

const steps: readonly Step[] = [
  { name: 'types', args: [installed('typescript/bin/tsc'), '--noEmit'] },
  { name: 'types of the page', args: [installed('typescript/bin/tsc'), '-p', 'lambda/local/page/browser'] },
  { name: 'lint', args: [installed('@biomejs/biome/bin/biome'), 'check', '.'] },
  { name: 'architecture', args: [join(repository, 'scripts/architecture.ts')] },
]

/** Runs everything in `root` and prints the tally last. @returns the exit code. */
export const check = (root: string, stepsBefore: readonly Step[], vitestArgs: readonly string[]): 0 | 1 => {
  const checks = stepsBefore.map(({ name, args }) => ({ name, passes: timed(name, () => node(root, args) === 0) }))
  const tests = timed('tests', () => runTests(root, vitestArgs))

  const { line, passes } = conclude(checks, tests)
  for (const { name } of checks.filter((one) => !one.passes)) console.log(`${name} failed`)
  console.log(line)
  return passes ? 0 : 1
}

if (import.meta.main) process.exitCode = check(repository, steps, process.argv.slice(2))
