// The CDK app: reads cdk.json's configuration and makes the one stack. `npx cdk synth` and `npx cdk deploy` start it; synth needs
// neither an account nor the network. A configuration that is not valid is the user's to correct, so each fault is printed once and
// without a stack trace; anything else is ours, and keeps it.
import { App } from 'aws-cdk-lib'
import { type DeployConfig, DeployConfigFault, readContext } from '../lib/config/deploy-config.ts'
import { M2mStack } from '../lib/m2m-stack.ts'

const app = new App()

const readOrReport = (): DeployConfig | undefined => {
  try {
    return readContext(app.node)
  } catch (error) {
    if (!(error instanceof DeployConfigFault)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    return undefined
  }
}

const config = readOrReport()
if (config !== undefined) {
  new M2mStack(app, 'M2m', { stackName: `m2m-${config.stage}`, config, env: config.environment ?? {} })
}
