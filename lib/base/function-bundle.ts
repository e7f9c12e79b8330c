// Where a function's prebuilt bundle lies: made by `npm ci` (scripts/build.ts), shipped with the package, so that synth needs
// neither esbuild nor Docker. Refuses by name when it is not there.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda'

/** Of the handler's file, lambda/handlers/<name>.ts. */
export type BundleName =
  | 'on-rotation'
  | 'on-project-rotation'
  | 'on-client-resource'
  | 'on-clients-request'
  | 'on-archive'
  | 'on-campaign'
  | 'on-sweep'
  | 'on-identify'
  | 'on-incident'
  | 'on-leak-report'
  | 'on-read'
  | 'on-vend'

/** From lib/base/ in a clone; from dist/lib/base/ in the installed package. */
const places = ['../../dist/functions/', '../../functions/'].map((place) => new URL(place, import.meta.url))

export const bundleDirectory = (name: BundleName): string => {
  const found = places
    .map((place) => fileURLToPath(new URL(name, place)))
    .find((directory) => existsSync(`${directory}/index.mjs`))
  if (found === undefined) throw new Error(`The bundle of ${name} is not built: run npm run build.`)
  return found
}

/** Only what runs is deployed: the metafile beside it is for tests. */
export const functionBundle = (name: BundleName): AssetCode =>
  Code.fromAsset(bundleDirectory(name), { exclude: ['meta.json'] })
