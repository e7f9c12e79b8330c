// A plan is pure: what is listed against what both services show. Each difference is named once, what is somebody else's is left alone, and
// nothing is retired unasked.

import { describe, expect, test } from 'vitest'
import type { ClientRecord } from '../../../lambda/core/clients/client-keeper.ts'
import { declarationTags, ownerTags } from '../../../lambda/core/clients/client-ownership.ts'
import type { StageView } from '../../../lambda/core/clients/clients-api.ts'
import { cliOwner, type DeclaredClient } from '../../../lambda/core/clients/declared-client.ts'
import { LEFTOVER_AGE_MS } from '../../../lambda/core/clients/discard-leftover.ts'
import { type PlanInput, planClients } from '../../../lambda/core/clients/plan-clients.ts'
import { policyFingerprint } from '../../../lambda/core/clients/secret-policy.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { BLANK } from '../../fakes/blank-secret.ts'

const NOW = Date.parse('2026-11-01T12:00:00Z')
const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation'
const CLIENT_ID = 'm2m-client-billing'
const NAME = 'm2m/prod/billing'
const ARN = `arn:aws:secretsmanager:us-east-1:111111111111:secret:${NAME}-AbCdEf`

const stage: StageView = {
  projectId: 'project-test-1',
  secretNamePrefix: 'm2m/prod/',
  rotationFunctionArn: FUNCTION,
  tokenUrl: 'https://test.stytch.com/token',
  backstop: { everyDays: 60 },
  periodHours: 720,
  overlapHours: 24,
  policyRevision: 'revision',
}
const client: DeclaredClient = {
  secretName: NAME,
  displayName: 'billing',
  description: 'Reads invoices',
  scopes: ['read:invoices', 'read:customers'],
  consumers: ['arn:aws:iam::111111111111:role/job'],
  rules: { everyDays: 60 },
  onRemoval: 'retain',
  overlap: '12h',
  tags: { team: 'payments' },
}
const secret: Secret = {
  ...BLANK,
  arn: ARN,
  name: NAME,
  description: client.description,
  tags: {
    ...ownerTags(cliOwner('default')),
    ...declarationTags(CLIENT_ID, client),
    'm2m:policy': policyFingerprint(stage.policyRevision, client.consumers),
    'cost-centre': 'by somebody else',
  },
  labels: { 'register-1': ['AWSCURRENT'] },
  rotationEnabled: true,
  rotationFunctionArn: FUNCTION,
  rules: { everyDays: 60 },
  isDeleted: false,
  createdAt: NOW,
  lastChangedAt: NOW,
  lastRotatedAt: undefined,
  nextRotationAt: undefined,
}
const record: ClientRecord = {
  clientId: CLIENT_ID,
  name: client.displayName,
  description: client.description,
  scopes: ['read:customers', 'read:invoices'],
  isActive: true,
  slots: { current: 'abcd', next: null },
  boundTo: ARN,
  registeredFor: NAME,
  registeredAt: NOW,
}

const plan = (changes: Partial<PlanInput> = {}) =>
  planClients({
    stage,
    set: 'default',
    clients: [client],
    secrets: [secret],
    records: [record],
    retiresUnlisted: false,
    now: NOW,
    ...changes,
  })

const differences = (changes: Partial<PlanInput>) => {
  const [change] = plan(changes).changes
  return change?.kind === 'update' ? change.differences.map(({ what, from, to }) => `${what}: ${from} → ${to}`) : change
}

