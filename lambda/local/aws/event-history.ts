// CloudTrail's event history as LookupEvents shows it: Secrets Manager's calls that change something, and the service's own events of rotations.
// The caller is whoever signed. By event source alone, newest first, fifty at a time; other lookup attributes are refused.
import { randomUUID } from 'node:crypto'
import { AwsFault } from './aws-fault.ts'
import type { Body } from './input.ts'
import type { AwsOperations } from './operations.ts'
import type { RotationOutcome } from './rotation-driver.ts'
import type { TrailedCall, TrailPlace } from './trail.ts'

export interface EventHistory {
  readonly operations: AwsOperations
  called(call: TrailedCall): void
  clear(): void
}

export interface EventHistoryInput extends TrailPlace {
  readonly outcomes: () => readonly RotationOutcome[]
}

interface HistoryEvent {
  readonly name: string
  readonly at: number
  readonly detail: object
}

const SOURCE = 'secretsmanager.amazonaws.com'
const PAGE = 50
const TRAILED = new Set([
  'CreateSecret',
  'DeleteSecret',
  'PutSecretValue',
  'UpdateSecret',
  'UpdateSecretVersionStage',
  'RotateSecret',
  'CancelRotateSecret',
  'PutResourcePolicy',
  'DeleteResourcePolicy',
])

/** Of one that is only tested, its beginning is not among the outcomes. */
const namesOf = (outcome: RotationOutcome['outcome']): readonly string[] => {
  const names: Readonly<Record<RotationOutcome['outcome'], readonly string[]>> = {
    started: ['RotationStarted'],
    succeeded: ['RotationSucceeded'],
    failed: ['RotationFailed'],
    abandoned: ['RotationAbandoned'],
    'test-succeeded': ['TestRotationStarted', 'TestRotationSucceeded'],
    'test-failed': ['TestRotationStarted', 'TestRotationFailed'],
  }
  return names[outcome]
}

export const createEventHistory = ({ region, accountId, outcomes }: EventHistoryInput): EventHistory => {
  let calls: HistoryEvent[] = []

  const common = (name: string, at: number) => ({
    eventVersion: '1.11',
    eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
    eventSource: SOURCE,
    eventName: name,
    awsRegion: region,
    recipientAccountId: accountId,
    managementEvent: true,
    eventCategory: 'Management',
  })
  const ofRotation = ({ secretId, outcome, at }: RotationOutcome): readonly HistoryEvent[] =>
    namesOf(outcome).map((name) => ({
      name,
      at,
      detail: {
        ...common(name, at),
        eventType: 'AwsServiceEvent',
        userIdentity: { accountId, invokedBy: SOURCE },
        requestParameters: null,
        responseElements: null,
        additionalEventData: { SecretId: secretId },
      },
    }))

  const lookUp = (body: Body): object => {
    const { LookupAttributes: attributes, StartTime: from = 0, NextToken: token = '0' } = body
    const [attribute] = Array.isArray(attributes) ? (attributes as Record<string, unknown>[]) : []
    if (attribute !== undefined && attribute.AttributeKey !== 'EventSource') {
      throw new AwsFault('InvalidLookupAttributesException', 'Only EventSource is played by this stand-in.')
    }
    const isAsked = attribute === undefined || attribute.AttributeValue === SOURCE
    const all = [...calls, ...outcomes().flatMap(ofRotation)]
      .filter(({ at }) => isAsked && Math.floor(at / 1000) >= Number(from))
      .sort((one, other) => other.at - one.at)
    const begin = Number(token)
    const page = all.slice(begin, begin + PAGE)
    return {
      Events: page.map(({ name, at, detail }) => ({
        EventId: randomUUID(),
        EventName: name,
        EventTime: Math.floor(at / 1000),
        EventSource: SOURCE,
        CloudTrailEvent: JSON.stringify(detail),
      })),
      ...(begin + PAGE < all.length ? { NextToken: String(begin + PAGE) } : {}),
    }
  }

  return {
    operations: { LookupEvents: lookUp },
    called: ({ operation, body, at }) => {
      if (!TRAILED.has(operation)) return
      const { SecretId: secretId, Name: name } = body
      const detail = {
        ...common(operation, at),
        eventType: 'AwsApiCall',
        requestParameters: secretId === undefined ? { name } : { secretId },
      }
      calls.push({ name: operation, at, detail })
    },
    clear: () => {
      calls = []
    },
  }
}
