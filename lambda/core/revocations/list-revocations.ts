// Which clients' tokens died with their secret within the last hour, as Secrets Manager's metadata shows it: what the sweep publishes beside
// what rotations have published themselves, so that nothing is missing for long. Those that changed last come first, so that it stops where the
// hour ends. The list nominates and can lag; where it shows too little, the secret itself is asked. No value is read.

import { mapInParallel } from '../base/worker-pool.ts'
import { CURRENT, labelled } from '../secret/labels.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { isOfStage, prefixesOf, type StageSecrets, stagePages } from '../secret/stage-secrets.ts'
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

export interface RevokedClient extends Revocation {
  /** As the tag has it, which nobody has confirmed. */
  readonly clientId: string
  readonly secretName: string
  readonly secretArn: string
  /** The version that carries AWSCURRENT. */
  readonly currentId: string
}

interface RevocationSearch extends StageSecrets {
  readonly secrets: Pick<Secrets, 'describe' | 'list' | 'listVersions'>
}

const CALL_MS = 3_000
/** How many secrets are looked at side by side. */
const ABREAST = 16
const within = { withinMs: CALL_MS }

const revocationOf = async (
  { secrets }: RevocationSearch,
  listed: Secret,
  now: number,
): Promise<Revocation | undefined> => {
  const byLabels = revocationByLabels(listed)
  if (byLabels?.state === 'revoked' && isDatedByLabels(listed)) return byLabels
  if (byLabels === undefined && !mayHideRevocation(listed, now)) return undefined
  const secret = (await secrets.describe(listed.arn, within)) ?? listed
  const again = revocationByLabels(secret)
  if (again !== undefined && isDatedByLabels(secret)) return again
  return revocationByVersions(secret, await secrets.listVersions(secret.arn, within)) ?? again
}

const changedLatelyBelow = async (
  { secrets }: RevocationSearch,
  secretNamePrefix: string,
  now: number,
): Promise<readonly Secret[]> => {
  const found: Secret[] = []
  const since = now - TOKEN_LIFETIME_MS - LIST_LAG_MS
  const pages = stagePages(secrets, { secretNamePrefix }, { ...within, order: 'lastChangedFirst' })
  for await (const some of pages) {
    const lately = some.filter(
      ({ lastChangedAt, lastRotatedAt }) => Math.max(lastChangedAt ?? 0, lastRotatedAt ?? 0) >= since,
    )
    found.push(...lately)
    if (lately.length < some.length) break
  }
  return found
}

/** Each prefix by itself: those that changed last come first below each. */
const changedLately = async (search: RevocationSearch, now: number): Promise<readonly Secret[]> =>
  (await Promise.all(prefixesOf(search).map((prefix) => changedLatelyBelow(search, prefix, now))))
    .flat()
    .filter((secret) => isOfStage(search, secret))

/** @throws Fault when Secrets Manager does not answer. */
export const listRevocations = async (search: RevocationSearch, now: number): Promise<readonly RevokedClient[]> => {
  const listed = await changedLately(search, now)
  const found = await mapInParallel(listed, ABREAST, async (secret): Promise<readonly RevokedClient[]> => {
    const clientId = clientIdOf(secret)
    const revocation = await revocationOf(search, secret, now)
    const currentId = labelled(secret, CURRENT)
    if (clientId === undefined || currentId === undefined) return []
    if (revocation === undefined || !isRecent(revocation, now)) return []
    return [{ clientId, secretName: secret.name, secretArn: secret.arn, currentId, ...revocation }]
  })
  return found.flat()
}
