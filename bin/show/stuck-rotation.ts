// Of a rotation that is stuck: since when, and when it is driven again, or why nobody does. By the sweep's own rules (core/sweep/due.ts). Pure.
import { MINUTE_MS } from '../../lambda/core/base/time-units.ts'
import type { StageView } from '../../lambda/core/clients/clients-api.ts'
import { decidedBy } from '../../lambda/core/rotation/freeze.ts'
import { isOurs } from '../../lambda/core/secret/is-managed.ts'
import { askedAtOf, pendingSince, STUCK_AFTER_MS } from '../../lambda/core/secret/is-stuck.ts'
import { CURRENT, unfinishedVersion, versionLabelled } from '../../lambda/core/secret/labels.ts'
import { holdOf } from '../../lambda/core/secret/secret-tags.ts'
import type { VersionEntry } from '../../lambda/core/secret/secrets.ts'
import { isWaiting } from '../../lambda/core/sweep/due.ts'
import { at, iso } from '../terminal/words.ts'
import type { Row } from './client-rows.ts'
import { type Frozen, frozenWords } from './frozen.ts'

interface StuckSight {
  readonly row: Row
  readonly versions: readonly VersionEntry[]
  readonly frozen: Frozen
  /** What Stytch says instead of an answer. @default - it answers */
  readonly why: string | undefined
}

export interface StuckRotation {
  /** Epoch milliseconds; undefined: nothing shows it. */
  readonly since: number | undefined
  /** A sweep that begins after this drives it; undefined: none does. */
  readonly dueAt: number | undefined
  /** When that sweep begins at the latest; undefined: it is not known how often it runs, or none does. */
  readonly drivenBy: number | undefined
  readonly words: string
}

const whyLeft = ({ row: { secret, asOf, name }, frozen }: StuckSight): string | undefined => {
  const [current, stuck] = [versionLabelled(secret, CURRENT), unfinishedVersion(secret)]
  if (current === undefined || stuck === undefined || !isOurs(secret, asOf)) {
    return "by nobody, since this stage's function does not rotate it; m2m apply, or a deployment, gives it back"
  }
  if (!isWaiting(secret, { origin: stuck.origin, current, freeze: decidedBy(frozen.state) })) return undefined
  return holdOf(secret) === undefined
    ? `not while ${frozenWords(frozen)}; m2m freeze off lets the next sweep continue`
    : `not while it is held; m2m release ${name} lets the next sweep continue`
}

/** @returns undefined: none is stuck. */
export const stuckRotation = (
  sight: StuckSight,
  { sweepEveryMinutes }: Pick<StageView, 'sweepEveryMinutes'>,
): StuckRotation | undefined => {
  const { row, versions, why } = sight
  const { secret, visible, asOf, name } = row
  const stuck = unfinishedVersion(secret)
  if (visible.state !== 'stuck' || stuck === undefined) return undefined
  const since = pendingSince(stuck, versions) ?? askedAtOf(stuck) ?? secret.lastChangedAt
  const began = `since ${at(since)}`
  const now = `m2m incident ${name} --wait ends it within two minutes, if its value may have leaked`
  const left = whyLeft(sight)
  if (left !== undefined) {
    return { since, dueAt: undefined, drivenBy: undefined, words: `${began}; driven again ${left}; ${now}` }
  }
  const dueAt = Math.max((since ?? asOf.now) + STUCK_AFTER_MS, asOf.now)
  const drivenBy = sweepEveryMinutes === undefined ? undefined : dueAt + sweepEveryMinutes * MINUTE_MS
  const when =
    drivenBy === undefined ? `by the first sweep after ${at(dueAt)}` : `by the sweep, at ${at(drivenBy)} at the latest`
  const stays = why === undefined ? '' : '; it stays while Stytch does not answer'
  return { since, dueAt, drivenBy, words: `${began}; driven again ${when}${stays}; ${now}` }
}

/** As `--json` shows it. */
export const stuckJson = (stuck: StuckRotation | undefined) =>
  stuck === undefined
    ? null
    : { since: iso(stuck.since), drivenAgainAfter: iso(stuck.dueAt), drivenAgainBy: iso(stuck.drivenBy) }
