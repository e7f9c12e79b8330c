// Output that nobody reads to its end, as behind `| head`: it is no failure, and nothing that a command is about breaks off by it.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { childEnv } from '../child-env.ts'
import { repository } from '../e2e/spawned.ts'

test('a pipe that is closed early ends in silence', () => {
  const line = '{ "$NODE" bin/m2m.ts incident --help; echo "exit $?" >&2; } | true'
  const { stderr } = spawnSync('sh', ['-c', line], {
    cwd: repository,
    env: childEnv({ NODE: process.execPath }),
    encoding: 'utf8',
  })

  expect(stderr).toBe('exit 0\n')
})
