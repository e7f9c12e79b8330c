// A reader that goes before all is said, as `head` does, makes no stack trace and no failure.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { childEnv } from '../child-env.ts'
import { repository } from '../e2e/spawned.ts'

test.each(['--help', 'incident --help'])('m2m %s', { timeout: 60_000 }, async (words) => {
  const child = spawn(process.execPath, ['bin/m2m.ts', ...words.split(' ')], {
    cwd: repository,
    env: childEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))

  const [code] = await once(child, 'exit')

  expect([code, said.join('')]).toEqual([0, ''])
})
