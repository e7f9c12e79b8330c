// Input transformers of a template's rules, and what each makes of an event.
import type { Template } from 'aws-cdk-lib/assertions'
import { transformedBy } from '../../lambda/local/aws/input-transformer.ts'
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

/** @throws SyntaxError where EventBridge would have nothing to send. */
export const transformed = (
  { InputTransformer: { InputPathsMap: paths, InputTemplate } }: Target,
  event: unknown,
): string => transformedBy({ paths, template: flat(InputTemplate) }, event)

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
