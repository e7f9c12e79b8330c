// docs/notices.md: no failure without a row, no notice without one, none that takes longer than a day, and each with a test that provokes it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { findingWords } from '../../lambda/core/sweep/finding-words.ts'
import { repository } from '../e2e/spawned.ts'
import { everything } from '../stack/everything.ts'
import { synthStack } from '../stack/synth.ts'
import { allRows, minutesOf, noticesOf, noticesPage, type TemplateNotice } from './notice-page.ts'

const DAY_MINUTES = 24 * 60

let notices: ReadonlyMap<string, TemplateNotice>
beforeAll(() => {
  notices = noticesOf(synthStack(everything).template())
})

const noticeOf = (id: string): TemplateNotice => {
  const notice = notices.get(id)
  if (notice === undefined) throw new Error(`The template has no notice ${id}.`)
  return notice
}

test('every notice and alarm of the template has a row, and every row a notice', () => {
  expect(notices.size).toBeGreaterThan(45)
  expect([...new Set(allRows.map(({ notice }) => notice))].toSorted()).toEqual([...notices.keys()].toSorted())
})

test('every kind of finding that people are told of has a row', () => {
  // What is waited for on purpose is for programs alone.
  const told = Object.keys(findingWords).filter((kind) => kind !== 'adoptionAwaited')

  expect([...new Set(allRows.flatMap(({ finding }) => finding ?? []))].toSorted()).toEqual(told.toSorted())
})

test.each(allRows.map((row) => [row.failure, row] as const))('told within a day, with its end: %s', (_, row) => {
  const notice = noticeOf(row.notice)

  expect(minutesOf(row, notice)).toBeGreaterThan(0)
  expect(minutesOf(row, notice)).toBeLessThanOrEqual(DAY_MINUTES)
  if (notice.alarm === undefined && row.finding === undefined) expect(row.over, 'when it is over').toBeDefined()
  // An alarm’s end is the template’s, and a row that says another would be false.
  else expect(row.over).toBeUndefined()
})

describe('the test that provokes it is there', () => {
  test.each(allRows.map(({ failure, test: [file, title] }) => [failure, file, title] as const))(
    '%s',
    (_, file, title) => {
      const path = join(repository, file)

      expect(existsSync(path), file).toBe(true)
      const text = readFileSync(path, 'utf8')
      const quoted = ["'", '"', '`'].map((quote) => `${quote}${title}${quote}`)
      expect(
        quoted.some((one) => text.includes(one)),
        `${file} has no test “${title}”`,
      ).toBe(true)
    },
  )
})

test('every alarm that a page names by its whole name exists', () => {
  const docs = join(repository, 'docs')
  const named = readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => [...readFileSync(join(docs, name), 'utf8').matchAll(/\bm2m-[a-z]+-[a-z-]+-([A-Z]\w+)/g)])

  expect(named.length).toBeGreaterThan(0)
  expect(named.flatMap(([alarm, id = '']) => (notices.has(id) ? [] : [alarm]))).toEqual([])
})

test('the page is what the rows and the template make', async () => {
  // Otherwise: npx vitest run test/docs/notices.test.ts -u
  await expect(noticesPage(notices)).toMatchFileSnapshot('../../docs/notices.md')
})
