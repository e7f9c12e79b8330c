// Fails an install that came without the Node that package-lock.json pins for this machine. npm leaves an optional package out, without a
// word, when what a registry serves does not have the hash of the lock; whatever Node is on the PATH would then run everything. It runs
// before the build, on any Node, so that it is plain JavaScript. A machine that no package is made for uses the Node that it has.

import { existsSync, readFileSync } from 'node:fs'

const at = (path) => new URL(`../../${path}`, import.meta.url)
const read = (path) => JSON.parse(readFileSync(at(path), 'utf8'))

const isFor = ({ os, cpu }) => os === process.platform && cpu === process.arch

const isInstalled = (path, { version }) =>
  existsSync(at(`${path}/package.json`)) && read(`${path}/package.json`).version === version

const { packages } = read('package-lock.json')
const pinned = Object.keys(read('scripts/node/package.json').optionalDependencies)
for (const name of pinned) {
  const path = `node_modules/${name}`
  const entry = packages[path] ?? {}
  if (!isFor(entry) || isInstalled(path, entry)) continue
  console.error(
    `${name}@${entry.version} is not installed. Either the registry serves something else than package-lock.json pins (${entry.integrity}), or optional packages were left out. Nothing was built.`,
  )
  process.exitCode = 1
}
