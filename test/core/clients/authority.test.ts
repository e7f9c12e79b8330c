// What the alias of an invocation allows, and nothing in the request: every request of the command line is sent by hand, altered so that the
// command line would not have sent it. Against both stand-ins.
import { beforeEach, describe, expect, test } from 'vitest'
import {
  type Authority,
  authorityOf,
  DEFAULT_ALIAS,
  LOOK_ALIAS,
  OPERATE_ALIAS,
  type Sets,
} from '../../../lambda/core/clients/authority.ts'
import type { AdoptAsked, ClientsRequest, DeclareAsked } from '../../../lambda/core/clients/clients-api.ts'
import type { DeclaredClient } from '../../../lambda/core/clients/declared-client.ts'
import { PREFIX, role, stage, useDesk } from './api-seat.ts'

const OPERATOR = role('operator')
const sets: Sets = {
  payments: { readers: ['arn:aws:iam::111111111111:role/payments-*'], scopes: ['read:*'], names: 'payments-*' },
  reports: { readers: ['arn:aws:iam::111111111111:role/reports-*'], scopes: ['read:reports'], names: 'reports-*' },
}

const { stytchPlace, awsPlace, askAs, peek } = useDesk({ ...stage, operators: [OPERATOR], sets })
const { stytch } = stytchPlace

const NAME = `${PREFIX}payments-billing`
const OTHERS = `${PREFIX}reports-daily`
const READER = role('payments-job')

const client = (more: Partial<DeclaredClient> = {}): DeclaredClient => ({
  secretName: NAME,
  displayName: 'payments-billing',
  description: 'Reads invoices',
  scopes: ['read:invoices'],
  consumers: [READER],
  rules: { everyDays: 60 },
  onRemoval: 'retain',
  tags: {},
  ...more,
})
const declaration = (more: Partial<DeclaredClient> = {}, set = 'payments'): ClientsRequest & DeclareAsked => ({
  action: 'declare',
  set,
  requestId: `run-${set}`,
  client: client(more),
})
const ofReports = declaration(
  {
    secretName: OTHERS,
    displayName: 'reports-daily',
    scopes: ['read:reports'],
    consumers: [role('reports-job')],
  },
  'reports',
)

/** Everything that an answer could have changed. */
const stateOf = () => ({
  secrets: [NAME, OTHERS].map((name) => peek(name)),
  clients: stytch.clientIds().map((id) => [id, stytch.slots(id), stytch.trustedMetadata(id)]),
})

describe('an invocation', () => {
  test.each([undefined, '$LATEST', '1', '42', 'default', 'nobodys', 'constructor', '__proto__', 'Payments'])(
    'as %s is refused',
    (qualifier) => {
      expect(authorityOf(qualifier, sets)).toMatchObject({
        ok: false,
        refusal: expect.stringContaining('aliases alone'),
      })
    },
  )

  test.each<readonly [string, Authority]>([
    [LOOK_ALIAS, { kind: 'look' }],
    [OPERATE_ALIAS, { kind: 'operate' }],
    ['break-glass', { kind: 'breakGlass' }],
    ['payments', { kind: 'set', set: 'payments', rule: sets.payments ?? {} }],
  ])('as %s may do what that alias is for', (qualifier, authority) => {
    expect(authorityOf(qualifier, sets)).toEqual({ ok: true, value: authority })
  })

  test('of a stage without sets declares by one alias, which takes any set', () => {
    expect(authorityOf(DEFAULT_ALIAS, {})).toEqual({ ok: true, value: { kind: 'set', set: undefined, rule: {} } })
    expect(authorityOf('payments', {})).toMatchObject({ ok: false })
  })
})

