// Who may do what at the stand-in: each call is somebody's, by the access key id of its signature, and each is evaluated before anything happens.
// The signature itself is not checked. A call of an operation for which no right is known is a fault of the stand-in, never let through.
import { randomUUID } from 'node:crypto'
import { isJsonObject } from '../../../core/base/json-object.ts'
import type { Evaluation, Identity, Rights } from '../../iam/rights.ts'
import type { Operation, StandInReply, StandInRequest } from '../../stand-in/server.ts'
import { AwsFault } from '../aws-fault.ts'
import { lambdaFaultReply, lambdaReply } from '../lambda-wire.ts'
import { queryFaultReply, queryReply } from '../query-protocol.ts'
import { S3Fault, s3FaultReply } from '../s3-wire.ts'
import type { Demand, Demands, SignedCall } from './demand.ts'

export interface ServiceAccess {
  readonly demands: Demands
  /** A refusal in the service's own words. */
  readonly refuse: (fault: AwsFault, request: StandInRequest) => StandInReply
  /** What it calls a denial, and with which status. */
  readonly denied: { readonly type: string; readonly status: number }
  /** What it answers about something that is not there. */
  readonly absent: AwsFault
  /** An answer of a list that is empty. */
  readonly nothing: (op: string) => StandInReply
  /** What it calls a call without a signature, and with which status. */
  readonly unsigned: { readonly type: string; readonly status: number; readonly message: string }
}

export interface Guard {
  /** @returns the operation, carried out only if its caller may */
  guarded(request: StandInRequest, operation: Operation): Operation
  /** Of a call that is being carried out: what else it needs. @returns the refusal */
  refusalNow(demands: (call: SignedCall) => readonly Demand[]): AwsFault | undefined
  identify(authorization: string | undefined): Identity
}

const SIGNED = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/[^/,\s]+\/aws4_request/

interface Signature {
  readonly accessKeyId: string
  readonly region: string
}

export const signatureIn = (authorization: string | undefined): Signature | undefined => {
  const [, accessKeyId, region] = SIGNED.exec(authorization ?? '') ?? []
  return accessKeyId === undefined || region === undefined ? undefined : { accessKeyId, region }
}

