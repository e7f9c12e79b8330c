// The signing keys, over HTTP: two at once for each detector, kept for a while, read anew when they may have changed.
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { createSigningSecrets } from '../../../lambda/adapters/aws/signing-secrets.ts'
import { createFakeJournal, type FakeJournal } from '../../fakes/fake-journal.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const aws = useAws()
const SECRET = 'm2m-intake/test/signing'
const key = (letter: string) => letter.repeat(16)

let now: number
beforeEach(() => {
  now = 0
  journal = createFakeJournal()
})

const store = (value: unknown) =>
  aws.sdk().secrets.send(
    new CreateSecretCommand({
      Name: SECRET,
      SecretString: typeof value === 'string' ? value : JSON.stringify(value),
    }),
  )
const replace = (value: unknown) =>
  aws.sdk().secrets.send(
    new PutSecretValueCommand({
      SecretId: SECRET,
      SecretString: typeof value === 'string' ? value : JSON.stringify(value),
    }),
  )
let journal: FakeJournal
const signing = () => createSigningSecrets({ client: aws.sdk().secrets, secretId: SECRET, now: () => now, journal })

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

const notes = (): string => journal.entries.map(({ code, message }) => `${code} ${message}`).join('\n')

describe('that are stored in another way are read', () => {
  test.each([
    ['with a byte order mark', `\uFEFF{"plain":{"current":"${key('a')}"}}`, [key('a')]],
    ['in capitals', { PLAIN: { CURRENT: key('a'), Previous: key('b') } }, [key('a'), key('b')]],
    [
      'with a line end, which the detector may have as well',
      { plain: { current: `${key('a')}\n` } },
      [key('a'), `${key('a')}\n`],
    ],
  ])('%s', async (_what, value, keys) => {
    await store(value)

    expect((await signing().read(false)).plain).toEqual(keys)
    expect(journal.entries).toEqual([])
  })

  test('without an empty key beside one that is spelled otherwise', async () => {
    await store({ plain: { current: '', Current: key('a') } })

    expect((await signing().read(false)).plain).toEqual([key('a')])
  })
})

describe('one malformed entry', () => {
  const others = { github: { current: key('g') } }
  test.each([
    ['a text', 'canary-canary-canary', 'plain: expected {"current": …}'],
    ['nothing', null, 'plain: expected {"current": …}'],
    ['a short key', { current: 'canary' }, 'plain: current is malformed: expected 16 characters or more'],
    [
      'a key that is short without its line ends',
      { current: 'canary\n\n\n\n\n\n\n\n\n\n' },
      'plain: current is malformed',
    ],
    ['no current one', { previous: 'canary' }, 'plain: current is missing; plain: previous is malformed'],
  ])('%s silences no other detector, and is reported without its words', async (_what, value, fault) => {
    await store({ ...others, plain: value })

    expect(await signing().read(false)).toEqual({ github: [key('g')], plain: 'malformed' })
    expect(notes()).toContain(`SIGNING_SECRET_MALFORMED The signing secret ${SECRET} is malformed: ${fault}`)
    expect(notes()).not.toContain('canary')
  })

  test('leaves the keys in place that were read before it, until it is right or gone', async () => {
    await store({ ...others, plain: { current: key('a') } })
    const secrets = signing()
    await secrets.read(false)
    const seen = []
    for (const plain of [
      'broken',
      { current: key('b'), previous: 'canary' },
      { current: key('b') },
      { current: 'canary' },
      undefined,
    ]) {
      await replace({ ...others, plain })
      now += 60_000
      seen.push((await secrets.read(false)).plain)
    }

    expect(seen).toEqual([[key('a')], [key('b'), key('a')], [key('b')], [key('b')], undefined])
    expect(journal.entries).toHaveLength(3)
  })
})

describe('a text that is no JSON object', () => {
  test('is a fault that quotes nothing, as long as no keys are known', async () => {
    await store('canary')

    const failure = await signing()
      .read(false)
      .then(
        () => new Error('no failure'),
        (error: unknown) => error as Error,
      )

    expect(failure).toMatchObject({ code: 'SIGNING_SECRET_MALFORMED', message: expect.stringContaining(SECRET) })
    expect(failure.message).not.toContain('canary')
  })

  test('leaves every key in place that was read before it', async () => {
    await store({ github: { current: key('g') }, plain: { current: key('a') } })
    const secrets = signing()
    const before = await secrets.read(false)
    await replace('{"plain":{"current":"canary')
    now = 60_000

    expect(await secrets.read(false)).toEqual(before)
    expect(notes()).toContain('it is cut off')
    expect(notes()).not.toContain('canary')
  })
})

test('that are not there are a fault', async () => {
  await expect(signing().read(false)).rejects.toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })
})
