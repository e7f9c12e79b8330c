// A configuration's template, and the names that the parts of its stage have on the laptop.
import { createResolver, type Resolver, shortName } from '../stack/resolve.ts'
import type { StackFile } from '../stack/stack-file.ts'
import { readStageSettings, type StageSettings } from '../stack/stage-settings.ts'
import { stackFileOf } from './assemblies.ts'
import { LAPTOP_ACCOUNT, LAPTOP_REGION, laptopConfig } from './deployment.ts'

export interface DeployedStage {
  readonly stackFile: StackFile
  readonly place: Required<StackFile['place']>
  readonly resolver: Resolver
  readonly settings: StageSettings
}

/** @param config as `m2m` in cdk.json. @throws Error for one that cannot be synthesised, or is of something else */
export const readStage = async (config: unknown = laptopConfig()): Promise<DeployedStage> => {
  const stackFile = await stackFileOf(config)
  const { template } = stackFile
  const place = { account: LAPTOP_ACCOUNT, region: LAPTOP_REGION, ...stackFile.place }
  const madeUp = (id: string, type: string, attribute?: string): string =>
    attribute === undefined ? shortName(place.name, id, type) : `${id}.${attribute}`
  const resolver = createResolver({ template, place, madeUp, parameters: BOOTSTRAPPED })
  const settings = readStageSettings(template, resolver)
  if (settings === undefined) throw new Error('The template is of no stage that rotates M2M secrets.')
  return { stackFile, place, resolver, settings }
}

/** As `cdk bootstrap` leaves an account. */
export const BOOTSTRAPPED = { BootstrapVersion: '30' } as const
