// One client in the shape that `list` and `status` print, for machines and for people. Pure.

import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import type { ClientRecord } from '../../lambda/core/clients/client-keeper.ts'
import { ownerOf } from '../../lambda/core/clients/client-ownership.ts'
import { shownState, slotWords, type Visible, visibleOf } from '../../lambda/core/clients/client-status.ts'
import type { StageView } from '../../lambda/core/clients/clients-api.ts'
import type { HoldLimit } from '../../lambda/core/secret/is-held-too-long.ts'
import type { AsOf } from '../../lambda/core/secret/is-managed.ts'
import { unfinishedVersion } from '../../lambda/core/secret/labels.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { clientIdOf, overlapOf, periodOf, scopesOf, TAG } from '../../lambda/core/secret/secret-tags.ts'
import { shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { iso } from '../terminal/words.ts'

/** As the configuration's own default; for a clients function of an earlier version, which does not say. */
const DEFAULT_LONGEST_HOLD_HOURS = 7 * 24

/** What the rules about a secret (core/secret) are asked with. */
export const asOfView = (view: StageView, now: number): AsOf & HoldLimit => ({
  rotationFunctionArn: view.rotationFunctionArn,
  spans: {
    periodMs: view.periodHours * HOUR_MS,
    overlapMs: view.overlapHours * HOUR_MS,
    ...(view.campaignEveryHours === undefined ? {} : { campaignEveryMs: view.campaignEveryHours * HOUR_MS }),
  },
  longestHoldMs: (view.longestHoldHours ?? DEFAULT_LONGEST_HOLD_HOURS) * HOUR_MS,
  now,
})

export interface Row {
  readonly secret: Secret
  readonly visible: Visible
  readonly asOf: AsOf
  readonly name: string
}

export const rowOf = (secret: Secret, view: StageView, asOf: AsOf): Row => ({
  secret,
  visible: visibleOf(secret, asOf),
  asOf,
  name: shortNameOf(view, secret.name),
})

const ownTags = ({ tags }: Secret): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('m2m:')))

export const rowJson = ({ secret, visible, asOf, name }: Row) => ({
  name,
  secretName: secret.name,
  secretArn: secret.arn,
  clientId: clientIdOf(secret) ?? null,
  state: shownState(visible),
  rotationEnabled: secret.rotationEnabled,
  last:
    visible.last === undefined
      ? null
      : { intent: visible.last.origin, askedAt: iso(visible.last.askedAt), versionId: visible.last.versionId },
  pendingVersionId: unfinishedVersion(secret)?.versionId ?? null,
  overlapUntil: iso(visible.overlapUntil),
  rotatedAt: iso(visible.rotatedAt),
  nextRotationAt: iso(secret.nextRotationAt),
  isOverdue: visible.isOverdue,
  periodHours: periodOf(secret, asOf.spans) / HOUR_MS,
  overlapHours: overlapOf(secret, asOf.spans) / HOUR_MS,
  held: visible.hold === undefined ? null : { since: iso(visible.hold.since), by: visible.hold.by ?? null },
  owner: ownerOf(secret) ?? null,
  onRemoval: secret.tags[TAG.onRemoval] ?? null,
  scopes: scopesOf(secret),
  tags: ownTags(secret),
})

export const recordJson = (record: ClientRecord | undefined, { visible, secret }: Row) => ({
  isActive: record?.isActive ?? null,
  inactiveBy:
    record?.isActive === false && record.switchedOff
      ? { by: record.switchedOff.by, since: iso(record.switchedOff.at) }
      : null,
  currentLastFour: record?.slots.current ?? null,
  nextLastFour: record?.slots.next ?? null,
  boundTo: record?.boundTo ?? null,
  says: slotWords(visible.state, record, clientIdOf(secret)) ?? null,
})
