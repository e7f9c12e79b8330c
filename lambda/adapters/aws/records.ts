// The records table as the rotation's Records: a lease and a few bytes a version. Partition keys say what an item is and about which secret,
// so that a role's rights hold for a kind of record (lib/rotation/records-table.ts).
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { defined } from '../../core/base/defined.ts'
import { DAY_MS } from '../../core/base/time-units.ts'
import { LEASE_KEYS, VERSION_KEYS } from '../../core/rotation/record-keys.ts'
import {
  type KeptRecords,
  type Lease,
  noRecords,
  type ReadableRecords,
  type VersionRecord,
  type VersionRecords,
} from '../../core/rotation/records.ts'
import { createSignedCall, type SignedCall } from './signed-call.ts'
import { createTableCall, type TableCall } from './table-call.ts'
import { everyItem, keptUntil, keyOf, numberAttribute, numberIn, textIn } from './table-item.ts'

/** A lease that nobody released is deleted some time after it is over. */
const LEASE_KEPT_MS = DAY_MS
/** Longer than any period: a value that nothing replaces is reported as overdue before its record goes. */
const VERSION_KEPT_MS = 400 * DAY_MS
const TIMEOUT_MS = 1000

const leaseKey = (secretArn: string) => keyOf(`${LEASE_KEYS}${secretArn}`, 'lease')

const createLease = (ask: TableCall, askOnce: TableCall, now: () => number): Lease => ({
  take: async (secretArn, holder, untilMs) => {
    const reply = await ask('PutItem', {
      Item: {
        ...leaseKey(secretArn),
        holder: { S: holder },
        expiresAt: numberAttribute(untilMs),
        keptUntil: keptUntil(untilMs + LEASE_KEPT_MS),
      },
      ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now OR holder = :holder',
      ExpressionAttributeValues: { ':now': numberAttribute(now()), ':holder': { S: holder } },
    })
    return reply === undefined ? 'held' : 'taken'
  },
  release: async (secretArn, holder) => {
    await askOnce('DeleteItem', {
      Key: leaseKey(secretArn),
      ConditionExpression: 'holder = :holder',
      ExpressionAttributeValues: { ':holder': { S: holder } },
    })
  },
})

/** What is written last is what holds; a version's value and the time of its switch never change. */
const createVersionRecords = (ask: TableCall): VersionRecords => {
  const update = async (
    { secretArn, versionId, at }: { readonly secretArn: string; readonly versionId: string; readonly at: number },
    fields: Readonly<Record<string, Readonly<Record<string, string>>>>,
    removed: readonly string[] = [],
  ): Promise<void> => {
    const all = Object.entries({ ...fields, keptUntil: keptUntil(at + VERSION_KEPT_MS) })
    const removal = removed.length === 0 ? '' : ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}`
    await ask('UpdateItem', {
      Key: keyOf(`${VERSION_KEYS}${secretArn}`, versionId),
      UpdateExpression: `SET ${all.map(([name]) => `#${name} = :${name}`).join(', ')}${removal}`,
      ExpressionAttributeNames: Object.fromEntries(
        [...all.map(([name]) => name), ...removed].map((name) => [`#${name}`, name]),
      ),
      ExpressionAttributeValues: Object.fromEntries(all.map(([name, value]) => [`:${name}`, value])),
    })
  }
  return {
    noteVersion: ({ secretArn, versionId, lastFour, at }) =>
      update({ secretArn, versionId, at }, { lastFour: { S: lastFour }, storedAt: numberAttribute(at) }),
    noteSwitch: ({ secretArn, versionId, switchedAt }) =>
      update({ secretArn, versionId, at: switchedAt }, { switchedAt: numberAttribute(switchedAt) }),
    noteAccepted: ({ secretArn, versionId, lastFour, at }) =>
      update({ secretArn, versionId, at }, { lastFour: { S: lastFour } }, ['lostSince']),
    noteLost: ({ secretArn, versionId, lostSince }) =>
      update({ secretArn, versionId, at: lostSince }, { lostSince: numberAttribute(lostSince) }),
    noteRefused: ({ secretArn, versionId, reason, at }) =>
      update({ secretArn, versionId, at }, { refusedBecause: { S: reason } }),
    read: async (secretArn) => {
      const items = await everyItem((from) =>
        ask('Query', {
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: `${VERSION_KEYS}${secretArn}` } },
          ConsistentRead: true,
          ...defined({ ExclusiveStartKey: from }),
        }),
      )
      return items.flatMap((item): readonly VersionRecord[] => {
        const versionId = textIn(item, 'sk')
        if (versionId === undefined) return []
        const known = {
          lastFour: textIn(item, 'lastFour'),
          storedAt: numberIn(item, 'storedAt'),
          switchedAt: numberIn(item, 'switchedAt'),
          lostSince: numberIn(item, 'lostSince'),
          refusedBecause: textIn(item, 'refusedBecause'),
        }
        return [{ versionId, ...defined(known) }]
      })
    },
  }
}

interface RecordsInput {
  readonly call: SignedCall
  readonly table: string
  readonly now: () => number
  readonly wait: (ms: number) => Promise<void>
}

/** @param holder the execution's id. The lease is worth a retry; what is only noted is sent once, and given a second. */
export const createRecords = ({ call, table, now, wait }: RecordsInput, holder: string): KeptRecords => {
  const input = { call, table, wait, timeoutMs: TIMEOUT_MS }
  const askOnce = createTableCall({ ...input, tries: 1 })
  return {
    kind: 'kept',
    holder,
    lease: createLease(createTableCall(input), askOnce, now),
    versions: createVersionRecords(askOnce),
  }
}

export interface RecordsPlace {
  readonly table: string
  /** Absent: AWS's own address. */
  readonly endpoint?: string
}

/** For whoever reads alone, and can wait for a retry. @param place absent: nothing is remembered. */
export const createReadableRecords = (
  client: SecretsManagerClient,
  place: RecordsPlace | undefined,
  wait: RecordsInput['wait'],
): ReadableRecords => {
  if (place === undefined) return noRecords
  const call = createSignedCall(client, { service: 'dynamodb', endpoint: place.endpoint })
  return {
    kind: 'kept',
    versions: createVersionRecords(createTableCall({ call, table: place.table, wait, timeoutMs: TIMEOUT_MS })),
  }
}
