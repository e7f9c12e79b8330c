// What comes with the package, and what runs where it is checked: licences that may be passed on, and actions that cannot be swapped.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { judgeLicences } from '../../scripts/licences.ts'

test('every package that is installed has a licence that allows it', () => {
  const { packagesRead, refused } = judgeLicences(readFileSync('package-lock.json', 'utf8'))

  expect(refused).toEqual([])
  expect(packagesRead).toBeGreaterThan(50)
})

test('copyleft is refused where it would be passed on, and a choice of licences is one', () => {
  const lock = {
    packages: {
      '': { license: 'Apache-2.0' },
      'node_modules/a': { license: 'MPL-2.0' },
      'node_modules/b': { license: 'MPL-2.0', dev: true },
      'node_modules/c': { license: 'GPL-3.0', dev: true },
      'node_modules/d': { license: '(MIT OR GPL-3.0-or-later)' },
      'node_modules/e': { license: 'MIT AND GPL-3.0-or-later' },
      'node_modules/f': {},
    },
  }

  expect(judgeLicences(JSON.stringify(lock)).refused).toEqual([
    'node_modules/a: MPL-2.0',
    'node_modules/c: GPL-3.0',
    'node_modules/e: MIT AND GPL-3.0-or-later',
    'node_modules/f: none',
  ])
})

test('every action is pinned by the hash of a commit', () => {
  const workflows = globSync('.github/workflows/*.yml')
  const uses = workflows.flatMap((path) => readFileSync(path, 'utf8').match(/uses: .+/g) ?? [])

  expect(uses.length).toBeGreaterThan(0)
  for (const use of uses) expect(use).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})
