// Nothing lies about that nobody uses, by the tool that is known for it.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

test('no file, export or dependency is without a user', { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = spawnSync(join(repository, 'node_modules/.bin/knip'), ['--no-progress'], {
    cwd: repository,
    encoding: 'utf8',
  })

  expect(status, `${stdout}${stderr}`).toBe(0)
})
