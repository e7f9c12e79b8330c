// Secrets Manager for whoever asks for rotations, by the real SDK over HTTP against the stand-in: what is listed, what is seen, and what each refusal of
// RotateSecret means.
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:m2m-rotation'
const place = useAws()
const secrets = () => createSecrets(place.sdk().secrets)
const token = (intent: string, at = 0) => `${intent}-1793622600000-${String(at).padStart(32, '0')}`

const create = async (name: string): Promise<string> => {
  const { ARN: arn = '' } = await place
    .sdk()
    .secrets.send(
      new CreateSecretCommand({ Name: name, ClientRequestToken: token('register'), SecretString: 'canary-value' }),
    )
  return arn
}

/** Rotation is on, and the one rotation that turned it on has failed and gone. */
const createRotated = async (name = 'm2m/test/orders'): Promise<string> => {
  const arn = await create(name)
  await place.sdk().secrets.send(
    new RotateSecretCommand({
      SecretId: arn,
      RotationLambdaARN: FUNCTION,
      RotationRules: { AutomaticallyAfterDays: 60 },
      RotateImmediately: false,
    }),
  )
  await place.standIn.idle()
  return arn
}

const faultOf = async (call: Promise<unknown>): Promise<Fault> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Fault) return error
  throw new Error('expected a Fault')
}

describe('list', () => {
  test('shows all below the prefix in pages of a hundred, oldest first or newest first', async () => {
    for (let at = 0; at < 101; at += 1) await create(`m2m/test/s${at}`)
    await create('m2m/testing/other')
    await create('M2M/test/loud')

    const first = await secrets().list('m2m/test/')
    const second = await secrets().list('m2m/test/', { page: first.nextPage })
    const newest = await secrets().list('m2m/test/', { order: 'newestFirst' })

    expect([first.secrets.length, second.secrets.length, second.nextPage]).toEqual([100, 1, undefined])
    expect([first.secrets[0]?.name, second.secrets[0]?.name]).toEqual(['m2m/test/s0', 'm2m/test/s100'])
    expect(newest.secrets[0]?.name).toBe('m2m/test/s100')
  })

  test('shows labels, dates, tags, rotation and its function; no value', async () => {
    const arn = await createRotated()
    await place
      .sdk()
      .secrets.send(new TagResourceCommand({ SecretId: arn, Tags: [{ Key: 'm2m:overlap', Value: '2h' }] }))

    const { secrets: listed } = await secrets().list('m2m/test/')

    expect(listed).toMatchObject([
      {
        arn,
        name: 'm2m/test/orders',
        tags: { 'm2m:overlap': '2h' },
        labels: { [token('register')]: ['AWSCURRENT'] },
        rotationEnabled: true,
        rotationFunctionArn: FUNCTION,
        isDeleted: false,
        createdAt: expect.any(Number),
        lastChangedAt: expect.any(Number),
        lastRotatedAt: undefined,
        nextRotationAt: expect.any(Number),
      },
    ])
    expect(await secrets().describe(arn)).toEqual(listed[0])
    expect(place.calls()).not.toContain('GetSecretValue')
  })

  test('leaves out what is being deleted', async () => {
    const arn = await create('m2m/test/orders')
    await place.sdk().secrets.send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 7 }))

    expect((await secrets().list('m2m/test/')).secrets).toEqual([])
    expect(await secrets().describe(arn)).toMatchObject({ isDeleted: true })
  })

  test('may be behind', async () => {
    const arn = await createRotated()
    place.standIn.configure({ listLagMs: 300_000 })
    await place.sdk().secrets.send(new TagResourceCommand({ SecretId: arn, Tags: [{ Key: 'm2m:held', Value: 'x' }] }))

    const { secrets: listed } = await secrets().list('m2m/test/')

    expect(listed[0]?.tags).toEqual({})
    expect((await secrets().describe(arn))?.tags).toEqual({ 'm2m:held': 'x' })
  })
})

test('a secret that is not there is none', async () => {
  expect(await secrets().describe('m2m/test/nobody')).toBeUndefined()
})

