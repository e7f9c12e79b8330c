// Secrets Manager as a rotation reads and changes one secret, by the real SDK over HTTP against the stand-in: labels that move only from where they are
// said to be, versions without a value, and no word about a value in any failure.

import { CreateSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { NOT_UTF8 } from '../../../lambda/core/secret/stored-fields.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const place = useAws()
const NAME = 'm2m/test/orders'
const TOKEN = 'rotate-1793622600000-00000000000000000000000000000000'
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:rotation'
const first = 'adopt-1793622600000-00000000000000000000000000000000'
const second = 'settle-1793622600000-00000000000000000000000000000000'

const secrets = () => createSecrets(place.sdk().secrets)
const created = async (value = 'canary-one'): Promise<string> => {
  const reply = await place
    .sdk()
    .secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: value, ClientRequestToken: first }))
  return reply.ARN ?? ''
}
const rotating = async (): Promise<string> => {
  const arn = await created()
  await place
    .sdk()
    .secrets.send(new RotateSecretCommand({ SecretId: NAME, ClientRequestToken: TOKEN, RotationLambdaARN: FUNCTION }))
  // The stand-in drives a function that does nothing: the version stays a placeholder, its label stays or goes with the drive.
  await place.standIn.idle()
  return arn
}
const labelsOf = (secretId: string) =>
  Object.fromEntries((place.standIn.peek(secretId)?.versions ?? []).map(({ id, stages }) => [id, [...stages]]))
const errorOf = async (call: Promise<unknown>) => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

describe('describe', () => {
  test('tells labels, and whether rotation is on', async () => {
    const arn = await created()

    expect(await secrets().describe(NAME)).toMatchObject({
      arn,
      name: NAME,
      rotationEnabled: false,
      tags: {},
      labels: { [first]: ['AWSCURRENT'] },
      createdAt: expect.any(Number),
    })
    await place
      .sdk()
      .secrets.send(new RotateSecretCommand({ SecretId: NAME, RotationLambdaARN: FUNCTION, RotateImmediately: false }))
    await place.standIn.idle()
    expect((await secrets().describe(arn))?.rotationEnabled).toBe(true)
  })

  test('is broken off at its deadline, and not retried', async () => {
    await created()
    place.standIn.faults.add({ op: 'DescribeSecret', kind: 'delay', delay_ms: 60_000, count: 2 })

    expect(await errorOf(secrets().describe(NAME, { withinMs: 200 }))).toMatchObject({
      code: 'SECRETS_MANAGER_UNAVAILABLE',
      retryable: true,
    })
    expect(place.calls().filter((op) => op === 'DescribeSecret').length).toBeLessThan(2)
  })

  test('a secret that is not there is none', async () => {
    expect(await secrets().describe('m2m/test/nobody')).toBeUndefined()
  })
})

describe('read', () => {
  test('by label, by version, and by both', async () => {
    const arn = await created()
    const version = { arn, versionId: first, text: 'canary-one', createdAt: expect.any(Number) }

    expect(await secrets().readValue(NAME, { label: 'AWSCURRENT' })).toEqual(version)
    expect(await secrets().readValue(arn, { versionId: first })).toEqual(version)
    expect(await secrets().readValue(NAME, { versionId: first, label: 'AWSCURRENT' })).toEqual(version)
  })

  test.each([
    ['no such label', { label: 'AWSPREVIOUS' }],
    ['no such version', { versionId: second }],
    ['a label that sits elsewhere', { versionId: first, label: 'AWSPENDING' }],
  ])('%s is nothing to read, and no failure', async (_what, query) => {
    await created()

    expect(await secrets().readValue(NAME, query)).toBeUndefined()
  })

  test('a version without a value is nothing to read', async () => {
    await rotating()

    expect(labelsOf(NAME)).toHaveProperty(TOKEN)
    expect(await secrets().readValue(NAME, { versionId: TOKEN })).toBeUndefined()
    expect(await secrets().readValue(NAME, { versionId: TOKEN, label: 'AWSPENDING' })).toBeUndefined()
  })

  test.each([
    ['that is UTF-8 reads as its text', Buffer.from('\uFEFF{"é":"\u{1f600}"}'), '\uFEFF{"é":"\u{1f600}"}'],
    ['that is not reads as a text of no format', Buffer.from([0x63, 0x61, 0x6e, 0xff, 0xfe]), NOT_UTF8],
  ])('a binary value %s', async (_what, bytes, text) => {
    await place.sdk().secrets.send(new CreateSecretCommand({ Name: 'binary', SecretBinary: bytes }))

    expect((await secrets().readValue('binary', { label: 'AWSCURRENT' }))?.text).toBe(text)
  })

  test('a reply that cannot be parsed is asked for again, or told without its words', async () => {
    await created('canary-two')
    place.standIn.faults.add({ op: 'GetSecretValue', kind: 'garble', count: 9 })

    const error = await errorOf(secrets().readValue(NAME, { label: 'AWSCURRENT' }))

    expect(error).toMatchObject({ name: 'Fault', code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true })
    expect(String(error)).not.toContain('canary')
  })

  test('a right that is missing is told as such', async () => {
    await created()
    place.standIn.faults.add({ op: 'GetSecretValue', kind: 'error', status: 403 })

    expect(await errorOf(secrets().readValue(NAME, { label: 'AWSCURRENT' }))).toMatchObject({
      code: 'SECRETS_MANAGER_REJECTED',
    })
  })
})

