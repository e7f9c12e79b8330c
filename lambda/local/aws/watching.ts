// What watches over a stage in AWS, as far as `m2m doctor` asks: SNS's topics and subscriptions, CloudWatch's alarms, the schedules of EventBridge
// Scheduler, the rules of a bus. They notify nobody here and call nothing; a test or a user of the laptop changes them as the services' own
// operations do. An email subscription is pending until somebody confirms it, as AWS has it.
import { randomUUID } from 'node:crypto'
import type { Operation, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import { readInput } from './input.ts'
import { answered, lambdaReply } from './lambda-wire.ts'
import type { AwsOperations } from './operations.ts'
import type { QueryOperations, QueryService, XmlValue } from './query-protocol.ts'

export interface WatchingInput {
  /** Names of topics, each with email addresses that have confirmed. */
  readonly topics?: Readonly<Record<string, readonly string[]>>
  /** Names of alarms, each OK. */
  readonly alarms?: readonly string[]
  /** Names of schedules, each ENABLED. */
  readonly schedules?: readonly string[]
  /** Names of rules, by their bus, each ENABLED. */
  readonly rules?: Readonly<Record<string, readonly string[]>>
}

interface HeldSubscription {
  readonly protocol: string
  readonly endpoint: string
  readonly arn: string
  isConfirmed: boolean
}

interface HeldAlarm {
  state: string
  actionsEnabled: boolean
}

export interface Watching {
  readonly query: readonly QueryService[]
  /** Of EventBridge, beside PutEvents. */
  readonly ruleOperations: AwsOperations
  /** Scheduler's. @returns undefined: it is none of these. */
  route(request: StandInRequest): Operation | undefined
  /** As somebody follows the link in the mail. */
  confirmSubscriptions(): void
  setSchedule(name: string, state: 'ENABLED' | 'DISABLED' | undefined): void
  clear(): void
}

const PAGE = 100
const DEFAULT_ALARM_PAGE = 50

const required = (form: URLSearchParams, name: string): string => {
  const value = form.get(name)
  if (value !== null && value !== '') return value
  throw new AwsFault('InvalidParameter', `Invalid parameter: ${name} Reason: no value for required parameter`)
}

const membersOf = (form: URLSearchParams, name: string): readonly string[] =>
  [...form].filter(([key]) => key.startsWith(`${name}.member.`)).map(([, value]) => value)

/** A token is where the next page begins. */
const pageOf = <Value>(all: readonly Value[], form: URLSearchParams, size: number) => {
  const from = Number(form.get('NextToken') ?? 0)
  const next = from + size < all.length ? String(from + size) : undefined
  return { page: all.slice(from, from + size), next }
}

const shown = (
  { protocol, endpoint, arn, isConfirmed }: HeldSubscription,
  topicArn: string,
  owner: string,
): XmlValue => ({
  TopicArn: topicArn,
  Protocol: protocol,
  SubscriptionArn: isConfirmed ? arn : 'PendingConfirmation',
  Owner: owner,
  Endpoint: endpoint,
})

interface Topics {
  readonly operations: QueryOperations
  confirm(): void
}

const createTopics = (given: Readonly<Record<string, readonly string[]>>, { region, accountId }: Place): Topics => {
  const arnOf = (name: string): string => `arn:aws:sns:${region}:${accountId}:${name}`
  const confirmed = (topicArn: string, endpoint: string): HeldSubscription => ({
    ...{ protocol: 'email', endpoint, isConfirmed: true },
    arn: `${topicArn}:${randomUUID()}`,
  })
  const topics = new Map<string, HeldSubscription[]>(
    Object.entries(given).map(([name, addresses]) => {
      const topicArn = arnOf(name)
      return [topicArn, addresses.map((address) => confirmed(topicArn, address))]
    }),
  )
  const topicOf = (form: URLSearchParams): readonly [string, HeldSubscription[]] => {
    const topicArn = required(form, 'TopicArn')
    const found = topics.get(topicArn)
    if (found === undefined) throw new AwsFault('NotFound', 'Topic does not exist', 404)
    return [topicArn, found]
  }
  return {
    operations: {
      Subscribe: (form) => {
        const [topicArn, subscriptions] = topicOf(form)
        const [protocol, endpoint] = [required(form, 'Protocol'), required(form, 'Endpoint')]
        // Only what is of this account is confirmed by itself.
        const isConfirmed = ['sqs', 'lambda', 'firehose'].includes(protocol)
        const made = { protocol, endpoint, isConfirmed, arn: `${topicArn}:${randomUUID()}` }
        subscriptions.push(made)
        return { SubscriptionArn: isConfirmed ? made.arn : 'pending confirmation' }
      },
      ListSubscriptionsByTopic: (form) => {
        const [topicArn, subscriptions] = topicOf(form)
        const { page, next } = pageOf(subscriptions, form, PAGE)
        return { Subscriptions: page.map((one) => shown(one, topicArn, accountId)), NextToken: next }
      },
    },
    confirm: () => {
      for (const one of [...topics.values()].flat()) one.isConfirmed = true
    },
  }
}

const createAlarms = (names: readonly string[], { region, accountId }: Place): QueryOperations => {
  const alarms = new Map<string, HeldAlarm>(names.map((name) => [name, { state: 'OK', actionsEnabled: true }]))
  const setActions = (form: URLSearchParams, actionsEnabled: boolean): object => {
    for (const name of membersOf(form, 'AlarmNames')) {
      const alarm = alarms.get(name)
      if (alarm !== undefined) alarm.actionsEnabled = actionsEnabled
    }
    return {}
  }
  return {
    DescribeAlarms: (form) => {
      const [prefix, state] = [form.get('AlarmNamePrefix') ?? '', form.get('StateValue')]
      const named = membersOf(form, 'AlarmNames')
      const found = [...alarms]
        .filter(([name]) => name.startsWith(prefix) && (named.length === 0 || named.includes(name)))
        .filter(([, alarm]) => state === null || alarm.state === state)
      const { page, next } = pageOf(found, form, Number(form.get('MaxRecords') ?? DEFAULT_ALARM_PAGE))
      return {
        CompositeAlarms: [],
        MetricAlarms: page.map(([name, alarm]) => ({
          AlarmName: name,
          AlarmArn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
          ActionsEnabled: alarm.actionsEnabled,
          AlarmActions: [`arn:aws:sns:${region}:${accountId}:notices`],
          StateValue: alarm.state,
          Dimensions: [{ Name: 'FunctionName', Value: name }],
        })),
        NextToken: next,
      }
    },
    SetAlarmState: (form) => {
      const alarm = alarms.get(required(form, 'AlarmName'))
      if (alarm === undefined) throw new AwsFault('ResourceNotFound', 'Unknown alarm', 404)
      alarm.state = required(form, 'StateValue')
      return {}
    },
    EnableAlarmActions: (form) => ({ ...setActions(form, true) }),
    DisableAlarmActions: (form) => ({ ...setActions(form, false) }),
  }
}

const createRules = (
  given: Readonly<Record<string, readonly string[]>>,
  { region, accountId }: Place,
): AwsOperations => {
  const states = new Map(
    Object.entries(given).map(([bus, names]) => [bus, new Map(names.map((name) => [name, 'ENABLED']))]),
  )
  const busOf = (name: string): Map<string, string> => {
    const found = states.get(name)
    if (found !== undefined) return found
    throw new AwsFault('ResourceNotFoundException', `Event bus ${name} does not exist.`)
  }
  const setState =
    (state: string) =>
    (body: Parameters<typeof readInput>[0]): object => {
      const input = readInput(body)
      const name = input.requiredText('Name')
      const busName = input.text('EventBusName') ?? 'default'
      if (!busOf(busName).has(name)) throw new AwsFault('ResourceNotFoundException', `Rule ${name} does not exist.`)
      busOf(busName).set(name, state)
      return {}
    }
  return {
    ListRules: (body) => {
      const input = readInput(body)
      const busName = input.text('EventBusName') ?? 'default'
      const Rules = [...busOf(busName)].map(([Name, State]) => ({
        Name,
        State,
        EventBusName: busName,
        Arn: `arn:aws:events:${region}:${accountId}:rule/${busName}/${Name}`,
      }))
      return { Rules }
    },
    EnableRule: setState('ENABLED'),
    DisableRule: setState('DISABLED'),
  }
}

interface Place {
  readonly region: string
  readonly accountId: string
}

const SCHEDULE = /^\/schedules\/([^/]+)$/

export const createWatching = (input: WatchingInput, place: Place): Watching => {
  const make = () => ({
    topics: createTopics(input.topics ?? {}, place),
    alarms: createAlarms(input.alarms ?? [], place),
    rules: createRules(input.rules ?? {}, place),
    schedules: new Map((input.schedules ?? []).map((name) => [name, 'ENABLED'])),
  })
  let held = make()
  /** What is there now, by name: a reset replaces it. */
  const through = (of: () => QueryOperations): QueryOperations =>
    Object.fromEntries(Object.keys(of()).map((name) => [name, (form, caller) => of()[name]?.(form, caller) ?? {}]))
  return {
    query: [
      { signedFor: 'sns', denied: 'AuthorizationError', operations: through(() => held.topics.operations) },
      { signedFor: 'monitoring', denied: 'AccessDenied', operations: through(() => held.alarms) },
    ],
    ruleOperations: Object.fromEntries(
      Object.keys(held.rules).map((name) => [name, (body, caller) => held.rules[name]?.(body, caller) ?? {}]),
    ),
    route: ({ method, path }) => {
      const name = SCHEDULE.exec(path)?.[1]
      if (method !== 'GET' || name === undefined) return undefined
      return {
        op: 'GetSchedule',
        subject: name,
        service: 'scheduler',
        run: () =>
          answered(() => {
            const State = held.schedules.get(decodeURIComponent(name))
            if (State !== undefined) return lambdaReply(200, { Name: name, GroupName: 'default', State })
            throw new AwsFault('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404)
          }),
      }
    },
    confirmSubscriptions: () => held.topics.confirm(),
    setSchedule: (name, state) => {
      if (state === undefined) held.schedules.delete(name)
      else held.schedules.set(name, state)
    },
    clear: () => {
      held = make()
    },
  }
}