describe('rotate', () => {
  test('asks under our token, and changes neither function nor schedule', async () => {
    const arn = await createRotated()
    const before = place.standIn.peek(arn)?.rotation?.rules

    expect(await secrets().rotate(arn, token('settle', 1))).toBe('asked')

    expect(place.standIn.rotationOutcomes().at(-1)).toMatchObject({ token: token('settle', 1) })
    expect(place.standIn.peek(arn)?.rotation?.rules).toEqual(before)
  })

  test('is busy while another version carries AWSPENDING', async () => {
    const arn = await createRotated()
    await secrets().rotate(arn, token('rotate', 1))

    expect(await secrets().rotate(arn, token('settle', 2))).toBe('busy')
  })

  test('has been asked when the version that carries it is its own', async () => {
    const arn = await createRotated()
    await secrets().rotate(arn, token('settle', 1))

    expect(await secrets().rotate(arn, token('settle', 1))).toBe('asked')
  })

  test('has been asked when its version is there without a label', async () => {
    const arn = await createRotated()
    await secrets().rotate(arn, token('settle', 1))
    await secrets().moveLabel({ secretId: arn, label: 'AWSPENDING', from: token('settle', 1) })

    expect(await secrets().rotate(arn, token('settle', 1))).toBe('asked')
    expect(place.calls().at(-1)).toBe('ListSecretVersionIds')
  })

  test('of a secret that is deleted, or is not there, is nobody’s', async () => {
    const arn = await createRotated()
    await place.sdk().secrets.send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 7 }))

    expect(await secrets().rotate(arn, token('settle', 1))).toBe('gone')
    expect(await secrets().rotate('m2m/test/nobody', token('settle', 1))).toBe('gone')
  })

  test('whose reply was lost was asked once', async () => {
    const arn = await createRotated()
    place.standIn.faults.add({ op: 'RotateSecret', kind: 'drop_reply' })

    expect(await secrets().rotate(arn, token('settle', 1))).toBe('asked')

    const begun = place.standIn.rotationOutcomes().filter(({ outcome }) => outcome === 'started')
    expect(begun.map((one) => one.token)).toEqual([token('settle', 1)])
  })

  test('of a secret without a function is a fault, in AWS’s words', async () => {
    const arn = await create('m2m/test/orders')

    const fault = await faultOf(secrets().rotate(arn, token('settle', 1)))

    expect(fault).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED', retryable: false })
    expect(fault.message).toMatch(/RotateSecret on arn:.*Lambda function ARN/)
  })

  test('that is throttled is a fault of its own', async () => {
    const arn = await createRotated()
    place.standIn.faults.add({ op: 'RotateSecret', kind: 'throttle', count: 2 })

    expect(await faultOf(secrets().rotate(arn, token('settle', 1)))).toMatchObject({
      code: 'SECRETS_MANAGER_THROTTLED',
      retryable: true,
    })
  })

  test.each(['refuse', 'redrive', 'ignore'] as const)(
    'with a used token, where AWS would %s it, was asked',
    async (usedToken) => {
      const arn = await createRotated()
      await secrets().rotate(arn, token('settle', 1))
      await place.standIn.idle()
      await secrets().moveLabel({ secretId: arn, label: 'AWSPENDING', from: token('settle', 1) })
      place.standIn.configure({ usedToken })

      expect(await secrets().rotate(arn, token('settle', 1))).toBe('asked')
    },
  )
})

describe('the versions', () => {
  test('are listed newest first, unlabelled ones and such without a value included', async () => {
    const arn = await createRotated()
    place.world.clock.advance(1000)
    await secrets().rotate(arn, token('settle', 1))
    await secrets().moveLabel({ secretId: arn, label: 'AWSPENDING', from: token('settle', 1) })

    const versions = await secrets().listVersions(arn)

    expect(versions).toEqual([
      { versionId: token('settle', 1), labels: [], createdAt: expect.any(Number) },
      { versionId: token('register'), labels: ['AWSCURRENT'], createdAt: expect.any(Number) },
    ])
    await expect(
      place.sdk().secrets.send(new GetSecretValueCommand({ SecretId: arn, VersionId: token('settle', 1) })),
    ).rejects.toThrow()
  })

  test('lose a label only from where it was said to be', async () => {
    const arn = await createRotated()
    await secrets().rotate(arn, token('settle', 1))

    const fault = await faultOf(secrets().moveLabel({ secretId: arn, label: 'AWSPENDING', from: token('register') }))

    expect(fault.code).toBe('SECRETS_MANAGER_REJECTED')
    expect((await secrets().describe(arn))?.labels[token('settle', 1)]).toEqual(['AWSPENDING'])
  })
})
