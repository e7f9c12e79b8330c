// A configuration's template, and the names that the parts of its stage have on the laptop.
import { accountOf } from '../iam/pattern.ts'
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

/** As `cdk bootstrap` leaves an account. */
export const BOOTSTRAPPED = { BootstrapVersion: '30' } as const

/** @throws Error for a template of something else */
export const settingsOf = (template: StackFile['template'], resolver: Resolver): StageSettings => {
  const settings = readStageSettings(template, resolver)
  if (settings === undefined) throw new Error('The template is of no stage that rotates M2M secrets.')
  return settings
}

/** @param from where it is deployed if it does not say so. @throws Error for a template of something else */
export const stageOf = (
  stackFile: StackFile,
  from: Partial<Pick<DeployedStage['place'], 'account' | 'region'>> = {},
): DeployedStage => {
  const { template, people } = stackFile
  // As whoever it names would deploy it.
  const named = accountOf(people?.breakGlass[0] ?? people?.operators[0] ?? '')
  const place = { account: named || LAPTOP_ACCOUNT, region: LAPTOP_REGION, ...from, ...stackFile.place }
  const madeUp = (id: string, type: string, attribute?: string): string =>
    attribute === undefined ? shortName(place.name, id, type) : `${id}.${attribute}`
  const resolver = createResolver({ template, place, madeUp, parameters: BOOTSTRAPPED })
  return { stackFile, place, resolver, settings: settingsOf(template, resolver) }
}

/** @param config as `m2m` in cdk.json. @throws Error for one that cannot be synthesised */
export const readStage = async (config: unknown = laptopConfig()): Promise<DeployedStage> =>
  stageOf(await stackFileOf(config))
