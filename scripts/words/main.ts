// `npm run words`: every page is checked for spelling (cspell, with words.txt for names), and every page, help text and message for phrases that
// read like a translation. Code and the targets of links are left alone. Called by `npm test`.

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** What to write instead stands beside each. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/\btold\b/i, 'reported, notified'],
  [/\btells\b/i, 'reports, shows'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\bnobody[’']s\b/i, 'unknown'],
  [/\b(comes?|came) to nothing\b/i, 'failed'],
  [/\bask(s|ed) again\b/i, 'retried'],
  [/\bgone on until\b/i, 'keep … until'],
  [/\bis asked and waited for\b/i, 'is invoked synchronously'],
  [/\bnothing says that\b/i, 'no … recorded'],
  [/\bnobody was chosen\b/i, 'no client selected'],
  [/\bwhat comes of either\b/i, 'both give the same result'],
  [/\bstands in nobody\b/i, 'is skipped'],
  [/\bwhich is older still\b/i, 'an older one'],
  [/\ball faults at once\b/i, 'all errors are listed'],
  [/\brun it again to go on\b/i, 'run the command again to continue'],
  [/\bdoes things that this one does not\b/i, 'has features this project lacks'],
]

export interface PhraseFault {
  readonly line: number
  readonly found: string
  readonly instead: string
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ')

/** As long as it was, so that lines stay where they are. */
const proseOf = (markdown: string): string =>
  markdown
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, blank)
    .replaceAll(/`[^`\n]*`/g, blank)
    .replaceAll(/(?<=\])\([^)\n]*\)/g, blank)
    .replaceAll(/<!--[\s\S]*?-->/g, blank)

const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/g
const COMMENT = /^\s*(?:\/\/|\*|\/\*).*$/gm

/** Strings of more than one word: what a program says. Each keeps its line. */
const stringsOf = (source: string): string =>
  source
    .replaceAll(COMMENT, blank)
    .split('\n')
    .map((line) =>
      (line.replaceAll(/\$\{[^}]*\}/g, '…').match(STRING) ?? []).filter((text) => text.includes(' ')).join(' '),
    )
    .join('\n')

const faultsIn = (text: string): readonly PhraseFault[] =>
  text.split('\n').flatMap((line, at) =>
    phrases.flatMap(([phrase, instead]) => {
      const [found] = phrase.exec(line) ?? []
      return found === undefined ? [] : [{ line: at + 1, found, instead }]
    }),
  )

export const phraseFaults = (markdown: string): readonly PhraseFault[] => faultsIn(proseOf(markdown))
export const messageFaults = (source: string): readonly PhraseFault[] => faultsIn(stringsOf(source))

const programs = (): readonly string[] => globSync('{bin,lambda,lib}/**/*.ts', { cwd: repository }).toSorted()
const pages = (): readonly string[] => globSync(['*.md', 'docs/**/*.md'], { cwd: repository }).toSorted()

const CACHE = 'node_modules/.cache/cspell'

const spelling = (files: readonly string[]): number => {
  const cspell = join(repository, 'node_modules/cspell/bin.mjs')
  const options = [
    'lint',
    '--no-progress',
    '--no-summary',
    '--cache',
    '--cache-location',
    CACHE,
    '--config',
    'scripts/words/cspell.json',
  ]
  const { status } = spawnSync(process.execPath, [cspell, ...options, ...files], { cwd: repository, stdio: 'inherit' })
  return status ?? 1
}

if (import.meta.main) {
  const files = pages()
  const judge = (paths: readonly string[], faultsOf: (text: string) => readonly PhraseFault[]) =>
    paths.flatMap((path) => faultsOf(readFileSync(join(repository, path), 'utf8')).map((fault) => ({ path, ...fault })))
  const faults = [...judge(files, phraseFaults), ...judge(programs(), messageFaults)]
  for (const { path, line, found, instead } of faults) console.log(`${path}:${line} "${found}": write ${instead}`)
  const isSpelled = spelling(files) === 0
  console.log(`${files.length} pages read, ${faults.length} phrases to replace`)
  process.exitCode = isSpelled && faults.length === 0 && files.length > 0 ? 0 : 1
}
