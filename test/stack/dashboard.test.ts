// The dashboard and the saved queries: every alarm is on it, and every metric and field that they ask for is one that the code writes.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { resourcesOf, synthStack } from './synth.ts'

const vendor = { endpoint: 'regional', admits: [] }
let resources: ReturnType<typeof resourcesOf>
beforeAll(() => {
  resources = resourcesOf(synthStack({ vendor }).template())
})

const ofType = (type: string) => Object.values(resources).filter(({ Type }) => Type === type)
const text = (value: unknown): string => JSON.stringify(value)
/** What the log groups' metric filters make of lines. */
const filters = () => ofType('AWS::Logs::MetricFilter').map(({ Properties }) => Properties)
const sources = [
  'handlers/handle-step.ts',
  'handlers/on-sweep.ts',
  'handlers/on-archive.ts',
  'handlers/vend-handler.ts',
  'core/vend/vend-token.ts',
  'core/rotation/run-step.ts',
  'core/incident/respond-to-leak.ts',
  'core/incident/archive-event.ts',
]
  .map((path) => readFileSync(new URL(`../../lambda/${path}`, import.meta.url), 'utf8'))
  .join('\n')

test('the dashboard shows every alarm', () => {
  const [board] = ofType('AWS::CloudWatch::Dashboard')
  const alarms = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')

  expect(alarms.length).toBeGreaterThan(10)
  for (const [id] of alarms) expect(text(board?.Properties)).toContain(id)
})

test('every metric of ours on it is one that a function writes', () => {
  const [board] = ofType('AWS::CloudWatch::Dashboard')
  const body = text(board?.Properties).replaceAll('\\', '')
  const counted = text(filters().map(({ MetricTransformations }) => MetricTransformations))
  const names = [...body.matchAll(/"M2M\/prod","([A-Za-z]+)"/g)].map(([, name = '']) => name)

  expect(new Set(names).size).toBeGreaterThanOrEqual(8)
  for (const name of new Set(names)) expect(`${sources}${counted}`, name).toContain(name)
})

/** What CloudWatch shows, with the log groups' logical ids in place of their names. */
const widgets = (): readonly {
  readonly type: string
  readonly y: number
  readonly properties: { readonly title: string }
}[] => {
  const bodies = ofType('AWS::CloudWatch::Dashboard').map(({ Properties }) => Properties.DashboardBody)
  const parts = bodies.flatMap((body) => (body as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1])
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'ref')).join('')).widgets
}

test('the first row has one number for each question, and what is wrong is asked of more than alarms', () => {
  const all = widgets()
  const first = all.filter(({ y }) => y === 0)

  expect(first.map(({ type, properties }) => [type, properties.title])).toEqual([
    ['log', 'Wrong now (0: nothing)'],
    ['log', 'Oldest secret, days'],
    ['log', 'Open overlaps'],
    ['log', 'Frozen'],
  ])
  // Of the logs of rotation, sweep, incident and campaign.
  expect(text(first[0]).match(/SOURCE 'ref'/g)).toHaveLength(4)
})

test('with everything on it, it stays below the 50 metrics of a dashboard that is free', () => {
  const metrics = widgets().flatMap(({ properties }) => (properties as { metrics?: readonly unknown[] }).metrics ?? [])

  expect(metrics.length).toBeGreaterThan(10)
  expect(metrics.length).toBeLessThanOrEqual(50)
})

describe('the saved queries', () => {
  test('are there, with names that begin with the stage’s', () => {
    const names = ofType('AWS::Logs::QueryDefinition').map(({ Properties }) => Properties.Name)

    expect(names).toHaveLength(5)
    for (const name of names) expect(name).toMatch(/^m2m\/prod\//)
  })

  test('ask for fields that the functions write', () => {
    const asked = ofType('AWS::Logs::QueryDefinition')
      .map(({ Properties }) => String(Properties.QueryString))
      .join('\n')
    const fields = [
      'outcome',
      'reason',
      'code',
      'step',
      'intent',
      'secret',
      'requestToken',
      'incident',
      'audit',
      'caller',
      'client',
      'source',
      'decision',
      'key',
      'route',
    ]

    for (const field of fields) {
      expect(asked).toContain(field)
      expect(sources, field).toMatch(new RegExp(`\\b${field}\\b`))
    }
  })
})

test('what the vendor’s log is filtered by is what its audit lines say', () => {
  const patterns = filters().map(({ FilterPattern }) => String(FilterPattern))

  expect(patterns).toHaveLength(6)
  for (const pattern of patterns) {
    expect(pattern).toContain('$.audit = "vend"')
    for (const [, field = '', value = ''] of pattern.matchAll(/\$\.(\w+) = "(\w+)"/g)) {
      expect(sources, pattern).toMatch(new RegExp(`\\b${field}\\b`))
      expect(sources, pattern).toContain(`'${value}'`)
    }
  }
})
