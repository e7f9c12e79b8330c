// Which configuration is checked: `context.m2m` of the cdk.json in this directory, or a file with just that in it. Faults are those that
// `cdk synth` would print.
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { readConfigFile } from '../../lib/config/config-text.ts'
import { type DeployConfig, DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'

const CDK_JSON = 'cdk.json'

/** `{"context": {"m2m": …}}`, whatever else is in it. */
const contextOf = (value: unknown): unknown => {
  const context = isJsonObject(value) ? value.context : undefined
  return isJsonObject(context) ? context.m2m : undefined
}

/** @throws CommandFault `usage` with every fault. */
export const readConfiguration = (file: string | undefined): DeployConfig => {
  const read = readConfigFile(file ?? CDK_JSON)
  if (!read.ok) {
    const hint = file === undefined ? '; or name a file: --config FILE' : ''
    throw new CommandFault(EXIT.usage, `${read.fault}${hint}`)
  }
  const inContext = contextOf(read.value)
  try {
    return readDeployConfig(file === undefined ? inContext : (inContext ?? read.value))
  } catch (error) {
    if (error instanceof DeployConfigFault) throw new CommandFault(EXIT.usage, error.message)
    throw error
  }
}
