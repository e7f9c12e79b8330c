// Secrets Manager as a registration makes, fills and schedules a secret, by the real SDK over HTTP against the stand-in.
import { describe, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const place = useAws()
const secrets = () => createSecrets(place.sdk().secrets)
const secret = { name: 'm2m/test/orders', description: 'takes orders', tags: { team: 'orders', 'm2m:overlap': '1h' } }
const requestToken = 'register-1793622600000-00000000000000000000000000000000'
const first = { secretId: secret.name, requestToken, text: 'canary-value' }
const errorOf = async (call: Promise<unknown>) => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

describe('create', () => {
  test('makes a secret with description and tags, and without a value', async () => {
    expect(await secrets().create(secret)).toBe('created')

    const peeked = place.standIn.peek(secret.name)
    expect(peeked).toMatchObject({ name: secret.name, description: 'takes orders', tags: secret.tags, versions: [] })
  })

  test('leaves an empty description out', async () => {
    await secrets().create({ ...secret, description: '' })

    expect(place.standIn.peek(secret.name)?.description).toBeUndefined()
  })

  test.each([
    ['whoever made it', {}],
    ['a first try whose reply was lost included', { losesReply: true }],
  ])('a name that is there is no failure: %s', async (_what, { losesReply = false }: { losesReply?: boolean }) => {
    if (losesReply) place.standIn.faults.add({ op: 'CreateSecret', kind: 'drop_reply' })
    else await secrets().create(secret)

    expect(await secrets().create(secret)).toBe('exists')
  })

  test('what is refused otherwise is a failure', async () => {
    place.standIn.faults.add({ op: 'CreateSecret', kind: 'error', status: 403 })

    expect(await errorOf(secrets().create(secret))).toMatchObject({
      code: 'SECRETS_MANAGER_REJECTED',
      retryable: false,
    })
  })
})

describe('storeFirst', () => {
  test('stores the value under the request token, as AWSCURRENT', async () => {
    await secrets().create(secret)

    expect(await secrets().storeFirst(first)).toBe('stored')
    expect(place.standIn.peek(secret.name)?.versions).toEqual([
      { id: requestToken, stages: ['AWSCURRENT'], value: 'canary-value', createdAt: expect.any(Number) },
    ])
  })

  test('a lost reply is no second version: the SDK asks again under the same token', async () => {
    await secrets().create(secret)
    place.standIn.faults.add({ op: 'PutSecretValue', kind: 'drop_reply' })

    expect(await secrets().storeFirst(first)).toBe('stored')
    expect(place.standIn.peek(secret.name)?.versions).toHaveLength(1)
  })

  test('another value under the token changes nothing', async () => {
    await secrets().create(secret)
    await secrets().storeFirst(first)

    expect(await secrets().storeFirst({ ...first, text: 'canary-2' })).toBe('taken')
    expect(place.standIn.peek(secret.name)?.versions.map(({ value }) => value)).toEqual(['canary-value'])
  })

  test('a failure is told without a word about the value', async () => {
    const error = await errorOf(secrets().storeFirst(first))

    expect(error).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED', retryable: false })
    expect(String(error)).toContain('PutSecretValue on m2m/test/orders failed with ResourceNotFoundException')
    expect(String(error)).not.toContain('canary')
  })
})

describe('describe', () => {
  test('a secret by its name, with its labels', async () => {
    await secrets().create(secret)
    const found = await secrets().describe(secret.name)
    await secrets().storeFirst(first)

    expect(found).toMatchObject({
      arn: place.standIn.peek(secret.name)?.arn,
      name: secret.name,
      rotationEnabled: false,
      tags: secret.tags,
      labels: {},
      createdAt: expect.any(Number),
    })
    expect(await secrets().describe(secret.name)).toEqual({
      ...found,
      labels: { [requestToken]: ['AWSCURRENT'] },
      lastChangedAt: expect.any(Number),
    })
  })

  test('none is none; a failure is a failure', async () => {
    expect(await secrets().describe('m2m/test/nobody')).toBeUndefined()
    place.standIn.faults.add({ op: 'DescribeSecret', kind: 'error', status: 403 })
    expect(await errorOf(secrets().describe(secret.name))).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })
  })
})

describe('scheduleRotation', () => {
  test('turns rotation on, and rotates nothing', async () => {
    await secrets().create(secret)
    await secrets().storeFirst(first)

    await secrets().scheduleRotation(secret.name, {
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:rotation',
      rules: { everyDays: 60 },
    })
    await place.standIn.idle()

    const peeked = place.standIn.peek(secret.name)
    expect(peeked?.rotation).toMatchObject({
      isEnabled: true,
      lambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:rotation',
      rules: { AutomaticallyAfterDays: 60 },
    })
    expect(peeked?.versions.filter(({ stages }) => stages.includes('AWSCURRENT')).map(({ id }) => id)).toEqual([
      requestToken,
    ])
  })

  test('a failure is told by operation and secret', async () => {
    const schedule = {
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:rotation',
      rules: { everyDays: 60 },
    }

    expect(await errorOf(secrets().scheduleRotation('m2m/test/nobody', schedule))).toMatchObject({
      code: 'SECRETS_MANAGER_REJECTED',
      message: expect.stringContaining('RotateSecret on m2m/test/nobody'),
    })
  })
})
