// The CDK app: reads cdk.json's configuration and makes the one stack. `npx cdk synth` and `npx cdk deploy` start it; synth needs
// neither an account nor the network.
import { App, type Environment } from 'aws-cdk-lib'
import { readContext } from '../lib/deploy-config.ts'
import { M2mStack } from '../lib/m2m-stack.ts'

const app = new App()
const config = readContext(app.node)
const env: Environment = config.environment ?? {}
new M2mStack(app, 'M2m', { stackName: `m2m-${config.stage}`, config, env })
