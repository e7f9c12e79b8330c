// What watches over a stage in AWS: SNS's topics, subscriptions and messages, CloudWatch's alarms, the schedules of EventBridge Scheduler. A
// message is kept and goes nowhere; alarms measure nothing. A test or a user of the laptop changes them as the services' own operations do. An
// email subscription is pending until somebody confirms it, as AWS has it.
import { randomUUID } from 'node:crypto'
import type { Operation, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import { answered, lambdaReply } from './lambda-wire.ts'
import type { QueryOperations, QueryService, XmlValue } from './query-protocol.ts'

export interface WatchingInput {
  /** Names of topics, each with email addresses that have confirmed. */
  readonly topics?: Readonly<Record<string, readonly string[]>>
  /** Names of alarms, each OK. */
  readonly alarms?: readonly string[]
  /** Names of schedules, each ENABLED. */
  readonly schedules?: readonly string[]
  /** Names of rules, by their bus, each ENABLED; no event matches them. */
  readonly rules?: Readonly<Record<string, readonly string[]>>
}

/** What was published on a topic. */
export interface Message {
  readonly topicArn: string
  readonly text: string
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
}

export interface GivenSubscription {
  readonly protocol: string
  readonly endpoint: string
  /** Queue for what the endpoint does not take. */
  readonly deadLetterArn?: string | undefined
}

interface HeldSubscription extends GivenSubscription {
  readonly arn: string
  isConfirmed: boolean
}

/** ARNs of what a change of state acts on, as a template names them. */
export interface AlarmActions {
  readonly ALARM: readonly string[]
  readonly OK: readonly string[]
  readonly INSUFFICIENT_DATA: readonly string[]
  readonly areEnabled: boolean
}

interface HeldAlarm {
  readonly actions: AlarmActions
  state: string
  actionsEnabled: boolean
}

export interface Watching {
  readonly query: readonly QueryService[]
  /** Scheduler's. @returns undefined: it is none of these. */
  route(request: StandInRequest): Operation | undefined
  /** As somebody follows the link in the mail. */
  confirmSubscriptions(): void
  /** Whether what is outside of AWS, as a mailbox, takes what a topic sends. */
  setReachable(endpoint: string, isReachable: boolean): void
  setSchedule(name: string, state: 'ENABLED' | 'DISABLED' | undefined): void
  /** Undefined: there is none. */
  scheduleState(name: string): string | undefined
  /** What a reset leaves, or brings back. */
  readonly lasting: LastingParts
  /** @returns false: there is no such topic. */
  publish(topicArn: string, text: string): boolean
  messages(): readonly Message[]
  clear(): void
}

export interface LastingParts {
  addTopic(name: string): void
  removeTopic(name: string): void
  /** As a template does. @returns what undoes it */
  subscribe(topicName: string, subscription: GivenSubscription): () => void
  /** Takes the place of one of that name, in its state. */
  addAlarm(name: string, actions: AlarmActions): void
  removeAlarm(name: string): void
  addSchedule(name: string): void
  removeSchedule(name: string): void
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
  /** Undefined: there is no such topic. */
  confirmed(topicArn: string): readonly GivenSubscription[] | undefined
}

const createTopics = (
  given: Readonly<Record<string, readonly GivenSubscription[]>>,
  { region, accountId }: Place,
): Topics => {
  const arnOf = (name: string): string => `arn:aws:sns:${region}:${accountId}:${name}`
  const confirmed = (topicArn: string, given: GivenSubscription): HeldSubscription => ({
    ...given,
    isConfirmed: true,
    arn: `${topicArn}:${randomUUID()}`,
  })
  const topics = new Map<string, HeldSubscription[]>(
    Object.entries(given).map(([name, subscriptions]) => {
      const topicArn = arnOf(name)
      return [topicArn, subscriptions.map((one) => confirmed(topicArn, one))]
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
    confirmed: (topicArn) => topics.get(topicArn)?.filter(({ isConfirmed }) => isConfirmed),
  }
}

/** What an alarm sends (CloudWatch user guide, "Notify users on alarm changes"), as far as a person reads it. */
const alarmText = (AlarmName: string, alarmArn: string, states: object, { accountId, region }: Place): string =>
  JSON.stringify({ AlarmName, AWSAccountId: accountId, ...states, Region: region, AlarmArn: alarmArn })

const createAlarms = (
  given: ReadonlyMap<string, AlarmActions>,
  place: Place,
  act: WatchingPlace['onAlarm'],
): QueryOperations => {
  const { region, accountId } = place
  const arnOf = (name: string): string => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`
  const alarms = new Map<string, HeldAlarm>(
    [...given].map(([name, actions]) => [name, { actions, state: 'OK', actionsEnabled: actions.areEnabled }]),
  )
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
          AlarmArn: arnOf(name),
          ActionsEnabled: alarm.actionsEnabled,
          AlarmActions: alarm.actions.ALARM,
          StateValue: alarm.state,
          Dimensions: [{ Name: 'FunctionName', Value: name }],
        })),
        NextToken: next,
      }
    },
    SetAlarmState: (form) => {
      const name = required(form, 'AlarmName')
      const alarm = alarms.get(name)
      if (alarm === undefined) throw new AwsFault('ResourceNotFound', 'Unknown alarm', 404)
      const [before, state] = [alarm.state, required(form, 'StateValue')]
      alarm.state = state
      const { [state as keyof AlarmActions]: actions } = alarm.actions
      // What stays as it is acts on nothing.
      if (state === before || !alarm.actionsEnabled || !Array.isArray(actions)) return {}
      const states = { OldStateValue: before, NewStateValue: state, NewStateReason: form.get('StateReason') ?? '' }
      const text = alarmText(name, arnOf(name), states, place)
      for (const targetArn of actions) act?.({ sourceArn: arnOf(name), targetArn }, text)
      return {}
    },
    EnableAlarmActions: (form) => ({ ...setActions(form, true) }),
    DisableAlarmActions: (form) => ({ ...setActions(form, false) }),
  }
}

interface Place {
  readonly region: string
  readonly accountId: string
}

export interface WatchingPlace extends Place {
  readonly now: () => number
  /** What an alarm does when its state has changed. @default - nothing */
  readonly onAlarm?: (route: { readonly sourceArn: string; readonly targetArn: string }, text: string) => void
  /** What a topic does with each message, for each subscription that was confirmed. @default - nothing */
  readonly onMessage?: (
    route: {
      readonly sourceArn: string
      readonly targetArn: string
      readonly deadLetterArn?: string | undefined
      readonly isReachable: boolean
    },
    text: string,
  ) => void
}

/** The oldest go first. */
const MOST_MESSAGES = 1000

const SCHEDULE = /^\/schedules\/([^/]+)$/

/** A list that is added to and taken from, while what was made of it stays. */
const createNames = (first: readonly string[] = []) => {
  const names = new Set(first)
  return { all: () => [...names], add: (name: string) => names.add(name), remove: (name: string) => names.delete(name) }
}

export const createWatching = (input: WatchingInput, place: WatchingPlace): Watching => {
  const topics = new Map<string, readonly GivenSubscription[]>(
    Object.entries(input.topics ?? {}).map(([name, addresses]) => [
      name,
      addresses.map((endpoint) => ({ protocol: 'email', endpoint })),
    ]),
  )
  const noticing = { ALARM: [`arn:aws:sns:${place.region}:${place.accountId}:notices`], OK: [], INSUFFICIENT_DATA: [] }
  const alarms = new Map<string, AlarmActions>(
    (input.alarms ?? []).map((name) => [name, { ...noticing, areEnabled: true }]),
  )
  const unreachable = new Set<string>()
  const schedules = createNames(input.schedules)
  const make = () => ({
    topics: createTopics(Object.fromEntries(topics), place),
    alarms: createAlarms(alarms, place, place.onAlarm),
    schedules: new Map(schedules.all().map((name) => [name, 'ENABLED'])),
  })
  let held = make()
  let messages: readonly Message[] = []
  const changed = (): void => {
    held = make()
  }
  /** What is there now, by name: a reset replaces it. */
  const through = (of: () => QueryOperations): QueryOperations =>
    Object.fromEntries(Object.keys(of()).map((name) => [name, (form, caller) => of()[name]?.(form, caller) ?? {}]))
  return {
    query: [
      { signedFor: 'sns', denied: 'AuthorizationError', operations: through(() => held.topics.operations) },
      { signedFor: 'monitoring', denied: 'AccessDenied', operations: through(() => held.alarms) },
    ],
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
    setReachable: (endpoint, isReachable) => {
      if (isReachable) unreachable.delete(endpoint)
      else unreachable.add(endpoint)
    },
    setSchedule: (name, state) => {
      if (state === undefined) held.schedules.delete(name)
      else held.schedules.set(name, state)
    },
    scheduleState: (name) => held.schedules.get(name),
    lasting: {
      addTopic: (name) => {
        topics.set(name, [])
        changed()
      },
      removeTopic: (name) => {
        topics.delete(name)
        changed()
      },
      subscribe: (topicName, subscription) => {
        topics.set(topicName, [...(topics.get(topicName) ?? []), subscription])
        changed()
        return () => {
          topics.set(topicName, topics.get(topicName)?.filter((one) => one !== subscription) ?? [])
          changed()
        }
      },
      addAlarm: (name, actions) => {
        alarms.set(name, actions)
        changed()
      },
      removeAlarm: (name) => {
        alarms.delete(name)
        changed()
      },
      addSchedule: (name) => {
        schedules.add(name)
        changed()
      },
      removeSchedule: (name) => {
        schedules.remove(name)
        changed()
      },
    },
    publish: (topicArn, text) => {
      const subscriptions = held.topics.confirmed(topicArn)
      if (subscriptions === undefined) return false
      messages = [...messages, { topicArn, text, at: place.now() }].slice(-MOST_MESSAGES)
      for (const { endpoint, deadLetterArn } of subscriptions) {
        const isReachable = !unreachable.has(endpoint)
        place.onMessage?.({ sourceArn: topicArn, targetArn: endpoint, deadLetterArn, isReachable }, text)
      }
      return true
    },
    messages: () => messages,
    clear: () => {
      messages = []
      unreachable.clear()
      changed()
    },
  }
}
