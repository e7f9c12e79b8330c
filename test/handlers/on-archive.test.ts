// The archive function as EventBridge meets it: the handler with its own settings and the stand-in's S3. What it throws is a delivery
// that failed; what it does not throw is written down.
import type { Context } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { archiveKey } from '../../lambda/core/incident/archive-key.ts'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { envelopeOf, revokedEvent, revokeToken } from '../fakes/envelopes.ts'

const BUCKET = 'evidence'
const world = createWorld()
const standIn = createAwsStandIn({ world, buckets: [BUCKET] })
const logged: Record<string, unknown>[] = []
let handler: (event: unknown, context: Context) => Promise<void>

beforeAll(async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', await standIn.listen(0))
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any')
  vi.stubEnv('M2M_STAGE', 'test')
  vi.stubEnv('M2M_EVIDENCE_BUCKET', BUCKET)
  ;({ handler } = await import('../../lambda/handlers/on-archive.ts'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await standIn.close()
})
beforeEach(() => {
  world.reset()
  logged.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    const line: Record<string, unknown> = JSON.parse(String(text))
    // A metric's line is not the delivery's.
    return '_aws' in line || logged.push(line) > 0
  })
})
afterEach(() => {
  vi.restoreAllMocks()
})

const context = { awsRequestId: 'aws-request' } as Context
const event = revokedEvent(revokeToken())
const key = archiveKey(event)

test('an event is written down whole, and delivered twice is there once', async () => {
  await handler(event.envelope, context)
  await handler({ ...event.envelope, id: 'another', time: '2026-03-11T00:00:00Z' }, context)

  expect(Object.keys(standIn.objects(BUCKET))).toEqual([key])
  expect(JSON.parse(standIn.objects(BUCKET)[key] ?? '')).toEqual(event.envelope)
  expect(logged).toEqual([
    { outcome: 'stored', type: 'Secret Revoked', key, requestId: 'aws-request' },
    { outcome: 'alreadyThere', type: 'Secret Revoked', key, requestId: 'aws-request' },
  ])
})

describe('a delivery that failed', () => {
  test.each([
    ['S3 is down', { kind: 'error', status: 503 }, 'ARCHIVE_UNAVAILABLE'],
    ['the right is missing', { kind: 'error', status: 403 }, 'ARCHIVE_REJECTED'],
  ] as const)('is thrown and told: %s', async (_what, fault, code) => {
    standIn.faults.add({ op: 'PutObject', count: 2, ...fault })

    await expect(handler(event.envelope, context)).rejects.toMatchObject({ code })

    expect(logged).toEqual([
      {
        outcome: 'failed',
        code,
        message: expect.stringContaining('S3 PutObject of secrets/'),
        requestId: 'aws-request',
      },
    ])
    expect(JSON.stringify(logged)).not.toContain('request-refused')
  })

  test.each([[undefined], [{ detail: {} }], [envelopeOf('', {})]])('is one of no event: %j', async (what) => {
    await expect(handler(what, context)).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })

    expect(standIn.objects(BUCKET)).toEqual({})
    expect(logged).toMatchObject([{ outcome: 'failed', code: 'INPUT_MALFORMED' }])
  })
})
