// Which messages the template's rules send for an event of the bus, and what each says: the pattern matched as EventBridge does, the fields
// put into the text as its input transformer does. A field goes in as it is, so that one which breaks the message's JSON is not delivered.
import type { Template } from 'aws-cdk-lib/assertions'
import { type BusEnvelope, type EventPattern, matchesPattern } from '../../lambda/local/aws/bus-rules.ts'
import { flat } from './read-template.ts'
import { resourcesOf } from './synth.ts'

export interface Mailed {
  /** The notice's id. */
  readonly rule: string
  readonly text: string
}

interface Transformer {
  readonly InputPathsMap: Readonly<Record<string, string>>
  readonly InputTemplate: unknown
}

interface Target {
  readonly Arn: unknown
  readonly InputTransformer?: Transformer
}

const fieldAt = (envelope: BusEnvelope, path: string): string => {
  const parts = path.split('.').slice(1)
  const value = parts.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined),
    envelope,
  )
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}

/** @throws SyntaxError for what SNS would not get. */
const render = ({ InputPathsMap, InputTemplate }: Transformer, envelope: BusEnvelope): string => {
  const filled = Object.entries(InputPathsMap).reduce(
    (text, [name, path]) => text.replaceAll(`<${name}>`, () => fieldAt(envelope, path)),
    flat(InputTemplate),
  )
  const message: unknown = JSON.parse(filled)
  return typeof message === 'string' ? message : JSON.stringify(message)
}

/** @returns what is sent for an event on the stage's own bus. */
export const createMailed = (template: Template): ((envelope: BusEnvelope) => readonly Mailed[]) => {
  const rules = Object.entries(resourcesOf(template)).flatMap(([id, { Type, Properties }]) => {
    if (Type !== 'AWS::Events::Rule' || Properties.EventBusName === undefined) return []
    const [target] = Properties.Targets as readonly Target[]
    if (target?.InputTransformer === undefined || !flat(target.Arn).includes('Notifications')) return []
    // Without the construct's name before it and CDK's hash after it.
    const rule = id.replace(/^Alarms/, '').replace(/[0-9A-F]{8}$/, '')
    return [{ rule, pattern: Properties.EventPattern as EventPattern, transformer: target.InputTransformer }]
  })
  return (envelope) =>
    rules.flatMap(({ rule, pattern, transformer }) =>
      matchesPattern(pattern, envelope) ? [{ rule, text: render(transformer, envelope) }] : [],
    )
}
