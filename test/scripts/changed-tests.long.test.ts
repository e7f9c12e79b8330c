// Which tests `npm test -- --changed` runs for a change.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  changedLongTests,
  changedSince,
  type Imports,
  importsOf,
  roomOf,
  selectTests,
} from '../../scripts/changed-tests.ts'

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
    ['no long test, which the first run does not know', 'test/crash/walks.long.test.ts', []],
    ['the test of a snapshot', 'test/stack/__snapshots__/stack.test.ts.snap', ['test/stack/stack.test.ts']],
    ['the tests of the documentation, where a page was changed', 'README.md', ['test/docs/readme.test.ts']],
    ['nothing, where nothing imports it', 'LICENSE', []],
  ])('%s', (_claim, changed, tests) => {
    expect(selectTests(imports, [changed])).toEqual(tests)
  })
})

test('long tests that were changed are named, unless they were deleted', () => {
  expect(changedLongTests(imports, ['test/crash/walks.long.test.ts', 'test/crash/gone.long.test.ts'])).toEqual([
    'test/crash/walks.long.test.ts',
  ])
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

const createCheckout = () => {
  const root = mkdtempSync(join(tmpdir(), 'm2m-changed-'))
  folders.push(root)
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: root, stdio: 'pipe' })
  const commit = (...files: readonly string[]) => {
    for (const file of files) writeFileSync(join(root, file), file)
    git('add', '-A')
    git('commit', '-qm', 'more')
  }
  git('init', '-q')
  return { root, commit }
}

test('what changed is what was committed since the base, what was not committed, and what is new', () => {
  const { root, commit } = createCheckout()
  for (const file of ['a.ts', 'b.ts', 'c.ts']) commit(file)
  writeFileSync(join(root, 'a.ts'), 'changed')
  writeFileSync(join(root, 'd.ts'), 'new')

  expect(changedSince(root, 'HEAD~1')).toEqual(['a.ts', 'c.ts', 'd.ts'])
})

test('a file counts under its old name as well when it was renamed, and under its own whatever is in it', () => {
  const { root, commit } = createCheckout()
  commit('old.ts', 'gone.ts', 'ünusual "name".ts', 'with space.ts')
  commit('later.ts')
  renameSync(join(root, 'old.ts'), join(root, 'renamed.ts'))
  rmSync(join(root, 'gone.ts'))
  for (const file of ['ünusual "name".ts', 'with space.ts']) writeFileSync(join(root, file), 'changed')
  execFileSync('git', ['add', '-A'], { cwd: root })
  writeFileSync(join(root, 'ö new.ts'), 'new')

  expect(changedSince(root, 'HEAD').toSorted()).toEqual(
    ['gone.ts', 'old.ts', 'renamed.ts', 'with space.ts', 'ö new.ts', 'ünusual "name".ts'].toSorted(),
  )
})

test.each(['no-such-revision', 'HEAD~1', '--output=stolen'])('the unknown base %s is refused by its name', (base) => {
  const { root, commit } = createCheckout()
  commit('a.ts')

  expect(() => changedSince(root, base)).toThrow(`git knows no revision ${base}: `)
})

test('a test that imports a deleted file is asked for', async () => {
  const { root } = createCheckout()
  for (const folder of ['lambda/vend', 'test/vend']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'test/vend/seat.test.ts'), "import '../../lambda/vend/gone.ts'\n")

  expect(selectTests(await importsOf(root), ['lambda/vend/gone.ts'])).toEqual(['test/vend/seat.test.ts'])
})
