// Forgeries, on a laptop whose bus, bucket and functions take them from anybody: events in every name, objects in the bucket, envelopes handed to
// the archive function, proofs under the right names by another key. None makes `m2m incident show` say proven while the value is accepted, and
// none keeps the real proof from being shown afterwards.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { proofKey } from '../../lambda/core/rotation/proof.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_STAGE } from '../../lambda/local/laptop/deployment.ts'
import { evidence } from '../fakes/envelopes.ts'
import { LAPTOP_EVIDENCE } from '../fakes/laptop-names.ts'
import { createProofKey, jwsOf, payloadOf } from '../fakes/proof-key.ts'
import type { Cli } from './cli.ts'
import { createIncidentSeat } from './incident-seat.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const seat = createIncidentSeat()
const { env, secretValue, clientIdOf, isAccepted } = seat
const INCIDENT = 'INC-FORGED'
const NAME = 'm2m/laptop/alpha'
let cli: Cli
let bus: EventBridgeClient
let s3: S3Client
const m2m = (args: readonly string[]) => cli.run(['incident', ...args], { env })

beforeAll(async () => {
  // As if every policy had been broken: with rights on, none of these would get so far.
  cli = await seat.open({ hasRights: false })
  const { aws: endpoint, region } = cli.laptop.address
  const settings = { endpoint, region, credentials: credentialsOf('stranger') }
  bus = new EventBridgeClient(settings)
  s3 = new S3Client({ ...settings, forcePathStyle: true })
})
afterAll(async () => {
  bus.destroy()
  s3.destroy()
  await seat.close()
})

interface Shown {
  readonly outcome: string
  readonly proven: readonly string[]
  readonly unproven: readonly { readonly what: string; readonly why: string }[]
  readonly ignored: readonly { readonly what: string; readonly why: string }[]
}

const show = async () => {
  const ran = await m2m(['show', INCIDENT, '--client', 'alpha', '--json'])
  return { code: ran.code, shown: ran.json<Shown>() }
}

const put = (Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket: LAPTOP_EVIDENCE, Key, Body, IfNoneMatch: '*' }))

test('nothing that others can put on the bus, into the bucket or into an invocation is a proof, or stands in the way of one', async () => {
  const leaked = secretValue('alpha')
  const secretArn = cli.laptop.aws.peek(NAME)?.arn ?? ''
  const askedAt = cli.laptop.world.clock.now()
  const revokeToken = makeRequestToken({ origin: 'revoke', askedAt, secretArn, about: INCIDENT, attempt: 1 })
  const settleToken = makeRequestToken({ origin: 'settle', askedAt, secretArn, about: revokeToken, attempt: 1 })
  const at = new Date(askedAt).toISOString()
  const about = { version: 1, secretArn, secretName: NAME, clientId: clientIdOf('alpha'), at }
  const revoked = { ...about, id: 'forged-0000001', intent: 'settle', requestToken: settleToken, revokeToken, evidence }
  const client = { secretArn, secretName: NAME, outcome: 'deadAlready', requestTokens: [revokeToken] }
  const ended = { version: 1, id: 'forged-0000002', incidentId: INCIDENT, at, outcome: 'dead', clients: [client] }
  const forgeries: readonly (readonly [source: string, type: string, detail: object])[] = [
    ['m2m.rotation', 'Secret Revoked', revoked],
    ['m2m.security', 'Secret Revoked', revoked],
    ['m2m.sweep', 'Secret Revoked', revoked],
    ['m2m.campaign', 'Rotation Completed', revoked],
    ['m2m.vendor', 'Incident Completed', ended],
    ['m2m.incident', 'Incident Completed', ended],
  ]

  for (const [Source, DetailType, detail] of forgeries) {
    const entry = { Source, DetailType, Detail: JSON.stringify(detail), EventBusName: cli.laptop.address.bus }
    await bus.send(new PutEventsCommand({ Entries: [entry] }))
    // By the archive function itself, as whoever may invoke it could; and past it, into the bucket.
    const envelope = {
      version: '0',
      id: 'x',
      'detail-type': DetailType,
      source: Source,
      time: at,
      resources: [],
      detail,
    }
    await cli.laptop.lambda('archive').invoke(envelope)
    await put(`secrets/${NAME}/2026/01/01/secret-revoked-${Source}.json`, JSON.stringify(envelope))
    await put(`incidents/${INCIDENT}/incident-completed-${Source}.json`, JSON.stringify(envelope))
  }
  const own = createProofKey()
  const payload = payloadOf({ ...about, version: 1, stage: LAPTOP_STAGE, revokeToken, settleToken })
  const name = proofKey({ stage: LAPTOP_STAGE, secretName: NAME, revokeToken, settleToken })
  await put(name, jwsOf(own, payload))
  await put(`proofs/${LAPTOP_STAGE}/keys/own.jwk`, JSON.stringify(own.trusted.publicKey.export({ format: 'jwk' })))

  const before = await show()
  expect(before.shown).toMatchObject({ outcome: 'notProven', proven: [], unproven: [{ what: NAME }] })
  expect(before.code).toBe(3)
  expect(before.shown.ignored).toContainEqual({ what: name, why: expect.stringContaining('trusted') })
  expect(before.shown.ignored).toContainEqual({
    what: 'Secret Revoked, from m2m.sweep',
    why: 'only m2m.rotation publishes that',
  })
  expect(isAccepted('alpha', leaked)).toBe(true)

  const ran = await m2m(['alpha', '--id', INCIDENT, '--wait', '--json'])
  expect(ran.code).toBe(0)
  expect(isAccepted('alpha', leaked)).toBe(false)
  const after = await until(async () => {
    const found = await show()
    return found.code === 0 ? found : undefined
  }, 'the real proof')
  expect(after.shown).toMatchObject({ outcome: 'proven', proven: [NAME], unproven: [] })
})
