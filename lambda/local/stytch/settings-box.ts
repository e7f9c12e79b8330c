// The settings in force now: what the constructor was given, as changed since. Holds no secret and makes no decision.
import { settingFaults } from './setting-rules.ts'
import { defaultSettings, type StytchSettings } from './settings.ts'

export interface SettingsBox {
  /** In force now. */
  current(): StytchSettings
  /** @throws TypeError that lists every fault; nothing is changed then. */
  configure(change: Partial<StytchSettings>): void
  /** Back to what the constructor was given. */
  restore(): void
}

export const createSettings = (initial: Partial<StytchSettings> = {}): SettingsBox => {
  const checked = (change: Partial<StytchSettings>): Partial<StytchSettings> => {
    const lines = settingFaults(change)
    if (lines.length > 0) throw new TypeError(lines.join('; '))
    return change
  }
  const start: StytchSettings = { ...defaultSettings, ...checked(initial) }
  let settings = start
  return {
    current: () => settings,
    configure: (change) => {
      settings = { ...settings, ...checked(change) }
    },
    restore: () => {
      settings = start
    },
  }
}
