// Which licences come with the package, from the lock file: what is installed with it must be permissive; what only builds and
// tests it may also be weakly copyleft, since it is not passed on. Called by `npm run licences` and by its test.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const permissive = ['Apache-2.0', 'MIT', 'MIT-0', '0BSD', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0']
/** The last one is a list of words; WTFPL permits everything. */
const weaklyCopyleft = ['MPL-2.0', 'CC-BY-4.0', 'Python-2.0', 'WTFPL', 'CC BY-SA 4.0']

interface LockedPackage {
  readonly license?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  /** To a package of this repository, which stands in the list by its own path. */
  readonly link?: boolean
}

export interface LicenceFindings {
  readonly packagesRead: number
  /** `path: licence` of each that is not allowed where it stands. */
  readonly refused: readonly string[]
}

/** `MIT OR GPL-3.0` lets us choose; `MIT AND X` does not. */
const isAllowed = (licence: string, allowed: readonly string[]): boolean =>
  licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => allowed.includes(one.trim())))

/** Judges a package-lock.json's text. */
export const judgeLicences = (lock: string): LicenceFindings => {
  const { packages } = JSON.parse(lock) as { readonly packages: Readonly<Record<string, LockedPackage>> }
  const installed = Object.entries(packages).filter(([path, { link = false }]) => path !== '' && !link)
  const refused = installed.flatMap(([path, { license: licence = 'none', dev = false, devOptional = false }]) => {
    const allowed = dev || devOptional ? [...permissive, ...weaklyCopyleft] : permissive
    return isAllowed(licence, allowed) ? [] : [`${path}: ${licence}`]
  })
  return { packagesRead: installed.length, refused }
}

if (import.meta.main) {
  const lock = fileURLToPath(new URL('../package-lock.json', import.meta.url))
  const { packagesRead, refused } = judgeLicences(readFileSync(lock, 'utf8'))
  for (const one of refused) console.error(one)
  console.log(`${packagesRead} packages read, ${refused.length} with a licence that is not allowed`)
  process.exitCode = refused.length === 0 && packagesRead > 0 ? 0 : 1
}
