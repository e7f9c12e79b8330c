// What the sweep has reported, in the records table: an item for each open finding in one partition, which one query reads; and beside it whose
// turn it is to report, and what is done once a day.
import { defined } from '../../core/base/defined.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { DAY_MS } from '../../core/base/time-units.ts'
import { REPORT_KEYS } from '../../core/rotation/record-keys.ts'
import { findingWords } from '../../core/sweep/finding-words.ts'
import type { ReportMemory } from '../../core/sweep/report-memory.ts'
import { findingKey, type OpenFinding, type ReportedKind } from '../../core/sweep/reports.ts'
import { createTableCall, type TableInput } from './table-call.ts'
import { everyItem, keptUntil, keyOf, numberAttribute, numberIn, textIn } from './table-item.ts'

const OPEN = `${REPORT_KEYS}open`
const TURN = keyOf(`${REPORT_KEYS}turn`, 'lease')
const DAYS = `${REPORT_KEYS}days`

/** A finding that lasts is written every day: one that was not for so long belongs to a secret that nobody looks at any more. */
const KEPT_MS = 3 * DAY_MS
/** Longer than anybody leaves a stage without a sweep and still wants to know what there was. */
const DAYS_KEPT_MS = 30 * DAY_MS

const isKind = (text: string | undefined): text is ReportedKind =>
  text !== undefined && Object.hasOwn(findingWords, text)

const toFinding = (item: JsonObject, asOf: number): OpenFinding | undefined => {
  const [about, name, kind] = [textIn(item, 'about'), textIn(item, 'name'), textIn(item, 'kind')]
  const [since, reportedAt, until] = [
    numberIn(item, 'since'),
    numberIn(item, 'reportedAt'),
    numberIn(item, 'keptUntil'),
  ]
  if (about === undefined || name === undefined || !isKind(kind)) return undefined
  if (since === undefined || reportedAt === undefined) return undefined
  // DynamoDB deletes what is over within days.
  if (until === undefined || until * 1000 < asOf) return undefined
  return { about, name, kind, since, reportedAt, isForPeople: textIn(item, 'isForPeople') === 'yes' }
}

export interface ReportRecordsInput extends TableInput {
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** @param holder the execution's id, which a turn is held by */
export const createReportRecords = ({ now, ...input }: ReportRecordsInput, holder: string): ReportMemory => {
  const ask = createTableCall(input)
  return {
    open: async (asOf) => {
      const items = await everyItem((from) =>
        ask('Query', {
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: OPEN } },
          ConsistentRead: true,
          ...defined({ ExclusiveStartKey: from }),
        }),
      )
      return items.flatMap((item) => toFinding(item, asOf) ?? [])
    },
    note: async (finding) => {
      const { about, name, kind, since, reportedAt, isForPeople } = finding
      await ask('PutItem', {
        Item: {
          ...keyOf(OPEN, findingKey(finding)),
          about: { S: about },
          name: { S: name },
          kind: { S: kind },
          since: numberAttribute(since),
          reportedAt: numberAttribute(reportedAt),
          isForPeople: { S: isForPeople ? 'yes' : 'no' },
          keptUntil: keptUntil(reportedAt + KEPT_MS),
        },
      })
    },
    end: async (finding) => {
      await ask('DeleteItem', { Key: keyOf(OPEN, findingKey(finding)) })
    },
    take: async (forMs) => {
      const at = now()
      const reply = await ask('PutItem', {
        Item: {
          ...TURN,
          holder: { S: holder },
          expiresAt: numberAttribute(at + forMs),
          keptUntil: keptUntil(at + DAY_MS),
        },
        ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now OR holder = :holder',
        ExpressionAttributeValues: { ':now': numberAttribute(at), ':holder': { S: holder } },
      })
      return reply === undefined ? 'held' : 'taken'
    },
    release: async () => {
      await ask('DeleteItem', {
        Key: TURN,
        ConditionExpression: 'holder = :holder',
        ExpressionAttributeValues: { ':holder': { S: holder } },
      })
    },
    daysDone: async () => {
      const items = await everyItem(() =>
        ask('Query', {
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: DAYS } },
          ConsistentRead: true,
        }),
      )
      const found = items.flatMap((item) => {
        const at = numberIn(item, 'at')
        return at === undefined ? [] : [[textIn(item, 'sk') ?? '', at] as const]
      })
      return Object.fromEntries(found)
    },
    noteDay: async (task, at) => {
      await ask('PutItem', {
        Item: { ...keyOf(DAYS, task), at: numberAttribute(at), keptUntil: keptUntil(at + DAYS_KEPT_MS) },
      })
    },
  }
}
