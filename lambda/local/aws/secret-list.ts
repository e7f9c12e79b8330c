// What ListSecrets sees: an entry for each secret, kept from one change to the next, or, when the listing is set to lag,
// the entry as it was that long ago. A secret younger than the lag is not listed yet, a removed one still is.
import type { Secret, SecretStore } from './secret-store.ts'
import type { AwsSettings } from './settings.ts'
import { describe, type SecretDetails, versionsToStages } from './wire.ts'

export interface SecretListEntry extends SecretDetails {
  readonly SecretVersionsToStages?: Record<string, string[]> | undefined
}

export interface ListedSecret {
  readonly sequence: number
  readonly entry: SecretListEntry
}

export interface SecretList {
  listed(): Iterable<ListedSecret>
  /** To be called after a change of settings: a lag that begins now looks back to now at the earliest. */
  lagChanged(): void
  clear(): void
}

interface Moment {
  readonly at: number
  /** Absent = the secret was gone. */
  readonly listed: ListedSecret | undefined
}

export const createSecretList = (
  store: SecretStore,
  now: () => number,
  settings: Readonly<AwsSettings>,
): SecretList => {
  const entries = new WeakMap<Secret, ListedSecret>()
  const histories = new Map<string, Moment[]>()
  let isLagging = false

  const entryOf = (secret: Secret): ListedSecret => {
    const kept = entries.get(secret)
    if (kept !== undefined) return kept
    const listed: ListedSecret = {
      sequence: secret.sequence,
      entry: { ...describe(secret), SecretVersionsToStages: versionsToStages(secret) },
    }
    entries.set(secret, listed)
    return listed
  }

  /** The last moment at or before the lag's horizon, and forgets what came before it. */
  const lagged = (arn: string, history: Moment[]): ListedSecret | undefined => {
    const horizon = now() - settings.listLagMs
    const index = history.findLastIndex((moment) => moment.at <= horizon)
    if (index > 0) history.splice(0, index)
    const moment = index < 0 ? undefined : history[0]
    if (history.length === 1 && moment !== undefined && moment.listed === undefined) histories.delete(arn)
    return moment?.listed
  }

  const record = (secret: Secret, isGone: boolean, at: number): void => {
    const history = histories.get(secret.arn) ?? []
    history.push({ at, listed: isGone ? undefined : entryOf(secret) })
    histories.set(secret.arn, history)
  }

  store.onChange((secret, isGone) => {
    entries.delete(secret)
    if (isLagging) record(secret, isGone, now())
  })

  const lagChanged = (): void => {
    const lagsNow = settings.listLagMs > 0
    if (lagsNow === isLagging) return
    isLagging = lagsNow
    histories.clear()
    // As if all had been as it is for ever: nothing was recorded before.
    if (lagsNow) for (const secret of store.all()) record(secret, false, Number.NEGATIVE_INFINITY)
  }
  lagChanged()

  return {
    listed: function* () {
      if (!isLagging) {
        for (const secret of store.all()) yield entryOf(secret)
        return
      }
      for (const [arn, history] of histories) {
        const listed = lagged(arn, history)
        if (listed !== undefined) yield listed
      }
    },
    lagChanged,
    clear: () => histories.clear(),
  }
}
