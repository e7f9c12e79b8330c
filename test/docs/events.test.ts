// Every event that the code tells is as its schema in docs/events says, every type has one, and every schema has a type; and no schema
// lets a field through that it does not name.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  CAMPAIGN_SOURCE,
  eventSources,
  eventTypesOf,
  INCIDENT_SOURCE,
  leakSources,
  ROTATION_SOURCE,
  SWEEP_SOURCE,
  VENDOR_SOURCE,
} from '../../lambda/core/base/event-types.ts'
import { campaignCompleted, noCounts } from '../../lambda/core/campaign/campaign-report.ts'
import type { CampaignRequest } from '../../lambda/core/campaign/campaign-request.ts'
import { incidentCompleted } from '../../lambda/core/incident/incident-completed.ts'
import { incidentBegun, incidentDelayed, leakReportRefused } from '../../lambda/core/incident/incident-notices.ts'
import {
  incidentHeld,
  leakClosed,
  leakReported,
  leakUnresolved,
  type Unresolved,
} from '../../lambda/core/intake/intake-event.ts'
import {
  completedEvents,
  type Evidence,
  evidenceEvents,
  type OutcomeFacts,
  refusedEvents,
  withReplicas,
} from '../../lambda/core/rotation/outcome.ts'
import { positions } from '../../lambda/core/rotation/position.ts'
import { type Refusal, steps } from '../../lambda/core/rotation/refusal.ts'
import type { ReplicaState } from '../../lambda/core/secret/replica-state.ts'
import { intents, makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { revokeConfirmed } from '../../lambda/core/sweep/confirmed-event.ts'
import type { Fact } from '../../lambda/core/sweep/due.ts'
import { findingWords } from '../../lambda/core/sweep/finding-words.ts'
import type { ReportedKind } from '../../lambda/core/sweep/reports.ts'
import { dailySummary, sweepDigest } from '../../lambda/core/sweep/sweep-digest.ts'
import { noticeEvent } from '../../lambda/core/sweep/sweep-notice.ts'
import { credentialRefusedEvent } from '../../lambda/core/vend/vend-outcome.ts'
import { BLANK } from '../fakes/blank-secret.ts'
import { envelopeFaults, eventSchemas, publishedFaults } from './event-schemas.ts'

const AT = Date.UTC(2026, 9, 5, 9, 12, 31, 250)
const secretArn = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf'
const token = (origin: (typeof intents)[number]) =>
  makeRequestToken({ origin, askedAt: AT, secretArn, about: 'INC-1', attempt: 1 })
const facts = (changes: Partial<OutcomeFacts> = {}): OutcomeFacts => ({
  secretArn,
  secretName: 'm2m/prod/billing',
  clientId: 'm2m-client-test-1',
  intent: 'rotate',
  requestToken: token('rotate'),
  at: AT,
  ...changes,
})
const provenAt = new Date(AT).toISOString()
const evidence: Evidence = {
  slots: { current: 'abcd', next: null, requestId: 'request-id-test-1' },
  refused: [
    {
      versionId: token('rotate'),
      lastFour: 'wxyz',
      status: 401,
      error: 'invalid_client',
      requestId: 'request-id-test-2',
      provenAt,
    },
  ],
  accepted: { versionId: token('revoke'), lastFour: 'abcd', requestId: 'request-id-test-3', provenAt },
}

/** A type that joins the table gets a schema: the tests below see to it. */
const published = eventSources.flatMap((source) => (eventTypesOf(source) ?? []).map((type) => [type, source] as const))

describe('every type that is published', () => {
  test('has a schema, and every schema has a type', () => {
    expect(eventSchemas.map(({ detailType }) => detailType).sort()).toEqual(
      [...new Set(published.map(([type]) => type))].sort(),
    )
  })

  test.each(published)('%s comes from %s', (type, source) => {
    expect(eventSchemas.find(({ detailType }) => detailType === type)?.sources).toContain(source)
  })

  test.each(eventSchemas)('has a file called as it is: $file', ({ file, detailType, schema }) => {
    expect(file).toBe(`${detailType.toLowerCase().replaceAll(' ', '-')}.v1.json`)
    expect(schema.$id).toBe(file)
  })

  test('stands in the table', () => {
    const table = readFileSync(new URL('../../docs/events/README.md', import.meta.url), 'utf8')

    for (const { file, detailType, sources } of eventSchemas) {
      expect(table).toContain(`| [${detailType}](${file}) | ${sources.map((source) => `\`${source}\``).join(', ')} |`)
    }
  })
})

test('the page says of each source who publishes as it, once', () => {
  const page = readFileSync(new URL('../../docs/events/README.md', import.meta.url), 'utf8')
  const [, table = ''] = /\| source \| who publishes as it \|\n([\s\S]*?)\n\n/.exec(page) ?? []

  expect([...table.matchAll(/`(m2m\.[a-z-]+)`/g)].map(([, source]) => source).sort()).toEqual([...eventSources].sort())
})

/** Every object of a schema, at any depth, that could hold fields. */
const objectsIn = (schema: unknown, path = ''): readonly { readonly path: string; readonly closed: boolean }[] => {
  if (typeof schema !== 'object' || schema === null) return []
  const own =
    'properties' in schema ? [{ path, closed: (schema as Record<string, unknown>).additionalProperties === false }] : []
  return [...own, ...Object.entries(schema).flatMap(([key, inner]) => objectsIn(inner, `${path}/${key}`))]
}

describe('a schema', () => {
  const definitions = JSON.parse(
    readFileSync(new URL('../../docs/events/definitions.v1.json', import.meta.url), 'utf8'),
  ) as object
  const all = [
    ...eventSchemas.map(({ file, schema }) => [file, schema] as const),
    ['definitions.v1.json', definitions] as const,
  ]

  test.each(all)('lets no field through that it does not name: %s', (_, schema) => {
    const objects = objectsIn(schema)

    expect(objects.length).toBeGreaterThan(0)
    expect(objects.filter(({ closed }) => !closed)).toEqual([])
  })

  test('finds a secret that slipped in', () => {
    const [event] = completedEvents(facts())
    if (event === undefined) throw new Error('no event')
    const slipped = { ...event, detail: { ...event.detail, client_secret: 'canary' } }

    expect(publishedFaults(ROTATION_SOURCE, event)).toEqual([])
    expect(publishedFaults(ROTATION_SOURCE, slipped).join()).toContain('client_secret')
  })

  test('holds for its sources only', () => {
    const [event] = completedEvents(facts())
    if (event === undefined) throw new Error('no event')

    expect(publishedFaults('m2m.elsewhere', event)).not.toEqual([])
    expect(envelopeFaults({ ...({} as Parameters<typeof envelopeFaults>[0]), 'detail-type': 'Unheard Of' })).toEqual([
      'Unheard Of has no schema in docs/events',
    ])
  })
})

const refusals: readonly Refusal[] = [
  { reason: 'malformedEvent', faults: ['Step: expected a step'] },
  { reason: 'clientNotFound' },
  { reason: 'tooOld', intent: 'settle', ageMs: 9_000_000 },
  { reason: 'frozen', freeze: 'all' },
  ...positions.map((position): Refusal => ({ reason: 'position', step: steps[0], intent: 'settle', position })),
]

describe('what the rotation function publishes fits its schema', () => {
  test.each(intents)('of a %s that is done', (intent) => {
    const rebuilt = { explanation: 'the value of AWSCURRENT is not in the format of a secret', fieldsLeftOut: 1 }
    const bySlots = { ...evidence, bySlots: [token('rotate')] }
    const replicas: readonly ReplicaState[] = [
      { region: 'eu-north-1', status: 'Failed', message: 'why' },
      { region: 'eu-west-3', status: 'Unknown' },
    ]
    const elsewhere = withReplicas(evidence, { replicas })
    const completions = [{}, { evidence }, { evidence: bySlots }, { rebuilt }, { replicas, evidence: elsewhere }]
    for (const completion of completions) {
      for (const event of completedEvents(facts({ intent, requestToken: token(intent) }), completion)) {
        expect(publishedFaults(ROTATION_SOURCE, event)).toEqual([])
      }
    }
  })

  test('of a token that is not ours', () => {
    const bare = facts({ requestToken: '01234567-89ab-cdef-0123-456789abcdef' })

    for (const event of completedEvents(bare)) expect(publishedFaults(ROTATION_SOURCE, event)).toEqual([])
  })

  test('when it holds evidence', () => {
    const events = evidenceEvents(facts({ intent: 'settle' }), evidence, token('revoke'))

    expect(events).toHaveLength(1)
    for (const event of events) expect(publishedFaults(ROTATION_SOURCE, event)).toEqual([])
  })

  test('and evidence without an accepted value does not', () => {
    const { accepted: _, ...half } = evidence
    const [event] = evidenceEvents(facts({ intent: 'settle' }), half, token('revoke'))

    expect(event && publishedFaults(ROTATION_SOURCE, event)).not.toEqual([])
  })

  test.each(refusals)('of a refusal: %j', (refusal) => {
    for (const event of refusedEvents(facts({ clientId: undefined }), refusal)) {
      expect(publishedFaults(ROTATION_SOURCE, event)).toEqual([])
    }
  })
})

describe('what the sweep publishes fits its schema', () => {
  const secret: Secret = {
    ...BLANK,
    arn: secretArn,
    name: 'm2m/prod/billing',
    tags: { 'm2m:client-id': 'm2m-client-test-1' },
    labels: {},
    rotationEnabled: true,
    rotationFunctionArn: undefined,
    isDeleted: false,
    createdAt: AT,
    lastChangedAt: AT,
    lastRotatedAt: AT,
    nextRotationAt: AT,
  }
  const kinds = [
    'overdue',
    'rotationOff',
    'heldTooLong',
    'settleRefusing',
    'stuck',
  ] as const satisfies readonly Fact['kind'][]

  test('of every kind of finding, in a digest and in a summary', () => {
    const every = (Object.keys(findingWords) as ReportedKind[]).map((kind) => ({ kind, since: AT, isForPeople: true }))
    const many = Array.from({ length: 30 }, (_, at) => ({ about: `${secretArn}${at}`, name: `m2m/prod/s${at}` }))
    const findings = many.flatMap((subject) => every.map((finding) => ({ ...subject, ...finding })))
    const digest = sweepDigest(findings, { at: AT })
    if (digest === undefined) throw new Error('no digest')

    expect(publishedFaults(SWEEP_SOURCE, digest)).toEqual([])
    for (const [open, isEnd] of [[findings, false] as const, [[], false] as const, [[], true] as const]) {
      expect(publishedFaults(SWEEP_SOURCE, dailySummary(open, { at: AT, stage: 'prod', isEnd }))).toEqual([])
    }
    // EventBridge takes 256 kB, and a mail is to be read.
    expect(JSON.stringify(digest).length).toBeLessThan(20_000)
  })

  test.each(kinds)('of a secret that is %s', (kind) => {
    const event = noticeEvent({ secret, fact: { kind, since: AT } as Fact, at: AT + 1000 })

    expect(publishedFaults(SWEEP_SOURCE, event)).toEqual([])
  })

  test.each([
    ['secretDead', 'dead'],
    ['clientGone', 'gone'],
    ['clientForeign', 'foreign'],
    ['projectSecretRefused', 'projectSecret'],
  ] as const)('of one that consumers cannot use: %s', (kind, found) => {
    const event = noticeEvent({ secret, fact: { kind, since: AT }, at: AT + 1000, more: { found } })

    expect(event.type).toBe('Secret Dead')
    expect(publishedFaults(SWEEP_SOURCE, event)).toEqual([])
  })

  test.each(['missing', 'foreign'])('of one whose policy is %s', (found) => {
    const event = noticeEvent({ secret, fact: { kind: 'policyForeign', since: AT }, at: AT + 1000, more: { found } })

    expect(event.type).toBe('Policy Foreign')
    expect(publishedFaults(SWEEP_SOURCE, event)).toEqual([])
  })

  test('of an overlap that a replica keeps open', () => {
    const more = { replicas: [{ region: 'eu-north-1', status: 'Failed' }] }
    const event = noticeEvent({ secret, fact: { kind: 'replicaBehind', since: AT }, at: AT + 1000, more })

    expect(event.type).toBe('Settle Refusing')
    expect(publishedFaults(SWEEP_SOURCE, event)).toEqual([])
  })

  test.each(['adoptionAwaited', 'adoptionUnproven'] as const)('of an overlap: %s', (kind) => {
    const more = {
      isBlind: false,
      laggards: [{ principal: 'arn:aws:iam::111111111111:role/billing', readAt: provenAt }],
      notNamed: 3,
      waitsUntil: provenAt,
    }
    const event = noticeEvent({ secret, fact: { kind, since: AT }, at: AT + 1000, more })

    expect(publishedFaults(SWEEP_SOURCE, event)).toEqual([])
  })

  test.each([{ became: 'left' }, { requestToken: token('rotate'), became: 'cleared' }])(
    'of what became of a stuck one: %j',
    (more) => {
      const event = noticeEvent({
        secret: { ...secret, tags: {} },
        fact: { kind: 'stuck', since: AT } as Fact,
        at: AT,
        more,
      })

      expect(publishedFaults(SWEEP_SOURCE, event)).toEqual([])
    },
  )
})

test('what the vendor publishes fits its schema', () => {
  const event = credentialRefusedEvent({
    secretArn,
    secretName: 'm2m/prod/billing',
    clientId: 'm2m-client-test-1',
    versionId: token('rotate'),
    error: 'invalid_client',
    requestId: 'request-id-test-1',
    at: AT,
  })

  expect(publishedFaults(VENDOR_SOURCE, event)).toEqual([])
})

describe('what a campaign publishes fits its schema', () => {
  const request: CampaignRequest = {
    intent: 'revoke',
    selector: { clientIds: ['a'] },
    canary: 0,
    concurrency: 1,
    toleratedFailurePercentage: 100,
    reason: 'r',
    requestedBy: 'ada',
    dryRun: false,
    id: 'INC-1',
    incidentId: 'INC-1',
    graceSeconds: 900,
    knownLeaked: [],
  }
  const report = {
    outcome: 'completed',
    counts: {
      ...noCounts,
      matched: 3,
      selected: 2,
      failed: 1,
      skipped: { held: 2 },
      leftAlone: { held: 1 },
      outcomes: { failed: 1, skipped: 1 },
      reasons: { failed: { 'refused:clientInactive': 1 }, skipped: { held: 1 } },
      knownFailures: 1,
    },
    failures: [{ secretName: 'm2m/prod/billing', why: 'refused', attempts: 5, reason: 'clientInactive', message: 'm' }],
    failuresOmitted: 0,
    notDone: [
      { secretName: 'm2m/prod/orders', outcome: 'skipped', why: 'held' },
      { secretName: 'm2m/prod/stock', outcome: 'leftToSweep', until: new Date(AT).toISOString() },
    ],
    notDoneOmitted: 0,
    settledNames: ['m2m/prod/billing'],
    startedAt: AT,
    endedAt: AT + 90_500,
  } as const

  test.each([
    [request, report],
    [{ ...request, incidentId: undefined, graceSeconds: undefined, id: undefined, intent: 'rotate' as const }, report],
    [
      { ...request, dryRun: true },
      { ...report, outcome: 'dryRun' as const, secretNames: ['m2m/prod/billing'] },
    ],
    [request, { ...report, outcome: 'refused' as const, explanation: 'e' }],
    [request, { ...report, outcome: 'incomplete' as const, explanation: '1 failed' }],
  ])('at its end', (asked, done) => {
    const event = campaignCompleted(asked, done as Parameters<typeof campaignCompleted>[1], {
      id: 'INC-1',
      executionId: 'x',
    })

    expect(publishedFaults(CAMPAIGN_SOURCE, event)).toEqual([])
  })
})

const by = { requestedBy: 'ada', reason: 'pasted into a ticket' }

test('what an incident publishes at its end fits its schema', () => {
  const clients = [
    {
      secretArn,
      secretName: 'm2m/prod/billing',
      clientId: 'c',
      outcome: 'revoked' as const,
      requestTokens: [token('revoke')],
    },
    { secretArn, secretName: 'm2m/prod/billing', outcome: 'failed' as const, requestTokens: [], why: 'w', advice: 'a' },
  ]
  for (const event of [
    ...incidentCompleted({ incidentId: 'INC-1', at: AT, clients }),
    ...incidentCompleted({ incidentId: 'INC-1', at: AT, clients: [] }),
    ...incidentCompleted({ incidentId: 'INC-1', at: AT, clients, open: 1, seconds: 1.4, by, isNobody: true }),
  ]) {
    expect(publishedFaults(INCIDENT_SOURCE, event)).toEqual([])
  }
})

describe('what an incident says before its end fits its schema', () => {
  const report = {
    source: leakSources.security,
    incidentId: 'INC-1',
    selector: { secretNames: ['m2m/prod/billing'] },
    graceSeconds: 60,
    ...by,
  } as const
  const said = { eventId: 'e-1', at: AT }

  test('when it begins', () => {
    const many = Array.from({ length: 30 }, (_, at) => `m2m/prod/client-${at}`)
    for (const begun of [
      { ...said, how: 'function' as const, count: 30, names: many, until: AT + 1000 },
      { ...said, how: 'campaign' as const, count: 30, names: many },
      { ...said, how: 'waiting' as const, names: [], until: AT },
    ]) {
      expect(publishedFaults(INCIDENT_SOURCE, incidentBegun(report, begun))).toEqual([])
    }
  })

  test('when it takes longer', () => {
    for (const count of [undefined, 1]) {
      const delayed = { ...said, count, names: ['m2m/prod/billing'], ended: 2, failed: 1 }
      expect(publishedFaults(INCIDENT_SOURCE, incidentDelayed(report, delayed))).toEqual([])
    }
  })

  test.each([
    [{ source: 'x'.repeat(300), detail: null }],
    [{ source: undefined, detail: { incidentId: 'INC 1', requestedBy: 1 } }],
    [{ source: leakSources.security, detail: { ...report, reason: 'r'.repeat(9000) } }],
  ])('when a report is not carried out: %j', (event) => {
    const faults = Array.from({ length: 40 }, () => 'f'.repeat(900))
    expect(publishedFaults(INCIDENT_SOURCE, leakReportRefused(event, { ...said, faults }))).toEqual([])
  })
})

test('what the sweep says of confirmed revokes fits its schema', () => {
  const secret = { arn: secretArn, name: 'm2m/prod/billing', tags: {} }
  const confirmed = { secret, revokeToken: token('revoke'), settleToken: token('settle'), refusals: 3 }
  for (const count of [1, 150]) {
    const event = revokeConfirmed(
      Array.from({ length: count }, () => confirmed),
      AT,
    )
    expect(publishedFaults(SWEEP_SOURCE, event)).toEqual([])
  }
})

describe('what the intake publishes fits its schema', () => {
  const alert = {
    detector: 'github' as const,
    incidentId: 'leak-github-00',
    reference: 'github.com/o/r/security/secret-scanning/1',
  }
  const owner = {
    secretArn,
    secretName: 'm2m/prod/billing',
    clientId: 'c',
    versionId: token('rotate'),
    label: 'AWSCURRENT',
  }
  const refusal = { status: 401, error: 'invalid_client', requestId: 'request-id-test-1', triedAt: provenAt }
  const reasons: Readonly<Record<Unresolved, true>> = {
    malformed: true,
    noValue: true,
    unknownValue: true,
    clientUnknown: true,
    accessToken: true,
    projectSecret: true,
    tooManySecrets: true,
    rateLimited: true,
    outOfTime: true,
    searchFailed: true,
  }

  test('of a leak', () => {
    expect(publishedFaults(leakSources.intake, leakReported(alert, 'c'))).toEqual([])
  })

  test.each(Object.keys(reasons) as Unresolved[])('of one that it could not resolve: %s', (reason) => {
    for (const clientId of [undefined, 'c']) {
      const event = leakUnresolved({ ...alert, clientId }, { reason, explanation: 'e', at: AT })
      expect(publishedFaults(leakSources.intake, event)).toEqual([])
    }
  })

  test('of one that was dead already', () => {
    for (const since of [{}, { since: provenAt }]) {
      expect(publishedFaults(leakSources.intake, leakClosed(alert, { owner, refusal, ...since }, AT))).toEqual([])
    }
  })

  test('of one that it holds', () => {
    const held = { clientId: 'c', secretName: 'm2m/prod/billing', isFirst: true, isRemembered: false, at: AT }

    expect(publishedFaults(leakSources.intake, incidentHeld(alert, held))).toEqual([])
  })
})

describe('an incident by hand', () => {
  const detail = { incidentId: 'INC-1', reason: 'r', requestedBy: 'ada' }
  const faultsOf = (more: object, source: string = leakSources.security) =>
    publishedFaults(source, { type: 'Secret Leak Reported', detail: { ...detail, ...more } })

  test.each([
    { selector: { clientIds: ['a'] } },
    { selector: { secretNames: ['a', 'b'] } },
    { selector: { tags: { team: 'x' } }, graceSeconds: 900 },
    { selector: { scopes: ['read:x'] } },
    { selector: { all: true, expectedCount: 10_000 } },
  ])('is as documented: %j', (more) => {
    expect(faultsOf(more, leakSources.breakGlass)).toEqual([])
  })

  test.each([
    {},
    { selector: {} },
    { selector: { clientIds: [] } },
    { selector: { all: true } },
    { selector: { all: false, expectedCount: 1 } },
    { selector: { clientIds: ['a'], tags: { a: 'b' } } },
    { selector: { due: true } },
    { selector: { clientIds: ['a'] }, graceSeconds: 1 },
    { selector: { clientIds: ['a'] }, value: 'x' },
  ])('is not: %j', (more) => {
    expect(faultsOf(more)).not.toEqual([])
  })
})
