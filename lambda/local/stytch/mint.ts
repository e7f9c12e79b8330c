// Makes the next secret value, of whichever kind, and lets a test choose how the very next one ends: the one-shot setting
// nextSecretLastFour is used up here and nowhere else.
import type { SettingsBox } from './settings-box.ts'

/** `generate` is given the four characters to end in, or null. */
export type Mint = (generate: (lastFour: string | null) => string) => string

export const createMint =
  (box: SettingsBox): Mint =>
  (generate) => {
    const { nextSecretLastFour } = box.current()
    if (nextSecretLastFour !== null) box.configure({ nextSecretLastFour: null })
    return generate(nextSecretLastFour)
  }
