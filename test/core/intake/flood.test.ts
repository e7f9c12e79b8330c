// A flood of unsigned deliveries at the intake itself: nothing that others need is touched, and a signed one in the middle is taken.
import { createHmac } from 'node:crypto'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { createSigningSecrets } from '../../../lambda/adapters/aws/signing-secrets.ts'
import { createRecentDeliveries } from '../../../lambda/core/intake/recent-deliveries.ts'
import type { IncomingDelivery, Intake } from '../../../lambda/core/intake/take-leak-report.ts'
import { takeLeakReport } from '../../../lambda/core/intake/take-leak-report.ts'

const KEY = 'a-key-of-at-least-16'
const NOW = Date.parse('2026-11-30T08:00:00Z')
const alert = JSON.stringify({ id: 'a', client_id: 'm2m-client-live-1', secret: 'leaked-value' })

const signedBy = (key: string, body: string, at: number, deliveryId: string): IncomingDelivery => {
  const timestamp = String(Math.floor(at / 1000))
  const signature = `sha256=${createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex')}`
  return {
    headers: { 'x-m2m-timestamp': timestamp, 'x-m2m-signature': signature },
    body: Buffer.from(body),
    deliveryId,
  }
}

const forgeries = (at: number, one: number): IncomingDelivery => {
  const forged = signedBy('another-key-of-16-characters', `${alert} `, at, `${one}`)
  switch (one % 4) {
    case 0:
      return forged
    case 1:
      return { ...forged, headers: {} }
    case 2:
      return { ...forged, headers: { ...forged.headers, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } }
    default:
      return { ...signedBy(KEY, alert, at - 3_600_000, `${one}`), deliveryId: `${one}` }
  }
}

test('two thousand forged deliveries in twenty seconds read the keys every five seconds, reach nothing else, and keep no signed one out', async () => {
  let now = NOW
  const touched: string[] = []
  const touch = (what: string) => {
    touched.push(what)
  }
  const client = new SecretsManagerClient({ region: 'us-east-1' })
  mockClient(client)
    .on(GetSecretValueCommand)
    .callsFake(async () => {
      touch('keys')
      return { SecretString: JSON.stringify({ plain: { current: KEY } }), VersionId: 'v' }
    })
  const intake: Intake = {
    signing: createSigningSecrets({
      client,
      secretId: 's',
      now: () => now,
      journal: { note: () => {} },
    }),
    values: { fetch: async () => undefined },
    identifier: {
      identify: async () => {
        touch('search')
        throw new Error('unreachable')
      },
    },
    events: { publish: async () => touch('bus') },
    recent: createRecentDeliveries({ keepMs: 600_000, max: 1000 }),
    timing: { now: () => now },
    watched: [],
    passGate: async () => {
      touch('gate')
      return { decision: 'admitted', isFirst: false, isRemembered: true }
    },
  }
  const outcomes = new Map<string, number>()
  for (let one = 0; one < 2000; one += 1) {
    now += 10
    const { outcome } = await takeLeakReport(intake, forgeries(now, one))
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }

  expect(Object.fromEntries(outcomes)).toEqual({ refused: 2000 })
  expect(new Set(touched)).toEqual(new Set(['keys']))
  expect(touched.length).toBeLessThanOrEqual(6)

  touched.length = 0
  const { outcome } = await takeLeakReport(intake, signedBy(KEY, 'not an alert', now, 'signed'))
  expect(outcome).toBe('unresolved')
  expect(touched).toEqual(['bus'])
})
