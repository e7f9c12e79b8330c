// A test that got lost is found, and one that moved is not taken for lost.
import { expect, test } from 'vitest'
import { missingTests, readTests } from '../../scripts/compare-tests.ts'

const list = (root: string, ...tests: readonly (readonly [string, string])[]): string =>
  JSON.stringify(tests.map(([file, name]) => ({ file: `${root}/${file}`, name })))

test('a list and a report of the same tests say the same, wherever the checkout lies', () => {
  const report = { testResults: [{ name: '/a/test/x.test.ts', assertionResults: [{ fullName: 'suite does it' }] }] }

  const reported = readTests(JSON.stringify(report), '/a')
  const listed = readTests(list('/b', ['test/x.test.ts', 'suite > does it']), '/b')

  expect(reported).toEqual(['test/x.test.ts: suite does it'])
  expect(listed).toEqual(reported)
  expect(() => readTests('{}', '/a')).toThrow('vitest list --staticParse=false --json')
})

test('what is there under its own name, in the long run, or where it was moved to is not missing', () => {
  const old = ['test/a.test.ts: one', 'test/b.test.ts: two', 'test/c/d.test.ts: three', 'test/e.test.ts: four']
  const now = ['test/a.test.ts: one', 'test/b.long.test.ts: two', 'test/z/d.test.ts: three']

  expect(missingTests(old, now, [['test/c/', 'test/z/']])).toEqual(['test/e.test.ts: four'])
})

test('of two tests of one name, one that is gone is missing', () => {
  expect(missingTests(['test/a.test.ts: one', 'test/a.test.ts: one'], ['test/a.test.ts: one'])).toHaveLength(1)
})

test('a claim whose successor is named is not missing while that is there', () => {
  const old = ['test/a.test.ts: one', 'test/a.test.ts: other', 'test/a.test.ts: third']
  const successors = {
    'test/a.test.ts: one': 'test/a.test.ts: both',
    'test/a.test.ts: other': 'test/a.test.ts: both',
    'test/a.test.ts: third': 'test/a.test.ts: gone',
  }

  expect(missingTests(old, ['test/a.long.test.ts: both'], [], successors)).toEqual(['test/a.test.ts: third'])
})

test('what was skipped proved nothing', () => {
  const assertionResults = ['passed', 'failed', 'skipped', 'todo', 'pending'].map((status) => ({
    fullName: status,
    status,
  }))

  expect(readTests(JSON.stringify({ testResults: [{ name: '/a/test/x.test.ts', assertionResults }] }), '/a')).toEqual([
    'test/x.test.ts: passed',
    'test/x.test.ts: failed',
  ])
})

test('a list of files that were only parsed is refused: what a loop makes has no name in it', () => {
  const parsed = [{ file: '/a/test/x.test.ts', name: '%s is read', location: { line: 1, column: 1 } }]

  expect(() => readTests(JSON.stringify(parsed), '/a')).toThrow('--staticParse=false')
})
