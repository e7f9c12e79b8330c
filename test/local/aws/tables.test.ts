// DynamoDB's operations over HTTP: a lease, claims, records of versions; and that no expression is half obeyed.
import { describe, expect, test } from 'vitest'
import { startAws } from './aws-harness.ts'

const TABLES = [
  { name: 'leases', partitionKey: 'pk' },
  { name: 'records', partitionKey: 'pk', sortKey: 'sk' },
]

type Reply = { readonly status: number; readonly body: Record<string, unknown> }

const start = async () => {
  const aws = await startAws({ tables: TABLES })
  const call = async (operation: string, body: object): Promise<Reply> => {
    const response = await fetch(aws.origin, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { aws, call, items: (table: string) => aws.standIn.tableItems(table) }
}

const lease = (holder: string, now: number, more: object = {}) => ({
  TableName: 'leases',
  Key: { pk: { S: 'sweep' } },
  UpdateExpression: 'SET holder = :me, expiresAt = :until ADD turns :one',
  ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now OR holder = :me',
  ExpressionAttributeValues: {
    ':me': { S: holder },
    ':now': { N: String(now) },
    ':until': { N: String(now + 100) },
    ':one': { N: '1' },
  },
  ...more,
})

describe('a lease', () => {
  test('is taken when free, kept by its holder, refused to others, and free again when it is over', async () => {
    const { call } = await start()
    const take = async (holder: string, now: number) => (await call('UpdateItem', lease(holder, now))).status

    expect([await take('a', 1000), await take('b', 1050), await take('a', 1060)]).toEqual([200, 400, 200])
    expect([await take('b', 1160), await take('b', 1161), await take('a', 1170)]).toEqual([400, 200, 400])
  })

  test('shows who has it to whoever is refused and asks', async () => {
    const { call } = await start()
    await call('UpdateItem', lease('a', 1000))

    const reply = await call('UpdateItem', lease('b', 1050, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }))
    const untold = await call('UpdateItem', lease('b', 1050))

    expect(reply.body).toEqual({
      __type: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: { pk: { S: 'sweep' }, holder: { S: 'a' }, expiresAt: { N: '1100' }, turns: { N: '1' } },
    })
    expect(untold.body).not.toHaveProperty('Item')
  })

  test('is given back by its holder alone', async () => {
    const { call, items } = await start()
    await call('UpdateItem', lease('a', 1000))
    const release = (holder: string) =>
      call('DeleteItem', {
        TableName: 'leases',
        Key: { pk: { S: 'sweep' } },
        ConditionExpression: '#holder = :me',
        ExpressionAttributeNames: { '#holder': 'holder' },
        ExpressionAttributeValues: { ':me': { S: holder } },
      })

    expect((await release('b')).body.__type).toBe('ConditionalCheckFailedException')
    expect([(await release('a')).status, items('leases')]).toEqual([200, []])
  })
})

describe('items', () => {
  test('are claimed once', async () => {
    const { call } = await start()
    const claim = () =>
      call('PutItem', {
        TableName: 'records',
        Item: { pk: { S: 's' }, sk: { S: 'v1' }, at: { N: '5' } },
        ConditionExpression: 'attribute_not_exists(pk)',
      })

    expect([(await claim()).status, (await claim()).body.__type]).toEqual([200, 'ConditionalCheckFailedException'])
  })

  test('are got by their key, every type as it was put, past their time to live', async () => {
    const { call } = await start()
    const Item = {
      pk: { S: 's' },
      sk: { S: 'v1' },
      ttl: { N: '1' },
      flag: { BOOL: false },
      nothing: { NULL: true },
      names: { SS: ['a', 'b'] },
      list: { L: [{ M: { deep: { N: '1.5' } } }] },
    }
    await call('PutItem', { TableName: 'records', Item })
    const get = (sk: string, more: object = {}) =>
      call('GetItem', { TableName: 'records', Key: { pk: { S: 's' }, sk: { S: sk } }, ConsistentRead: true, ...more })

    expect((await get('v1')).body).toEqual({ Item })
    expect((await get('v2')).body).toEqual({})
    const projected = await get('v1', { ProjectionExpression: '#t, flag', ExpressionAttributeNames: { '#t': 'ttl' } })
    expect(projected.body).toEqual({ Item: { ttl: { N: '1' }, flag: { BOOL: false } } })
  })

  test('are updated by all four clauses, from what they were before', async () => {
    const { call } = await start()
    const Key = { pk: { S: 's' }, sk: { S: 'v1' } }
    await call('PutItem', {
      TableName: 'records',
      Item: { ...Key, n: { N: '9007199254740993' }, gone: { S: 'x' }, tags: { SS: ['a', 'b'] }, few: { SS: ['a'] } },
    })

    const { body } = await call('UpdateItem', {
      TableName: 'records',
      Key,
      UpdateExpression:
        'SET twin = n, #m = n - :one, begun = if_not_exists(begun, :x) REMOVE gone ADD n :one, tags :more DELETE few :a',
      ExpressionAttributeNames: { '#m': 'minus' },
      ExpressionAttributeValues: {
        ':one': { N: '1' },
        ':x': { S: 'x' },
        ':more': { SS: ['b', 'c'] },
        ':a': { SS: ['a'] },
      },
      ReturnValues: 'ALL_NEW',
    })

    expect(body.Attributes).toEqual({
      ...Key,
      twin: { N: '9007199254740993' },
      minus: { N: '9007199254740992' },
      n: { N: '9007199254740994' },
      begun: { S: 'x' },
      tags: { SS: ['a', 'b', 'c'] },
    })
  })

  test('come back as asked: old or new, all or what was written', async () => {
    const { call } = await start()
    const Key = { pk: { S: 's' } }
    await call('PutItem', { TableName: 'leases', Item: { ...Key, n: { N: '0' } } })
    const add = async (ReturnValues: string) =>
      (
        await call('UpdateItem', {
          TableName: 'leases',
          Key,
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
          ReturnValues,
        })
      ).body

    expect(await add('ALL_OLD')).toEqual({ Attributes: { ...Key, n: { N: '0' } } })
    expect(await add('UPDATED_OLD')).toEqual({ Attributes: { n: { N: '1' } } })
    expect(await add('UPDATED_NEW')).toEqual({ Attributes: { n: { N: '3' } } })
    expect(await add('NONE')).toEqual({})
  })
})

describe('a query', () => {
  const startFilled = async () => {
    const seat = await start()
    for (const [pk, sk, n] of [
      ['s', 'v1', '1'],
      ['s', 'v2', '2'],
      ['s', 'w3', '3'],
      ['t', 'v1', '4'],
    ] as const) {
      await seat.call('PutItem', { TableName: 'records', Item: { pk: { S: pk }, sk: { S: sk }, n: { N: n } } })
    }
    const query = async (more: object, values: object = {}) =>
      (
        await seat.call('Query', {
          TableName: 'records',
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: 's' }, ...values },
          ...more,
        })
      ).body as { Items: Array<Record<string, { S: string }>>; [member: string]: unknown }
    return {
      ...seat,
      query,
      keys: async (more: object, values?: object) => (await query(more, values)).Items.map(({ sk }) => sk?.S),
    }
  }

  test('finds a partition in order, either way', async () => {
    const { keys } = await startFilled()

    expect(await keys({})).toEqual(['v1', 'v2', 'w3'])
    expect(await keys({ ScanIndexForward: false })).toEqual(['w3', 'v2', 'v1'])
  })

  test.each([
    ['begins_with(sk, :v)', { ':v': { S: 'v' } }, ['v1', 'v2']],
    ['sk > :v', { ':v': { S: 'v1' } }, ['v2', 'w3']],
    ['sk BETWEEN :v AND :w', { ':v': { S: 'v2' }, ':w': { S: 'w3' } }, ['v2', 'w3']],
  ])('narrows by the sort key: %s', async (condition, values, found) => {
    const { keys } = await startFilled()

    expect(await keys({ KeyConditionExpression: `pk = :pk AND ${condition}` }, values)).toEqual(found)
  })

  test('gives pages, and filters after the page is cut', async () => {
    const { query } = await startFilled()

    const first = await query({ Limit: 2, FilterExpression: 'n > :n' }, { ':n': { N: '1' } })
    const second = await query({ ExclusiveStartKey: first.LastEvaluatedKey })

    expect([first.Count, first.ScannedCount, first.LastEvaluatedKey]).toEqual([
      1,
      2,
      { pk: { S: 's' }, sk: { S: 'v2' } },
    ])
    expect(second).toMatchObject({ Count: 1, Items: [{ sk: { S: 'w3' } }] })
    expect(second).not.toHaveProperty('LastEvaluatedKey')
  })
})

