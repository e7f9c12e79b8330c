// Rights are on wherever a laptop starts: who starts one without them says why, and is named here.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

test('a laptop without rights is started only where a test or script is about that', () => {
  const files = globSync(['{bench,lambda,scripts,test}/**/*.ts'], { cwd: repository, exclude: ['**/node_modules/**'] })
  const without = files.filter((file) => /hasRights: false/.test(readFileSync(`${repository}${file}`, 'utf8')))

  expect(without.toSorted()).toEqual([
    'scripts/verify-live/rehearsal.ts',
    'test/architecture/rights-on.test.ts',
    'test/e2e/forged-evidence.long.test.ts',
  ])
})
