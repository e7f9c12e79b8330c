// Finds tests that got lost on the way: `node scripts/compare-tests.ts OLD.json NEW.json [NEW.json …] [--moved FROM=TO …]`. Each file is what
// `vitest list --json` printed, or vitest's JSON report; several new ones count together, as the two runs of CI do. A test that moved is found
// by its name: from `x.test.ts` to `x.long.test.ts` of itself, else by `--moved`, whose FROM is a path's beginning or a whole test. Prints each
// missing test and one line of counts; exit 1 when one is missing.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

interface ListedTest {
  readonly name: string
  readonly file: string
}

interface ReportedFile {
  readonly name: string
  readonly assertionResults: readonly { readonly fullName: string }[]
}

/** A test as `test/room/file.test.ts: its full name`. */
const named = (root: string, file: string, name: string): string =>
  `${relative(root, file)}: ${name.replaceAll(' > ', ' ').trim()}`

/** @param root where the run took place, in front of each path. @throws when the text is neither a list nor a report. */
export const readTests = (text: string, root: string): readonly string[] => {
  const parsed = JSON.parse(text) as readonly ListedTest[] | { readonly testResults?: readonly ReportedFile[] }
  if (Array.isArray(parsed)) return (parsed as readonly ListedTest[]).map(({ file, name }) => named(root, file, name))
  const { testResults } = parsed as { readonly testResults?: readonly ReportedFile[] }
  if (testResults === undefined)
    throw new Error('expected what `vitest list --json` prints, or a JSON report of vitest')
  return testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.map(({ fullName }) => named(root, file, fullName)),
  )
}

export type Move = readonly [from: string, to: string]

const isShort = (test: string): string => test.replace('.long.test.ts: ', '.test.ts: ')

/** Tests of `old` that `now` does not have under their own or their new name. Two of one name are two tests. */
export const missingTests = (
  old: readonly string[],
  now: readonly string[],
  moves: readonly Move[] = [],
): readonly string[] => {
  const left = new Map<string, number>()
  for (const test of now.map(isShort)) left.set(test, (left.get(test) ?? 0) + 1)
  return old.filter((test) => {
    const move = moves.find(([from]) => test.startsWith(from))
    const name = isShort(move === undefined ? test : `${move[1]}${test.slice(move[0].length)}`)
    const count = left.get(name) ?? 0
    left.set(name, count - 1)
    return count <= 0
  })
}

/** The folder that all paths of one file share: each may come from a checkout of its own. */
const rootOf = (text: string): string => /"(?:file|name)":\s*"([^"]*?)\/test\//.exec(text)?.[1] ?? process.cwd()

const main = (args: readonly string[]): 0 | 1 | 2 => {
  const at = args.indexOf('--moved')
  const files = at === -1 ? args : args.slice(0, at)
  const moves = (at === -1 ? [] : args.slice(at + 1)).map((move): Move => {
    const [from = '', to = ''] = move.split('=')
    return [from, to]
  })
  const [old, ...news] = files.map((file) => {
    const text = readFileSync(file, 'utf8')
    return readTests(text, rootOf(text))
  })
  if (old === undefined || news.length === 0) {
    console.error('usage: node scripts/compare-tests.ts OLD.json NEW.json [NEW.json …] [--moved FROM=TO …]')
    return 2
  }
  const now = news.flat()
  const missing = missingTests(old, now, moves)
  for (const test of missing) console.log(`missing: ${test}`)
  console.log(`${old.length} tests before, ${now.length} now, ${missing.length} missing`)
  return missing.length === 0 ? 0 : 1
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