const withTags = (tags: Readonly<Record<string, string | undefined>>): readonly Secret[] => [
  {
    ...secret,
    tags: Object.fromEntries(
      Object.entries({ ...secret.tags, ...tags }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    ),
  },
]

test('what is as it is listed is unchanged, with the tags of others on it', () => {
  expect(plan()).toEqual({ changes: [], unchanged: [NAME], refused: [], notListed: [] })
})

test('what is missing is created', () => {
  expect(plan({ secrets: [], records: [] }).changes).toEqual([{ kind: 'create', secretName: NAME, client }])
})

describe('what is different is named', () => {
  test.each<readonly [string, Partial<PlanInput>, readonly string[]]>([
    [
      'scopes, at Stytch and on the secret',
      { clients: [{ ...client, scopes: ['read:invoices'] }] },
      ['scopes: read:customers read:invoices → read:invoices', 'tag m2m:scopes: of other scopes → read:invoices'],
    ],
    [
      'the description, at both',
      { clients: [{ ...client, description: 'Reads' }] },
      ['description at Stytch: Reads invoices → Reads', 'description: Reads invoices → Reads'],
    ],
    ['the name', { clients: [{ ...client, displayName: 'Billing' }] }, ['name at Stytch: billing → Billing']],
    ['the overlap', { clients: [{ ...client, overlap: '6h' }] }, ['tag m2m:overlap: 12h → 6h']],
    ['an overlap of its own no more', { clients: [{ ...client, overlap: undefined }] }, ['tag m2m:overlap: 12h → ']],
    ['what becomes of it', { clients: [{ ...client, onRemoval: 'delete' }] }, ['tag m2m:on-removal: retain → delete']],
    ['a tag', { clients: [{ ...client, tags: { team: 'core' } }] }, ['tag team: payments → core']],
    ['its readers', { clients: [{ ...client, consumers: [] }] }, ['policy: of other roles → no readers']],
    [
      'the roles of the stage',
      { stage: { ...stage, policyRevision: 'another' } },
      ['policy: of other roles → arn:aws:iam::111111111111:role/job'],
    ],
    ['the schedule', { clients: [{ ...client, rules: { everyDays: 28 } }] }, ['schedule: 60 days → 28 days']],
    [
      'an expression of the schedule',
      { clients: [{ ...client, rules: { schedule: 'rate(36 hours)', durationHours: 2 } }] },
      ['schedule: 60 days → rate(36 hours), 2 h'],
    ],
    ['rotation that is off', { secrets: [{ ...secret, rotationEnabled: false }] }, ['rotation: off → on']],
    [
      'rotation by another function',
      { secrets: [{ ...secret, rotationFunctionArn: 'arn:other' }] },
      ['rotation: by another function → on'],
    ],
    [
      'that nobody declares it yet',
      { secrets: withTags({ 'm2m:stack': undefined, 'm2m:resource': undefined }) },
      ['declared by:  → set default'],
    ],
    [
      'a client that was deactivated when it left the list',
      { secrets: withTags({ 'm2m:retired': '2026-10-01T00:00:00Z' }), records: [{ ...record, isActive: false }] },
      ['tag m2m:retired: 2026-10-01T00:00:00Z → ', 'at Stytch: inactive → active'],
    ],
  ])('%s', (_what, changes, expected) => {
    expect(differences(changes)).toEqual(expected)
  })

  test('a binding that an earlier run did not get to', () => {
    expect(differences({ records: [{ ...record, boundTo: undefined }] })).toEqual(['binding:  → its client'])
    expect(differences({ secrets: withTags({ 'm2m:client-id': undefined }) })).toEqual(['binding:  → its client'])
  })

  test('and a client that break-glass switched off is none: it stays off', () => {
    expect(plan({ records: [{ ...record, isActive: false }] }).unchanged).toEqual([NAME])
  })
})

describe('what is left alone, and why', () => {
  test.each<readonly [string, Partial<PlanInput>, RegExp]>([
    ['a stack declares it', { secrets: withTags({ 'm2m:stack': 'arn:stack' }) }, /stack arn:stack declares it/],
    ['it is to be deleted', { secrets: [{ ...secret, isDeleted: true }] }, /scheduled for deletion/],
    ['its client is gone', { records: [] }, /its client m2m-client-billing is gone at Stytch/],
    ['its client is another secret’s', { records: [{ ...record, boundTo: 'arn:other' }] }, /bound to arn:other/],
  ])('%s', (_what, changes, why) => {
    const { changes: made, refused, unchanged } = plan(changes)

    expect(made).toEqual([])
    expect(unchanged).toEqual([])
    expect(refused).toEqual([{ secretName: NAME, why: expect.stringMatching(why) }])
  })
})

describe('what is not listed any more', () => {
  const other = { ...secret, name: 'm2m/prod/old', arn: 'arn:old' }
  const shared = { clients: [client], secrets: [secret, other] }

  test('is kept and told of, unless retiring is asked for', () => {
    expect(plan(shared)).toMatchObject({ changes: [], notListed: ['m2m/prod/old'] })
  })

  test('is retired as it was declared', () => {
    const declared = { ...other, tags: { ...other.tags, 'm2m:on-removal': 'deactivate' } }

    expect(plan({ ...shared, secrets: [secret, declared], retiresUnlisted: true }).changes).toEqual([
      { kind: 'retire', secretName: 'm2m/prod/old', owner: cliOwner('default'), onRemoval: 'deactivate' },
    ])
  })

  test.each([
    ['another set’s', { 'm2m:resource': 'payments' }],
    ['a stack’s', { 'm2m:stack': 'arn:stack' }],
  ])('is none of ours when it is %s', (_whose, tags) => {
    const theirs = { ...other, tags: { ...other.tags, ...tags } }

    expect(plan({ ...shared, secrets: [secret, theirs], retiresUnlisted: true })).toMatchObject({
      changes: [],
      notListed: [],
    })
  })
})

describe('a secret without a value', () => {
  const empty = { ...secret, labels: {}, rotationEnabled: false }
  const unstored = { ...record, boundTo: undefined, registeredAt: NOW - LEFTOVER_AGE_MS }

  test.each([
    ['whose client was never made', []],
    ['whose client is young', [{ ...unstored, registeredAt: NOW }]],
  ])('%s is filled', (_what, records) => {
    expect(plan({ secrets: [empty], records }).changes).toEqual([
      { kind: 'update', secretName: NAME, client, differences: [{ what: 'value', from: '', to: 'its first' }] },
    ])
  })

  test('holds nobody’s client: the one that was made for it, long ago, is removed, and another is made', () => {
    expect(plan({ secrets: [empty], records: [unstored] }).changes.map(({ kind }) => kind)).toEqual([
      'discard',
      'update',
    ])
  })
})

describe('readers of an account that the key does not admit', () => {
  const strange = { ...client, consumers: ['arn:aws:iam::333333333333:role/job'] }

  test('are refused in the plan, before anything is applied', () => {
    expect(plan({ stage: { ...stage, readerAccounts: [] }, clients: [strange] })).toMatchObject({
      changes: [],
      refused: [{ secretName: NAME, why: expect.stringMatching(/add "333333333333" to "readerAccounts"/) }],
    })
  })

  test.each([
    ['the account is admitted', { readerAccounts: ['333333333333'] }],
    ['an organization is', { readerAccounts: [], readerOrganizationId: 'o-a1b2c3d4e5' }],
    ['the function does not say yet', {}],
  ])('are planned when %s', (_what, more) => {
    expect(plan({ stage: { ...stage, ...more }, clients: [strange] }).refused).toEqual([])
  })
})

describe('a client whose value was never stored', () => {
  const leftover = { ...record, clientId: 'm2m-client-left', boundTo: undefined, registeredAt: NOW - LEFTOVER_AGE_MS }

  test('is removed, if it was made for one that is listed', () => {
    expect(plan({ records: [record, leftover] }).changes).toEqual([
      { kind: 'discard', secretName: NAME, clientId: 'm2m-client-left' },
    ])
    expect(plan({ records: [record, { ...leftover, registeredFor: 'm2m/prod/unlisted' }] }).changes).toEqual([])
  })

  test.each([
    ['so young that somebody may be storing it', { registeredAt: NOW - LEFTOVER_AGE_MS + 1 }],
    ['of no known age', { registeredAt: undefined }],
    ['bound', { boundTo: 'arn:anything' }],
    ['of another stage', { registeredFor: 'm2m/dev/billing' }],
  ])('is left when it is %s', (_what, changes) => {
    expect(plan({ records: [record, { ...leftover, ...changes }] }).changes).toEqual([])
  })
})
