// DynamoDB's GetItem, PutItem, UpdateItem, DeleteItem and Query, in memory, for tables whose keys are texts. The expressions are
// expression.ts, condition.ts and update.ts. A read that does not ask to be consistent may show an item as it was, and items stay when their
// time to live is over, as they may for days in DynamoDB. Whatever else is asked for is refused, not half obeyed. Errors are named as AWS
// names them.
import { type Attribute, itemBytes, readAttributes, type TableItem } from './attributes.ts'
import { AwsFault, invalidInput } from './aws-fault.ts'
import { type Condition, holds, readCondition } from './condition.ts'
import { type Placeholders, readPlaceholders } from './expression.ts'
import { type Body, type Input, readInput } from './input.ts'
import type { AwsOperations } from './operations.ts'
import { readUpdate } from './update.ts'

export interface TableInput {
  readonly name: string
  readonly partitionKey: string
  /** @default - none: one item for each partition key */
  readonly sortKey?: string
}

export interface Tables {
  readonly operations: AwsOperations
  items(table: string): readonly TableItem[]
  /** @returns undefined: there is no such table */
  partitionKeyOf(table: string): string | undefined
  /** Empty. */
  add(table: TableInput): void
  remove(name: string): void
  clear(): void
}

/** What an item was until then; undefined: not there. */
interface Past {
  readonly until: number
  readonly item: TableItem | undefined
}

interface Table extends TableInput {
  readonly keyNames: readonly string[]
  readonly items: Map<string, TableItem>
  readonly past: Map<string, readonly Past[]>
}

export interface TableReads {
  readonly now: () => number
  /** How old what a read shows is, unless it asks to be consistent. */
  readonly ageMs: () => number
}

/** Any read shows what was written last. */
const neverStale: TableReads = { now: () => 0, ageMs: () => 0 }
/** Of each item: a test looks no further back. */
const MOST_PAST = 20

/** DynamoDB Developer Guide, "Service, account, and table quotas". */
const MOST_BYTES = { item: 400 * 1024, partitionKey: 2048, sortKey: 1024 }

/** As many as fit into a page here; DynamoDB's page is a megabyte. */
const PAGE = 100
const NAMES = ['ExpressionAttributeNames', 'ExpressionAttributeValues']
const OF_WRITE = ['TableName', 'ConditionExpression', 'ReturnValues', 'ReturnValuesOnConditionCheckFailure', ...NAMES]

const notPlayed = (what: string): AwsFault => invalidInput(`${what} is not played by this stand-in.`)

/** Refuses members that are not among these: AWS has more than are played. */
const checkMembers = (body: Body, played: readonly string[]): void => {
  const strange = Object.keys(body).filter((name) => body[name] !== null && !played.includes(name))
  if (strange.length > 0) throw notPlayed(strange.join(', '))
}

const keyOf = ({ keyNames }: Table, item: TableItem): TableItem =>
  Object.fromEntries(keyNames.map((name) => [name, item[name] ?? {}]))

const keyText = (table: Table, key: TableItem): string => {
  const texts = table.keyNames.map((name) => key[name]?.S)
  if (texts.some((text) => text === undefined || text === '')) {
    throw invalidInput('The provided key element does not match the schema')
  }
  for (const [at, most] of [MOST_BYTES.partitionKey, MOST_BYTES.sortKey].entries()) {
    if (Buffer.byteLength(texts[at] ?? '') <= most) continue
    throw invalidInput(`One or more parameter values were invalid: the size of the key exceeds ${most} bytes`)
  }
  return JSON.stringify(texts)
}

const checkSize = (item: TableItem): void => {
  if (itemBytes(item) > MOST_BYTES.item) throw invalidInput('Item size has exceeded the maximum allowed size')
}

/** A Key has the key's attributes and no other. */
const readKey = (table: Table, value: unknown, name: string): TableItem => {
  const key = readAttributes(value, name)
  if (Object.keys(key).length !== table.keyNames.length) {
    throw invalidInput('The provided key element does not match the schema')
  }
  keyText(table, key)
  return key
}

const pick = (item: TableItem | undefined, names: readonly string[]): TableItem | undefined => {
  if (item === undefined) return undefined
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]] as const])))
}

const attributes = (item: TableItem | undefined): object =>
  item === undefined || Object.keys(item).length === 0 ? {} : { Attributes: item }

