// Runs the import rules of .dependency-cruiser.mjs over a tree: the repository for `npm run architecture`, a temporary tree
// with planted violations for the tests. Refuses to pass when it read nothing, since then it has judged nothing.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'

const repository = fileURLToPath(new URL('..', import.meta.url))
const rooms = ['bin', 'lib', 'lambda', 'test', 'bench', 'scripts']

export interface Violation {
  readonly rule: string
  readonly from: string
  readonly to: string
}

export interface Findings {
  readonly modulesRead: number
  readonly violations: readonly Violation[]
}

/** Judges every module below `root`'s rooms by this repository's rules. */
export const cruiseTree = async (root: string): Promise<Findings> => {
  const present = rooms.filter((name) => existsSync(join(root, name)))
  if (present.length === 0) return { modulesRead: 0, violations: [] }

  const options = await extractDepcruiseOptions(join(repository, '.dependency-cruiser.mjs'))
  const { output } = await cruise(present, { ...options, baseDir: root, validate: true })
  if (typeof output === 'string') throw new TypeError('dependency-cruiser answered with a text instead of a result')

  const read = output.modules.filter(({ source }) => present.some((name) => source.startsWith(`${name}/`)))
  return {
    modulesRead: read.length,
    violations: output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  }
}

/** @returns what the check prints, and whether it passes. */
export const verdictOf = ({
  modulesRead,
  violations,
}: Findings): { readonly passes: boolean; readonly report: string } => {
  if (modulesRead === 0) return { passes: false, report: 'no module was read: the check has judged nothing' }

  const lines = violations.map(({ rule, from, to }) => `${rule}: ${from} → ${to}`)
  return {
    passes: violations.length === 0,
    report: [...lines, `${modulesRead} modules read, ${violations.length} violations`].join('\n'),
  }
}

if (import.meta.main) {
  const { passes, report } = verdictOf(await cruiseTree(repository))
  console.log(report)
  process.exitCode = passes ? 0 : 1
}
