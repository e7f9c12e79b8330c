// What a torture run depends on, as one short hash: results of other sources are not joined with these, nor resumed. It reads files, not
// git, so that a copy without a history has one as well.
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'

const parts = [
  'lambda/**/*.ts',
  // The template's rights.
  'lib/**/*.ts',
  'scripts/rights/*.ts',
  'test/crash/*.ts',
  'test/model/*.ts',
  'docs/another-vendor/*.ts',
  'package-lock.json',
] as const

/** @param path relative to the repository. */
export const isHashed = (path: string): boolean => parts.some((part) => matchesGlob(path, part))

/** @param root the repository's folder. */
export const hashSources = (root: string): string => {
  const hash = createHash('sha256')
  for (const path of globSync([...parts], { cwd: root }).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex').slice(0, 16)
}
