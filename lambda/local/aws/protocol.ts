// AWS JSON 1.1 over the shared HTTP server: X-Amz-Target names the operation, the body is its input, an AwsFault becomes
// AWS's error body. Signatures are not looked at. The only place that turns faults into replies.
import { randomUUID } from 'node:crypto'
import { defined } from '../../core/base/defined.ts'
import type { Fault } from '../stand-in/faults.ts'
import type { Operation, StandInReply, StandInRequest, Vendor } from '../stand-in/server.ts'
import { dynamoDbModel, eventBridgeModel, kmsModel, secretsManagerModel, systemsManagerModel } from './api-models.ts'
import { type ApiModel, checkShape } from './api-shape.ts'
import { AwsFault, internalError, throttled } from './aws-fault.ts'
import type { Body } from './input.ts'
import type { AwsOperations } from './operations.ts'
import type { QuotaCheck } from './quotas.ts'
import type { AwsService } from './settings.ts'

export interface AwsServices {
  readonly secretsManager: AwsOperations
  /** Secrets Manager's, for a call that is signed for another Region; undefined: that one is answered as all others are. */
  readonly replicasFor?: (headers: StandInRequest['headers']) => AwsOperations | undefined
  readonly eventBridge: AwsOperations
  readonly systemsManager: AwsOperations
  readonly dynamoDb: AwsOperations
  readonly kms: AwsOperations
  /** @default - nothing is asked of it */
  readonly cloudTrail?: AwsOperations
  /** Called before a call to Secrets Manager is looked at: does what the clock has made due by then. @default - nothing is */
  readonly catchUp?: () => void
  /** Does a call's work as one write of whatever it changes. */
  readonly asOneWrite: <T>(work: () => T) => T
  /** ARN of who signed a call. */
  readonly callerOf: (headers: StandInRequest['headers']) => string
  /** Called for every call that was carried out. */
  readonly onCall?: (operation: string, body: Body, headers: StandInRequest['headers']) => void
}

const reply = (status: number, body: object): StandInReply => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID() },
  body,
})

const errorReply = (fault: AwsFault): StandInReply => {
  const answer = reply(fault.status, { __type: fault.type, message: fault.message, ...fault.members })
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': fault.type } }
}

/** What services call their own failure that do not call it as Secrets Manager does. */
const internalErrors: ReadonlyMap<string | undefined, string> = new Map([
  ['events', 'InternalException'],
  ['kms', 'KMSInternalException'],
  ['dynamodb', 'InternalServerError'],
])

/** What a planned `error` of this status is called. */
const faultOfStatus = (status: number, service: string | undefined): AwsFault => {
  if (status === 403) return new AwsFault('AccessDeniedException', 'User is not authorized to perform this.', status)
  if (status === 429) return new AwsFault('ThrottlingException', 'Rate exceeded', status)
  if (status < 500) return new AwsFault('InvalidRequestException', 'A planned fault.', status)
  if (status === 503) return new AwsFault('ServiceUnavailableException', 'The service is unavailable.', status)
  const type = internalErrors.get(service)
  return type === undefined ? internalError(status) : new AwsFault(type, 'An internal error occurred.', status)
}

/** Lambda has a name and a status of its own for it. */
const throttleOf = ({ op }: Operation): AwsFault =>
  op === 'Invoke' ? new AwsFault('TooManyRequestsException', 'Rate Exceeded.', 429) : throttled()

const parseBody = (text: string): Body | undefined => {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : undefined
  } catch {
    return undefined
  }
}

const subjectOf = (op: string, body: Body | undefined): string | null => {
  const subject =
    op === 'CreateSecret' || op.endsWith('Parameter') ? body?.Name : (body?.SecretId ?? body?.TableName ?? body?.KeyId)
  return typeof subject === 'string' ? subject : null
}

interface Service {
  readonly name: AwsService
  readonly operations: AwsOperations
  /** What a request's body must be like. @default - nothing is checked of it */
  readonly model?: ApiModel
}

/** By what stands before the operation's name in X-Amz-Target. */
const servicesByTarget = (services: AwsServices): ReadonlyMap<string, Service> =>
  new Map<string, Service>([
    ['secretsmanager', { name: 'secretsmanager', operations: services.secretsManager, model: secretsManagerModel }],
    ['AWSEvents', { name: 'events', operations: services.eventBridge, model: eventBridgeModel }],
    ['AmazonSSM', { name: 'ssm', operations: services.systemsManager, model: systemsManagerModel }],
    ['DynamoDB_20120810', { name: 'dynamodb', operations: services.dynamoDb, model: dynamoDbModel }],
    ['TrentService', { name: 'kms', operations: services.kms, model: kmsModel }],
    [
      'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101',
      { name: 'cloudtrail', operations: services.cloudTrail ?? {} },
    ],
  ])

/** @returns the vendor's half of the stand-in server. */
export const awsVendor = (
  services: AwsServices,
  checkQuota: QuotaCheck,
  byTarget = servicesByTarget(services),
): Omit<Vendor, 'control' | 'delay'> => ({
  contentType: 'application/x-amz-json-1.1',
  route: (request: StandInRequest): Operation => {
    const target = request.headers['x-amz-target'] ?? ''
    // CloudTrail's has dots of its own before the operation's.
    const dot = target.lastIndexOf('.')
    const name = target.slice(dot + 1)
    const service = byTarget.get(target.slice(0, Math.max(dot, 0)))
    const ofReplica = service?.name === 'secretsmanager' ? services.replicasFor?.(request.headers) : undefined
    const operations = ofReplica ?? service?.operations ?? {}
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    const body = parseBody(request.body)
    const run = (): StandInReply => {
      try {
        if (operation === undefined) throw new AwsFault('UnknownOperationException', 'No such operation.')
        if (body === undefined) throw new AwsFault('SerializationException', 'The body is not a JSON object.')
        if (service?.name === 'secretsmanager') services.catchUp?.()
        checkQuota(name)
        checkShape(service?.model?.[name] ?? {}, body)
        const answer = reply(
          200,
          services.asOneWrite(() => operation(body, services.callerOf(request.headers))),
        )
        // A replica's reads are in the trail of its own Region.
        if (ofReplica === undefined) services.onCall?.(name, body, request.headers)
        return answer
      } catch (error) {
        if (error instanceof AwsFault) return errorReply(error)
        throw error
      }
    }
    return operation === undefined
      ? { op: 'UnknownOperation', subject: null, run }
      : { op: name, subject: subjectOf(name, body), ...defined({ service: service?.name }), run }
  },
  faultReply: (fault: Fault, operation: Operation): StandInReply =>
    errorReply(
      fault.kind === 'throttle' ? throttleOf(operation) : faultOfStatus(fault.status ?? 500, operation.service),
    ),
})
