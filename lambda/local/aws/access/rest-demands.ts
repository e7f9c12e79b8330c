// The calls to Lambda, S3 and Scheduler, which name what they are about in the path. Clauses: service authorization reference, each service's page.
import { arnFor, type Demand, type Demands, keysOf, placeOf, type SignedCall } from './demand.ts'

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const FUNCTION = /^\/\d{4}-\d{2}-\d{2}\/functions\/([^/]+)/
const EXECUTION = /^\/\d{4}-\d{2}-\d{2}\/durable-executions\/([^/]+)/

/** A name, a partial or a whole ARN, with the qualifier that stands in it or in the query. */
const functionArn = (call: SignedCall): string | undefined => {
  const text = FUNCTION.exec(call.request.path)?.[1]
  if (text === undefined) return undefined
  const parts = decoded(text).split(':')
  const isArn = parts[0] === 'arn'
  const [name = '', own] = isArn ? parts.slice(6) : parts
  const qualifier = own ?? call.request.query.get('Qualifier') ?? undefined
  const place = isArn ? { region: parts[3] ?? '', accountId: parts[4] ?? '' } : placeOf(call)
  return arnFor(place, 'lambda', `function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`)
}

/** What IAM calls an operation, where that is another name. */
const lambdaActions: Readonly<Record<string, string>> = { Invoke: 'InvokeFunction' }

const withoutFunction = ['ListFunctions', 'GetAccountSettings', 'CreateFunction']

const permission = ({ body }: SignedCall) =>
  keysOf({ 'lambda:Principal': typeof body.Principal === 'string' ? body.Principal : undefined })

export const lambdaDemands: Demands = (call) => {
  const { op } = call
  const action = `lambda:${lambdaActions[op] ?? op}`
  if (op === 'CreateFunction') return creatingFunction(call)
  if (withoutFunction.includes(op)) return [{ action, resource: '*' }]
  const execution = EXECUTION.exec(call.request.path)?.[1]
  if (execution !== undefined) return [{ action, resource: decoded(execution) }]
  const resource = functionArn(call)
  if (resource === undefined) return undefined
  return [{ action, resource, ...(op === 'AddPermission' ? { context: permission(call) } : {}) }]
}

/** The role that Lambda is to assume is passed on by the caller. */
const creatingFunction = (call: SignedCall): readonly Demand[] => {
  const { FunctionName: name, Role: role } = call.body
  const made = {
    action: 'lambda:CreateFunction',
    resource: arnFor(placeOf(call), 'lambda', `function:${typeof name === 'string' ? name : ''}`),
  }
  if (typeof role !== 'string') return [made]
  return [made, { action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': 'lambda.amazonaws.com' } }]
}

const s3Actions: Readonly<Record<string, string>> = {
  CreateBucket: 'CreateBucket',
  HeadBucket: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  PutObject: 'PutObject',
  GetObject: 'GetObject',
  HeadObject: 'GetObject',
  DeleteObject: 'DeleteObject',
}

const s3Signing = {
  's3:TlsVersion': '1.3',
  's3:authType': 'REST-HEADER',
  's3:signatureversion': 'AWS4-HMAC-SHA256',
} as const

const READS_OBJECT: ReadonlySet<string> = new Set(['GetObject', 'HeadObject'])

/**
 * A bucket's policy speaks for its objects. Whose a bucket is does not stand in its name: here all are of the stand-in's account. That an object is
 * not there is said to whoever may list the bucket; all others are refused (S3 API reference, "GetObject", permissions).
 */
export const s3Demands =
  (isAbsent: (bucket: string, key: string) => boolean): Demands =>
  (call) => {
    const { op, request } = call
    const name = s3Actions[op]
    if (name === undefined) return undefined
    const path = decoded(request.path.slice(1))
    const [bucketName = ''] = path.split('/', 1)
    const key = path.slice(bucketName.length + 1)
    const bucket = `arn:aws:s3:::${bucketName}`
    const { headers, query } = request
    const ofVersion = op === 'DeleteObject' && query.has('versionId') ? 'Version' : ''
    return [
      {
        action: `s3:${name}${ofVersion}`,
        resource: key === '' ? bucket : `${bucket}/${key}`,
        guardedBy: bucket,
        context: keysOf({
          ...s3Signing,
          's3:if-none-match': headers['if-none-match'],
          's3:if-match': headers['if-match'],
          's3:x-amz-server-side-encryption': headers['x-amz-server-side-encryption'],
          's3:prefix': query.get('prefix') ?? undefined,
          's3:delimiter': query.get('delimiter') ?? undefined,
          's3:max-keys': query.get('max-keys') ?? undefined,
        }),
      },
      ...(READS_OBJECT.has(op) && isAbsent(bucketName, key)
        ? [{ action: 's3:ListBucket', resource: bucket, context: keysOf(s3Signing) }]
        : []),
    ]
  }

const SCHEDULE = /^\/schedules\/([^/]+)$/

export const schedulerDemands: Demands = (call) => {
  const name = SCHEDULE.exec(call.request.path)?.[1]
  if (name === undefined) return undefined
  const group = call.request.query.get('groupName') ?? 'default'
  return [
    {
      action: `scheduler:${call.op}`,
      resource: arnFor(placeOf(call), 'scheduler', `schedule/${group}/${decoded(name)}`),
    },
  ]
}
