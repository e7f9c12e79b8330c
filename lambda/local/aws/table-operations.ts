// DynamoDB's UpdateItem and Query, in memory, for tables of a partition and a sort key that are both texts. Of the expression language it
// plays `SET #a = :b, …`, `attribute_not_exists(#a) OR #a < :b` for numbers, and `key = :value`; whatever else is asked for is refused, not
// half obeyed. Errors are named as AWS names them.
import { AwsFault, invalidInput } from './aws-fault.ts'
import { type Body, isStructure, readInput } from './input.ts'
import type { AwsOperations } from './operations.ts'

export interface TableInput {
  readonly name: string
  readonly partitionKey: string
  readonly sortKey: string
}

/** `{ S: text }` or `{ N: digits }`. */
type Attribute = Readonly<Record<string, string>>
export type TableItem = Readonly<Record<string, Attribute>>

export interface Tables {
  readonly operations: AwsOperations
  items(table: string): readonly TableItem[]
  clear(): void
}

interface Table extends TableInput {
  readonly items: Map<string, TableItem>
}

/** As many as fit into a page here; DynamoDB's page is a megabyte. */
const PAGE = 100

const toAttribute = (value: unknown): Attribute | undefined => {
  const [[type, text] = [], ...others] = isStructure(value) ? Object.entries(value) : []
  if (others.length > 0 || typeof text !== 'string' || (type !== 'S' && type !== 'N')) return undefined
  return type === 'N' && !Number.isFinite(Number(text)) ? undefined : { [type]: text }
}

const attributesIn = (value: unknown, name: string): TableItem => {
  const found = Object.entries(isStructure(value) ? value : {}).map(([key, one]) => {
    const attribute = toAttribute(one)
    if (attribute === undefined) throw invalidInput(`${name}: this stand-in takes S and N.`)
    return [key, attribute] as const
  })
  return Object.fromEntries(found)
}

const notPlayed = (what: string): AwsFault => invalidInput(`${what} is not played by this stand-in.`)

/** What `#a` and `:b` stand for. */
const readNames = (body: Body) => {
  const { ExpressionAttributeNames: aliases } = body
  const values = attributesIn(body.ExpressionAttributeValues, 'ExpressionAttributeValues')
  return {
    nameOf: (token: string): string => {
      const name = token.startsWith('#') && isStructure(aliases) ? aliases[token] : token
      if (typeof name !== 'string') throw invalidInput(`An expression attribute name is not defined: ${token}`)
      return name
    },
    standingFor: (token: string): Attribute => {
      const value = values[token]
      if (value === undefined) throw invalidInput(`An expression attribute value is not defined: ${token}`)
      return value
    },
  }
}

const keyText = ({ partitionKey, sortKey }: TableInput, item: TableItem): string => {
  const parts = [item[partitionKey]?.S, item[sortKey]?.S]
  if (parts.includes(undefined) || parts.includes('')) {
    throw invalidInput('The provided key element does not match the schema')
  }
  return JSON.stringify(parts)
}

const NOT_EXISTS_OR_LESS = /^attribute_not_exists\((#?\w+)\) OR (#?\w+) < (:\w+)$/
const ASSIGNMENT = /^(#?\w+) = (:\w+)$/

export const createTables = (tables: readonly TableInput[]): Tables => {
  const all = new Map<string, Table>(tables.map((table) => [table.name, { ...table, items: new Map() }]))

  const tableOf = (body: Body): Table => {
    const input = readInput(body)
    const name = input.requiredText('TableName', { min: 1 })
    input.check()
    const table = all.get(name)
    if (table === undefined) throw new AwsFault('ResourceNotFoundException', 'Requested resource not found')
    return table
  }

  const holds = (
    condition: string,
    item: TableItem,
    { nameOf, standingFor }: ReturnType<typeof readNames>,
  ): boolean => {
    const [, absent = '', compared = '', limit = ''] = NOT_EXISTS_OR_LESS.exec(condition) ?? []
    if (limit === '') throw notPlayed('This ConditionExpression')
    const value = item[nameOf(compared)]?.N
    return item[nameOf(absent)] === undefined || (value !== undefined && Number(value) < Number(standingFor(limit).N))
  }

  const updateItem = (body: Body): object => {
    const table = tableOf(body)
    const input = readInput(body)
    const update = input.requiredText('UpdateExpression', { min: 1 })
    const condition = input.text('ConditionExpression')
    input.check()
    const names = readNames(body)
    const key = attributesIn(body.Key, 'Key')
    const id = keyText(table, key)
    const before = table.items.get(id)
    if (!update.startsWith('SET ')) throw notPlayed('This UpdateExpression')
    const changes = update
      .slice(4)
      .split(', ')
      .map((part) => {
        const [, name = '', value = ''] = ASSIGNMENT.exec(part) ?? []
        if (value === '') throw notPlayed('This UpdateExpression')
        return [names.nameOf(name), names.standingFor(value)] as const
      })
    if (condition !== undefined && !holds(condition, before ?? {}, names)) {
      throw new AwsFault('ConditionalCheckFailedException', 'The conditional request failed')
    }
    table.items.set(id, { ...before, ...key, ...Object.fromEntries(changes) })
    return {}
  }

  const query = (body: Body): object => {
    const table = tableOf(body)
    const input = readInput(body)
    const condition = input.requiredText('KeyConditionExpression', { min: 1 })
    input.check()
    const { nameOf, standingFor } = readNames(body)
    const [, name = '', value = ''] = ASSIGNMENT.exec(condition) ?? []
    if (value === '' || nameOf(name) !== table.partitionKey) throw notPlayed('This KeyConditionExpression')
    const { S: wanted } = standingFor(value)
    const { partitionKey, sortKey } = table
    const after = attributesIn(body.ExclusiveStartKey, 'ExclusiveStartKey')[sortKey]?.S ?? ''
    const found = [...table.items.values()]
      .filter((item) => item[partitionKey]?.S === wanted && (item[sortKey]?.S ?? '') > after)
      .toSorted((one, other) => ((one[sortKey]?.S ?? '') < (other[sortKey]?.S ?? '') ? -1 : 1))
    const page = found.slice(0, PAGE)
    const last = page.at(-1)
    const hasMore = found.length > PAGE && last !== undefined
    return {
      Count: page.length,
      Items: page,
      ...(hasMore ? { LastEvaluatedKey: { [partitionKey]: last[partitionKey], [sortKey]: last[sortKey] } } : {}),
    }
  }

  return {
    operations: { UpdateItem: updateItem, Query: query },
    items: (name) => [...(all.get(name)?.items.values() ?? [])],
    clear: () => {
      for (const { items } of all.values()) items.clear()
    },
  }
}
