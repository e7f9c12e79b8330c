// Proves that `npm test` cannot be green on a red run: the tally as a pure function of what vitest reported, and the whole check
// on tiny projects in temporary directories, run by the real vitest.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { conclude, explainTests, readChanged, sumPlayed, type TestRun, tallyTests } from '../../scripts/check.ts'

interface ReportedFile {
  readonly status?: string
  readonly tests: readonly string[]
}

const run = (files: readonly ReportedFile[], exitCode: number | null): TestRun => ({
  exitCode,
  report: JSON.stringify({
    testResults: files.map(({ status, tests }) => ({
      status: status ?? (tests.includes('failed') ? 'failed' : 'passed'),
      assertionResults: tests.map((one) => ({ status: one })),
    })),
  }),
})

const green = run([{ tests: ['passed', 'passed'] }, { tests: ['passed', 'skipped'] }], 0)
const allPass = ['types', 'lint', 'architecture'].map((name) => ({ name, passes: true }))

test('what failed, and what needed a second try, is said in a line each', () => {
  const report = JSON.stringify({
    testResults: [
      {
        name: '/repo/test/one.test.ts',
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'steady', failureMessages: [] },
          { status: 'passed', fullName: 'shaky', failureMessages: ['Error: late\n    at one'] },
          { status: 'failed', fullName: 'broken', failureMessages: ['Error: wrong\n    at one'] },
        ],
      },
      { name: '/repo/test/two.test.ts', status: 'failed', message: 'cannot be loaded\nat two', assertionResults: [] },
    ],
  })

  expect(explainTests('/repo', { report })).toEqual([
    '── passed when tried again: test/one.test.ts > shaky: Error: late',
    '── failed: test/one.test.ts > broken: Error: wrong',
    '── failed: test/two.test.ts: cannot be loaded',
  ])
})

describe('the tally of a test run', () => {
  test.each<[string, TestRun, number, number]>([
    ['passed tests are counted over all files, skipped ones are not', green, 3, 0],
    ['failed tests are counted one by one', run([{ tests: ['passed', 'failed', 'failed'] }], 1), 1, 2],
    [
      'a file that could not be loaded is one failure',
      run([{ tests: ['passed'] }, { status: 'failed', tests: [] }], 1),
      1,
      1,
    ],
    ['a hook that threw is one failure', run([{ status: 'failed', tests: ['passed', 'skipped'] }], 1), 1, 1],
    ['an unhandled error that no file names is one failure', run([{ tests: ['passed'] }], 1), 1, 1],
    ['a killed run is one failure', run([{ tests: ['passed'] }], null), 1, 1],
    ['no file is one failure', run([], 0), 0, 1],
    ['only skipped tests are one failure', run([{ tests: ['skipped', 'todo'] }], 0), 0, 1],
    ['no report is one failure, whatever the exit code', { exitCode: 0, report: undefined }, 0, 1],
    ['half a report is one failure', { exitCode: 0, report: '{"testResults": [' }, 0, 1],
    ['a report of another shape is one failure', { exitCode: 0, report: '{}' }, 0, 1],
  ])('%s', (_claim, testRun, passed, failed) => {
    expect(tallyTests(testRun)).toEqual({ passed, failed })
  })
})

describe('the conclusion', () => {
  test('is green when every check and test passed', () => {
    expect(conclude(allPass, green)).toEqual({ line: '3 passed, 0 failed', passes: true })
  })

  test.each(['types', 'lint', 'architecture'])('counts failing %s as one failure although every test passed', (red) => {
    const checks = allPass.map(({ name }) => ({ name, passes: name !== red }))

    expect(conclude(checks, green)).toEqual({ line: '3 passed, 1 failed', passes: false })
  })

  test('adds failing checks to failing tests', () => {
    const checks = allPass.map(({ name }) => ({ name, passes: false }))

    expect(conclude(checks, run([{ tests: ['passed', 'failed'] }], 1)).line).toBe('1 passed, 4 failed')
  })
})

test('what the crash suites noted is added up, and what none of them played is left out', () => {
  const notes = ['{"crashPoints":3,"crashRuns":2}', '{"crashPoints":4}', '{"walks":1}', ''].join('\n')

  expect(sumPlayed(notes)).toBe('7 crash points, 2 killed runs, 1 walks')
  expect(sumPlayed('')).toBe('')
})

