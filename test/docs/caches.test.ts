// A cache that answers from memory leaves its consumer refused after a revoke: the page names, for each of AWS's own, the call that does not, and
// what that was checked against.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

const page = readFileSync(join(repository, 'docs/consumers.md'), 'utf8')
const section = page.slice(page.indexOf('## When the secret comes from a cache'), page.indexOf('## Reading a replica'))
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| cache'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))

test.each([
  ['caching-python', 'refresh_secret_now(secret_id)'],
  ['caching-java', 'refreshNow(String secretId)'],
  ['caching-net', 'RefreshNowAsync(secretId)'],
  ['caching-go', 'call GetSecretValue with the SDK'],
  ['Workload Credentials Provider', 'refreshNow=true'],
  ['Lambda Extension', 'call GetSecretValue with the SDK'],
  ['Powertools', 'forceFetch: true'],
])('of %s, the call that reads again is named: %s', (cache, call) => {
  const [row] = rows.filter(([name = '']) => name.includes(cache))

  expect(row?.[1]).toContain(call)
  expect(row?.[2]).toMatch(/source at `[0-9a-f]{8}`|\d\.\d|AWS's pages/)
})
