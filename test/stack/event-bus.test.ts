// The bus's policy, decided for requests as EventBridge sees them: one request may hold events of several sources, so that events:source
// has several values. Only what these conditions need of IAM's rules is here (IAM user guide, "Set operators").

import { beforeAll, describe, expect, test } from 'vitest'
import { eventSources, eventTable, eventTypesOf, isSpokenBy } from '../../lambda/core/base/event-types.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { eventSchemas } from '../docs/event-schemas.ts'
import { everything } from './everything.ts'
import { role } from './read-template.ts'
import {
  ACCOUNT,
  BREAK_GLASS,
  busStatements,
  exampleConfig,
  REGION,
  resourcesOf,
  type Statement,
  synthStack,
} from './synth.ts'

const SECURITY = 'arn:aws:iam::222222222222:role/security-desk'

/** As the bus keeps it: intrinsic functions resolved. */
const stored = (all: readonly object[]): string =>
  JSON.stringify(all).replaceAll(
    /\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]*)"\]\]\}/g,
    '"arn:aws$1"',
  )

let statements: readonly (Statement & { readonly Principal: unknown })[]
let made: ReturnType<typeof resourcesOf>
beforeAll(() => {
  const template = synthStack(everything).template()
  made = resourcesOf(template)
  statements = JSON.parse(stored(busStatements(template)))
})

interface Request {
  readonly principal: string
  readonly sources: readonly string[]
  readonly types: readonly string[]
}

const holds = (
  operator: string,
  key: string,
  wanted: readonly string[],
  { principal, sources, types }: Request,
): boolean => {
  const byKey: Readonly<Record<string, readonly string[]>> = {
    'events:source': sources,
    'events:detail-type': types,
    'aws:PrincipalArn': [principal],
  }
  const values = byKey[key] ?? []
  switch (operator) {
    case 'ForAllValues:StringEquals':
      return values.every((value) => wanted.includes(value))
    case 'ForAnyValue:StringEquals':
      return values.some((value) => wanted.includes(value))
    case 'ForAnyValue:StringNotEquals':
      return values.some((value) => !wanted.includes(value))
    case 'ArnEquals':
      return values.some((value) => wanted.includes(value))
    case 'ArnNotEquals':
      return !values.some((value) => wanted.includes(value))
    case 'Null':
      return String(values.length === 0) === wanted[0]
    default:
      throw new Error(`no such operator here: ${operator}`)
  }
}

const decided = (request: Request): 'denied' | 'allowed' | 'left to others' => {
  const fits = statements.filter(({ Condition = {} }) =>
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, key, [wanted].flat().map(String), request)),
    ),
  )
  if (fits.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return fits.some(({ Effect }) => Effect === 'Allow') ? 'allowed' : 'left to others'
}

describe('a request', () => {
  test.each([
    ['evidence, by the function that makes it', role('rotation'), ['m2m.rotation'], 'left to others'],
    ['two events of evidence', role('rotation'), ['m2m.rotation', 'm2m.rotation'], 'left to others'],
    ['evidence, by the sweep', role('sweep'), ['m2m.rotation'], 'denied'],
    ['evidence, by an administrator', `arn:aws:iam::${ACCOUNT}:role/admin`, ['m2m.rotation'], 'denied'],
    ['evidence beside events of its own, by the sweep', role('sweep'), ['m2m.sweep', 'm2m.rotation'], 'denied'],
    ['evidence beside events of its own, the other way round', role('sweep'), ['m2m.rotation', 'm2m.sweep'], 'denied'],
    ['a source that nobody has', role('rotation'), ['m2m.else'], 'denied'],
    ['a source that nobody has, beside its own', role('rotation'), ['m2m.rotation', 'aws.health'], 'denied'],
    ['no source at all', role('rotation'), [], 'denied'],
    ['a leak, by security of another account', SECURITY, ['m2m.security'], 'allowed'],
    ['a leak as break-glass, by security', SECURITY, ['m2m.break-glass'], 'denied'],
    ['leaks as both, by security', SECURITY, ['m2m.security', 'm2m.break-glass'], 'denied'],
    ['a leak, by break-glass', BREAK_GLASS, ['m2m.break-glass'], 'allowed'],
    ['no source, by security', SECURITY, [], 'denied'],
  ])('%s', (_what, principal, sources, expected) => {
    const types = sources.map((source) => eventTypesOf(source)?.[0] ?? 'Unheard Of')

    expect(decided({ principal, sources, types })).toBe(expected)
  })
})

describe('for each source and each type, of all there are', () => {
  const everybody = [
    ['rotation', role('rotation')],
    ['project-rotation', role('project-rotation')],
    ['sweep', role('sweep')],
    ['campaign', role('campaign')],
    ['incident', role('incident')],
    ['intake', role('intake')],
    ['vendor', role('vendor')],
    ['security', SECURITY],
    ['break-glass', BREAK_GLASS],
    ['nobody', `arn:aws:iam::${ACCOUNT}:role/admin`],
  ] as const
  const types = [...new Set(eventSources.flatMap((source) => eventTypesOf(source) ?? []))]

  test.each(everybody)('%s may put what the table says, and is denied all else', (speaker, principal) => {
    for (const source of eventSources) {
      for (const type of types) {
        const isTheirs = eventTable[source].by.some((one) => one === speaker) && isSpokenBy(source, type)
        const found = decided({ principal, sources: [source], types: [type] })
        expect([source, type, found !== 'denied']).toEqual([source, type, isTheirs])
      }
    }
  })
})

