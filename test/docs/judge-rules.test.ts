// The table of what the judge finds, against its rules.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rules } from '../../scripts/judge/judge.ts'
import { repository } from '../e2e/spawned.ts'

test('docs/deploying.md explains each rule of the judge, and no other', () => {
  const page = readFileSync(join(repository, 'docs/deploying.md'), 'utf8')
  const [, table = ''] = page.split('| a line begins with | what is wrong |')
  const explained = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id)

  expect(explained.toSorted()).toEqual([...rules.map(({ id }) => id), 'upgrade'].toSorted())
})
