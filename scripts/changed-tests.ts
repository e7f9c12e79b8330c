// Which test files a change asks for (`npm test -- --changed`), so that an answer comes within seconds while one works: the tests that were
// changed, those that import a changed file themselves, and those of the changed file's own room that reach it through other files. Tests
// that start processes or play thousands of runs are left to the whole suite, unless they were changed themselves. A quick look, no proof.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cruise } from 'dependency-cruiser'

/** Module → what it imports, both relative to the repository. */
export type Imports = ReadonlyMap<string, readonly string[]>

const TEST = /^test\/.*\.test\.ts$/
/** Of the second run, whose configuration alone knows them: vitest's filters find none of them in the first. */
const LONG = /\.long\.test\.ts$/
/** Minutes, not seconds. */
const SLOW = /^test\/(crash|e2e|bench|scripts)\//

/** Where the tests of a file's folder lie; undefined: it has no folder of its own. */
export const roomOf = (file: string): string | undefined => {
  const folder = file.slice(0, file.lastIndexOf('/'))
  if (/^lib(\/|$)/.test(folder)) return 'test/stack'
  if (/^bin(\/|$)/.test(folder)) return 'test/bin'
  if (folder.startsWith('test/')) return folder
  const [, inner] = /^(?:lambda\/)?(.+)$/.exec(folder) ?? []
  return /^(lambda|scripts|bench)(\/|$)/.test(folder) ? `test/${inner}` : undefined
}

/** Tests for what no module imports. */
const beside: readonly (readonly [RegExp, string])[] = [
  [/\.md$|^docs\//, 'test/docs/'],
  [/^lambda\/local\/page\/browser\//, 'test/local/page/'],
]

/** A snapshot is its test's: `test/stack/__snapshots__/a.test.ts.snap` is of `test/stack/a.test.ts`. */
const ofSnapshot = (file: string): string => file.replace(/\/__snapshots__\/([^/]+)\.snap$/, '/$1')

const reachedFrom = (imports: Imports, test: string): ReadonlySet<string> => {
  const reached = new Set<string>()
  const left = [test]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const imported of imports.get(next) ?? []) {
      if (reached.has(imported)) continue
      reached.add(imported)
      left.push(imported)
    }
  }
  return reached
}

/** @param changed paths relative to the repository. @returns test files, sorted; empty: no test reaches the change. */
export const selectTests = (imports: Imports, changed: readonly string[]): readonly string[] => {
  const tests = [...imports.keys()].filter((file) => TEST.test(file) && !LONG.test(file)).sort()
  const own = new Set(changed.map(ofSnapshot))
  const isAskedFor = (test: string): boolean => {
    if (own.has(test)) return true
    if (SLOW.test(test)) return false
    const direct = new Set(imports.get(test))
    const reached = reachedFrom(imports, test)
    return changed.some((file) => {
      if (beside.some(([pattern, room]) => pattern.test(file) && test.startsWith(room))) return true
      const room = roomOf(file)
      return direct.has(file) || (reached.has(file) && room !== undefined && test.startsWith(`${room}/`))
    })
  }
  return tests.filter(isAskedFor)
}

/** Those of the second run that were changed themselves and are still there. */
export const changedLongTests = (imports: Imports, changed: readonly string[]): readonly string[] =>
  changed.filter((file) => LONG.test(file) && imports.has(file))

/**
 * Committed since `base`, changed since, or new; a renamed file under both names. `-z`: git writes unusual names as they are, too.
 * @throws with a sentence for people when git does not know `base`.
 */
export const changedSince = (root: string, base: string): readonly string[] => {
  const git = (...args: readonly string[]): readonly string[] =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      .split('\0')
      .filter((name) => name !== '')
  try {
    git('rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`)
  } catch {
    throw new Error(`git knows no revision ${base}: name a commit or branch of this checkout, as in --changed=main`)
  }
  return [
    ...git('diff', '--name-only', '-z', '--no-renames', '--relative', base, '--'),
    ...git('ls-files', '--others', '--exclude-standard', '-z'),
  ]
}

const rooms = ['bin', 'lib', 'lambda', 'test', 'bench', 'scripts']

export const importsOf = async (root: string): Promise<Imports> => {
  const present = rooms.filter((name) => existsSync(join(root, name)))
  const { output } = await cruise(present, {
    baseDir: root,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|dist|cdk\\.out|coverage|reports)/' },
  })
  if (typeof output === 'string') throw new TypeError('dependency-cruiser answered with a text instead of a result')
  // What was deleted resolves to nothing; whoever still imports it asks for a look all the same.
  return new Map(
    output.modules.map(({ source, dependencies }) => [
      source,
      dependencies.map(({ module, resolved, couldNotResolve }) =>
        couldNotResolve && module.startsWith('.') ? join(dirname(source), module) : resolved,
      ),
    ]),
  )
}
