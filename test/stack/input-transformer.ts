// EventBridge's input transformers, as its user guide describes them ("Amazon EventBridge input transformation"): variables from paths in dot
// notation; one that is absent from the event does not appear in the output; values go into a quoted text as they are, without being escaped, and
// in a value's place as JSON. What comes out has to be JSON, or a JSON string a line, else nobody gets it.
import type { Template } from 'aws-cdk-lib/assertions'
import { createReader } from './read-template.ts'
import { ACCOUNT, REGION, resourcesOf } from './synth.ts'

export interface Target {
  readonly Arn: unknown
  readonly InputTransformer: {
    readonly InputPathsMap: Readonly<Record<string, string>>
    readonly InputTemplate: unknown
  }
}

const places: Readonly<Record<string, string>> = { 'AWS::Region': REGION, 'AWS::AccountId': ACCOUNT }
const { flat } = createReader((id) => places[id])

const valueAt = (path: string, event: unknown): unknown =>
  path
    .replace(/^\$\.?/, '')
    .split('.')
    .reduce<unknown>((at, field) => (typeof at === 'object' && at !== null ? Reflect.get(at, field) : undefined), event)

const asText = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

/** @throws SyntaxError where EventBridge would have nothing to send. */
export const transformed = (target: Target, event: unknown): string => {
  const { InputPathsMap: paths, InputTemplate: template } = target.InputTransformer
  if (Object.keys(paths).length > 100) throw new RangeError('more than 100 variables')
  const text = flat(template)
  if (text.length > 8192) throw new RangeError('a template of more than 8,192 characters')
  const filled = text.replaceAll(/<([^<>]*)>/g, (_, name: string) => {
    const path = paths[name]
    if (path === undefined) throw new SyntaxError(`no variable ${name}`)
    return asText(valueAt(path, event))
  })
  if (filled.startsWith('{')) return JSON.stringify(JSON.parse(filled))
  for (const line of filled.split('\n')) {
    if (typeof JSON.parse(line) !== 'string') throw new SyntaxError(`no string: ${line}`)
  }
  return filled
}

/** The targets of a notice's rule: one for each topic. */
export const targetsOf = (template: Template, noticeId: string): readonly Target[] =>
  Object.entries(resourcesOf(template))
    .filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && new RegExp(`^Alarms${noticeId}[0-9A-F]{8}$`).test(id))
    .flatMap(([, { Properties }]) => Properties.Targets as readonly Target[])

/** Ids of every notice that an event brings about. */
export const eventNoticeIds = (template: Template): readonly string[] =>
  Object.entries(resourcesOf(template))
    .filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && id.startsWith('Alarms'))
    .map(([id]) => id.slice('Alarms'.length, -8))
