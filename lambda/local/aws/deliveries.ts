// What services hand on to one another: EventBridge's rules to their targets, Scheduler to its target, alarms to a topic, a topic to its
// subscriptions, Lambda to a destination. Each does it with its own rights; what is refused or not there lies in the dead letters that were
// named for it, with why, or is lost. Nothing of that is tried again, as each of them documents for permissions and for what does not exist.
import type { ServiceActs } from './access/own-acts.ts'
import type { Queues } from './queues.ts'

/** What did not arrive, as the services' metrics count it. */
export interface Undelivered {
  /** The rule, schedule, alarm, topic or function that it came from. */
  readonly sourceArn: string
  readonly targetArn: string
  readonly errorCode: string
  readonly errorMessage: string
  /** Queue in which it lies. Undefined: it is lost. */
  readonly deadLetterArn: string | undefined
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
}

export interface Route {
  readonly sourceArn: string
  readonly targetArn: string
  readonly deadLetterArn?: string | undefined
}

export interface DeliveriesInput {
  readonly acts: ServiceActs
  readonly now: () => number
  readonly queues: Queues
  /** @returns false: there is no such topic. */
  readonly publish: (topicArn: string, text: string) => boolean
  /** Asynchronously, with Lambda's own retries. */
  readonly invoke: (functionArn: string, event: unknown) => void
  /** Of Scheduler's group of schedules. */
  readonly scheduleGroupArn: string
}

export interface Deliveries {
  /** @param text of what is sent: an event's JSON, or a transformer's text. */
  fromRule(route: Route, text: string): void
  fromSchedule(route: Route & { readonly roleArn: string }, event: unknown): void
  fromAlarm(route: Route, text: string): void
  /** @param isReachable whether what is outside of AWS takes it. */
  fromTopic(route: Route & { readonly isReachable: boolean }, text: string): void
  /** @param route `roleArn` is the function's. */
  fromFunction(
    route: Route & { readonly roleArn: string | undefined },
    text: string,
    attributes?: Readonly<Record<string, string>>,
  ): void
  undelivered(): readonly Undelivered[]
  clear(): void
}

const actions: Readonly<Record<string, string>> = {
  lambda: 'lambda:InvokeFunction',
  sns: 'sns:Publish',
  sqs: 'sqs:SendMessage',
}

const serviceOf = (arn: string): string => arn.split(':')[2] ?? ''
const actionOn = (arn: string): string => actions[serviceOf(arn)] ?? ''

interface Failure {
  readonly code: string
  readonly message: string
}

const notThere = ({ targetArn }: Route): Failure => ({
  code: 'NO_RESOURCE',
  message: `${targetArn} does not exist.`,
})

/** EventBridge's and Scheduler's name the same things; SNS says the error alone. */
const attributesOf = ({ sourceArn, targetArn }: Route, { code, message }: Failure): Readonly<Record<string, string>> =>
  serviceOf(sourceArn) === 'sns'
    ? { ErrorCode: code, ErrorMessage: message }
    : {
        [serviceOf(sourceArn) === 'scheduler' ? 'SCHEDULE_ARN' : 'RULE_ARN']: sourceArn,
        TARGET_ARN: targetArn,
        ERROR_CODE: code,
        ERROR_MESSAGE: message,
      }

export const createDeliveries = (input: DeliveriesInput): Deliveries => {
  const { acts, now, queues, publish, invoke, scheduleGroupArn } = input
  let undelivered: readonly Undelivered[] = []

  const isTaken = (targetArn: string, text: string, attributes?: Readonly<Record<string, string>>): boolean => {
    const service = serviceOf(targetArn)
    if (service === 'sns') return publish(targetArn, text)
    if (service === 'sqs') return queues.send(targetArn, text, attributes)
    invoke(targetArn, JSON.parse(text))
    return true
  }

  const note = ({ sourceArn, targetArn }: Route, { code, message }: Failure, deadLetterArn?: string): void => {
    const one = { sourceArn, targetArn, errorCode: code, errorMessage: message, deadLetterArn, at: now() }
    undelivered = [...undelivered, one]
  }

  /** @param refused asked for the queue of dead letters. */
  const fail = (route: Route, failure: Failure, text: string, refused: (queueArn: string) => unknown): void => {
    const { deadLetterArn } = route
    const isLost = deadLetterArn === undefined || refused(deadLetterArn) !== undefined
    const isKept = !isLost && queues.send(deadLetterArn, text, attributesOf(route, failure))
    note(route, failure, isKept ? deadLetterArn : undefined)
  }

  /** Asks the policies of what the service acts on. */
  const refusing =
    (service: string, { sourceArn }: Route) =>
    (resource: string): string | undefined =>
      acts.refused({ service, action: actionOn(resource), resource, sourceArn })

  const deliver = (service: string, route: Route, text: string): void => {
    const { targetArn } = route
    const refused = refusing(service, route)
    const denial = refused(targetArn)
    if (denial !== undefined) fail(route, { code: 'NO_PERMISSIONS', message: denial }, text, refused)
    else if (!isTaken(targetArn, text)) fail(route, notThere(route), text, refused)
  }

  return {
    fromRule: (route, text) => deliver('events.amazonaws.com', route, text),
    fromAlarm: (route, text) => deliver('cloudwatch.amazonaws.com', route, text),
    fromTopic: ({ isReachable, ...route }, text) => {
      const service = 'sns.amazonaws.com'
      if (serviceOf(route.targetArn) !== '') return deliver(service, route, text)
      if (isReachable) return
      fail(route, { code: 'ClientError', message: `${route.targetArn} took nothing.` }, text, refusing(service, route))
    },
    fromSchedule: ({ roleArn, ...route }, event) => {
      const role = acts.assume({ service: 'scheduler.amazonaws.com', roleArn, sourceArn: scheduleGroupArn })
      // Without a session it reaches no queue either.
      if (typeof role === 'string') return note(route, { code: 'AccessDeniedException', message: role })
      const refused = (resource: string) => role && acts.refusedToRole({ role, action: actionOn(resource), resource })
      const denial = refused(route.targetArn)
      if (denial === undefined) return invoke(route.targetArn, event)
      fail(route, { code: 'AccessDeniedException', message: denial }, JSON.stringify(event), refused)
    },
    fromFunction: ({ roleArn, ...route }, text, attributes) => {
      const { sourceArn, targetArn: resource } = route
      // A call of Lambda's own: it is not the function's code that makes it.
      const role = roleArn === undefined ? undefined : acts.roleOf(roleArn, sourceArn.split(':')[6] ?? '')
      const denial = role && acts.refusedToRole({ role, action: actionOn(resource), resource })
      if (denial !== undefined) note(route, { code: 'AccessDeniedException', message: denial })
      else if (!isTaken(resource, text, attributes)) note(route, notThere(route))
    },
    undelivered: () => undelivered,
    clear: () => {
      undelivered = []
    },
  }
}
