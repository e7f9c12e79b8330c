// Which tests `npm test -- --changed` runs for a change.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { changedSince, type Imports, roomOf, selectTests } from '../../scripts/changed-tests.ts'

const imports: Imports = new Map([
  ['lambda/core/secret/cache.ts', []],
  ['lambda/core/vend/mint.ts', ['lambda/core/secret/cache.ts']],
  ['lib/stack.ts', ['lib/base/key.ts']],
  ['lib/base/key.ts', []],
  ['test/core/secret/cache.test.ts', ['lambda/core/secret/cache.ts']],
  ['test/core/vend/mint.test.ts', ['lambda/core/vend/mint.ts']],
  ['test/core/vend/seat.test.ts', ['lambda/core/secret/cache.ts']],
  ['test/stack/stack.test.ts', ['lib/stack.ts']],
  ['test/e2e/vend.test.ts', ['lambda/core/secret/cache.ts']],
  ['test/crash/walks.long.test.ts', []],
  ['test/docs/readme.test.ts', []],
])

describe('a change asks for', () => {
  test.each<[string, string, readonly string[]]>([
    [
      'the tests that import it, and none that only reach it from another room',
      'lambda/core/secret/cache.ts',
      ['test/core/secret/cache.test.ts', 'test/core/vend/seat.test.ts'],
    ],
    ['the tests of its own room, however far', 'lib/base/key.ts', ['test/stack/stack.test.ts']],
    ['itself, where a slow test was changed', 'test/e2e/vend.test.ts', ['test/e2e/vend.test.ts']],
    ['itself, where a long one was changed', 'test/crash/walks.long.test.ts', ['test/crash/walks.long.test.ts']],
    ['the tests of the documentation, where a page was changed', 'README.md', ['test/docs/readme.test.ts']],
    ['nothing, where nothing imports it', 'LICENSE', []],
  ])('%s', (_claim, changed, tests) => {
    expect(selectTests(imports, [changed])).toEqual(tests)
  })
})

test.each([
  ['lambda/core/vend/mint.ts', 'test/core/vend'],
  ['lib/m2m-stack.ts', 'test/stack'],
  ['lib/base/key.ts', 'test/stack'],
  ['bin/commands/list.ts', 'test/bin'],
  ['test/crash/run.ts', 'test/crash'],
  ['package.json', undefined],
])('the room of %s is %s', (file, room) => {
  expect(roomOf(file)).toBe(room)
})

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('what changed is what was committed since the base, what was not committed, and what is new', () => {
  const root = mkdtempSync(join(tmpdir(), 'm2m-changed-'))
  folders.push(root)
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: root, stdio: 'pipe' })
  const commit = (file: string) => {
    writeFileSync(join(root, file), file)
    git('add', '-A')
    git('commit', '-qm', file)
  }
  git('init', '-q')
  for (const file of ['a.ts', 'b.ts', 'c.ts']) commit(file)
  writeFileSync(join(root, 'a.ts'), 'changed')
  writeFileSync(join(root, 'd.ts'), 'new')

  expect(changedSince(root, 'HEAD~1')).toEqual(['a.ts', 'c.ts', 'd.ts'])
  expect(() => changedSince(root, 'no-such-revision')).toThrow()
})
