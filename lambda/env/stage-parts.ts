// Which parts of a stage the sweep looks at beside its secrets: each by its name, and each may be absent.
import { defined } from '../core/base/defined.ts'
import { endpointOf } from './freeze.ts'
import type { Reader } from './reader.ts'

/** Where each part is asked about; absent: at AWS's own address. */
export interface StagePartEndpoints {
  readonly scheduler?: string
  readonly events?: string
  readonly sns?: string
  readonly kms?: string
}

export interface StagePartsEnv {
  /** Of the periodic campaign, at EventBridge Scheduler. */
  readonly campaignSchedule?: string
  /** Rules of the stage's bus, as CloudFormation names them. */
  readonly rules?: readonly string[]
  /** ARN of the topic that people subscribe to. */
  readonly topicArn?: string
  /** ARN of the secrets' key. */
  readonly keyArn?: string
  readonly endpoints?: StagePartEndpoints
}

const names = {
  campaignSchedule: 'M2M_CAMPAIGN_SCHEDULE',
  rules: 'M2M_RULES',
  topicArn: 'M2M_ALARM_TOPIC',
  keyArn: 'M2M_SECRETS_KEY',
} as const

const readEndpoints = (reader: Reader): StagePartEndpoints =>
  defined({
    scheduler: endpointOf(reader, 'SCHEDULER'),
    events: endpointOf(reader, 'EVENTBRIDGE'),
    sns: endpointOf(reader, 'SNS'),
    kms: endpointOf(reader, 'KMS'),
  })

export const readStageParts = (reader: Reader): { readonly parts?: StagePartsEnv } => {
  const rules = reader.optional(names.rules)?.split(' ').filter(Boolean)
  const parts = defined({
    campaignSchedule: reader.optional(names.campaignSchedule),
    rules: rules?.length === 0 ? undefined : rules,
    topicArn: reader.optional(names.topicArn),
    keyArn: reader.optional(names.keyArn),
  })
  if (Object.keys(parts).length === 0) return {}
  const endpoints = readEndpoints(reader)
  return { parts: Object.keys(endpoints).length === 0 ? parts : { ...parts, endpoints } }
}

export const writeStageParts = ({
  rules,
  campaignSchedule,
  topicArn,
  keyArn,
  endpoints = {},
}: StagePartsEnv = {}): Record<string, string> =>
  defined({
    AWS_ENDPOINT_URL_SCHEDULER: endpoints.scheduler,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints.events,
    AWS_ENDPOINT_URL_SNS: endpoints.sns,
    AWS_ENDPOINT_URL_KMS: endpoints.kms,
    [names.campaignSchedule]: campaignSchedule,
    [names.rules]: rules?.join(' '),
    [names.topicArn]: topicArn,
    [names.keyArn]: keyArn,
  })
