// What ships is as Node and TypeScript look for it, by the tool that is known for it. It packs the package, which takes a while.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

test('the package’s exports and types are as Node and TypeScript look for them', { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = spawnSync(join(repository, 'node_modules/.bin/publint'), ['--strict'], {
    cwd: repository,
    encoding: 'utf8',
  })

  expect(status, `${stdout}${stderr}`).toBe(0)
})