test('nobody speaks as two sources with different types: in one request, either could borrow the other’s', () => {
  for (const speaker of new Set(eventSources.flatMap((source): readonly string[] => eventTable[source].by))) {
    const own = eventSources.filter((source) => eventTable[source].by.some((one) => one === speaker))
    expect(new Set(own.map((source) => eventTypesOf(source)?.join())).size).toBe(1)
  }
})

test.each([
  ['evidence, by the sweep as the sweep', role('sweep'), 'm2m.sweep', ['Secret Revoked'], 'denied'],
  ['evidence beside its own, by the sweep', role('sweep'), 'm2m.sweep', ['Secret Overdue', 'Secret Revoked'], 'denied'],
  ['a leak, by the rotation function', role('rotation'), 'm2m.rotation', ['Secret Leak Reported'], 'denied'],
  ['no type at all', role('rotation'), 'm2m.rotation', [], 'denied'],
  ['all that the sweep reports', role('sweep'), 'm2m.sweep', eventTypesOf('m2m.sweep') ?? [], 'left to others'],
])('a type that is not the source’s to tell: %s', (_what, principal, source, types, expected) => {
  expect(decided({ principal, sources: [source], types })).toBe(expected)
})

test('each source may report the types that docs/events has of it, and no other', () => {
  const documented: Record<string, string[]> = {}
  for (const { schema } of eventSchemas) {
    const { source, 'detail-type': type } = schema.properties as Record<string, { const?: string; enum?: string[] }>
    for (const one of source?.enum ?? [source?.const ?? ''])
      documented[one] = [...(documented[one] ?? []), type?.const ?? '']
  }

  const sorted = (all: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(all).map(([source, types]) => [source, types.toSorted()]))
  const table = Object.fromEntries(eventSources.map((source) => [source, [...(eventTypesOf(source) ?? [])]]))
  expect(sorted(table)).toEqual(sorted(documented))
})

test('a replayed report of a leak, and a replayed end of its campaign, start nothing', () => {
  const rules = Object.entries(made).filter(
    ([id, { Type }]) => Type === 'AWS::Events::Rule' && id.startsWith('Incident'),
  )

  expect(rules).toHaveLength(2)
  for (const [, { Properties }] of rules) {
    expect(Properties.EventPattern).toMatchObject({ 'replay-name': [{ exists: false }] })
  }
})

test('the policy is one property of the bus: there is no moment without it, and no name that stages share', () => {
  expect(Object.values(made).filter(({ Type }) => Type === 'AWS::Events::EventBusPolicy')).toEqual([])
  expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length)
  for (const { Action, Resource } of statements) {
    expect([Action, Resource]).toEqual(['events:PutEvents', `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/m2m-prod`])
  }
})

test('its statements have ids that no earlier template had, so that deleting those by their ids takes nothing away', () => {
  const before = /^(Only|Admit)M2m|^NoOtherSource$/

  expect(statements.map(({ Sid }) => String(Sid)).filter((sid) => before.test(sid))).toEqual([])
})

test('it stays below the 10,240 characters that EventBridge takes, with the most and the longest roles', () => {
  const roleArns = Array.from(
    { length: 10 },
    (_, at) =>
      `arn:aws:iam::22222222222${at}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_SecurityResponder_0123456789abcde${at}`,
  )
  const { vendor } = everything
  const longest = synthStack({ vendor, incidents: { ...everything.incidents, security: { roleArns } } }).template()

  expect(stored(busStatements(longest)).length).toBeLessThan(10_240)
  expect(() =>
    readDeployConfig({ ...exampleConfig, incidents: { security: { roleArns: [...roleArns, BREAK_GLASS] } } }),
  ).toThrow(/security\.roleArns are 11: expected at most 10/)
})

test('every permission to put events names its source and its types for all of a request, and demands that there are some', () => {
  const policies = Object.values(made).filter(({ Type }) => /^AWS::IAM::(Managed)?Policy$/.test(Type))
  const puts = policies
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
    .filter(({ Effect, Action }) => Effect === 'Allow' && [Action].flat().includes('events:PutEvents'))

  expect(puts.length).toBeGreaterThanOrEqual(8)
  for (const { Condition } of puts) {
    const keys = Condition?.['ForAllValues:StringEquals']
    const source = String(keys?.['events:source'])
    expect(Condition).toEqual({
      'ForAllValues:StringEquals': { 'events:source': source, 'events:detail-type': eventTypesOf(source) },
      Null: { 'events:source': 'false', 'events:detail-type': 'false' },
    })
  }
})
