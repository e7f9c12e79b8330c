// Plays EventBridge: the rules of its buses with their targets, and Scheduler's schedules.
import { defined } from '../../../core/base/defined.ts'
import type { EventPattern } from '../../aws/event-pattern.ts'
import type { RuleTarget } from '../../aws/rules.ts'
import { fieldsOf, listOf } from '../../stand-in/fields.ts'
import type { StackHost } from '../host.ts'
import type { PlayedResource, Players } from '../player.ts'

const toTarget = (value: unknown): RuleTarget => {
  const { Arn, InputTransformer, DeadLetterConfig } = fieldsOf(value)
  const { InputPathsMap, InputTemplate } = fieldsOf(InputTransformer)
  const paths = Object.entries(fieldsOf(InputPathsMap)).map(([name, path]) => [name, String(path)] as const)
  const { Arn: deadLetterArn } = fieldsOf(DeadLetterConfig)
  return {
    arn: String(Arn),
    ...(InputTemplate === undefined
      ? {}
      : { transformer: { paths: Object.fromEntries(paths), template: String(InputTemplate) } }),
    ...defined({ deadLetterArn: typeof deadLetterArn === 'string' ? deadLetterArn : undefined }),
  }
}

const busNameIn = ({ properties }: PlayedResource): string | undefined => {
  const { EventBusName: named } = properties
  return named === undefined ? undefined : String(named).replace(/^.*event-bus\//, '')
}

export const eventPlayers = ({ resources, schedules }: StackHost): Players => ({
  // Any bus takes events; who may put them, its policy says.
  'AWS::Events::EventBus': { put: () => undefined },
  'AWS::Events::EventBusPolicy': { put: () => undefined },
  'AWS::Events::Rule': {
    put: (rule) => {
      resources.putRule({
        name: rule.name,
        pattern: fieldsOf(rule.properties.EventPattern) as EventPattern,
        targets: listOf(rule.properties.Targets).map(toTarget),
        ...defined({
          busName: busNameIn(rule),
          state: rule.properties.State === undefined ? undefined : String(rule.properties.State),
        }),
      })
      return undefined
    },
    remove: (rule) => resources.removeRule(rule.name, busNameIn(rule)),
  },
  'AWS::Scheduler::Schedule': {
    put: ({ name, properties: { ScheduleExpression, Target, State } }, before) => {
      const { Arn, Input, RoleArn, DeadLetterConfig } = fieldsOf(Target)
      const { Arn: deadLetterArn } = fieldsOf(DeadLetterConfig)
      if (before === undefined) resources.addSchedule(name)
      schedules.put({
        name,
        expression: String(ScheduleExpression),
        targetArn: String(Arn),
        roleArn: String(RoleArn),
        ...defined({ deadLetterArn: typeof deadLetterArn === 'string' ? deadLetterArn : undefined }),
        input: Input === undefined ? '{}' : String(Input),
        isEnabled: State !== 'DISABLED',
      })
    },
    remove: ({ name }) => {
      resources.removeSchedule(name)
      schedules.remove(name)
    },
  },
})
