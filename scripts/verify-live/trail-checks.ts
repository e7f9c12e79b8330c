// Under which names CloudTrail reports what a rotation does, and where such an event names the secret: the rules that notify somebody match on both
// (lib/watch/failure-alarms.ts). Read from the account's event history, which takes minutes; nothing is made for it but one secret.
import { jsonRequest } from '../../lambda/adapters/aws/request-signer.ts'
import { errorTypeOf, type SignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../lambda/core/base/json-object.ts'
import type { AwsChecks } from './aws-checks.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { until } from './run.ts'

export interface TrailChecks extends AwsChecks {
  readonly trail: SignedCall
  /** When the run began, epoch milliseconds. */
  readonly since: number
}

const TIMEOUT_MS = 15_000
const LOOKUP = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'
const BY_SERVICE = 'AwsServiceEvent, additionalEventData.SecretId'
const BY_CALL = 'AwsApiCall, requestParameters.secretId'

/** What each event is taken for; `rare`: a run may provoke none. */
const EVENTS = [
  { name: 'RotationStarted', expected: BY_SERVICE },
  { name: 'RotationSucceeded', expected: BY_SERVICE },
  { name: 'RotationFailed', expected: BY_SERVICE, rare: 'a rotation is given up long after it has failed' },
  { name: 'RotationAbandoned', expected: BY_SERVICE, rare: 'none is provoked' },
  { name: 'TestRotationStarted', expected: BY_SERVICE },
  { name: 'TestRotationSucceeded', expected: BY_SERVICE },
  { name: 'TestRotationFailed', expected: BY_SERVICE, rare: 'none is provoked' },
  { name: 'DeleteSecret', expected: BY_CALL },
] as const

const lookUp = async ({ trail, since }: TrailChecks): Promise<readonly JsonObject[]> => {
  const events: JsonObject[] = []
  let NextToken: unknown
  do {
    const input = {
      LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'secretsmanager.amazonaws.com' }],
      StartTime: Math.floor(since / 1000),
      ...(NextToken === undefined ? {} : { NextToken }),
    }
    const { status, body } = await trail(jsonRequest(LOOKUP, '1.1', input), TIMEOUT_MS)
    const json = parseJsonObject(body)
    if (status >= 400 || json === undefined) throw new CheckBrokeOff(`LookupEvents met ${errorTypeOf(json, status)}`)
    for (const event of Array.isArray(json.Events) ? json.Events : []) {
      const detail = isJsonObject(event) ? parseJsonObject(String(event.CloudTrailEvent)) : undefined
      if (detail !== undefined) events.push(detail)
    }
    NextToken = json.NextToken
  } while (NextToken !== undefined)
  return events
}

/** `AwsServiceEvent, additionalEventData.SecretId`, or where else the secret is named. */
const describe = (event: JsonObject, prefix: string): string => {
  const places = ['additionalEventData', 'requestParameters', 'serviceEventDetails'].flatMap((part) => {
    const fields = event[part]
    if (!isJsonObject(fields)) return []
    return Object.keys(fields).flatMap((field) => (String(fields[field]).includes(prefix) ? [`${part}.${field}`] : []))
  })
  return [String(event.eventType), ...places].join(', ')
}

const names = async (checks: TrailChecks, found: Parameters<CheckGroup['run']>[0]): Promise<void> => {
  const { run, calls } = checks
  await calls.removeNow(await calls.create('trail', 'rotate'))
  const isOurs = (event: JsonObject): boolean => JSON.stringify(event).includes(run.prefix)
  const wanted: readonly string[] = EVENTS.flatMap((event) => ('rare' in event ? [] : [event.name]))
  let seen: readonly JsonObject[] = []
  // Late as it is, the answer is whatever has come by then.
  await until(run, run.pace.trailWaitMs, async () => {
    seen = (await lookUp(checks)).filter(isOurs)
    return wanted.every((name) => seen.some(({ eventName }) => eventName === name)) ? true : undefined
  })
  for (const event of EVENTS) {
    const its = seen.filter(({ eventName }) => eventName === event.name)
    const described = [...new Set(its.map((one) => describe(one, run.prefix)))].join('; ')
    found({
      check: `CloudTrail: ${event.name}`,
      expected: event.expected,
      seen: described === '' ? undefined : described,
      why: 'rare' in event ? event.rare : 'it did not come within the wait',
    })
  }
}

export const trailGroup = (checks: TrailChecks): CheckGroup => ({
  name: 'names in CloudTrail',
  service: 'AWS',
  run: (found) => names(checks, found),
})
