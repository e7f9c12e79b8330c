// The quota of a secret's versions. AWS asks for no more than one PutSecretValue or UpdateSecret in ten minutes, sustained: it removes
// none younger than a day, so a faster caller makes more than it removes and reaches the quota of about a hundred (User Guide, "Quotas",
// and API reference, PutSecretValue). Played as a bucket of a hundred that one version leaves every ten minutes of the shared clock.
import { limitExceeded } from './aws-fault.ts'
import type { Secret } from './secret-store.ts'
import type { AwsSettings } from './settings.ts'

const MAX_VERSIONS = 100
const SUSTAINED_MS = 10 * 60 * 1000

/** Counts one new value of a secret. @throws LimitExceededException; a refused one is not counted. */
export type VersionQuota = (secret: Secret) => void

export const createVersionQuota = (settings: Readonly<AwsSettings>, now: () => number): VersionQuota => {
  const levels = new WeakMap<Secret, { readonly level: number; readonly at: number }>()
  return (secret) => {
    if (settings.versionQuota === 'off') return
    const at = now()
    const before = levels.get(secret) ?? { level: 0, at }
    const level = Math.max(0, before.level - (at - before.at) / SUSTAINED_MS) + 1
    if (level > MAX_VERSIONS) {
      throw limitExceeded('You have reached the maximum number of versions for this secret.')
    }
    levels.set(secret, { level, at })
  }
}
