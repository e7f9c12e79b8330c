// Each promise about the token vendor's bad days names the test that proves it, by its file and its title.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

const page = readFileSync(join(repository, 'docs/guarantees.md'), 'utf8')
const section = page.split('## The token vendor on a bad day')[1]?.split('\n## ')[0] ?? ''
const rows = [...section.matchAll(/^\| (.+) \| `(test\/.+)`: (.+) \|$/gm)].map(
  ([, promise = '', file = '', title = '']) => [promise, file, title] as const,
)

test('there are promises', () => {
  expect(rows.length).toBeGreaterThan(20)
})

test.each(rows)('%s: %s', (_promise, file, title) => {
  expect(readFileSync(join(repository, file), 'utf8')).toContain(title)
})
