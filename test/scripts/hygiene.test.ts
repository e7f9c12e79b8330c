// What ships is sound, and nothing lies about that nobody uses: each with the tool that is known for it.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

const run = (tool: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(join(repository, 'node_modules/.bin', tool), args, {
    cwd: repository,
    encoding: 'utf8',
  })
  return { status, said: `${stdout}${stderr}` }
}

test('no file, export or dependency is without a user', { timeout: 60_000 }, () => {
  const { status, said } = run('knip', '--no-progress')

  expect(status, said).toBe(0)
})

test('the package’s exports and types are as Node and TypeScript look for them', { timeout: 60_000 }, () => {
  const { status, said } = run('publint', '--strict')

  expect(status, said).toBe(0)
})
