// The calls to the services of the Query protocol: SNS, CloudWatch, IAM and STS. Clauses: service authorization reference, each service's page.
import { arnFor, type Demands, keysOf, placeOf, type SignedCall } from './demand.ts'

const formOf = ({ request }: SignedCall): URLSearchParams => new URLSearchParams(request.body)

/** Of a topic; a subscription belongs to one. */
export const snsDemands: Demands = (call) => {
  const form = formOf(call)
  const topic = form.get('TopicArn') ?? form.get('SubscriptionArn')?.split(':').slice(0, 6).join(':')
  if (topic === undefined) return call.op.startsWith('List') ? [{ action: `sns:${call.op}`, resource: '*' }] : []
  const context = keysOf({
    'sns:Protocol': form.get('Protocol') ?? undefined,
    'sns:Endpoint': form.get('Endpoint') ?? undefined,
  })
  return [{ action: `sns:${call.op}`, resource: topic, context }]
}

const alarmsIn = (form: URLSearchParams): readonly string[] =>
  [...form].filter(([key]) => key === 'AlarmName' || key.startsWith('AlarmNames.member.')).map(([, name]) => name)

export const cloudWatchDemands: Demands = (call) => {
  const action = `cloudwatch:${call.op}`
  const form = formOf(call)
  const named = alarmsIn(form).map((name) => ({
    action,
    resource: arnFor(placeOf(call), 'cloudwatch', `alarm:${name}`),
  }))
  // A prefix wants all of them.
  return named.length === 0 ? [{ action, resource: arnFor(placeOf(call), 'cloudwatch', 'alarm:*') }] : named
}

export const iamDemands: Demands = (call) => {
  const action = `iam:${call.op}`
  const form = formOf(call)
  const name = form.get('RoleName')
  const path = form.get('Path') ?? form.get('PathPrefix') ?? '/'
  const resource = `arn:aws:iam::${call.caller.account}:role${path}${name ?? ''}`
  return [{ action, resource }]
}

/** Whoever is anybody may ask who it is (STS API reference, GetCallerIdentity). */
export const stsDemands: Demands = ({ op }) => (op === 'GetCallerIdentity' ? [] : undefined)
