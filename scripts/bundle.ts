// Bundles one Lambda function: an entry in, `index.mjs` and esbuild's metafile out. Two runs write the same bytes, so that a
// deployment of unchanged code uploads nothing. Called by scripts/build.ts, and by tests and benches that look at what ships.
//
// Code that only the laptop needs is guarded by `typeof DEPLOYED_BUNDLE === 'undefined'` and is dropped here, with all that
// only it imports. Of the SDK's ways to find credentials, only the environment is bundled: Lambda knows no other
// (docs/decisions/017).

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { leanUndici } from './lean-undici.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

/** An ES module has no `require`; a bundled CommonJS dependency that asks for a builtin needs one. */
export const requireBanner =
  "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);"

export interface FunctionBundle {
  readonly code: Uint8Array
  readonly metafile: Metafile
}

const CREDENTIAL_CHAIN = '@aws-sdk/credential-provider-node'

/** Puts the SDK's own environment provider where its clients ask for the whole chain: profiles, SSO, login, containers, EC2. */
const credentialsFromEnvironment: Plugin = {
  name: 'credentials-from-environment',
  setup: ({ onResolve, onLoad, resolve: find }) => {
    onResolve({ filter: new RegExp(`^${CREDENTIAL_CHAIN}$`) }, async ({ pluginData, kind, resolveDir }) => {
      if (pluginData === CREDENTIAL_CHAIN) return undefined
      const chain = await find(CREDENTIAL_CHAIN, { kind, resolveDir, pluginData: CREDENTIAL_CHAIN })
      return { path: chain.path, namespace: 'environment-only', sideEffects: false, errors: chain.errors }
    })
    onLoad({ filter: /.*/, namespace: 'environment-only' }, ({ path }) => ({
      // From where the chain itself imports it. A name that is gone there fails the build.
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'",
      resolveDir: dirname(path),
    }))
  },
}

export interface BundleSettings {
  /** Keeps what is only for laptops: other addresses, above all. For benches. @default false */
  readonly isForLaptop?: boolean
}

const optionsFor = (entry: string, outDir: string, { isForLaptop = false }: BundleSettings) =>
  ({
    entryPoints: [resolve(entry)],
    outfile: join(resolve(outDir), 'index.mjs'),
    absWorkingDir: repository,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    conditions: ['module', 'import'],
    define: isForLaptop ? {} : { DEPLOYED_BUNDLE: 'true' },
    // Names stay: a stack trace from a deployed function must be readable without a map.
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: false,
    sourcemap: false,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    plugins: [credentialsFromEnvironment, leanUndici],
    write: false,
    logLevel: 'silent',
  }) as const satisfies BuildOptions

/** Whether the code that was kept (not merely read) calls `require` for what is not in the bundle. */
const asksForRequire = ({ outputs }: Metafile): boolean =>
  Object.values(outputs).some(({ imports }) =>
    imports.some(({ kind, external }) => kind === 'require-call' && external),
  )

/**
 * Writes `outDir`/index.mjs and, beside it, meta.json (what is in the bundle and why; leave it out of the asset).
 * @throws esbuild's BuildFailure, which names file and line.
 */
export const bundleFunction = async (
  entry: string,
  outDir: string,
  settings: BundleSettings = {},
): Promise<FunctionBundle> => {
  const options = optionsFor(entry, outDir, settings)
  const first = await build(options)
  const result = asksForRequire(first.metafile) ? await build({ ...options, banner: { js: requireBanner } }) : first

  const [file] = result.outputFiles
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`)

  await mkdir(outDir, { recursive: true })
  await writeFile(file.path, file.contents)
  await writeFile(join(outDir, 'meta.json'), `${JSON.stringify(result.metafile)}\n`)
  return { code: file.contents, metafile: result.metafile }
}