describe('a condition', () => {
  const item = { pk: { S: 's' }, n: { N: '5' }, note: { S: 'hello' }, tags: { SS: ['a'] } }
  const values = { ':five': { N: '5.0' }, ':six': { N: '6' }, ':h': { S: 'he' }, ':a': { S: 'a' } }

  test.each([
    ['n = :five', true],
    ['n <> :five', false],
    ['n < :six AND n >= :five', true],
    ['n = :six OR n = :five AND NOT n = :five', false],
    ['(n = :six OR n = :five) AND NOT n = :six', true],
    ['n BETWEEN :five AND :six', true],
    ['n IN (:six, :five)', true],
    ['begins_with(note, :h)', true],
    ['contains(tags, :a)', true],
    ['contains(note, :a)', false],
    ['attribute_exists(absent)', false],
    ['absent < :six', false],
    ['absent <> :six', true],
    ['note < :six', false],
  ])('%s is %s', async (ConditionExpression, isMet) => {
    const { call } = await start()
    await call('PutItem', { TableName: 'leases', Item: item })
    const used = Object.fromEntries(Object.entries(values).filter(([name]) => ConditionExpression.includes(name)))

    const { status } = await call('DeleteItem', {
      TableName: 'leases',
      Key: { pk: { S: 's' } },
      ConditionExpression,
      ...(Object.keys(used).length === 0 ? {} : { ExpressionAttributeValues: used }),
    })

    expect(status).toBe(isMet ? 200 : 400)
  })
})

