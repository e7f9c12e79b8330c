// Which roles the policy on every secret of a stage names, by what they may do there. Worked out from the configuration alone, so that
// synth can say of a client that its readers do not fit before anything of the stack is made.
import type { DeployConfig } from './deploy-config.ts'
import type { Part } from './stage-names.ts'

type Settings = Pick<DeployConfig, 'breakGlass' | 'operators' | 'vendor'> & {
  readonly rotation: Pick<DeployConfig['rotation'], 'campaigns'>
}

export interface StageRoles {
  readonly readers: readonly string[]
  readonly changers: readonly string[]
  readonly rotators: readonly string[]
}

export const breakGlassRoles = ({ breakGlass }: Pick<DeployConfig, 'breakGlass'>): readonly string[] =>
  'roleArn' in breakGlass ? [breakGlass.roleArn] : []

/** Beside those of rotation function and registrar, which every registrar adds itself. */
export const stageRoles = (config: Settings, roleOf: (part: Part) => string, deployRole: string): StageRoles => {
  const breakGlass = breakGlassRoles(config)
  const campaign = 'schedule' in config.rotation.campaigns ? [roleOf('campaign')] : []
  const vendor = config.vendor === undefined ? [] : [roleOf('vendor')]
  return {
    readers: [roleOf('clients'), roleOf('identify'), ...vendor, ...breakGlass],
    changers: [roleOf('clients'), deployRole, ...breakGlass],
    rotators: [roleOf('sweep'), roleOf('incident'), ...campaign, ...config.operators],
  }
}