export const createTables = (tables: readonly TableInput[], reads = neverStale): Tables => {
  const all = new Map<string, Table>()
  const add = (table: TableInput): void => {
    const keyNames = [table.partitionKey, ...(table.sortKey === undefined ? [] : [table.sortKey])]
    all.set(table.name, { ...table, keyNames, items: new Map(), past: new Map() })
  }
  for (const table of tables) add(table)

  const tableOf = (body: Body): Table => {
    const table = all.get(readInput(body).requiredText('TableName'))
    if (table === undefined) throw new AwsFault('ResourceNotFoundException', 'Requested resource not found')
    return table
  }

  const write = ({ items, past }: Table, id: string, item: TableItem | undefined): void => {
    const before = { until: reads.now(), item: items.get(id) }
    past.set(id, [...(past.get(id) ?? []), before].slice(-MOST_PAST))
    if (item === undefined) items.delete(id)
    else items.set(id, item)
  }

  /** What this read sees of the table, by id. */
  const viewFor = ({ items, past }: Table, isConsistent: boolean): ReadonlyMap<string, TableItem> => {
    const age = isConsistent ? 0 : reads.ageMs()
    if (age === 0) return items
    const moment = reads.now() - age
    const seen = [...new Set([...items.keys(), ...past.keys()])].map((id) => {
      const was = past.get(id)?.find(({ until }) => until > moment)
      return [id, was === undefined ? items.get(id) : was.item] as const
    })
    return new Map(seen.flatMap(([id, item]) => (item === undefined ? [] : [[id, item] as const])))
  }

  const conditionIn = (input: Input, name: string, places: Placeholders): Condition | undefined => {
    const text = input.text(name)
    return text === undefined ? undefined : readCondition(text, name, places)
  }

  const projectionIn = (input: Input, places: Placeholders): readonly string[] | undefined =>
    input
      .text('ProjectionExpression')
      ?.split(',')
      .map((part) => {
        const text = part.trim()
        if (!/^(#\w+|[A-Za-z_]\w*)$/.test(text)) throw notPlayed(`ProjectionExpression ${text}`)
        return places.nameOf({ kind: 'name', text })
      })

  /** What every write has in common, read before anything is done. */
  const readWrite = (body: Body, returned: readonly string[]) => {
    const input = readInput(body)
    const returns = input.text('ReturnValues') ?? 'NONE'
    if (returns !== 'NONE' && !returned.includes(returns)) throw invalidInput('Return values set to invalid value')
    const onFailure = input.text('ReturnValuesOnConditionCheckFailure')
    const places = readPlaceholders(body)
    const condition = conditionIn(input, 'ConditionExpression', places)
    /** @throws ConditionalCheckFailedException, with the item as it is when the request asks for that. */
    const checkCondition = (before: TableItem | undefined): void => {
      if (condition === undefined || holds(condition, before ?? {})) return
      const members = onFailure === 'ALL_OLD' && before !== undefined ? { Item: before } : {}
      throw new AwsFault('ConditionalCheckFailedException', 'The conditional request failed', 400, members)
    }
    return { places, returns, checkCondition }
  }

  const getItem = (body: Body): object => {
    const table = tableOf(body)
    checkMembers(body, ['TableName', 'Key', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames'])
    const input = readInput(body)
    const isConsistent = input.flag('ConsistentRead') === true
    const places = readPlaceholders(body)
    const projection = projectionIn(input, places)
    places.checkAllUsed()
    const found = viewFor(table, isConsistent).get(keyText(table, readKey(table, body.Key, 'Key')))
    if (found === undefined) return {}
    return { Item: projection === undefined ? found : pick(found, projection) }
  }

  const putItem = (body: Body): object => {
    const table = tableOf(body)
    checkMembers(body, ['Item', ...OF_WRITE])
    const { places, returns, checkCondition } = readWrite(body, ['ALL_OLD'])
    places.checkAllUsed()
    const item = readAttributes(body.Item, 'Item')
    const id = keyText(table, item)
    const before = table.items.get(id)
    checkSize(item)
    checkCondition(before)
    write(table, id, item)
    return returns === 'ALL_OLD' ? attributes(before) : {}
  }

  const updateItem = (body: Body): object => {
    const table = tableOf(body)
    checkMembers(body, ['Key', 'UpdateExpression', ...OF_WRITE])
    const { places, returns, checkCondition } = readWrite(body, ['ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'])
    const text = readInput(body).text('UpdateExpression')
    const update = text === undefined ? undefined : readUpdate(text, places, table.keyNames)
    places.checkAllUsed()
    const key = readKey(table, body.Key, 'Key')
    const id = keyText(table, key)
    const before = table.items.get(id)
    checkCondition(before)
    const after = { ...(update === undefined ? before : update.apply(before ?? {})), ...key }
    checkSize(after)
    write(table, id, after)
    const names = update?.names ?? []
    switch (returns) {
      case 'ALL_OLD':
        return attributes(before)
      case 'ALL_NEW':
        return attributes(after)
      case 'UPDATED_OLD':
        return attributes(pick(before, names))
      case 'UPDATED_NEW':
        return attributes(pick(after, names))
      default:
        return {}
    }
  }

  const deleteItem = (body: Body): object => {
    const table = tableOf(body)
    checkMembers(body, ['Key', ...OF_WRITE])
    const { places, returns, checkCondition } = readWrite(body, ['ALL_OLD'])
    places.checkAllUsed()
    const id = keyText(table, readKey(table, body.Key, 'Key'))
    const before = table.items.get(id)
    checkCondition(before)
    if (before !== undefined) write(table, id, undefined)
    return returns === 'ALL_OLD' ? attributes(before) : {}
  }

  /** Partition key = value, and at most one condition on the sort key. @returns the partition. */
  const partitionOf = (table: Table, condition: Condition): Attribute => {
    const wrong = (): AwsFault => invalidInput('Query condition missed key schema element, or is not supported')
    const parts = condition.kind === 'and' ? condition.parts : [condition]
    const partition = parts.flatMap((part) => {
      if (part.kind !== 'compare' || part.by !== '=') return []
      const isKey = part.left.kind === 'attribute' && part.left.name === table.partitionKey
      return isKey && part.right.kind === 'value' ? [part.right.value] : []
    })
    const ofSortKey = parts.filter((part) => {
      if (part.kind === 'begins_with') return part.name === table.sortKey && part.operand.kind === 'value'
      if (part.kind === 'between') return part.of.kind === 'attribute' && part.of.name === table.sortKey
      if (part.kind !== 'compare' || part.by === '<>') return false
      return part.left.kind === 'attribute' && part.left.name === table.sortKey && part.right.kind === 'value'
    })
    const [value] = partition
    if (value?.S === undefined || partition.length + ofSortKey.length !== parts.length) throw wrong()
    if (partition.length !== 1) throw wrong()
    return value
  }

  const query = (body: Body): object => {
    const table = tableOf(body)
    checkMembers(body, [
      ...['TableName', 'KeyConditionExpression', 'FilterExpression', 'ProjectionExpression', 'ConsistentRead'],
      ...['Limit', 'ScanIndexForward', 'ExclusiveStartKey', ...NAMES],
    ])
    const input = readInput(body)
    const text = input.requiredText('KeyConditionExpression')
    const limit = input.integer('Limit')
    const isForward = input.flag('ScanIndexForward') !== false
    const isConsistent = input.flag('ConsistentRead') === true
    const places = readPlaceholders(body)
    const condition = readCondition(text, 'KeyConditionExpression', places)
    const filter = conditionIn(input, 'FilterExpression', places)
    const projection = projectionIn(input, places)
    places.checkAllUsed()
    partitionOf(table, condition)
    const { sortKey = '' } = table
    const order = (one: TableItem, other: TableItem): number =>
      Buffer.compare(Buffer.from(one[sortKey]?.S ?? ''), Buffer.from(other[sortKey]?.S ?? '')) * (isForward ? 1 : -1)
    const start = body.ExclusiveStartKey ?? undefined
    const after = start === undefined ? undefined : readKey(table, start, 'ExclusiveStartKey')
    const found = [...viewFor(table, isConsistent).values()]
      .filter((item) => holds(condition, item) && (after === undefined || order(item, after) > 0))
      .toSorted(order)
    const page = found.slice(0, Math.min(limit ?? PAGE, PAGE))
    const last = page.at(-1)
    // A page that its limit ended names its last item even when nothing follows, as DynamoDB's does.
    const hasMore = found.length > page.length || page.length === limit
    const items = page.filter((item) => filter === undefined || holds(filter, item))
    return {
      Count: items.length,
      ScannedCount: page.length,
      Items: projection === undefined ? items : items.map((item) => pick(item, projection)),
      ...(hasMore && last !== undefined ? { LastEvaluatedKey: keyOf(table, last) } : {}),
    }
  }

  return {
    operations: { GetItem: getItem, PutItem: putItem, UpdateItem: updateItem, DeleteItem: deleteItem, Query: query },
    partitionKeyOf: (name) => all.get(name)?.partitionKey,
    items: (name) => [...(all.get(name)?.items.values() ?? [])],
    add,
    remove: (name) => {
      all.delete(name)
    },
    clear: () => {
      for (const { items, past } of all.values()) {
        items.clear()
        past.clear()
      }
    },
  }
}
