// The files that a browser gets: the page's own as they are, and lit-html's from where it is installed. An allow-list: no path of a request
// ever becomes a path of the disk.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Asset {
  readonly type: string
  readonly body: Buffer
}

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const

const html = { '/': 'index.html' } as const
const styles = ['base', 'head', 'clients', 'acting', 'incident', 'timeline', 'tools'] as const
const scripts = [
  'main',
  'api',
  'model',
  'format',
  'head',
  'clients',
  'client-card',
  'client-dialog',
  'denial',
  'incident',
  'timeline',
  'tools',
  'tour',
] as const
/** What the page imports of lit-html, and what that imports. */
const libraries = ['lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js'] as const

const ownDirectory = fileURLToPath(new URL('browser/', import.meta.url))

/** Its main file for Node lies one folder below the package's own. */
const libraryDirectory = (): string => dirname(dirname(createRequire(import.meta.url).resolve('lit-html')))

const own: ReadonlyMap<string, string> = new Map([
  ...Object.entries(html),
  ...styles.map((name) => [`/${name}.css`, `${name}.css`] as const),
  ...scripts.map((name) => [`/${name}.js`, `${name}.js`] as const),
])
const library: ReadonlyMap<string, string> = new Map(libraries.map((name) => [`/lib/${name}`, name]))

/** @returns undefined: there is no such file. */
export const assetAt = async (path: string): Promise<Asset | undefined> => {
  const name = own.get(path) ?? library.get(path)
  if (name === undefined) return undefined
  const directory = own.has(path) ? ownDirectory : libraryDirectory()
  const extension = name.slice(name.lastIndexOf('.') + 1) as keyof typeof types
  return { type: types[extension], body: await readFile(join(directory, name)) }
}
