// EventBridge's rules, by bus: what an event goes to, in which form, and whether the rule is enabled. Events of AWS's own services come on the
// default bus. Whoever makes it says what a target's ARN stands for; a target without an event it can send gets none.
import { AwsFault } from './aws-fault.ts'
import type { BusEvent } from './event-bus.ts'
import { checkPattern, type EventPattern, matchesPattern, toEnvelope } from './event-pattern.ts'
import { type Body, readInput } from './input.ts'
import { type InputTransformer, transformedBy } from './input-transformer.ts'
import type { AwsOperations } from './operations.ts'

export interface RuleTarget {
  readonly arn: string
  /** @default - the whole event */
  readonly transformer?: InputTransformer
  /** Queue for what cannot be delivered. */
  readonly deadLetterArn?: string
}

export interface RuleInput {
  readonly name: string
  /** @default default */
  readonly busName?: string
  readonly pattern: EventPattern
  /** As EventBridge names it. @default ENABLED */
  readonly state?: string
  readonly targets: readonly RuleTarget[]
}

export interface Rules {
  readonly operations: AwsOperations
  /** Takes the place of one of the same name. @throws TypeError for a pattern that is not played. */
  put(rule: RuleInput): void
  remove(name: string, busName?: string): void
  /** Of a bus of its own. */
  handle(event: BusEvent): void
  /** On the default bus, as AWS's services send it. */
  handleOnDefault(envelope: object): void
  /** Back to what was put, every state included. */
  reset(): void
}

export interface RulesInput {
  readonly region: string
  readonly accountId: string
  /** @param text of what is sent: an event's JSON, or a transformer's text. */
  readonly deliver: (target: RuleTarget, text: string, ruleArn: string) => void
}

interface HeldRule extends Required<RuleInput> {
  readonly arn: string
}

const DEFAULT_BUS = 'default'
const keyOf = (busName: string, name: string): string => `${busName}|${name}`

export const createRules = ({ region, accountId, deliver }: RulesInput): Rules => {
  const rules = new Map<string, HeldRule>()
  /** Where somebody changed it since. */
  const states = new Map<string, string>()

  const stateOf = ({ busName, name, state }: HeldRule): string => states.get(keyOf(busName, name)) ?? state
  const onBus = (busName: string): readonly HeldRule[] => [...rules.values()].filter((one) => one.busName === busName)

  const send = (busName: string, envelope: object): void => {
    let whole: string | undefined
    for (const rule of onBus(busName)) {
      if (!stateOf(rule).startsWith('ENABLED') || !matchesPattern(rule.pattern, envelope)) continue
      for (const target of rule.targets) {
        try {
          whole ??= JSON.stringify(envelope)
          deliver(
            target,
            target.transformer === undefined ? whole : transformedBy(target.transformer, envelope),
            rule.arn,
          )
        } catch (error) {
          // Nothing can be sent of it, as when a field breaks the text's JSON.
          if (!(error instanceof SyntaxError)) throw error
        }
      }
    }
  }

  const busIn = (body: Body): string => {
    const input = readInput(body)
    const named = input.text('EventBusName') ?? DEFAULT_BUS
    return named.slice(named.lastIndexOf('/') + 1)
  }
  /** @throws ResourceNotFoundException */
  const named = (body: Body): HeldRule => {
    const input = readInput(body)
    const name = input.requiredText('Name')
    const rule = rules.get(keyOf(busIn(body), name))
    if (rule !== undefined) return rule
    throw new AwsFault('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${busIn(body)}.`)
  }
  const shown = (rule: HeldRule): object => ({
    Name: rule.name,
    Arn: rule.arn,
    EventBusName: rule.busName,
    State: stateOf(rule),
    EventPattern: JSON.stringify(rule.pattern),
  })
  const setState =
    (state: string) =>
    (body: Body): object => {
      const { busName, name } = named(body)
      states.set(keyOf(busName, name), state)
      return {}
    }

  return {
    operations: {
      ListRules: (body) => {
        const busName = busIn(body)
        const found = onBus(busName)
        if (found.length === 0 && busName !== DEFAULT_BUS) {
          throw new AwsFault('ResourceNotFoundException', `Event bus ${busName} does not exist.`)
        }
        return { Rules: found.map(shown) }
      },
      DescribeRule: (body) => shown(named(body)),
      EnableRule: setState('ENABLED'),
      DisableRule: setState('DISABLED'),
    },
    put: ({ busName = DEFAULT_BUS, state = 'ENABLED', ...rule }) => {
      checkPattern(rule.pattern)
      const path = busName === DEFAULT_BUS ? rule.name : `${busName}/${rule.name}`
      const arn = `arn:aws:events:${region}:${accountId}:rule/${path}`
      rules.set(keyOf(busName, rule.name), { ...rule, busName, state, arn })
      states.delete(keyOf(busName, rule.name))
    },
    remove: (name, busName = DEFAULT_BUS) => {
      rules.delete(keyOf(busName, name))
      states.delete(keyOf(busName, name))
    },
    handle: (event) => send(event.busName, toEnvelope(event, { accountId, region })),
    handleOnDefault: (envelope) => send(DEFAULT_BUS, envelope),
    reset: () => states.clear(),
  }
}
