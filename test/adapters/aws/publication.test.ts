// The published list at KMS and S3 over HTTP: writers at once, one after another in S3's own order, and nothing of any of them is lost.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPublication } from '../../../lambda/adapters/aws/publication.ts'
import { createPublishedReader } from '../../../lambda/adapters/vend/published-revocations.ts'
import { readPublicKey } from '../../../lambda/core/base/jws.ts'
import { openDocument, publishingKeyAlias, REVOCATIONS_OBJECT } from '../../../lambda/core/revocations/document.ts'
import { publishRevocations } from '../../../lambda/core/revocations/publish.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'

const BUCKET = 'm2m-test-revocations'
const NOW = Date.UTC(2026, 10, 2, 12, 30)
const SECONDS = NOW / 1000
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
const world = createWorld(() => NOW)
const standIn = createAwsStandIn({ world, buckets: [BUCKET], keys: [{ alias: publishingKeyAlias('test') }] })
const client = new SecretsManagerClient({ region: 'us-east-1', credentials })
let origin = ''

beforeAll(async () => {
  origin = await standIn.listen(0)
})
beforeEach(() => world.reset())
afterAll(async () => {
  client.destroy()
  await standIn.close()
})

/** An execution environment of its own. */
const writer = (remainingMs = 30_000) => {
  const keyArn = standIn.keys()[0]?.arn ?? ''
  const publication = createPublication(client, { keyArn, bucket: BUCKET, kmsEndpoint: origin, s3Endpoint: origin })
  // Of its own, so that on a busy machine nobody runs out of time.
  const timing = createFakeTiming(NOW)
  timing.restart(remainingMs)
  return (clients: Readonly<Record<string, number>>) => {
    const revoked = new Map(Object.entries(clients))
    return publishRevocations({ publication, timing, journal: createFakeJournal() }, { revoked })
  }
}
const list = () => {
  const trusted = readPublicKey(standIn.keys()[0]?.publicKey ?? '')
  const text = standIn.objects(BUCKET)[REVOCATIONS_OBJECT] ?? ''
  if (trusted === undefined) throw new Error('there is no key')
  const opened = openDocument(text, trusted)
  if (!opened.ok) throw new Error(`it is no list: ${opened.refusal}`)
  return opened.value
}
const reader = (bucket = BUCKET) =>
  createPublishedReader({ region: 'us-east-1', credentials, endpoint: origin }, bucket)

describe('writers', () => {
  test('begin the list, and add to it', async () => {
    await writer()({ orders: SECONDS })
    await writer()({ billing: SECONDS - 1 })

    expect(list()).toMatchObject({
      at: SECONDS,
      clients: [
        { id: 'billing', notBefore: SECONDS - 1 },
        { id: 'orders', notBefore: SECONDS },
      ],
    })
  })

  test('of which twelve begin at once lose nothing of each other', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `client-${at}`)

    const ends = await Promise.all(names.map((name) => writer()({ [name]: SECONDS })))

    expect(new Set(ends)).toEqual(new Set(['published']))
    expect(
      list()
        .clients.map(({ id }) => id)
        .sort(),
    ).toEqual(names.sort())
  })

  test.each([
    ['S3', { op: 'PutObject', status: 500 }],
    ['KMS', { op: 'Sign', status: 500 }],
    ['S3, for writing over', { op: 'PutObject', status: 403 }],
  ])('that %s does not serve leave the list as it was', async (_service, fault) => {
    await writer()({ orders: SECONDS })
    standIn.faults.add({ ...fault, kind: 'error', count: 1_000 })

    expect(await writer(6_000)({ billing: SECONDS })).toBe('pending')
    standIn.faults.clear()
    expect(list().clients).toEqual([{ id: 'orders', notBefore: SECONDS }])
  })
})

describe('the vendor', () => {
  test('reads the list once, and then that it is as it was', async () => {
    await writer()({ orders: SECONDS })

    const first = await reader().read(undefined, 10_000)
    const etag = first.state === 'new' ? first.etag : ''
    const again = await reader().read(etag, 10_000)
    await writer()({ billing: SECONDS })
    const changed = await reader().read(etag, 10_000)

    expect(first).toMatchObject({ state: 'new', clients: new Map([['orders', SECONDS]]) })
    expect(again).toEqual({ state: 'same' })
    expect(changed).toMatchObject({
      state: 'new',
      clients: new Map([
        ['billing', SECONDS],
        ['orders', SECONDS],
      ]),
    })
  })

  test('finds none in a new stage', async () => {
    expect(await reader().read(undefined, 10_000)).toEqual({ state: 'none' })
  })

  test('is not answered with what is no list', async () => {
    standIn.faults.add({ op: 'GetObject', kind: 'error', status: 503 })

    await expect(reader().read(undefined, 10_000)).rejects.toMatchObject({
      code: 'ARCHIVE_UNAVAILABLE',
      retryable: true,
    })
  })
})
