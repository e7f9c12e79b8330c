// Which clients' tokens died with their secret within the last hour, for whoever verifies tokens. Read from Secrets Manager's metadata
// each time it is older than the rules allow, for all callers at once: those that changed last come first, so that it stops where the
// hour ends. The list nominates and can lag; where it shows too little, the secret itself is asked.

import { createSingleFlight } from '../base/single-flight.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { fieldNamesOf } from '../secret/mapped-form.ts'
import type { Secret } from '../secret/secret.ts'
import { isOfStage, prefixesOf, stagePages } from '../secret/stage-secrets.ts'
import { readField, readStoredObject } from '../secret/stored-fields.ts'
import { TOKEN_LIFETIME_MS } from '../secret/token-lifetime.ts'
import {
  isDatedByLabels,
  isRecent,
  LIST_LAG_MS,
  mayHideRevocation,
  type Revocation,
  revocationByLabels,
  revocationByVersions,
} from './revocation.ts'
import type { Invocation, Vending } from './vending.ts'

interface RevokedClient extends Revocation {
  readonly clientId: string
  readonly secretName: string
}

export interface RevocationList {
  /** Epoch milliseconds: when it was asked for. */
  readonly askedAt: number
  readonly clients: readonly RevokedClient[]
}

interface RevocationRules {
  readonly keepMs: number
  readonly callMs: number
  /** How many secrets are looked at side by side. */
  readonly abreast: number
}

const revocationRules: RevocationRules = { keepMs: 30_000, callMs: 3_000, abreast: 16 }

interface Seen {
  readonly mark: string
  readonly clientId: string | undefined
  readonly revocation: Revocation | undefined
}

export const createRevocationList = (
  { secrets, ...stage }: Pick<Vending, 'secrets' | 'secretNamePrefix' | 'extraPrefixes'>,
  rules: RevocationRules = revocationRules,
) => {
  const within = { withinMs: rules.callMs }
  let known: RevocationList | undefined
  /** What a secret showed, for as long as it has not changed since. */
  let seen = new Map<string, Seen>()
  const flights = createSingleFlight<RevocationList>()

  const storedId = async ({ arn, tags }: Secret, label: string): Promise<string | undefined> => {
    const stored = readStoredObject((await secrets.readValue(arn, { ...within, label }))?.text ?? '')
    const clientId = stored.ok ? readField(stored.value, fieldNamesOf(tags)?.client_id ?? 'client_id') : stored
    return clientId.ok ? clientId.value : undefined
  }

  /** As the stored value says: whoever changed the tag would have another client's tokens refused, and the revoked one's pass. */
  const idOf = async (secret: Secret): Promise<string | undefined> =>
    (await storedId(secret, 'AWSCURRENT')) ?? storedId(secret, 'AWSPREVIOUS')

  const revocationOf = async (listed: Secret, now: number): Promise<Revocation | undefined> => {
    const byLabels = revocationByLabels(listed)
    if (byLabels?.state === 'revoked' && isDatedByLabels(listed)) return byLabels
    if (byLabels === undefined && !mayHideRevocation(listed, now)) return undefined
    const secret = (await secrets.describe(listed.arn, within)) ?? listed
    const again = revocationByLabels(secret)
    if (again !== undefined && isDatedByLabels(secret)) return again
    return revocationByVersions(secret, await secrets.listVersions(secret.arn, within)) ?? again
  }

  const see = async (listed: Secret, now: number): Promise<Seen> => {
    const { arn, labels, lastChangedAt, lastRotatedAt } = listed
    const mark = JSON.stringify([labels, lastChangedAt, lastRotatedAt])
    const before = seen.get(arn)
    // A revoke that waits for its settle is looked at each time: the list may not know yet that it is over.
    if (before?.mark === mark && before.revocation?.state !== 'revoking') return before
    const revocation = await revocationOf(listed, now)
    return { mark, revocation, clientId: revocation === undefined ? undefined : await idOf(listed) }
  }

  const changedLatelyBelow = async (prefix: string, now: number): Promise<readonly Secret[]> => {
    const found: Secret[] = []
    const since = now - TOKEN_LIFETIME_MS - LIST_LAG_MS
    const pages = stagePages(secrets, { secretNamePrefix: prefix }, { ...within, order: 'lastChangedFirst' })
    for await (const some of pages) {
      const lately = some.filter(
        ({ lastChangedAt, lastRotatedAt }) => Math.max(lastChangedAt ?? 0, lastRotatedAt ?? 0) >= since,
      )
      found.push(...lately)
      if (lately.length < some.length) break
    }
    return found.filter((secret) => isOfStage(stage, secret))
  }

  /** Each prefix by itself: those that changed last come first below each. */
  const changedLately = async (now: number): Promise<readonly Secret[]> =>
    (await Promise.all(prefixesOf(stage).map((prefix) => changedLatelyBelow(prefix, now)))).flat()

  const ask = async (now: number): Promise<RevocationList> => {
    const listed = await changedLately(now)
    const answers = await mapInParallel(
      listed,
      rules.abreast,
      async (secret) => [secret.arn, await see(secret, now)] as const,
    )
    const next = new Map(answers)
    seen = next
    const clients = listed.flatMap(({ arn, name: secretName }) => {
      const { clientId, revocation } = next.get(arn) ?? {}
      if (clientId === undefined || revocation === undefined || !isRecent(revocation, now)) return []
      return [{ clientId, secretName, ...revocation }]
    })
    known = { askedAt: now, clients }
    return known
  }

  /** @throws Fault when Secrets Manager does not answer: an old list would pass for a new one. */
  return async ({ timing }: Pick<Invocation, 'timing'>): Promise<RevocationList> => {
    const now = timing.now()
    const age = known === undefined ? undefined : now - known.askedAt
    if (known !== undefined && age !== undefined && age >= 0 && age < rules.keepMs) return known
    return flights.run('list', () => ask(now))
  }
}
