// What runs on a machine that installs this is what package-lock.json pins by its hash: no package fetches more by a script of its own, and
// the Node that everything runs on is one of the packages (scripts/node).
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly hasInstallScript?: boolean
}

const read = <Json>(path: string): Json =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as Json
const packagesOf = (path: string) =>
  Object.entries(read<{ readonly packages: Readonly<Record<string, LockedPackage>> }>(path).packages)

/** Those of this repository, and those that came inside of another's tarball, have no hash of their own. */
const needsHash = ([path, { link = false, inBundle = false }]: readonly [string, LockedPackage]): boolean =>
  path.includes('node_modules/') && !link && !inBundle

test.each(['package-lock.json', '.ci/bootstrap/package-lock.json'])(
  'every package of %s is pinned by a hash',
  (path) => {
    const without = packagesOf(path).filter((one) => needsHash(one) && !one[1].integrity?.startsWith('sha512-'))

    expect(without.map(([name]) => name)).toEqual([])
  },
)

test('no package runs a script of its own when it is installed', () => {
  const scripted = packagesOf('package-lock.json').filter(([, { hasInstallScript = false }]) => hasInstallScript)
  const { allowScripts } = read<{ readonly allowScripts: Readonly<Record<string, boolean>> }>('package.json')

  expect(Object.fromEntries(scripted.map(([path]) => [path.replace('node_modules/', ''), false]))).toEqual(allowScripts)
})

test('Node is pinned to one exact version for each kind of machine, in CI to the same', () => {
  const { optionalDependencies: pinned } = read<{ readonly optionalDependencies: Readonly<Record<string, string>> }>(
    'scripts/node/package.json',
  )
  const { optionalDependencies: ofCi } = read<{ readonly optionalDependencies: Readonly<Record<string, string>> }>(
    '.ci/bootstrap/package.json',
  )
  const locked = new Map(packagesOf('package-lock.json'))

  expect(Object.keys(pinned).length).toBeGreaterThan(3)
  for (const [name, version] of Object.entries(pinned))
    expect(locked.get(`node_modules/${name}`)?.version).toBe(version)
  expect(pinned).toMatchObject(ofCi)
})
