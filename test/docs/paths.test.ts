// Signposts lead somewhere: every path of this repository that a page or a comment names is there. Files move, and what names them stays behind.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const sources = globSync(['*.md', 'docs/**/*.md', '{bin,lib,lambda,test,bench,scripts}/**/*.ts'], {
  exclude: ['**/node_modules/**'],
}).filter((file) => file !== 'CHANGELOG.md')

/** Names files of Stytch's own repository. */
const ofAnother = new Set(['docs/reference/stytch-api.md'])
/** Stand for any file. */
const examples = new Set(['test/stack/a.test.ts', 'test/stack/__snapshots__/a.test.ts', 'test/room/file.test.ts'])

const PATH = /(?<![\w/.@-])(?:bin|lib|lambda|test|bench|scripts|docs)\/[\w./-]*\w\.(?:tsx?|md|mjs|jsonl?(?:\.gz)?)\b/g
const DECISION = /\bdecisions\/(\d{3})\b/g
const decisions = new Set(readdirSync('docs/decisions').map((name) => name.slice(0, 3)))

const wordsOf = (file: string): string => {
  const text = readFileSync(file, 'utf8')
  if (!file.endsWith('.ts')) return text
  return text
    .split('\n')
    .map((line) => /^\s*\*|\/\/|\/\*/.exec(line))
    .map((found) => found?.input.slice(found.index) ?? '')
    .join('\n')
}

/** Paths and decisions that a text names and that are not there. */
const lostIn = (text: string): readonly string[] => [
  ...[...text.matchAll(PATH)].map(([path]) => path).filter((path) => !examples.has(path) && !existsSync(path)),
  ...[...text.matchAll(DECISION)].filter(([, number = '']) => !decisions.has(number)).map(([found]) => found),
]

test('every path that a page or a comment names exists', () => {
  const lost = sources
    .filter((file) => !ofAnother.has(file))
    .flatMap((file) => lostIn(wordsOf(file)).map((path) => `${file}: ${path}`))

  expect(sources.length).toBeGreaterThan(500)
  expect(lost).toEqual([])
})

test.each([
  ['see lambda/core/gone.ts', ['lambda/core/gone.ts']],
  ['docs/decisions/999 says why', ['decisions/999']],
  ['lambda/core/base/retry.ts, and docs/decisions/050', []],
])('a signpost that leads nowhere is found: %s', (text, lost) => {
  expect(lostIn(text)).toEqual(lost)
})