describe('by the alias of set payments', () => {
  const ask = (request: ClientsRequest) => askAs('payments', request)
  beforeEach(async () => {
    await askAs('reports', ofReports)
  })

  test('its own client is declared, looked at and retired', async () => {
    await ask(declaration())

    expect(peek(NAME)?.tags).toMatchObject({ 'm2m:resource': 'payments' })
    expect(await ask({ action: 'stage' })).toMatchObject({ sets: ['payments', 'reports'] })
    expect(await ask({ action: 'retire', secretName: NAME, owner: { stackId: 'cli', resource: 'payments' } })).toBe(
      'retained',
    )
  })

  const adoption = (more: Partial<AdoptAsked> = {}): AdoptAsked => ({
    secretName: NAME,
    clientId: 'legacy',
    clientSecret: 'canary-value-in-use-0123456789',
    description: '',
    consumers: [READER],
    rules: { everyDays: 60 },
    tags: {},
    heldBy: 'ada',
    ...more,
  })
  const { clientSecret: _lost, ...withoutValue } = adoption()

  test.each<readonly [string, ClientsRequest, RegExp]>([
    ['another set’s name', declaration({}, 'reports'), /alias is that of set payments/],
    ['another set’s client', declaration({ secretName: OTHERS }), /has the names payments-\*/],
    ['a name of no set', declaration({ secretName: `${PREFIX}billing` }), /has the names payments-\*/],
    ['a reader of another set', declaration({ consumers: [role('reports-job')] }), /has the readers/],
    ['the operator as reader', declaration({ consumers: [OPERATOR] }), /operators read no value/],
    ['a reader whose role only ends alike', declaration({ consumers: [role('x/payments-job')] }), /has the readers/],
    ['scopes beyond the set’s', declaration({ scopes: ['read:invoices', 'write:all'] }), /write:all is none of them/],
    ['scopes beyond by the vendor’s tag', declaration({ tags: { 'vend:scopes': 'write:all' } }), /write:all/],
    ['a drill’s name', declaration({ secretName: `${PREFIX}drill-2026-11-30-0123abcd` }, 'm2m-drill'), /operate/],
    [
      'the owner of a stack',
      { action: 'retire', secretName: NAME, owner: { stackId: 'arn:aws:cloudformation:x', resource: 'C' } },
      /only its stack/,
    ],
    [
      'the owner of another set',
      { action: 'retire', secretName: NAME, owner: { stackId: 'cli', resource: 'reports' } },
      /for set reports/,
    ],
    [
      'another set’s client to retire',
      { action: 'retire', secretName: OTHERS, owner: { stackId: 'cli', resource: 'payments' } },
      /has the names/,
    ],
    ['an adoption under another set’s name', { action: 'adopt', ...adoption({ secretName: OTHERS }) }, /has the names/],
    [
      'an adoption read by the operator',
      { action: 'adopt', ...adoption({ consumers: [OPERATOR] }) },
      /operators read no value/,
    ],
    ['an adoption without a value', { action: 'adopt', ...withoutValue }, /without a value is break-glass's alone/],
    ['an adoption of wider scopes', { action: 'adopt', ...adoption() }, /write:all is none of them/],
    ['its rehearsal', { action: 'rehearseAdoption', ...adoption() }, /write:all is none of them/],
    [
      'readers of another set’s secret',
      { action: 'closeReading', secretName: OTHERS, readers: [READER] },
      /has the names/,
    ],
    [
      'itself as the reader of an adopted secret',
      { action: 'closeReading', secretName: NAME, readers: [OPERATOR] },
      /operators read no value/,
    ],
    ['another set’s secret given back', { action: 'giveBack', secretName: OTHERS }, /has the names/],
    [
      'another set’s secret in place',
      { action: 'adoptInPlace', ...withoutValue, secretName: OTHERS, fields: {} },
      /has the names/,
    ],
    ['a hold', { action: 'hold', secretNames: [OTHERS] }, /asked of the alias operate/],
    ['a release', { action: 'release', secretNames: [OTHERS] }, /asked of the alias operate/],
    ['a drill’s removal', { action: 'removeDrill', secretName: OTHERS }, /asked of the alias operate/],
    ['a switch', { action: 'setActive', secretName: NAME, isActive: false }, /break-glass's alone/],
    ['a claim', { action: 'writeClaims', secretNames: [NAME] }, /break-glass's alone/],
  ])('%s is refused, and nothing changes', async (_what, request, why) => {
    stytch.seed({ clientId: 'legacy', secret: 'canary-value-in-use-0123456789', scopes: ['read:a', 'write:all'] })
    const before = stateOf()

    await expect(ask(request)).rejects.toThrow(why)
    expect(stateOf()).toEqual(before)
  })

  test('a leftover of another set is not discarded', async () => {
    awsPlace.standIn.faults.add({ op: 'PutSecretValue', kind: 'error', status: 400, count: 1 })
    const { clientId } = stytch.seed({
      trustedMetadata: { registered_for: `${PREFIX}reports-lost`, registered_at: '2020-01-01T00:00:00.000Z' },
      scopes: [],
    })

    await expect(ask({ action: 'discard', clientId })).rejects.toThrow(/has the names payments-\*/)
    expect(stytch.clientIds()).toContain(clientId)
  })
})

describe('by the alias that looks', () => {
  test.each<ClientsRequest>([
    declaration(),
    { action: 'hold', secretNames: [NAME] },
    { action: 'discard', clientId: 'legacy' },
    { action: 'giveBack', secretName: NAME },
    { action: 'setActive', secretName: NAME, isActive: false },
  ])('nothing is changed: $action', async (request) => {
    const before = stateOf()

    await expect(askAs(LOOK_ALIAS, request)).rejects.toThrow(/Nothing was changed/)
    expect(stateOf()).toEqual(before)
  })
})

describe('by the alias that operates', () => {
  test('clients of every set are held and released, and each is said', async () => {
    await askAs('payments', declaration())

    expect(await askAs(OPERATE_ALIAS, { action: 'hold', secretNames: [NAME, OTHERS], by: 'ada' })).toEqual([
      { secretName: NAME, outcome: 'done' },
      { secretName: OTHERS, outcome: 'failed', why: 'there is no such secret of this stage' },
    ])
    expect(peek(NAME)?.tags).toMatchObject({ 'm2m:held': expect.any(String), 'm2m:held-by': 'ada' })
    expect(await askAs(OPERATE_ALIAS, { action: 'hold', secretNames: [NAME] })).toMatchObject([{ outcome: 'already' }])
    expect(await askAs(OPERATE_ALIAS, { action: 'release', secretNames: [NAME] })).toMatchObject([{ outcome: 'done' }])
    expect(peek(NAME)?.tags).not.toHaveProperty('m2m:held')
  })

  test('a secret of somebody else is not held', async () => {
    await expect(askAs(OPERATE_ALIAS, { action: 'hold', secretNames: ['other/secret'] })).rejects.toThrow()
  })

  const drill = (more: Partial<DeclaredClient>) =>
    declaration(
      { secretName: `${PREFIX}drill-2026-11-30-0123abcd`, scopes: [], consumers: [], onRemoval: 'delete', ...more },
      'm2m-drill',
    )
  test.each<readonly [string, Partial<DeclaredClient>]>([
    ['that is read', { consumers: [READER] }],
    ['that opens something', { scopes: ['read:invoices'] }],
    ['of another name', { secretName: NAME }],
  ])('no drill is made %s', async (_what, more) => {
    await expect(askAs(OPERATE_ALIAS, drill(more))).rejects.toThrow(/drill/)
  })

  test('a drill is made', async () => {
    await askAs(OPERATE_ALIAS, drill({}))

    expect(peek(`${PREFIX}drill-2026-11-30-0123abcd`)?.tags).toMatchObject({ 'm2m:resource': 'm2m-drill' })
  })
})

describe('by break-glass', () => {
  test('a client is taken over from another set, with readers and scopes of no set', async () => {
    await askAs('reports', ofReports)

    await askAs('break-glass', declaration({ secretName: OTHERS, consumers: [OPERATOR], scopes: ['write:all'] }))

    expect(peek(OTHERS)?.tags).toMatchObject({ 'm2m:resource': 'payments', 'm2m:scopes': 'write:all' })
  })
})
