// Which roles the policy on every secret of a stage names, by what they may do there. Worked out from the configuration alone, so that
// synth can say of a client that its readers do not fit before anything of the stack is made.
import type { SetsConfig } from './sets-config.ts'
import type { Part } from './stage-names.ts'

/** What of the configuration (deploy-config.ts, which asks this file) decides it. */
export interface RoleSettings {
  readonly breakGlass: { readonly roleArn: string } | { readonly noneBecause: string }
  readonly operators: readonly string[]
  readonly sets?: SetsConfig
  readonly vendor?: object
  readonly rotation: { readonly campaigns: { readonly schedule: string } | { readonly noneBecause: string } }
}

export interface StageRoles {
  readonly readers: readonly string[]
  readonly changers: readonly string[]
  readonly rotators: readonly string[]
  readonly operators: readonly string[]
}

export const breakGlassRoles = ({ breakGlass }: Pick<RoleSettings, 'breakGlass'>): readonly string[] =>
  'roleArn' in breakGlass ? [breakGlass.roleArn] : []

/** Everybody who operates the stage: those of sets look, rotate, hold and report as the others do. */
export const operatorRoles = ({
  operators,
  sets = {},
}: Pick<RoleSettings, 'operators' | 'sets'>): readonly string[] => [
  ...new Set([...operators, ...Object.values(sets).flatMap((set) => set.operators)]),
]

/** Beside those of rotation function and registrar, which every registrar adds itself. */
export const stageRoles = (config: RoleSettings, roleOf: (part: Part) => string): StageRoles => {
  const breakGlass = breakGlassRoles(config)
  const campaign = 'schedule' in config.rotation.campaigns ? [roleOf('campaign')] : []
  const vendor = config.vendor === undefined ? [] : [roleOf('vendor')]
  return {
    readers: [roleOf('clients'), roleOf('identify'), ...vendor, ...breakGlass],
    changers: [roleOf('clients'), ...breakGlass],
    rotators: [roleOf('sweep'), roleOf('incident'), ...campaign],
    operators: operatorRoles(config),
  }
}