test('a note that a kill cut short counts nothing, and the others do', () => {
  expect(sumPlayed('{"walks":1}\n{"walks":2}\n{"wal')).toBe('3 walks')
})

test.each<[readonly string[], string | undefined, readonly string[]]>([
  [['test/domain'], undefined, ['test/domain']],
  [['--changed'], 'HEAD~1', []],
  [['--changed='], 'HEAD~1', []],
  [['--changed=main', '--bail=1'], 'main', ['--bail=1']],
  [['--bail=1', '--changed', 'main'], 'main', ['--bail=1']],
  [['--changed', '--bail=1'], 'HEAD~1', ['--bail=1']],
])('%j is since %s', (args, base, others) => {
  expect(readChanged(args)).toEqual({ base, others })
})

test('a base that git does not know is said in a sentence, and the tally is red', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('../../scripts/check.ts', import.meta.url)), '--changed=no-such-revision'],
    { encoding: 'utf8' },
  )

  expect(status).toBe(1)
  expect(stdout).toMatch(/^git knows no revision no-such-revision: .*\n0 passed, 1 failed\n$/)
})

const projects: string[] = []

afterEach(() => {
  for (const root of projects.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** Runs the check as `npm test` does, in a process of its own, over a project of these files. */
const checkProject = (
  files: Readonly<Record<string, string>>,
  steps: readonly { name: string; args: string[] }[] = [],
) => {
  const root = mkdtempSync(join(tmpdir(), 'm2m-checked-'))
  projects.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }

  const module = new URL('../../scripts/check.ts', import.meta.url).href
  const code = `import { check } from ${JSON.stringify(module)}
process.exitCode = await check(${JSON.stringify(root)}, ${JSON.stringify(steps)}, ['--globals', '--maxWorkers=1'])`
  // Without what the running vitest tells its workers, which the inner one would take for its own.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name)),
  )
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    env,
  })
  return { status, stdout, lastLine: stdout.trimEnd().split('\n').at(-1) }
}

const passing = "test('adds', () => expect(1 + 1).toBe(2))\n"

describe('the check of a project', () => {
  test('is green, with a heading and a time for each step, when all is well', () => {
    const { status, stdout, lastLine } = checkProject({ 'a.test.mjs': passing }, [
      { name: 'types', args: ['--version'] },
    ])

    expect([status, lastLine]).toEqual([0, '1 passed, 0 failed'])
    expect(stdout).toMatch(/── types\n.*── types: \d+\.\d s\n\n── tests\n.*── tests: \d+\.\d s\n/s)
  })

  test('is red when a test fails, and counts it beside those that pass', () => {
    const { status, lastLine } = checkProject({ 'a.test.mjs': `${passing}test('lies', () => expect(1).toBe(2))\n` })

    expect([status, lastLine]).toEqual([1, '1 passed, 1 failed'])
  })

  test('is red when there is no test', () => {
    const { status, lastLine } = checkProject({ 'a.mjs': passing })

    expect([status, lastLine]).toEqual([1, '0 passed, 1 failed'])
  })

  test('is red when a file cannot be loaded', () => {
    const { status, lastLine } = checkProject({
      'a.test.mjs': passing,
      'b.test.mjs': `import './not-there.mjs'\n${passing}`,
    })

    expect([status, lastLine]).toEqual([1, '1 passed, 1 failed'])
  })

  test('is red when a hook throws', () => {
    const { status, lastLine } = checkProject({
      'a.test.mjs': passing,
      'b.test.mjs': `beforeAll(() => { throw new Error('hook') })\n${passing}`,
    })

    expect([status, lastLine]).toEqual([1, '1 passed, 1 failed'])
  })

  test('is red when an error is handled by nobody', () => {
    const { status, lastLine } = checkProject({
      'a.test.mjs': "test('leaks', () => { Promise.reject(new Error('nobody')) })\n",
    })

    expect([status, lastLine]).toEqual([1, '1 passed, 1 failed'])
  })

  test('runs every step although the first one fails, and is red', () => {
    const { status, stdout, lastLine } = checkProject({ 'a.test.mjs': passing }, [
      { name: 'types', args: ['--eval', 'process.exit(2)'] },
      { name: 'lint', args: ['--eval', 'console.log("linted")'] },
    ])

    expect([status, lastLine]).toEqual([1, '1 passed, 1 failed'])
    expect(stdout).toContain('linted')
    expect(stdout).toContain('── failed: types')
  })
})
