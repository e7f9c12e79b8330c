// Finds tests that got lost on the way: `node scripts/compare-tests.ts OLD.json NEW.json [NEW.json …] [--moved FROM=TO …]`. Each file is what
// `vitest list --staticParse=false --json=FILE` wrote (by default vitest only parses the files, and leaves out what a loop makes), or vitest's
// JSON report; several new ones count together, as the two runs of CI do. A test that moved is found by its name: from `x.test.ts` to
// `x.long.test.ts` of itself, by its claim's successor in test/moved-tests.json, or by `--moved`, whose FROM is a path's beginning. Prints
// each missing test and one line of counts; exit 1 when one is missing.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

interface ListedTest {
  readonly name: string
  readonly file: string
  /** Of files that were only parsed. */
  readonly location?: object
}

interface ReportedFile {
  readonly name: string
  readonly assertionResults: readonly { readonly fullName: string; readonly status?: string }[]
}

/** A test as `test/room/file.test.ts: its full name`. */
const named = (root: string, file: string, name: string): string =>
  `${relative(root, file)}: ${name.replaceAll(' > ', ' ').trim()}`

/** What a report says of a test that proved nothing. */
const UNPLAYED = /^(skipped|pending|todo|disabled)$/

/**
 * @param root where the run took place, in front of each path.
 * @throws when the text is neither a list nor a report, or is a list of files that were only parsed.
 */
export const readTests = (text: string, root: string): readonly string[] => {
  const parsed = JSON.parse(text) as readonly ListedTest[] | { readonly testResults?: readonly ReportedFile[] }
  if (Array.isArray(parsed)) {
    const listed = parsed as readonly ListedTest[]
    // `$name` and `%s` of test.each stay as they are when nothing was run.
    if (listed.some(({ location }) => location !== undefined))
      throw new Error('expected a list of tests as they run: vitest list --staticParse=false --json=FILE')
    return listed.map(({ file, name }) => named(root, file, name))
  }
  const { testResults } = parsed as { readonly testResults?: readonly ReportedFile[] }
  if (testResults === undefined)
    throw new Error('expected what `vitest list --staticParse=false --json=FILE` writes, or a JSON report of vitest')
  return testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status = '' }) => !UNPLAYED.test(status))
      .map(({ fullName }) => named(root, file, fullName)),
  )
}

export type Move = readonly [from: string, to: string]

/** Test → the test that claims what it did, or what became of it; several may have one successor. */
export type Successors = Readonly<Record<string, string>>

const asShort = (test: string): string => test.replace('.long.test.ts: ', '.test.ts: ')

/** Tests of `old` that `now` does not have under their own or their new name. Two of one name are two tests. */
export const missingTests = (
  old: readonly string[],
  now: readonly string[],
  moves: readonly Move[] = [],
  successors: Successors = {},
): readonly string[] => {
  const names = new Set(now.map(asShort))
  const left = new Map<string, number>()
  for (const test of now.map(asShort)) left.set(test, (left.get(test) ?? 0) + 1)
  return old.filter((test) => {
    const move = moves.find(([from]) => test.startsWith(from))
    const name = asShort(move === undefined ? test : `${move[1]}${test.slice(move[0].length)}`)
    const count = left.get(name) ?? 0
    left.set(name, count - 1)
    const successor = successors[test]
    return count <= 0 && (successor === undefined || !names.has(asShort(successor)))
  })
}

/** The folder that all paths of one file share: each may come from a checkout of its own. */
const rootOf = (text: string): string => /"(?:file|name)":\s*"([^"]*?)\/test\//.exec(text)?.[1] ?? process.cwd()

const main = (args: readonly string[]): 0 | 1 | 2 => {
  const at = args.indexOf('--moved')
  const lists = at === -1 ? args : args.slice(0, at)
  const moves = (at === -1 ? [] : args.slice(at + 1)).map((move): Move => {
    const [from = ''] = move.split('=')
    return [from, move.slice(from.length + 1)]
  })
  const [old, ...news] = lists.map((file) => {
    const text = readFileSync(file, 'utf8')
    return readTests(text, rootOf(text))
  })
  if (old === undefined || news.length === 0) {
    console.error('usage: node scripts/compare-tests.ts OLD.json NEW.json [NEW.json …] [--moved FROM=TO …]')
    return 2
  }
  const now = news.flat()
  const successors = JSON.parse(
    readFileSync(new URL('../test/moved-tests.json', import.meta.url), 'utf8'),
  ) as Successors
  // A name of a file alone stands for all of its tests.
  const files = Object.entries(successors)
    .filter(([from]) => !from.includes(': '))
    .map(([from, to]): Move => [`${from}: `, `${to}: `])
  const missing = missingTests(old, now, [...moves, ...files], successors)
  for (const test of missing) console.log(`missing: ${test}`)
  console.log(`${old.length} tests before, ${now.length} now, ${missing.length} missing`)
  return missing.length === 0 ? 0 : 1
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
