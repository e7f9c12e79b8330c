// Makes the template that `npx cdk deploy` would, in this process, without an account, the network or a copy of the bundles. aws-cdk-lib is
// loaded here and nowhere else in the command line: it takes seconds, and who only operates a stage need not have it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DeployConfig, DeployConfigFault } from '../../lib/config/deploy-config.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import type { DeployTemplate } from './plan.ts'

const load = async () => {
  try {
    return await Promise.all([import('aws-cdk-lib'), import('../../lib/m2m-stack.ts')])
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new CommandFault(
        EXIT.usage,
        'aws-cdk-lib and constructs are not installed here: npm install aws-cdk-lib constructs',
      )
    }
    throw error
  }
}

export const stackNameOf = ({ stage }: Pick<DeployConfig, 'stage'>): string => `m2m-${stage}`

/** @throws CommandFault `usage` where aws-cdk-lib is not installed, and for a template that is too large. */
export const synthesise = async (config: DeployConfig): Promise<DeployTemplate> => {
  const [{ App }, { M2mStack }] = await load()
  const outdir = mkdtempSync(join(tmpdir(), 'm2m-synth-'))
  try {
    // What the checks read is the template: copies of bundles and the CDK's own validation, which `cdk deploy` runs, would take seconds.
    const app = new App({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      builtinCloudFormationValidation: false,
      context: { 'aws:cdk:disable-asset-staging': true, 'aws:cdk:disable-stack-trace': true },
    })
    const stackName = stackNameOf(config)
    new M2mStack(app, 'M2m', { stackName, config, env: config.environment ?? {} })
    return app.synth().getStackByName(stackName).template as DeployTemplate
  } catch (error) {
    if (error instanceof DeployConfigFault) throw new CommandFault(EXIT.usage, error.message)
    throw error
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}
