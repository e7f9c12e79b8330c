// Which messages the template's rules send for an event of the bus, and what each says: the pattern matched as EventBridge does, the fields
// put into the text as its input transformer does. A field goes in as it is, so that one which breaks the message's JSON is not delivered.
import type { Template } from 'aws-cdk-lib/assertions'
import { type BusEnvelope, type EventPattern, matchesPattern } from '../../lambda/local/aws/event-pattern.ts'
import { type Target, transformed } from './input-transformer.ts'
import { flat } from './read-template.ts'
import { resourcesOf } from './synth.ts'

export interface Mailed {
  /** The notice's id. */
  readonly rule: string
  readonly text: string
}

/** Of a message as EventBridge sends it: a JSON string a line, or an object. @throws SyntaxError for what SNS would not get. */
const textOf = (sent: string): string =>
  sent.startsWith('{')
    ? sent
    : sent
        .split('\n')
        .map((line) => JSON.parse(line) as string)
        .join('\n')

const isNotice = (target: Partial<Target> | undefined): target is Target =>
  target?.InputTransformer !== undefined && flat(target.Arn).includes('Notifications')

/** @returns what is sent for an event on the stage's own bus. */
export const createMailed = (template: Template): ((envelope: BusEnvelope) => readonly Mailed[]) => {
  const rules = Object.entries(resourcesOf(template)).flatMap(([id, { Type, Properties }]) => {
    if (Type !== 'AWS::Events::Rule' || Properties.EventBusName === undefined) return []
    const [target] = Properties.Targets as readonly Target[]
    if (!isNotice(target)) return []
    // Without the construct's name before it and CDK's hash after it.
    const rule = id.replace(/^Alarms/, '').replace(/[0-9A-F]{8}$/, '')
    return [{ rule, pattern: Properties.EventPattern as EventPattern, target }]
  })
  return (envelope) =>
    rules.flatMap(({ rule, pattern, target }) =>
      matchesPattern(pattern, envelope) ? [{ rule, text: textOf(transformed(target, envelope)) }] : [],
    )
}
