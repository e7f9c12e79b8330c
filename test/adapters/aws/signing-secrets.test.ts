// The signing keys, over HTTP: two at once for each detector, kept for a while, read anew when they may have changed.
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { createSigningSecrets } from '../../../lambda/adapters/aws/signing-secrets.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const aws = useAws()
const SECRET = 'm2m-intake/test/signing'
const key = (letter: string) => letter.repeat(16)

let now: number
beforeEach(() => {
  now = 0
})

const store = (value: unknown) =>
  aws.sdk().secrets.send(
    new CreateSecretCommand({
      Name: SECRET,
      SecretString: typeof value === 'string' ? value : JSON.stringify(value),
    }),
  )
const replace = (value: unknown) =>
  aws.sdk().secrets.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString: JSON.stringify(value) }))
const signing = () => createSigningSecrets({ client: aws.sdk().secrets, secretId: SECRET, now: () => now })

test('are one or two for each detector', async () => {
  await store({ github: { current: key('a'), previous: key('b') }, plain: { current: key('c') } })

  expect(await signing().read(false)).toEqual({ github: [key('a'), key('b')], plain: [key('c')] })
})

describe('are read', () => {
  const reads = () => aws.calls().filter((op) => op === 'GetSecretValue').length

  test('once a minute, while all is well', async () => {
    await store({ plain: { current: key('a') } })
    const secrets = signing()
    for (const at of [0, 30_000, 59_999, 60_000]) {
      now = at
      await secrets.read(false)
    }

    expect(reads()).toBe(2)
  })

  test('anew when a signature does not fit, but not more often than every five seconds', async () => {
    await store({ plain: { current: key('a') } })
    const secrets = signing()
    await secrets.read(false)
    await replace({ plain: { current: key('b') } })
    const seen = []
    for (const at of [1000, 4999, 5000, 6000, 9999]) {
      now = at
      seen.push((await secrets.read(true)).plain?.[0]?.[0])
    }

    expect(seen).toEqual(['a', 'a', 'b', 'b', 'b'])
    expect(reads()).toBe(2)
  })
})

test.each([
  ['not JSON', 'canary'],
  ['a text', { plain: 'canary-canary-canary' }],
  ['a short key', { plain: { current: 'canary' } }],
  ['a short key before', { plain: { current: key('a'), previous: 'canary' } }],
  ['no current one', { plain: { previous: key('a') } }],
])('that are %s are a fault that quotes nothing', async (_, value) => {
  await store(value)

  const failure = await signing()
    .read(false)
    .then(
      () => new Error('no failure'),
      (error: unknown) => error as Error,
    )

  expect(failure).toMatchObject({ code: 'SIGNING_SECRET_MALFORMED', message: expect.stringContaining(SECRET) })
  expect(failure.message).not.toContain('canary')
})

test('that are not there are a fault', async () => {
  await expect(signing().read(false)).rejects.toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })
})