describe('putPending', () => {
  const pending = { secretId: NAME, requestToken: TOKEN, text: 'canary-next' }

  test('stores under the token, as AWSPENDING, and leaves AWSCURRENT alone', async () => {
    await created()

    expect(await secrets().putPending(pending)).toBe('stored')
    expect(labelsOf(NAME)).toEqual({ [first]: ['AWSCURRENT'], [TOKEN]: ['AWSPENDING'] })
    expect((await secrets().readValue(NAME, { versionId: TOKEN, label: 'AWSPENDING' }))?.text).toBe('canary-next')
  })

  test('fills a placeholder', async () => {
    await rotating()

    expect(await secrets().putPending(pending)).toBe('stored')
    expect((await secrets().readValue(NAME, { versionId: TOKEN }))?.text).toBe('canary-next')
  })

  test('twice the same is stored once; another value differs, and changes nothing', async () => {
    await created()
    await secrets().putPending(pending)

    expect(await secrets().putPending(pending)).toBe('stored')
    expect(await secrets().putPending({ ...pending, text: 'canary-other' })).toBe('differs')
    expect((await secrets().readValue(NAME, { versionId: TOKEN }))?.text).toBe('canary-next')
  })

  test('takes the rotation token along', async () => {
    await created()

    const rotationToken = 'canary-rotation-token-0123456789-0123456789'
    expect(await secrets().putPending({ ...pending, rotationToken })).toBe('stored')
  })

  test.each(['drop_reply', 'reset', 'garble', 'throttle'] as const)(
    '%s, once: the SDK’s second try stores it',
    async (kind) => {
      await created()
      place.standIn.faults.add({ op: 'PutSecretValue', kind })

      const result = await errorOf(secrets().putPending(pending))

      // Not every client retries a reply that it cannot parse; then it is a fault to be retried, and the same put is a no-op.
      if (result !== 'stored') expect(result).toMatchObject({ retryable: true })
      expect(await secrets().putPending(pending)).toBe('stored')
    },
  )

  test.each([
    ['throttle', undefined, 'SECRETS_MANAGER_THROTTLED'],
    ['error', 500, 'SECRETS_MANAGER_UNAVAILABLE'],
    ['reset', undefined, 'SECRETS_MANAGER_UNAVAILABLE'],
    ['html', 502, 'SECRETS_MANAGER_UNAVAILABLE'],
  ] as const)('%s (%s) to the end is %s, to be retried, after two tries', async (kind, status, code) => {
    await created()
    place.standIn.faults.add({ op: 'PutSecretValue', kind, count: 9, ...(status === undefined ? {} : { status }) })

    const error = await errorOf(secrets().putPending(pending))

    expect(error).toMatchObject({ code, retryable: true })
    expect(place.calls().filter((op) => op === 'PutSecretValue').length).toBe(2)
    expect(String(error)).not.toContain('canary')
  })

  test('a put that AWS refuses is not retried, and says nothing of the value', async () => {
    await created()
    place.standIn.faults.add({ op: 'PutSecretValue', kind: 'error', status: 400 })

    const error = await errorOf(secrets().putPending(pending))

    expect(error).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED', retryable: false })
    expect(String(error)).not.toContain('A planned fault')
  })
})

describe('moveLabel', () => {
  test('moves AWSCURRENT from where it is said to be, and AWSPREVIOUS follows', async () => {
    await created()
    await secrets().putPending({ secretId: NAME, requestToken: TOKEN, text: 'canary-next' })

    await secrets().moveLabel({ secretId: NAME, label: 'AWSCURRENT', from: first, to: TOKEN })

    expect(labelsOf(NAME)[TOKEN]).toContain('AWSCURRENT')
    expect(labelsOf(NAME)[first]).toEqual(['AWSPREVIOUS'])
  })

  test('does nothing when the label is elsewhere', async () => {
    await created()
    await secrets().putPending({ secretId: NAME, requestToken: TOKEN, text: 'canary-next' })
    const before = labelsOf(NAME)

    const error = await errorOf(secrets().moveLabel({ secretId: NAME, label: 'AWSCURRENT', from: TOKEN, to: first }))

    expect(error).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })
    expect(labelsOf(NAME)).toEqual(before)
  })

  test('takes a label away', async () => {
    await created()
    await secrets().putPending({ secretId: NAME, requestToken: TOKEN, text: 'canary-next' })

    await secrets().moveLabel({ secretId: NAME, label: 'AWSPENDING', from: TOKEN })

    expect(labelsOf(NAME)[TOKEN]).toEqual([])
  })
})

describe('listVersions', () => {
  test('shows every version, unlabelled and empty ones too, the newest first, over all pages', async () => {
    await created()
    const ids = Array.from({ length: 120 }, (_, at) => `settle-1793622600000-${String(at).padStart(32, '0')}`)
    for (const requestToken of ids) {
      place.world.clock.advance(1000)
      await secrets().putPending({ secretId: NAME, requestToken, text: 'canary-copy' })
    }

    const listed = await secrets().listVersions(NAME)

    expect(listed.map(({ versionId }) => versionId)).toEqual([...ids.toReversed(), first])
    expect(listed.at(0)?.labels).toEqual(['AWSPENDING'])
    expect(listed.at(1)?.labels).toEqual([])
    expect(place.calls().filter((op) => op === 'ListSecretVersionIds').length).toBeGreaterThan(1)
  })
})