const bodyOf = ({ body, headers }: StandInRequest): SignedCall['body'] => {
  if (headers['content-type']?.includes('json') !== true && !body.startsWith('{')) return {}
  try {
    const parsed: unknown = JSON.parse(body)
    return isJsonObject(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

/** Without the resource where there is none, as AWS leaves it out; by the name that the call gave it where there is one. */
const wordsOf = ({ message = '', resource }: Evaluation, shown: string | undefined): string =>
  message.replace(` on resource: ${resource}`, resource === '*' ? '' : ` on resource: ${shown ?? resource}`)

export interface GuardInput {
  readonly rights: Rights
  /** Of everything that the stand-in plays. */
  readonly accountId: string
  /** By the name under which operations carry them. */
  readonly services: Readonly<Record<string, ServiceAccess>>
}

export const createGuard = ({ rights, accountId, services }: GuardInput): Guard => {
  let current: SignedCall | undefined

  const refusalOf = ({ caller }: SignedCall, demands: readonly Demand[], denied: ServiceAccess['denied']) => {
    for (const { shown, refusal, ...demand } of demands) {
      const context = {
        'aws:ViaAWSService': 'false',
        'aws:RequestedRegion': demand.resource.split(':')[3] ?? '',
        ...demand.context,
      }
      const evaluation = rights.authorize({ ...demand, caller, context })
      if (evaluation.decision === 'allowed') continue
      return refusal ?? new AwsFault(denied.type, wordsOf(evaluation, shown), denied.status)
    }
    return undefined
  }

  const run = (operation: Operation, request: StandInRequest, access: ServiceAccess) => {
    const signature = signatureIn(request.headers.authorization)
    if (signature === undefined) {
      const { type, message, status } = access.unsigned
      return access.refuse(new AwsFault(type, message, status), request)
    }
    const call: SignedCall = {
      caller: rights.identify(signature.accessKeyId),
      region: signature.region,
      op: operation.op,
      subject: operation.subject,
      request,
      body: bodyOf(request),
    }
    const demands = access.demands(call)
    if (demands === undefined) throw new TypeError(`no right is known for ${operation.service}:${operation.op}`)
    const refusal = refusalOf(call, demands, access.denied)
    if (refusal !== undefined) return access.refuse(refusal, request)
    if (call.caller.account !== accountId) {
      // What it names without an ARN, and what it lists, is of its own account, where nothing is.
      const own = demands.find(({ resource }) => resource === '*' || resource.split(':')[4] === call.caller.account)
      if (own?.resource === '*') return access.nothing(operation.op)
      if (own !== undefined) return access.refuse(access.absent, request)
    }
    current = call
    try {
      return operation.run()
    } finally {
      current = undefined
    }
  }

  return {
    guarded: (request, operation) => {
      const access = services[operation.service ?? '']
      if (access === undefined || /^Unknown/.test(operation.op)) return operation
      return { ...operation, run: () => run(operation, request, access) }
    },
    refusalNow: (demands) =>
      current === undefined
        ? undefined
        : refusalOf(current, demands(current), { type: 'AccessDeniedException', status: 400 }),
    identify: (authorization) => rights.identify(signatureIn(authorization)?.accessKeyId ?? ''),
  }
}

const NOT_FOUND = new AwsFault('ResourceNotFoundException', 'The requested resource was not found.')

const jsonReply = (fault: AwsFault): StandInReply => ({
  status: fault.status,
  headers: {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
    'x-amzn-errortype': fault.type,
  },
  body: { __type: fault.type, message: fault.message, ...fault.members },
})

/** As a service that speaks AWS JSON does. @param absent - what it answers about something that is not there */
export const jsonAccess = (demands: Demands, absent = NOT_FOUND): ServiceAccess => ({
  demands,
  refuse: jsonReply,
  absent,
  nothing: () => ({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: {} }),
  denied: { type: 'AccessDeniedException', status: 400 },
  unsigned: {
    type: 'MissingAuthenticationTokenException',
    status: 400,
    message: 'Request is missing Authentication Token',
  },
})

/** As Lambda and Scheduler do. */
export const restAccess = (demands: Demands): ServiceAccess => ({
  demands,
  refuse: lambdaFaultReply,
  absent: new AwsFault(NOT_FOUND.type, NOT_FOUND.message, 404),
  nothing: () => lambdaReply(200, {}),
  denied: { type: 'AccessDeniedException', status: 403 },
  unsigned: { type: 'MissingAuthenticationTokenException', status: 403, message: 'Missing Authentication Token' },
})

/** As a service of the Query protocol does. @param type its name for a denial @param words its own spelling of the message */
export const queryAccess = (
  demands: Demands,
  type: string,
  words = (message: string): string => message,
): ServiceAccess => ({
  demands,
  refuse: (fault) => queryFaultReply(new AwsFault(fault.type, words(fault.message), fault.status)),
  absent: new AwsFault('NotFound', NOT_FOUND.message, 404),
  nothing: (op) => queryReply(op, {}),
  denied: { type, status: 403 },
  unsigned: { type: 'MissingAuthenticationToken', status: 403, message: 'Request is missing Authentication Token' },
})

/** S3 puts the resource in quotation marks; a HEAD has no body to say why. */
export const s3Access = (demands: Demands): ServiceAccess => ({
  demands,
  refuse: ({ type, message, status }, { method }) => {
    const reply = s3FaultReply(new S3Fault(type, message.replace(/ on resource: (\S+)/, ' on resource: "$1"'), status))
    return method === 'HEAD' ? { ...reply, body: '' } : reply
  },
  absent: new AwsFault('NoSuchBucket', 'The specified bucket does not exist', 404),
  nothing: () => ({ status: 200, body: '' }),
  denied: { type: 'AccessDenied', status: 403 },
  unsigned: { type: 'AccessDenied', status: 403, message: 'Access Denied' },
})
