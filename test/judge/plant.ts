// Small templates for the judge's own tests, and what a rule says of them.

import type { TemplatePlace } from '../../lambda/local/stack/resolve.ts'
import type { Rule, Settings } from '../../scripts/judge/finding.ts'
import { defaultSettings } from '../../scripts/judge/judge.ts'
import { readTemplate, type Stack } from '../../scripts/judge/template.ts'

export const ACCOUNT = '111111111111'
export const REGION = 'eu-west-1'

type Resources = Readonly<Record<string, unknown>>

export const stackOf = (
  Resources: Resources,
  more: Readonly<Record<string, unknown>> = {},
  place: Partial<TemplatePlace> = {},
): Stack => readTemplate({ Resources, ...more }, { name: 'planted', account: ACCOUNT, region: REGION, ...place })

export const resource = (Type: string, Properties: object, more: object = {}) => ({ Type, Properties, ...more })

export const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })
export const ref = (id: string) => ({ Ref: id })

export const policy = (...Statement: readonly object[]) => ({ Version: '2012-10-17', Statement })

/** `place: what it says`, of each finding. */
export const said = async (rule: Rule, stacks: Stack | readonly Stack[], settings: Partial<Settings> = {}) => {
  const list = Array.isArray(stacks) ? (stacks as readonly Stack[]) : [stacks as Stack]
  const findings = await rule.judge(list, { ...defaultSettings, ...settings })
  return findings.map(({ at, says }) => `${at}: ${says}`)
}
