// What CI says of a checkout (.ci/run), with stand-ins for npm and apt-get in front: a red or silent part is never a green whole.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

interface Parts {
  readonly cit: string
  readonly browser: string
  readonly long: string
}

const green: Parts = {
  cit: `echo '── played: 7 crash points, 2 walks'; echo '10 passed, 0 failed'`,
  browser: `echo '2 passed, 0 failed'`,
  long: `echo '── played: 5 crash points, 30 faults'; echo '3 passed, 0 failed'`,
}

/** Runs it with these shell commands in the place of each `npm` call. */
const runCi = (changed: Partial<Parts> = {}, others: Readonly<Record<string, string>> = {}) => {
  const { cit, browser, long } = { ...green, ...changed }
  const root = mkdtempSync(join(tmpdir(), 'm2m-ci-'))
  folders.push(root)
  const programs = join(root, 'programs')
  for (const folder of [programs, join(root, '.ci/bootstrap')]) mkdirSync(folder, { recursive: true })
  const script = join(root, '.ci/run')
  copyFileSync(fileURLToPath(new URL('../../.ci/run', import.meta.url)), script)
  writeFileSync(join(root, '.ci/least-played'), '12 crash points\n30 faults\n')
  for (const name of ['package.json', 'package-lock.json']) writeFileSync(join(root, '.ci/bootstrap', name), '{}')
  const npm = `case "$*" in cit) ${cit} ;; 'run test:browser') ${browser} ;; 'run test:long') ${long} ;; *) exit 9 ;; esac`
  // The browser is not looked at; where it is missing, it is "installed".
  for (const [name, text] of Object.entries({ npm, 'apt-get': 'exit 0', sudo: 'exec "$@"', ...others })) {
    writeFileSync(join(programs, name), `#!/usr/bin/env bash\n${text}\n`)
    chmodSync(join(programs, name), 0o755)
  }
  const { status, stdout } = spawnSync('bash', [script], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${programs}:${process.env.PATH}` },
  })
  const lines = stdout.trimEnd().split('\n')
  return { status, tally: lines.at(-1), played: lines.at(-2) }
}

test('the tallies of the three runs are one, and so is what they played', () => {
  expect(runCi()).toEqual({
    status: 0,
    tally: '15 passed, 0 failed',
    played: 'played in all: 12 crash points, 2 walks, 30 faults',
  })
})

/** A Node that is too old, and an `npm ci` that brings what `made` makes below its folder. */
const onAnOldNode = (made: string) =>
  runCi(
    {},
    {
      node: 'exit 1',
      npm: `case "$*" in
              cit | 'run test:browser' | 'run test:long') echo "$(command -v node)"; echo '40 passed, 0 failed'; echo '── played: 99 crash points, 99 faults' ;;
              'ci --prefix '*) ${made} ;;
            esac`,
    },
  )

test('a Node that is too old is replaced by the one that the lock of CI pins', () => {
  const make =
    'for arch in x64 arm64; do mkdir -p "$3/node_modules/node-linux-$arch/bin"; cp "$0" "$3/node_modules/node-linux-$arch/bin/node"; done'

  expect(onAnOldNode(make)).toMatchObject({ status: 0, tally: '120 passed, 0 failed' })
})

test('it is red when npm leaves that Node out, since the registry serves another', () => {
  expect(onAnOldNode(':')).toMatchObject({ status: 1, tally: '0 passed, 1 failed' })
})

describe('it is red', () => {
  test.each<[string, Partial<Parts>, string]>([
    ['when one of them is', { browser: `echo '1 passed, 1 failed'; exit 1` }, '14 passed, 1 failed'],
    [
      'when the first run is, and the later ones are not',
      { cit: `echo '9 passed, 1 failed'; exit 1` },
      '14 passed, 1 failed',
    ],
    ['when a part is green in words alone', { browser: `echo '2 passed, 0 failed'; exit 7` }, '0 passed, 1 failed'],
    ['when a part says failures and ends well', { browser: `echo '1 passed, 1 failed'` }, '14 passed, 1 failed'],
    ['when a part ends well and says nothing', { browser: 'exit 0' }, '0 passed, 1 failed'],
    ['when a part is killed', { browser: 'kill -9 $$' }, '0 passed, 1 failed'],
    ['when nothing says anything', { cit: ':', browser: ':', long: ':' }, '0 passed, 1 failed'],
    [
      'when less was played',
      { cit: `echo '── played: 6 crash points'; echo '1 passed, 0 failed'` },
      '6 passed, 1 failed',
    ],
    ['when something was not played at all', { long: green.cit }, '22 passed, 1 failed'],
  ])('%s', (_what, parts, tally) => {
    const found = runCi(parts)

    expect(found.tally).toBe(tally)
    expect(found.status).not.toBe(0)
  })
})