describe('what DynamoDB refuses, or this stand-in does not play, is a ValidationException and changes nothing', () => {
  const values = { ':x': { S: 'x' }, ':one': { N: '1' } }
  const update = (UpdateExpression: string, more: object = {}) => ({ UpdateExpression, ...more })

  test.each<[string, object]>([
    ['an unknown function', update('SET a = :x', { ConditionExpression: 'attribute_kind(a) = :x' })],
    ['size', update('SET a = :x', { ConditionExpression: 'size(a) > :one' })],
    ['a path into a document', update('SET a.b = :x')],
    ['an index', update('SET a[0] = :x')],
    ['a condition that goes on', update('SET a = :x', { ConditionExpression: 'a = :x a' })],
    ['a condition that ends early', update('SET a = :x', { ConditionExpression: 'a = :x AND' })],
    ['an open bracket', update('SET a = :x', { ConditionExpression: '(a = :x' })],
    ['an empty condition', update('SET a = :x', { ConditionExpression: ' ' })],
    ['a clause that there is not', update('PUT a = :x')],
    ['a clause twice', update('SET a = :x SET b = :x')],
    ['an attribute twice', update('SET a = :x REMOVE a')],
    ['a key', update('SET pk = :x')],
    ['list_append', update('SET a = list_append(a, :x)')],
    ['a sum with a text', update('SET n = n + :x')],
    ['an operand that is not there', update('SET a = b')],
    ['ADD of a text', update('ADD n :x')],
    ['an undefined value', update('SET a = :y')],
    ['a reserved word', update('SET ttl = :x')],
    ['a reserved word in a condition', update('SET a = :x', { ConditionExpression: 'Status = :x' })],
    ['an undefined name', update('SET #a = :x')],
    ['an unused value', update('SET a = :x', { ExpressionAttributeValues: { ...values, ':unused': { S: 'x' } } })],
    ['an unused name', update('SET a = :x', { ExpressionAttributeNames: { '#b': 'b' } })],
    ['another key', update('SET a = :x', { Key: { pk: { S: 's' }, sk: { S: 'x' } } })],
    ['an empty key', update('SET a = :x', { Key: { pk: { S: '' } } })],
    ['what it would return', update('SET a = :x', { ReturnValues: 'ALL' })],
    ['the old way', { Expected: { a: { Exists: false } } }],
    ['capacity', update('SET a = :x', { ReturnConsumedCapacity: 'TOTAL' })],
    ['binary', update('SET a = :x', { ExpressionAttributeValues: { ':x': { B: 'eA==' } } })],
    ['two types in one value', update('SET a = :x', { ExpressionAttributeValues: { ':x': { S: 'x', N: '1' } } })],
    ['no number', update('SET a = :x', { ExpressionAttributeValues: { ':x': { N: 'one' } } })],
  ])('%s', async (_what, more) => {
    const { call, items } = await start()
    const Item = { pk: { S: 's' }, n: { N: '1' } }
    await call('PutItem', { TableName: 'leases', Item })
    const text = JSON.stringify(more)
    const used = Object.fromEntries(Object.entries(values).filter(([name]) => text.includes(`${name}`)))

    const refused = await call('UpdateItem', {
      TableName: 'leases',
      Key: { pk: { S: 's' } },
      ...(Object.keys(used).length === 0 ? {} : { ExpressionAttributeValues: used }),
      ...more,
    })

    expect([refused.status, refused.body.__type]).toEqual([400, 'ValidationException'])
    expect(items('leases')).toEqual([Item])
  })

  test.each([
    ['without the partition key', 'sk = :pk'],
    ['with OR', 'pk = :pk OR sk = :pk'],
    ['by a comparison of the partition key', 'pk > :pk'],
    ['by another attribute', 'pk = :pk AND n = :pk'],
    ['by a negation', 'NOT pk = :pk'],
  ])('a query %s', async (_what, KeyConditionExpression) => {
    const { call } = await start()

    const refused = await call('Query', {
      TableName: 'records',
      KeyConditionExpression,
      ExpressionAttributeValues: { ':pk': { S: 's' } },
    })

    expect(refused.body.__type).toBe('ValidationException')
  })

  test('and a table that there is not is a ResourceNotFoundException', async () => {
    const { call } = await start()

    expect((await call('GetItem', { TableName: 'none', Key: {} })).body.__type).toBe('ResourceNotFoundException')
  })
})

