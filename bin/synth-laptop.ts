// Synthesises configurations for laptops, each into one file: for scripts/build.ts, and for a laptop that runs a configuration which is not
// prepared (lambda/local/laptop/assemblies.ts). Reads `[{ "config": …, "file": "…" }]` from stdin. Assets stay where they are: what runs on a
// laptop is not uploaded. Exit 2: a configuration is not valid, and stderr says why.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { App } from 'aws-cdk-lib'
import type { StagePeople } from '../lambda/local/iam/people.ts'
import { toStackFile } from '../lambda/local/stack/stack-file.ts'
import { type DeployConfig, DeployConfigFault, readDeployConfig } from '../lib/config/deploy-config.ts'
import { breakGlassRoles, operatorRoles } from '../lib/config/stage-roles.ts'
import { M2mStack } from '../lib/m2m-stack.ts'

interface Wanted {
  /** As `m2m` in cdk.json. */
  readonly config: unknown
  readonly file: string
}

const STACK_ID = 'M2m'

const peopleOf = (config: DeployConfig): StagePeople => ({
  breakGlass: breakGlassRoles(config),
  operators: operatorRoles(config),
  security: config.incidents.security.roleArns,
  readers: [...new Set(config.clients.flatMap(({ readers }) => readers))],
})

const synthesise = ({ config: given, file }: Wanted): void => {
  const config = readDeployConfig(given)
  const name = `m2m-${config.stage}`
  const outdir = mkdtempSync(join(tmpdir(), 'm2m-synth-'))
  try {
    const app = new App({
      outdir,
      autoSynth: false,
      analyticsReporting: false,
      treeMetadata: false,
      builtinCloudFormationValidation: false,
      context: { 'aws:cdk:disable-asset-staging': true, 'aws:cdk:disable-stack-trace': true },
    })
    new M2mStack(app, STACK_ID, { stackName: name, config, env: config.environment ?? {} })
    app.synth()
    mkdirSync(dirname(file), { recursive: true })
    // Whoever reads at the same time finds all of it, or its predecessor.
    const half = `${file}.${process.pid}`
    writeFileSync(
      half,
      JSON.stringify(
        toStackFile(outdir, STACK_ID, { place: { name, ...config.environment }, people: peopleOf(config) }),
      ),
    )
    renameSync(half, file)
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

try {
  for (const wanted of JSON.parse(await text(process.stdin)) as readonly Wanted[]) synthesise(wanted)
} catch (error) {
  if (!(error instanceof DeployConfigFault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
