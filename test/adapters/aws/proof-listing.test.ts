// S3's listing as the sweep reads it: what is asked, against the stand-in and byte by byte, and what counts as an answer.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProofListing, readListing } from '../../../lambda/adapters/aws/proof-listing.ts'
import { createProofStore } from '../../../lambda/adapters/aws/proof-store.ts'
import { createSignedCall, type SignedCall, type SignedReply } from '../../../lambda/adapters/aws/signed-call.ts'
import { proofKey } from '../../../lambda/core/rotation/proof.ts'
import { type AwsStandIn, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { REVOKE_TOKEN, SETTLE_TOKEN } from '../../fakes/proof-key.ts'

const proof = { secretName: 'm2m/test/orders+1', revokeToken: REVOKE_TOKEN, settleToken: SETTLE_TOKEN }
const name = { stage: 'test', ...proof }
const wait = async (): Promise<void> => {}
const client = new SecretsManagerClient({
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
})
let standIn: AwsStandIn
let call: SignedCall
beforeAll(async () => {
  standIn = createAwsStandIn({
    world: createWorld(),
    region: 'us-east-1',
    accountId: '000000000000',
    buckets: ['proofs-test'],
  })
  call = createSignedCall(client, { service: 's3', endpoint: await standIn.listen(0) })
})
afterAll(async () => {
  client.destroy()
  await standIn.close()
})

test('the proofs under two tokens are listed with their times, and nobody else’s', async () => {
  const listing = createProofListing({ call, wait, bucket: 'proofs-test', stage: 'test' })
  const store = createProofStore({ call, wait, bucket: 'proofs-test' })
  expect(await listing.storedAt(proof)).toEqual([])
  const keys = [
    proofKey(name),
    proofKey({ ...name, n: 2 }),
    proofKey({ ...name, settleToken: `${SETTLE_TOKEN}0` }),
    proofKey({ ...name, secretName: 'm2m/test/orders' }),
    proofKey(name).replace('.jws', '.x.jws'),
  ]
  for (const key of keys) await store.put(key, 'a.b.c', 3000)

  const times = await listing.storedAt(proof)

  expect(times).toHaveLength(2)
  for (const time of times) expect(Math.abs(time - Date.now())).toBeLessThan(3_600_000)
})

const replying = (...replies: readonly (SignedReply | Error)[]) => {
  const left = [...replies]
  const sent: { readonly method?: string; readonly path: string; readonly query?: unknown }[] = []
  const listing = createProofListing({
    wait,
    bucket: 'proofs-test',
    stage: 'test',
    call: async (request) => {
      sent.push(request)
      const reply = left.shift() ?? new Error('none left')
      if (reply instanceof Error) throw reply
      return reply
    },
  })
  return { listing, sent }
}
const page = (objects: string, count: number): string =>
  `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>${count}</KeyCount>${objects}</ListBucketResult>`
const object = (key: string, at = '2026-11-02T12:30:00.000Z') =>
  `<Contents><Key>${key}</Key><LastModified>${at}</LastModified><Size>1</Size></Contents>`
const ok = (body: string): SignedReply => ({ status: 200, headers: {}, body })

test('one list call, of the prefix that the two tokens make', async () => {
  const { listing, sent } = replying(ok(page(object(proofKey(name)), 1)))

  expect(await listing.storedAt(proof)).toEqual([Date.parse('2026-11-02T12:30:00.000Z')])
  expect(sent).toMatchObject([
    {
      method: 'GET',
      path: '/proofs-test',
      query: { 'list-type': '2', prefix: `proofs/test/m2m/test/orders+1/${REVOKE_TOKEN}.${SETTLE_TOKEN}.` },
    },
  ])
})

test('what passes is retried', async () => {
  const { listing, sent } = replying(new Error('cut'), { status: 503, headers: {}, body: '' }, ok(page('', 0)))

  expect(await listing.storedAt(proof)).toEqual([])
  expect(sent).toHaveLength(3)
})

test.each<[string, SignedReply, string]>([
  ['denies', { status: 403, headers: {}, body: '<Error><Code>AccessDenied</Code></Error>' }, 'ARCHIVE_REJECTED'],
  [
    'has no such bucket',
    { status: 404, headers: {}, body: '<Error><Code>NoSuchBucket</Code></Error>' },
    'ARCHIVE_REJECTED',
  ],
  ['is down', { status: 500, headers: {}, body: '' }, 'ARCHIVE_UNAVAILABLE'],
  ['answers with something else', ok('<html>canary</html>'), 'ARCHIVE_UNAVAILABLE'],
])('a bucket that %s is a fault, and never "none stored"', async (_what, reply, code) => {
  const error = await replying(reply, reply, reply)
    .listing.storedAt(proof)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )

  expect(error).toMatchObject({ code })
  expect(String(error)).not.toContain('canary')
})

test.each([
  '',
  '<ListBucketResult>',
  page(object('a'), 2),
  page(object('a', 'yesterday'), 1),
  page('<Contents><Key>a</Key></Contents>', 1),
  page('<Contents><LastModified>2026-11-02T12:30:00.000Z</LastModified></Contents>', 1),
  page('', 0).replace('<KeyCount>0</KeyCount>', ''),
  page(object('a'), 1).slice(0, -5),
])('is no listing: %s', (xml) => {
  expect(readListing(xml)).toBeUndefined()
})
