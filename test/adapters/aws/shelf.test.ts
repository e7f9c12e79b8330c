// Secrets Manager as the registrar's Shelf, by the real SDK over HTTP against the stand-in.
import { describe, expect, test } from 'vitest'
import { createShelf } from '../../../lambda/adapters/aws/shelf.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const place = useAws()
const shelf = () => createShelf(place.sdk().secrets)
const secret = {
  name: 'm2m/test/orders',
  description: 'takes orders',
  text: 'canary-value',
  requestToken: 'register-1793622600000-00000000000000000000000000000000',
  tags: { team: 'orders', 'm2m:overlap': '1h' },
}
const errorOf = async (call: Promise<unknown>) => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

describe('create', () => {
  test('stores value, description and tags under the request token', async () => {
    const { arn } = await shelf().create(secret)

    const peeked = place.standIn.peek(arn)
    expect(peeked).toMatchObject({ name: secret.name, description: 'takes orders', tags: secret.tags })
    expect(peeked?.versions).toEqual([
      { id: secret.requestToken, stages: ['AWSCURRENT'], value: 'canary-value', createdAt: expect.any(Number) },
    ])
  })

  test('leaves an empty description out', async () => {
    const { arn } = await shelf().create({ ...secret, description: '' })

    expect(place.standIn.peek(arn)?.description).toBeUndefined()
  })

  test('a lost reply is no second secret: the SDK asks again under the same token', async () => {
    place.standIn.faults.add({ op: 'CreateSecret', kind: 'drop_reply' })

    const { arn } = await shelf().create(secret)

    expect(place.standIn.peek(arn)?.versions.length).toBe(1)
  })

  test('a name that is taken is refused, without a word about the value', async () => {
    await shelf().create(secret)

    const error = await errorOf(
      shelf().create({ ...secret, requestToken: `${secret.requestToken.slice(0, -1)}1`, text: 'canary-2' }),
    )

    expect(error).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED', retryable: false })
    expect(String(error)).toContain('CreateSecret on m2m/test/orders failed with ResourceExistsException')
    expect(String(error)).not.toContain('canary')
  })
})

describe('find', () => {
  test('a secret by its name, with its labels', async () => {
    const { arn } = await shelf().create(secret)

    expect(await shelf().find(secret.name)).toEqual({
      arn,
      name: secret.name,
      rotationEnabled: false,
      tags: secret.tags,
      labels: { [secret.requestToken]: ['AWSCURRENT'] },
    })
  })

  test('none is none; a failure is a failure', async () => {
    expect(await shelf().find('m2m/test/nobody')).toBeUndefined()
    place.standIn.faults.add({ op: 'DescribeSecret', kind: 'error', status: 403 })
    expect(await errorOf(shelf().find(secret.name))).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })
  })
})

describe('enableRotation', () => {
  test('turns rotation on, and rotates nothing', async () => {
    const { arn } = await shelf().create(secret)

    await shelf().enableRotation({
      secretId: arn,
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:rotation',
      everyDays: 60,
    })
    await place.standIn.idle()

    const peeked = place.standIn.peek(arn)
    expect(peeked?.rotation).toMatchObject({
      isEnabled: true,
      lambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:rotation',
      rules: { AutomaticallyAfterDays: 60 },
    })
    expect(peeked?.versions.filter(({ stages }) => stages.includes('AWSCURRENT')).map(({ id }) => id)).toEqual([
      secret.requestToken,
    ])
  })

  test('a failure is told by operation and secret', async () => {
    const schedule = {
      secretId: 'm2m/test/nobody',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:rotation',
      everyDays: 60,
    }

    expect(await errorOf(shelf().enableRotation(schedule))).toMatchObject({
      code: 'SECRETS_MANAGER_REJECTED',
      message: expect.stringContaining('RotateSecret on m2m/test/nobody'),
    })
  })
})
