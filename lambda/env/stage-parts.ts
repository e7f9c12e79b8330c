// Which parts of a stage the sweep looks at beside its secrets: each by its name, and each may be absent.
import { defined } from '../core/base/defined.ts'
import type { Reader } from './reader.ts'

export interface StagePartsEnv {
  /** Of the periodic campaign, at EventBridge Scheduler. */
  readonly campaignSchedule?: string
  /** Rules of the stage's bus, as CloudFormation names them. */
  readonly rules?: readonly string[]
  /** ARN of the topic that people subscribe to. */
  readonly topicArn?: string
  /** ARN of the secrets' key. */
  readonly keyArn?: string
}

const names = {
  campaignSchedule: 'M2M_CAMPAIGN_SCHEDULE',
  rules: 'M2M_RULES',
  topicArn: 'M2M_ALARM_TOPIC',
  keyArn: 'M2M_SECRETS_KEY',
} as const

export const readStageParts = (reader: Reader): { readonly parts?: StagePartsEnv } => {
  const rules = reader.optional(names.rules)?.split(' ').filter(Boolean)
  const parts = defined({
    campaignSchedule: reader.optional(names.campaignSchedule),
    rules: rules?.length === 0 ? undefined : rules,
    topicArn: reader.optional(names.topicArn),
    keyArn: reader.optional(names.keyArn),
  })
  return Object.keys(parts).length === 0 ? {} : { parts }
}

export const writeStageParts = ({
  rules,
  campaignSchedule,
  topicArn,
  keyArn,
}: StagePartsEnv = {}): Record<string, string> =>
  defined({
    [names.campaignSchedule]: campaignSchedule,
    [names.rules]: rules?.join(' '),
    [names.topicArn]: topicArn,
    [names.keyArn]: keyArn,
  })
