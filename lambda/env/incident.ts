// The incident function's settings: whose secrets, whom it may ask for what, and where the campaign function is, if there is one.
import { defined } from '../core/base/defined.ts'
import type { Bounds } from '../core/rotation/bounds.ts'
import type { StageSecrets } from '../core/secret/stage-secrets.ts'
import { readBounds, writeBounds } from './bounds.ts'
import { endpointOf, type FreezeEnv, readFreezeEnv, writeFreezeEnv } from './freeze.ts'
import { type ProjectPlaceEnv, readProjectPlace, writeProjectPlace } from './project-place.ts'
import { createReader, type Environment } from './reader.ts'
import { readPrefixes, writePrefixes } from './secret-prefixes.ts'

interface IncidentEnv extends StageSecrets {
  readonly rotationFunctionArn: string
  /** Of the alias; absent: there are no campaigns. */
  readonly campaignFunctionArn?: string
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  /** How many clients one incident of m2m.security may be about. */
  readonly maxSecurityClients: number
  /** What Stytch lets us call; absent: as much as we like. */
  readonly stytchCallsPerSecond?: number
  readonly freeze: FreezeEnv
  /** How far the services may be behind. */
  readonly bounds: Bounds
  readonly project?: ProjectPlaceEnv
  /** Where Lambda listens; absent: at AWS's own address. */
  readonly lambdaEndpoint?: string
}

export const readIncidentEnv = (env: Environment): IncidentEnv => {
  const reader = createReader(env)
  const max = reader.text('M2M_MAX_SECURITY_CLIENTS', 'how many clients m2m.security may name, 1 to 1000')
  if (max !== '' && !/^([1-9]\d{0,2}|1000)$/.test(max)) {
    reader.fault('M2M_MAX_SECURITY_CLIENTS', 'is malformed: expected 1 to 1000')
  }
  const rate = reader.optional('M2M_STYTCH_CALLS_PER_SECOND')
  if (rate !== undefined && !(Number(rate) > 0)) {
    reader.fault('M2M_STYTCH_CALLS_PER_SECOND', 'is malformed: expected a number above 0')
  }
  const lambdaEndpoint = endpointOf(reader, 'LAMBDA')
  const campaignFunctionArn = reader.optional('M2M_CAMPAIGN_FUNCTION')
  const settings: IncidentEnv = {
    ...readPrefixes(reader),
    rotationFunctionArn: reader.text('M2M_ROTATION_FUNCTION', "the rotation function's ARN"),
    eventBus: reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus'),
    maxSecurityClients: Number(max),
    freeze: readFreezeEnv(reader),
    bounds: readBounds(reader),
    ...readProjectPlace(reader),
    ...defined({ campaignFunctionArn }),
    ...(rate === undefined ? {} : { stytchCallsPerSecond: Number(rate) }),
    ...defined({ lambdaEndpoint }),
  }
  reader.finish()
  return settings
}

/** The inverse of readIncidentEnv. */
export const writeIncidentEnv = (settings: IncidentEnv): Record<string, string> => ({
  ...writePrefixes(settings),
  M2M_ROTATION_FUNCTION: settings.rotationFunctionArn,
  M2M_EVENT_BUS: settings.eventBus,
  M2M_MAX_SECURITY_CLIENTS: String(settings.maxSecurityClients),
  ...(settings.stytchCallsPerSecond === undefined
    ? {}
    : { M2M_STYTCH_CALLS_PER_SECOND: String(settings.stytchCallsPerSecond) }),
  ...defined({ M2M_CAMPAIGN_FUNCTION: settings.campaignFunctionArn }),
  ...writeFreezeEnv(settings.freeze),
  ...writeBounds(settings.bounds),
  ...writeProjectPlace(settings.project),
  ...defined({ AWS_ENDPOINT_URL_LAMBDA: settings.lambdaEndpoint }),
})
