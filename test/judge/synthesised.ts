// Stacks as `cdk synth` makes them of a configuration, in this process: through the same files that `npm run judge` reads, without
// copying bundles, and once for each configuration.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { M2mStack } from '../../lib/m2m-stack.ts'
import { readFolder, type Stack } from '../../scripts/judge/template.ts'

const read = (path: string): JsonObject =>
  fieldsOf(JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')))

/** Of test/fixtures/configs. */
export const fixture = (name: string): JsonObject => read(`test/fixtures/configs/${name}.json`)

export const shippedConfig = (): JsonObject => fieldsOf(fieldsOf(read('cdk.json').context).m2m)

/**
 * Most of the time that a synthesis takes goes into what the rules do not look at: copies of bundles, stack traces, and the CDK's own
 * validation, which `cdk synth` runs in CI.
 */
const onlyTheTemplate = {
  analyticsReporting: false,
  treeMetadata: false,
  builtinCloudFormationValidation: false,
  context: { 'aws:cdk:disable-asset-staging': true, 'aws:cdk:disable-stack-trace': true },
}

const synthesise = (config: JsonObject): { readonly stack: Stack; readonly template: unknown } => {
  const outdir = mkdtempSync(join(tmpdir(), 'm2m-synth-'))
  try {
    const settings = readDeployConfig(config)
    const app = new App({ outdir, ...onlyTheTemplate })
    const env = settings.environment ?? {}
    const made = new M2mStack(app, 'M2m', { stackName: `m2m-${settings.stage}`, config: settings, env })
    const template: unknown = app.synth().getStackArtifact(made.artifactId).template
    const [stack] = readFolder(outdir)
    if (stack === undefined) throw new Error('No stack was synthesised.')
    return { stack, template }
  } finally {
    rmSync(outdir, { recursive: true })
  }
}

const made = new Map<string, ReturnType<typeof synthesise>>()

export const synthesised = (config: JsonObject): ReturnType<typeof synthesise> => {
  const key = JSON.stringify(config)
  const found = made.get(key) ?? synthesise(config)
  made.set(key, found)
  return found
}

export const stackFor = (config: JsonObject): Stack => synthesised(config).stack
