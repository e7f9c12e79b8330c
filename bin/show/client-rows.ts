// One client in the shape that `list` and `status` print, for machines and for people. Pure.

import type { StageView } from '../../lambda/core/clients/client-desk.ts'
import type { ClientRecord } from '../../lambda/core/clients/client-keeper.ts'
import { ownerOf } from '../../lambda/core/clients/client-ownership.ts'
import { type Looking, slotWords, type Visible, visibleOf } from '../../lambda/core/clients/client-status.ts'
import { type ManagedSecret, unfinishedVersion } from '../../lambda/core/secret/fleet.ts'
import { clientIdOf, overlapOf, periodOf, scopesOf, TAG } from '../../lambda/core/secret/secret-tags.ts'
import { iso } from '../terminal/words.ts'
import { shortName } from './choose.ts'

const HOUR_MS = 3_600_000

export const lookingOf = ({ rotationFunctionArn, periodHours, overlapHours }: StageView, now: number): Looking => ({
  rotationFunctionArn,
  spans: { periodMs: periodHours * HOUR_MS, overlapMs: overlapHours * HOUR_MS },
  now,
})

export interface Row {
  readonly secret: ManagedSecret
  readonly visible: Visible
  readonly looking: Looking
  readonly name: string
}

export const rowOf = (secret: ManagedSecret, { secretNamePrefix }: StageView, looking: Looking): Row => ({
  secret,
  visible: visibleOf(secret, looking),
  looking,
  name: shortName(secretNamePrefix, secret.name),
})

const ownTags = ({ tags }: ManagedSecret): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('m2m:')))

export const rowJson = ({ secret, visible, looking, name }: Row) => ({
  name,
  secretName: secret.name,
  secretArn: secret.arn,
  clientId: clientIdOf(secret) ?? null,
  state: visible.state,
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
  periodHours: periodOf(secret, looking.spans) / HOUR_MS,
  overlapHours: overlapOf(secret, looking.spans) / HOUR_MS,
  held: visible.hold === undefined ? null : { since: iso(visible.hold.since), by: visible.hold.by ?? null },
  owner: ownerOf(secret) ?? null,
  onRemoval: secret.tags[TAG.onRemoval] ?? null,
  scopes: scopesOf(secret),
  tags: ownTags(secret),
})

export const recordJson = (record: ClientRecord | undefined, { visible, secret }: Row) => ({
  isActive: record?.isActive ?? null,
  currentLastFour: record?.slots.current ?? null,
  nextLastFour: record?.slots.next ?? null,
  boundTo: record?.boundTo ?? null,
  says: slotWords(visible.state, record, clientIdOf(secret)) ?? null,
})
