// The bus on which this system reports what it did. Its policy denies PutEvents to all but named roles, source by source and type by type,
// from the one table of both (lambda/core/base/event-types.ts): an identity policy elsewhere in the account, however wide, cannot forge an
// outcome or an incident. A request may hold events of several sources, so
// that the keys have several values: a denial fits when any of them does, a permission only when all do.

import { Stack } from 'aws-cdk-lib'
import { CfnEventBus, EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import {
  type EventSource,
  eventSources,
  eventTable,
  eventTypesOf,
  type Speaker,
} from '../../lambda/core/base/event-types.ts'
import type { StageNames } from '../config/stage-names.ts'

export interface M2mEventBusProps {
  readonly names: StageNames
  /** ARNs of each speaker's roles. A source of which nobody has any is denied to everybody, as is everything that the table does not name. */
  readonly roles: Readonly<Partial<Record<Speaker, readonly string[]>>>
  /** Sources whose roles may belong to other accounts: the bus lets those in, as the owner's policy of their account must, too. */
  readonly admitted?: readonly EventSource[]
}

type Speakers = ReadonlyMap<EventSource, readonly string[]>

/** A deny with an empty list of exceptions cannot be written, and is not needed: the source is not a known one then. */
const speakersOf = (roles: M2mEventBusProps['roles']): Speakers =>
  new Map(
    eventSources
      .map((source) => [source, eventTable[source].by.flatMap((speaker) => roles[speaker] ?? [])] as const)
      .filter(([, roleArns]) => roleArns.length > 0),
  )

interface BusStatement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: { readonly AWS: string | readonly string[] }
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

const sidOf = (source: string): string =>
  source
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

/** All events are of this source and its types, and say so: without the second half, a request that names neither would fit. */
const allOf = (source: EventSource) => ({
  'ForAllValues:StringEquals': { 'events:source': source, 'events:detail-type': [...(eventTypesOf(source) ?? [])] },
  Null: { 'events:source': 'false', 'events:detail-type': 'false' },
})

const deny = (sid: string, condition: BusStatement['Condition']): BusStatement => ({
  Sid: sid,
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Condition: condition,
})

/** Also for who may speak as the source: by their type, evidence is archived and incidents start. One statement for sources with the same. */
const typesOf = (sources: readonly EventSource[]): readonly BusStatement[] => {
  const byTypes = Map.groupBy(sources, (source) => (eventTypesOf(source) ?? []).join())
  return [...byTypes.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const condition = {
      'ForAnyValue:StringEquals': { 'events:source': same },
      'ForAnyValue:StringNotEquals': { 'events:detail-type': [...(eventTypesOf(first) ?? [])] },
    }
    return [deny(`${sidOf(first)}KnownTypesOnly`, condition)]
  })
}

const denials = (speakers: Speakers): readonly BusStatement[] => [
  ...[...speakers].map(([source, roleArns]) =>
    deny(`${sidOf(source)}BySpeakersOnly`, {
      'ForAnyValue:StringEquals': { 'events:source': source },
      ArnNotEquals: { 'aws:PrincipalArn': [...roleArns] },
    }),
  ),
  ...typesOf([...speakers.keys()]),
  deny('KnownSourcesOnly', { 'ForAnyValue:StringNotEquals': { 'events:source': [...speakers.keys()] } }),
  deny('NamedSourcesOnly', { Null: { 'events:source': 'true' } }),
  deny('NamedTypesOnly', { Null: { 'events:detail-type': 'true' } }),
]

/** A role as principal must exist, and becomes an id when it is deleted: its account with a condition does neither. */
const admission = (source: EventSource, roleArns: readonly string[]): BusStatement => {
  const roots = roleArns.map((arn) => arn.split(':').slice(0, 5).join(':')).map((account) => `${account}:root`)
  return {
    Sid: `${sidOf(source)}FromItsAccount`,
    Effect: 'Allow',
    Principal: { AWS: [...new Set(roots)].sort() },
    Condition: { ...allOf(source), ArnEquals: { 'aws:PrincipalArn': [...roleArns] } },
  }
}

export class M2mEventBus extends Construct {
  readonly bus: EventBus

  constructor(scope: Construct, id: string, { names, roles, admitted = [] }: M2mEventBusProps) {
    super(scope, id)
    const eventBusName = `m2m-${names.stage}`
    this.bus = new EventBus(this, 'Bus', {
      eventBusName,
      description: `Outcomes, evidence and alarms of M2M secret rotation, stage ${names.stage}`,
    })
    const speakers = speakersOf(roles)
    const admissions = admitted.flatMap((source) => {
      const roleArns = speakers.get(source) ?? []
      return roleArns.length === 0 ? [] : [admission(source, roleArns)]
    })
    this.attach(eventBusName, [...denials(speakers), ...admissions])
  }

  /** The statement that lets a role put events of one source, and of its types alone. */
  mayPublish(source: EventSource): PolicyStatement {
    return new PolicyStatement({
      sid: 'PublishOnTheBus',
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      conditions: allOf(source),
    })
  }

  /**
   * As the bus's own property: a policy of its own kind is named by its statement's id alone, which two stages of one account would share
   * (https://github.com/aws/aws-cdk/issues/28520), and a moment without it would let everybody speak.
   */
  private attach(eventBusName: string, statements: readonly BusStatement[]): void {
    const cfnBus = this.bus.node.defaultChild
    if (!(cfnBus instanceof CfnEventBus)) throw new Error('The bus has no CfnEventBus.')
    const { partition, region, account } = Stack.of(this)
    // By name: the bus cannot refer to itself.
    const arn = `arn:${partition}:events:${region}:${account}:event-bus/${eventBusName}`
    cfnBus.policy = {
      Version: '2012-10-17',
      Statement: statements.map((statement) => ({ ...statement, Action: 'events:PutEvents', Resource: arn })),
    }
  }
}
