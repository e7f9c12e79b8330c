// The CDK app: reads cdk.json's configuration and makes the one stack. `npx cdk synth` and `npx cdk deploy` start it; synth needs
// neither an account nor the network. A configuration that is not valid is the user's to correct, so each fault is printed once and
// without a stack trace; anything else is ours, and keeps it.
import { App } from 'aws-cdk-lib'
import { DeployConfigFault, readContext } from '../lib/config/deploy-config.ts'
import { M2mStack } from '../lib/m2m-stack.ts'

// Left to itself, the app would be synthesised when the process ends, where nothing could report a template that is too large.
const app = new App({ autoSynth: false })

try {
  const config = readContext(app.node)
  new M2mStack(app, 'M2m', { stackName: `m2m-${config.stage}`, config, env: config.environment ?? {} })
  app.synth()
} catch (error) {
  if (!(error instanceof DeployConfigFault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
