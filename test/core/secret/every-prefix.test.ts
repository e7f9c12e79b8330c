// Whatever lists, selects or looks up clients goes through all prefixes of the stage, and takes what was adopted there: a campaign, an incident,
// the search for a leak, the vendor, the record of reads. Somebody else's secret below an extra prefix is read and rotated by none of them.

import { describe, expect, test } from 'vitest'
import type { CampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'
import type { Campaigning } from '../../../lambda/core/campaign/campaigning.ts'
import { selectSecrets } from '../../../lambda/core/campaign/select-secrets.ts'
import { chooseClients } from '../../../lambda/core/incident/choose-clients.ts'
import type { LeakReport } from '../../../lambda/core/incident/leak-report.ts'
import { identifyLeak } from '../../../lambda/core/intake/identify-leak.ts'
import { readIdentifyEvent } from '../../../lambda/core/intake/read-identify-event.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { readTrail } from '../../../lambda/core/sweep/read-trail.ts'
import { sweep } from '../../../lambda/core/sweep/sweep.ts'
import { createClientWatch } from '../../../lambda/core/vend/client-watch.ts'
import { vendRules } from '../../../lambda/core/vend/vending.ts'
import { createFakeFleet, createFakeSteps } from '../../fakes/fake-fleet.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { DAY_MS, makeSecret, ROTATION_FUNCTION } from '../../fakes/managed-secret.ts'

const stage = { secretNamePrefix: 'm2m/test/', extraPrefixes: ['legacy/'] }
const spans = { periodMs: 30 * DAY_MS, overlapMs: DAY_MS }
const adopted = {
  'm2m:client-id': 'legacy-client',
  'm2m:scopes': 'read:invoices',
  'm2m:fields': 'client_id=id client_secret=key',
}
const VALUE = 'canary-value-0123456789'
const TEXT = JSON.stringify({ id: 'legacy-client', key: VALUE })

const createWorld = () => {
  const timing = createFakeTiming()
  timing.restart(300_000)
  const fleet = createFakeFleet(timing)
  const old = { rotatedAgoMs: 40 * DAY_MS }
  fleet.add(
    makeSecret({ name: 'm2m/test/orders', ...old, tags: { 'm2m:client-id': 'orders-client' } }),
    makeSecret({ name: 'legacy/billing', ...old, tags: adopted }),
    makeSecret({ name: 'legacy/database', ...old, tags: { team: 'payments' } }),
    makeSecret({ name: 'other/billing', ...old, tags: adopted }),
  )
  const read: string[] = []
  const readValue = async (secretId: string) => {
    const { secret } =
      [...fleet.secrets.values()].find(({ secret: one }) => [one.arn, one.name].includes(secretId)) ?? {}
    if (secret === undefined) return undefined
    read.push(secret.name)
    const versionId = fleet.currentOf(secret.name) ?? ''
    return { arn: secret.arn, versionId, text: secret.name.startsWith('legacy/') ? TEXT : '{}', createdAt: 0 }
  }
  const find = async (secretId: string): Promise<Secret | undefined> =>
    [...fleet.secrets.values()].find(({ secret }) => [secret.arn, secret.name].includes(secretId))?.secret
  const described: string[] = []
  const describeSecret = async (secretId: string) => {
    described.push(secretId)
    return find(secretId)
  }
  const listTagged = async (prefix: string, value: string) =>
    [...fleet.secrets.values()]
      .map(({ secret }) => secret)
      .filter(({ name, tags }) => name.startsWith(prefix) && Object.values(tags).includes(value))
  return { timing, fleet, read, described, secrets: { ...fleet, describe: describeSecret, readValue, listTagged } }
}

describe('a campaign', () => {
  const selectedBy = async (selector: CampaignRequest['selector']) => {
    const { secrets, timing, described } = createWorld()
    const campaigning = {
      secrets,
      timing,
      rules: { ...stage, rotationFunctionArn: ROTATION_FUNCTION, stage: spans, rotationsPerSecond: 1 },
    } as Partial<Campaigning> as Campaigning
    const request = { intent: 'rotate', selector } as Partial<CampaignRequest> as CampaignRequest
    const durable = {
      step: <Value>(_name: string, work: () => Promise<Value>) => work(),
      wait: async () => {},
      invoke: async () => Promise.reject(new Error('no page is asked for')),
      each: async () => Promise.reject(new Error('nothing is done side by side')),
    }
    const selected = await selectSecrets(campaigning, durable, request)
    if (!selected.ok) throw new Error(selected.refusal)
    return { names: selected.value.chosen.map(({ name }) => name), failures: selected.value.failures, described }
  }

  test('finds what is due below every prefix', async () => {
    expect((await selectedBy({ due: true })).names).toEqual(['orders', 'legacy/billing'])
  })

  test('takes names of the stage alone, and asks about no other', async () => {
    const secretNames = ['legacy/billing', 'legacy/database', 'other/billing']

    const { names, failures, described } = await selectedBy({ secretNames })

    expect(names).toEqual(['legacy/billing'])
    expect(failures.map(({ secretName, why }) => [secretName, why])).toEqual([
      ['legacy/database', 'notFound'],
      ['other/billing', 'notFound'],
    ])
    expect(described).not.toContain('other/billing')
  })
})

describe('an incident', () => {
  const chosenBy = async (selector: LeakReport['selector']) => {
    const { secrets } = createWorld()
    const report = { selector, source: 'm2m.break-glass' } as Partial<LeakReport> as LeakReport
    const chosen = await chooseClients({ secrets, ...stage }, report)
    if (!chosen.ok) throw new Error(chosen.refusal)
    return { names: chosen.value.secrets.map(({ name }) => name), missing: chosen.value.missing }
  }

  test.each([
    [{ clientIds: ['legacy-client'] }],
    [{ scopes: ['read:invoices'] }],
    [{ secretNames: ['legacy/billing'] }],
    [{ tags: { 'm2m:client-id': 'legacy-client' } }],
  ])('by %j is about the secret that was adopted, and no other', async (selector) => {
    expect(await chosenBy(selector)).toEqual({ names: ['legacy/billing'], missing: [] })
  })

  test('misses what is not the stage’s', async () => {
    const secretNames = ['legacy/database', 'other/billing']

    expect(await chosenBy({ secretNames })).toEqual({ names: [], missing: secretNames })
  })
})

test('the search for a leak reads what was adopted, in its owner’s words, and nobody else’s secret', async () => {
  const { secrets, read, timing } = createWorld()
  const event = readIdentifyEvent({ value: VALUE }, stage)
  if (!event.ok) throw new Error(event.refusal.join())
  const prober = { exchange: async () => ({ accepted: true as const, requestId: 'r' }) }
  const search = {
    secrets,
    prober,
    timing,
    journal: createFakeJournal(),
    newKey: () => new Uint8Array(32),
    refused: DEPLOYED.refused,
    projectId: 'project-test-1',
  }

  const finding = await identifyLeak(search, event.value)

  expect(finding.found).toMatchObject([
    { kind: 'secret', state: 'alive', owner: { secretName: 'legacy/billing', clientId: 'legacy-client' } },
  ])
  expect(read).not.toContain('legacy/database')
})

test('the vendor finds a client below its own prefix first, then what was adopted, and reads its owner’s words', async () => {
  const { secrets, timing, described } = createWorld()
  const watch = createClientWatch({
    secrets,
    ...stage,
    rules: vendRules,
    chance: () => 0,
    projectId: 'project-test-1',
    onSeen: () => {},
    onCredential: () => {},
  })
  const at = { now: timing.now(), deadline: { within: (ms: number) => ms } }

  const seen = await watch.see('billing', at)
  const database = await watch.see('database', at)

  expect(described.slice(0, 2)).toEqual(['m2m/test/billing', 'legacy/billing'])
  if (!seen.ok) throw new Error('it was not found')
  expect(seen.value).toMatchObject({ name: 'billing', secretName: 'legacy/billing' })
  const credential = await watch.credential(seen.value, at)
  expect(credential.ok && credential.value.clientSecret.equals(createClientSecret(VALUE))).toBe(true)
  expect(database).toEqual({ ok: false, refusal: { reason: 'noSuchClient' } })
})

test('the sweep sees what was adopted, and settles it', async () => {
  const { secrets, fleet, timing } = createWorld()

  const summary = await sweep(
    {
      secrets,
      steps: createFakeSteps(fleet, timing),
      freeze: { read: async () => 'off' },
      records: noRecords,
      events: { publish: async () => {} },
      timing,
      journal: createFakeJournal(),
      ...stage,
      rules: { rotationFunctionArn: ROTATION_FUNCTION, stage: spans, sweepEveryMs: 900_000, longestHoldMs: DAY_MS },
    },
    timing.now(),
  )

  expect([summary.settlesAsked, summary.isWhole]).toEqual([2, true])
  expect(fleet.currentOf('legacy/billing')).toMatch(/^settle-/)
  expect(fleet.currentOf('legacy/database')).toMatch(/^rotate-/)
  expect(fleet.currentOf('other/billing')).toMatch(/^rotate-/)
})

test('reads below every prefix are recorded', () => {
  const readOf = (secretId: string) =>
    readTrail(
      {
        detail: {
          eventTime: '2026-11-24T12:00:00Z',
          userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111111111111:user/ada' },
          requestParameters: { secretId },
        },
      },
      stage,
    )

  const names = ['m2m/test/orders', 'legacy/billing', 'other/billing'].map((name) => {
    const found = readOf(name)
    return found.ok ? found.value.map(({ secretName }) => secretName) : found.refusal
  })

  expect(names).toEqual([['m2m/test/orders'], ['legacy/billing'], []])
})