describe('limits', () => {
  const item = (more: object) => ({ TableName: 'records', Item: { pk: { S: 's' }, sk: { S: 'v1' }, ...more } })
  /** Names count as well: pk, s, sk, v1 and text. */
  const most = 400 * 1024 - 11

  test('an item has 400 KB, put or updated', async () => {
    const { call, items } = await start()

    expect((await call('PutItem', item({ text: { S: 'x'.repeat(most + 1) } }))).body).toMatchObject({
      __type: 'ValidationException',
      message: 'Item size has exceeded the maximum allowed size',
    })
    expect(items('records')).toEqual([])
    expect((await call('PutItem', item({ text: { S: 'x'.repeat(most) } }))).status).toBe(200)
    const update = await call('UpdateItem', {
      TableName: 'records',
      Key: { pk: { S: 's' }, sk: { S: 'v1' } },
      UpdateExpression: 'SET n = :n',
      ExpressionAttributeValues: { ':n': { N: '1' } },
    })
    expect(update.status).toBe(400)
    expect(items('records')[0]).not.toHaveProperty('n')
  })

  test.each([
    ['pk', 2048],
    ['sk', 1024],
  ])('%s has %i bytes', async (name, bytes) => {
    const { call } = await start()

    expect((await call('PutItem', item({ [name]: { S: 'k'.repeat(bytes) } }))).status).toBe(200)
    expect((await call('PutItem', item({ [name]: { S: 'k'.repeat(bytes + 1) } }))).status).toBe(400)
  })
})

describe('a read that is late', () => {
  const late = async () => {
    const { aws, call } = await start()
    aws.standIn.configure({ staleReadShare: 1, staleReadMs: 1000 })
    const Key = { pk: { S: 's' }, sk: { S: 'v1' } }
    const put = (n: number) => call('PutItem', { TableName: 'records', Item: { ...Key, n: { N: String(n) } } })
    const get = async (more: object = {}) =>
      (await call('GetItem', { TableName: 'records', Key, ...more })).body as { Item?: { n: { N: string } } }
    const query = async (more: object = {}) =>
      (
        await call('Query', {
          TableName: 'records',
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: 's' } },
          ...more,
        })
      ).body.Count
    return { aws, put, get, query, remove: () => call('DeleteItem', { TableName: 'records', Key }) }
  }

  test('does not show what was written just now, unless it is consistent', async () => {
    const { put, get, query } = await late()
    await put(1)

    expect([await get(), await query()]).toEqual([{}, 0])
    expect((await get({ ConsistentRead: true })).Item?.n).toEqual({ N: '1' })
    expect(await query({ ConsistentRead: true })).toBe(1)
  })

  test('shows what was there, also of what is deleted, until that is too long ago', async () => {
    const { aws, put, get, remove, query } = await late()
    await put(1)
    aws.world.clock.advance(2000)
    await put(2)
    expect((await get()).Item?.n).toEqual({ N: '1' })
    aws.world.clock.advance(2000)
    await remove()
    expect([(await get()).Item?.n, await query()]).toEqual([{ N: '2' }, 1])
    aws.world.clock.advance(2000)

    expect([await get(), await query()]).toEqual([{}, 0])
  })
})
