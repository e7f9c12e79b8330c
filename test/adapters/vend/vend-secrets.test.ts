// Secrets Manager as the vendor reads it, over HTTP against the stand-in and without a client: the same answers as the SDK's clients get,
// two tries and no more, and no word of a value in any failure.

import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { createSignedEvents } from '../../../lambda/adapters/aws/events.ts'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { createAwsJson } from '../../../lambda/adapters/vend/signed-json.ts'
import { createVendSecrets } from '../../../lambda/adapters/vend/vend-secrets.ts'
import { credentialRefusedEvent } from '../../../lambda/core/vend/vend-outcome.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const place = useAws()
const NAME = 'm2m/test/orders'
const WITHIN = { withinMs: 8_000 }

const endpoint = async (): Promise<string> => {
  const found = await place.sdk().secrets.config.endpoint?.()
  return `http://127.0.0.1:${found?.port}`
}
const callTo = async (service: 'secretsmanager' | 'events') =>
  createAwsJson(
    {
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'canary-key' },
      endpoint: await endpoint(),
    },
    { name: service, target: service === 'events' ? 'AWSEvents' : 'secretsmanager' },
  )
const secrets = async () => createVendSecrets(await callTo('secretsmanager'))
const create = async (name = NAME, value = 'canary-one'): Promise<string> => {
  const Tags = [
    { Key: 'm2m:scopes', Value: 'read:a write:b' },
    { Key: 'team', Value: 'ördérs' },
  ]
  const reply = await place.sdk().secrets.send(new CreateSecretCommand({ Name: name, SecretString: value, Tags }))
  return reply.ARN ?? ''
}
const errorOf = async (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error)

describe('metadata', () => {
  test("is what the SDK's own client reads", async () => {
    const arn = await create()
    await place.sdk().secrets.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: 'canary-two' }))
    const expected = await createSecrets(place.sdk().secrets).describe(NAME)

    for (const id of [NAME, arn]) {
      const found = await (await secrets()).describe(id, WITHIN)
      expect(expected).toMatchObject({ ...found })
      expect(Object.keys(found?.labels ?? {})).toHaveLength(2)
      expect(found?.tags).toEqual({ 'm2m:scopes': 'read:a write:b', team: 'ördérs' })
    }
  })

  test('of no secret is none; of a deleted one says so', async () => {
    const arn = await create()
    await place.sdk().secrets.send(new DeleteSecretCommand({ SecretId: arn }))

    expect(await (await secrets()).describe('m2m/test/nobody', WITHIN)).toBeUndefined()
    expect(await (await secrets()).describe(arn, WITHIN)).toMatchObject({ isDeleted: true })
  })
})

describe('the value', () => {
  test('is that of AWSCURRENT, with its version', async () => {
    const arn = await create()

    const version = await (await secrets()).readValue(NAME, WITHIN)

    expect(version).toMatchObject({ arn, text: 'canary-one', versionId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
    expect(version?.createdAt).toBeGreaterThan(0)
  })

  test('of no secret is none', async () => {
    expect(await (await secrets()).readValue('m2m/test/nobody', WITHIN)).toBeUndefined()
  })
})

describe('a failure', () => {
  test.each(['error', 'reset', 'html', 'garble'] as const)('once (%s) is tried again', async (kind) => {
    await create()
    place.standIn.faults.add({ op: 'DescribeSecret', kind, ...(kind === 'error' ? { status: 500 } : {}) })

    expect(await (await secrets()).describe(NAME, WITHIN)).toMatchObject({ name: NAME })
    expect(place.calls().filter((op) => op === 'DescribeSecret')).toHaveLength(2)
  })

  test.each([
    ['error', 'SECRETS_MANAGER_UNAVAILABLE'],
    ['reset', 'SECRETS_MANAGER_UNAVAILABLE'],
    ['throttle', 'SECRETS_MANAGER_THROTTLED'],
  ] as const)('that stays (%s) is a Fault after two tries', async (kind, code) => {
    await create()
    place.standIn.faults.add({ op: 'GetSecretValue', kind, count: 9, ...(kind === 'error' ? { status: 500 } : {}) })

    const fault = await errorOf((await secrets()).readValue(NAME, WITHIN))

    expect(fault).toMatchObject({ code, retryable: true })
    expect(place.calls().filter((op) => op === 'GetSecretValue')).toHaveLength(2)
    expect(String(fault)).not.toContain('canary')
  })

  test('that a retry does not help with is not retried', async () => {
    place.standIn.faults.add({ op: 'DescribeSecret', kind: 'error', status: 400, count: 9 })

    const fault = await errorOf((await secrets()).describe(NAME, WITHIN))

    expect(fault).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED', retryable: false })
    expect(place.calls()).toEqual(['DescribeSecret'])
  })

  test('comes within the time it was given', async () => {
    await create()
    place.standIn.faults.add({ op: 'DescribeSecret', kind: 'delay', delay_ms: 60_000, count: 2 })

    const fault = await errorOf((await secrets()).describe(NAME, { withinMs: 200 }))

    expect(fault).toMatchObject({ code: 'SECRETS_MANAGER_UNAVAILABLE' })
    expect(place.calls()).toContain('DescribeSecret')
  })
})

describe('the bus', () => {
  const event = credentialRefusedEvent({
    secretArn: 'arn',
    secretName: NAME,
    clientId: 'client',
    versionId: 'v',
    error: 'invalid_client',
    requestId: 'r',
    at: 0,
  })

  test("hears the vendor's events under its own source", async () => {
    await createSignedEvents(await callTo('events'), 'm2m-test', 'm2m.vendor').publish([event])

    expect(place.standIn.events()).toMatchObject([
      { source: 'm2m.vendor', detailType: 'Credential Refused', resources: ['arn'] },
    ])
  })

  test('that does not take one is a Fault', async () => {
    place.standIn.configure({ entryFailures: 2 })

    const fault = await errorOf(createSignedEvents(await callTo('events'), 'm2m-test', 'm2m.vendor').publish([event]))

    expect(fault).toMatchObject({ code: 'EVENT_NOT_SENT' })
  })
})

test('a rotation that stands on AWSPENDING shows in the labels', async () => {
  await create()
  const token = 'revoke-1793622600000-00000000000000000000000000000000'
  const RotationLambdaARN = 'arn:aws:lambda:us-east-1:000000000000:function:rotation'
  await place
    .sdk()
    .secrets.send(new RotateSecretCommand({ SecretId: NAME, ClientRequestToken: token, RotationLambdaARN }))

  const labels = (await (await secrets()).describe(NAME, WITHIN))?.labels

  expect(Object.keys(labels ?? {})).toContain(token)
  await place.standIn.idle()
})
