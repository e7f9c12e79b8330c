// Four hundred findings on one screen: what has one cause is one, what is urgent comes first, and each line says what to type.
import { describe, expect, it } from 'vitest'
import { findingKinds, groupFindings } from '../../bin/doctor/finding-groups.ts'
import { findingsText } from '../../bin/doctor/findings-text.ts'
import type { FindingKind, FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'

const screen = { paint: (_style: unknown, text: string) => text }

const finding = (kind: FindingKind, subject: string, todo: string, more: Partial<FleetFinding> = {}): FleetFinding => ({
  kind,
  weight: 'broken',
  subject,
  what: `${kind} of ${subject}`,
  todo,
  ...more,
})

const many = (kind: FindingKind, number: number, todoOf: (name: string) => string, more: Partial<FleetFinding> = {}) =>
  Array.from({ length: number }, (_none, n) =>
    finding(kind, `${kind}-client-${n}`, todoOf(`${kind}-client-${n}`), more),
  )

const fourHundred = [
  ...many('policy', 150, () => 'declare it: m2m apply, or a deployment', { weight: 'attention' }),
  ...many('overdue', 90, (name) => `m2m rotate ${name}, or see why no campaign did`, { weight: 'attention' }),
  ...many('schedule', 60, () => 'm2m apply, or a deployment, turns it on again'),
  ...many('dead', 60, (name) => `m2m incident ${name}: a new value; or m2m rollback, where the value before works`),
  ...many('stuck', 20, (name) => `m2m settle ${name}`, { isLeak: true }),
  ...many('value', 18, () => 'store it in the format of docs/secret-format.md'),
  finding('freeze', '/m2m/prod/freeze', 'm2m freeze off', { weight: 'attention' }),
  finding('subscription', 'm2m-prod-alarms', 'aws sns subscribe'),
]

describe('findings', () => {
  it('fit on a screen of 24 lines, with the count and the first names of each group', () => {
    const text = findingsText(screen, fourHundred)

    expect(fourHundred).toHaveLength(400)
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(22)
    expect(text).toMatch(/^broken +60 × dead +.*: dead-client-0, dead-client-1, dead-client-2 and 57 more$/m)
  })

  it('begin with what leaked, then with what consumers feel', () => {
    expect(groupFindings(fourHundred).map(({ kind, findings }) => `${kind} ${findings.length}`)).toEqual([
      'stuck 20',
      'dead 60',
      'schedule 60',
      'value 18',
      'subscription 1',
      'freeze 1',
      'overdue 90',
      'policy 150',
    ])
  })

  it('say what to type, with a name where it is one, and NAME where they are several', () => {
    const todos = groupFindings([...fourHundred, finding('held', 'billing', 'm2m release billing')]).map(
      ({ todo }) => todo,
    )

    expect(todos).toContain('m2m incident NAME: a new value; or m2m rollback, where the value before works')
    expect(todos).toContain('m2m release billing')
  })

  it('that differ in what to do are no group, though they are of one kind', () => {
    const two = [
      ...many('stuck', 3, (name) => `m2m settle ${name}`),
      ...many('stuck', 3, () => 'wait for the next sweep'),
    ]

    expect(groupFindings(two).map(({ findings }) => findings.length)).toEqual([3, 3])
  })

  it('of a client that is called like a word of the sentence are grouped all the same', () => {
    const names = ['a', 'm2m', 'or'].map((name) =>
      finding('overdue', name, `m2m rotate ${name}, or see why a campaign did not`),
    )

    expect(groupFindings(names)).toMatchObject([{ todo: 'm2m rotate NAME, or see why a campaign did not' }])
  })

  it('of one kind are each shown by itself where that kind is asked for', () => {
    const text = findingsText(screen, fourHundred, 'dead')

    expect(text.match(/→/g)).toHaveLength(60)
    expect(text).toContain('→ m2m incident dead-client-59:')
  })

  it('of more groups than a screen holds are cut at the end, where the least urgent stand', () => {
    const each = findingKinds.map((kind) => finding(kind, `about ${kind}`, `mend ${kind}`))

    expect(findingsText(screen, each)).toMatch(/… and 15 more, no more urgent \(.*notChecked\); --json shows all\n$/)
  })
})
