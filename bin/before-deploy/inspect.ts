// Puts `m2m doctor --before-deploy` together: the configuration, its template, and an AWS account; then the checks and their report.

import { partitionOf } from '../../lambda/core/base/aws-partition.ts'
import type { DeployConfig } from '../../lib/config/deploy-config.ts'
import { processEndpoint } from '../terminal/cli-env.ts'
import { assertSignedIn, wallTiming } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import type { Screen } from '../terminal/screen.ts'
import { createAwsAccount, createClients } from './aws-account.ts'
import { checkBeforeDeploy, type PlannedDeployment } from './before-deploy.ts'
import { readConfiguration } from './config-file.ts'
import { hasForeignKey, withOwnKeys } from './foreign-keys.ts'
import type { Surroundings } from './intrinsics.ts'
import { reportOf } from './report.ts'
import { stackNameOf, synthesise } from './synthesise.ts'

interface Inspection {
  /** @default - cdk.json */
  readonly file: string | undefined
  /** As `--stage` said. */
  readonly stage: string | undefined
}

/** Only where the account is unknown: a number that no account has. */
const NO_ACCOUNT = '000000000000'

const deploymentOf = async (config: DeployConfig, around: Surroundings): Promise<PlannedDeployment> => {
  const template = await synthesise(config)
  if (!hasForeignKey(config)) return { config, around, template }
  return { config, around, template, templateWithOwnKeys: await synthesise(withOwnKeys(config)) }
}

/** @throws CommandFault `usage` for a configuration or a sign-in that is not in order. */
export const inspect = async (screen: Screen, { file, stage }: Inspection): Promise<Ending> => {
  const config = readConfiguration(file)
  if (stage !== undefined && stage !== config.stage) {
    throw new CommandFault(EXIT.usage, `--stage is ${stage}, and the configuration's stage is ${config.stage}`)
  }
  const clients = createClients(config.environment?.region)
  await assertSignedIn(clients.secretsManager)
  const region = await clients.secretsManager.config.region()
  const known = { region, stackName: stackNameOf(config), ...partitionOf(region) }
  const unknown = createAwsAccount({ clients, endpointOf: processEndpoint, around: { ...known, account: NO_ACCOUNT } })
  const identity = await unknown
    .identity()
    .catch((error: unknown) => (error instanceof Error ? error : new Error('unknown')))
  const accountId = identity instanceof Error ? (config.environment?.account ?? NO_ACCOUNT) : identity.account
  const around = { ...known, account: accountId }
  const account = createAwsAccount({ clients, endpointOf: processEndpoint, around })
  const deployment = await deploymentOf(config, around)
  const results = await checkBeforeDeploy({ deployment, identity, account, timing: wallTiming })
  return reportOf(results, around, screen)
}
