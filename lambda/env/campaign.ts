// The campaign function's settings: whose secrets, what their overlaps and periods are when their tags say nothing, how fast it may go,
// and by which alias it starts executions of its own.
import { defined } from '../core/base/defined.ts'
import type { Bounds } from '../core/rotation/bounds.ts'
import type { StageSecrets } from '../core/secret/stage-secrets.ts'
import { readBounds, writeBounds } from './bounds.ts'
import { endpointOf, type FreezeEnv, readFreezeEnv, writeFreezeEnv } from './freeze.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { type RecordsEnv, readRecordsIfAny, writeRecords } from './records.ts'
import { readPrefixes, writePrefixes } from './secret-prefixes.ts'

export interface CampaignEnv extends StageSecrets {
  readonly rotationFunctionArn: string
  /** ARN of its own alias. */
  readonly selfArn: string
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  readonly periodHours: number
  readonly overlapHours: number
  /** The longest time between two periodic campaigns; absent: what is due is what is past its period. */
  readonly campaignEveryHours?: number
  /** How many calls a second Stytch grants the project; absent: it sets no limit. */
  readonly stytchCallsPerSecond?: number
  readonly freeze: FreezeEnv
  /** The parameter by which operators pause and stop campaigns, `/m2m/<stage>/campaigns`. */
  readonly controlParameter: string
  /** How far the services may be behind. */
  readonly bounds: Bounds
  /** Where it stands when a rotation switched; absent: a secret's dates say it as well as they can. */
  readonly records?: RecordsEnv
  /** Where Lambda listens; absent: at AWS's own address. */
  readonly lambdaEndpoint?: string
}

const toNumber = (reader: Reader, name: string, text: string, what: string): number => {
  const number = Number(text)
  if (text !== '' && !(Number.isFinite(number) && number > 0)) reader.fault(name, `is malformed: expected ${what}`)
  return number
}

const readNumber = (reader: Reader, name: string, what: string): number =>
  toNumber(reader, name, reader.text(name, what), what)

export const readCampaignEnv = (env: Environment): CampaignEnv => {
  const reader = createReader(env)
  const selfArn = reader.text('M2M_CAMPAIGN_FUNCTION', "the ARN of the function's own alias")
  if (selfArn !== '' && selfArn.split(':').length !== 8) {
    reader.fault('M2M_CAMPAIGN_FUNCTION', 'is malformed: expected an ARN that ends in an alias')
  }
  const every = reader.optional('M2M_CAMPAIGN_EVERY_HOURS')
  const rate = reader.optional('M2M_STYTCH_CALLS_PER_SECOND')
  const lambdaEndpoint = endpointOf(reader, 'LAMBDA')
  const settings: CampaignEnv = {
    ...readPrefixes(reader),
    rotationFunctionArn: reader.text('M2M_ROTATION_FUNCTION', "the rotation function's ARN"),
    selfArn,
    eventBus: reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus'),
    periodHours: readNumber(reader, 'M2M_PERIOD_HOURS', 'the period in hours, above 0'),
    overlapHours: readNumber(reader, 'M2M_OVERLAP_HOURS', 'the overlap in hours, above 0'),
    freeze: readFreezeEnv(reader),
    controlParameter: reader.text('M2M_CAMPAIGN_CONTROL', 'the name of a parameter, /m2m/<stage>/campaigns'),
    bounds: readBounds(reader),
    ...readRecordsIfAny(reader),
    ...defined({ lambdaEndpoint }),
    ...(every === undefined
      ? {}
      : { campaignEveryHours: toNumber(reader, 'M2M_CAMPAIGN_EVERY_HOURS', every, 'a number of hours above 0') }),
    ...(rate === undefined
      ? {}
      : { stytchCallsPerSecond: toNumber(reader, 'M2M_STYTCH_CALLS_PER_SECOND', rate, 'a number above 0') }),
  }
  reader.finish()
  return settings
}

/** The inverse of readCampaignEnv. */
export const writeCampaignEnv = (settings: CampaignEnv): Record<string, string> => ({
  ...writePrefixes(settings),
  M2M_ROTATION_FUNCTION: settings.rotationFunctionArn,
  M2M_CAMPAIGN_FUNCTION: settings.selfArn,
  M2M_EVENT_BUS: settings.eventBus,
  M2M_PERIOD_HOURS: String(settings.periodHours),
  M2M_OVERLAP_HOURS: String(settings.overlapHours),
  ...(settings.campaignEveryHours === undefined
    ? {}
    : { M2M_CAMPAIGN_EVERY_HOURS: String(settings.campaignEveryHours) }),
  ...(settings.stytchCallsPerSecond === undefined
    ? {}
    : { M2M_STYTCH_CALLS_PER_SECOND: String(settings.stytchCallsPerSecond) }),
  ...writeFreezeEnv(settings.freeze),
  M2M_CAMPAIGN_CONTROL: settings.controlParameter,
  ...writeBounds(settings.bounds),
  ...writeRecords(settings.records),
  ...defined({ AWS_ENDPOINT_URL_LAMBDA: settings.lambdaEndpoint }),
})
