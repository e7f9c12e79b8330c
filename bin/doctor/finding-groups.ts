// Findings as they fit on one screen: those with one cause are one, what consumers feel or an attacker can use comes first. Pure.
import type { FindingKind, FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'

/** In this order, among those of one weight. */
export const findingKinds = [
  'dead',
  'clientGone',
  'inactive',
  'deleted',
  'stuck',
  'freeze',
  'projectSecret',
  'key',
  'handMadeSecret',
  'binding',
  'schedule',
  'rule',
  'value',
  'replica',
  'subscription',
  'alarm',
  'permission',
  'drift',
  'reading',
  'overdue',
  'held',
  'drill',
  'policy',
  'clientUnheld',
  'notChecked',
] as const satisfies readonly FindingKind[]

/** Of several that are alike. */
export const findingTitles: Readonly<Record<FindingKind, string>> = {
  dead: 'whether Stytch accepts what consumers read',
  clientGone: 'Stytch knows no such client',
  inactive: 'inactive at Stytch: every value is refused',
  deleted: 'scheduled for deletion, while its client is active',
  stuck: 'a rotation that does not end',
  freeze: 'rotations are frozen',
  projectSecret: 'the project secret',
  key: 'the key of the secrets',
  handMadeSecret: 'secrets that were stored by hand',
  binding: 'which secret holds the client',
  schedule: 'when it is rotated',
  rule: 'what calls the functions',
  value: 'a planned rotation refuses the value',
  replica: 'copies in other Regions',
  subscription: 'who gets notices',
  alarm: 'alarms',
  permission: 'you may not',
  drift: 'Stytch accepts a value that nobody stored',
  reading: 'reading it is open',
  overdue: 'older than its period and a quarter of it',
  held: 'on hold for too long',
  drill: 'drills',
  policy: 'no resource policy recorded',
  clientUnheld: 'no secret holds it',
  notChecked: 'not known',
}

export interface FindingGroup extends Pick<FleetFinding, 'kind' | 'weight'> {
  readonly findings: readonly FleetFinding[]
  /** What to type, with NAME for whose each is where they are several. */
  readonly todo: string
}

/** Fewer are shown each by itself. */
const GROUPED_FROM = 3

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')

/** Where a command takes the name: elsewhere a client called `a` would be found in every sentence. */
const withoutName = ({ subject, todo }: FleetFinding): string =>
  todo.replaceAll(new RegExp(`(?<=m2m [a-z]+ |--[a-z-]+ |/)${escaped(subject)}(?![\\w.-])`, 'g'), 'NAME')

const rankOf = ({ kind, weight, isLeak }: FleetFinding): number =>
  (weight === 'broken' ? 0 : 1000) + (isLeak === true ? -1 : findingKinds.indexOf(kind))

/** Alike: of one kind and weight, with one thing to do. The most urgent first; of those that are as urgent, in the given order. */
export const groupFindings = (findings: readonly FleetFinding[]): readonly FindingGroup[] => {
  const alike = Map.groupBy(findings, (one) => JSON.stringify([rankOf(one), one.weight, one.kind, withoutName(one)]))
  return [...alike.values()]
    .flatMap((group): readonly (readonly FleetFinding[])[] =>
      group.length < GROUPED_FROM ? group.map((one) => [one]) : [group],
    )
    .flatMap((group): readonly FindingGroup[] => {
      const [first] = group
      if (first === undefined) return []
      const todo = group.length === 1 ? first.todo : withoutName(first)
      return [{ kind: first.kind, weight: first.weight, findings: group, todo }]
    })
    .toSorted((one, other) => rankOfGroup(one) - rankOfGroup(other))
}

const rankOfGroup = ({ findings: [first] }: FindingGroup): number => (first === undefined ? 0 : rankOf(first))
