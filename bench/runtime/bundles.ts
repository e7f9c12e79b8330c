// The forms that are measured, each bundled into a directory of its own. From the usual choice to the deployed form, one step at a time,
// so that each step's gain can be measured.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { bundleFunction, requireBanner } from '../../scripts/bundle.ts'
import { leanUndici, requestAlone } from '../../scripts/lean-undici.ts'

export interface Form {
  readonly name: string
  /** Holds index.mjs. */
  readonly directory: string
  readonly kB: number
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const form = (name: string): string => join(repository, 'bench/runtime/forms', `${name}.ts`)
const vendor = join(repository, 'lambda/handlers/on-vend.ts')

/** As scripts/bundle.ts bundles, but for what a step is about. */
export const plainly = (entry: string, more: BuildOptions = {}): BuildOptions => ({
  entryPoints: [entry],
  absWorkingDir: repository,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  conditions: ['module', 'import'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  charset: 'utf8',
  banner: { js: requireBanner },
  write: false,
  outfile: 'index.mjs',
  logLevel: 'error',
  ...more,
})

export const byEsbuild = async (name: string, directory: string, options: BuildOptions): Promise<Form> => {
  const { outputFiles: [file] = [] } = await build(options)
  if (file === undefined) throw new Error(`esbuild made nothing of ${name}`)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'index.mjs'), file.contents)
  return { name, directory, kB: file.contents.length / 1000 }
}

export const byOurs = async (name: string, directory: string, entry: string): Promise<Form> => {
  const { code } = await bundleFunction(entry, directory, { isForLaptop: true })
  return { name, directory, kB: code.length / 1000 }
}

/** The first is the empty handler, the second the usual choice, the last what is deployed. */
export const bundleForms = async (root: string): Promise<readonly Form[]> => {
  const at = (name: string): string => join(root, name)
  return [
    await byEsbuild('empty handler', at('empty'), plainly(form('empty'), { banner: {} })),
    await byEsbuild('usual choice', at('usual'), plainly(form('usual'))),
    await byEsbuild('without Powertools and zod', at('with-sdk'), plainly(form('with-sdk'))),
    await byOurs('credentials from the environment only', at('with-sdk-lean'), form('with-sdk')),
    await byEsbuild('signer in place of the client', at('signer'), plainly(vendor)),
    await byEsbuild('of undici, one request', at('request'), plainly(vendor, { plugins: [requestAlone] })),
    await byEsbuild(
      'and what it never runs left out (deployed)',
      at('deployed'),
      plainly(vendor, { banner: {}, plugins: [leanUndici] }),
    ),
  ]
}
