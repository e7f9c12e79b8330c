// AWS's Query protocol on the wire: a form that names the action, and XML for an answer. SNS, CloudWatch, IAM and STS speak it here, each with its
// own names for what goes wrong.
import { randomUUID } from 'node:crypto'
import type { Fault } from '../stand-in/faults.ts'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'

/** What an XML element holds: text, elements by name, or a list of `member`s. */
export type XmlValue = string | boolean | readonly XmlValue[] | { readonly [name: string]: XmlValue | undefined }

/** Who signed, and for which Region. */
export interface QueryCaller {
  readonly accessKey: string
  readonly region: string
}

/** By the action's name; reads the form's fields. @throws AwsFault */
export type QueryOperations = Readonly<
  Record<string, (form: URLSearchParams, caller: QueryCaller) => { readonly [name: string]: XmlValue | undefined }>
>

export interface QueryService {
  /** As its signatures name it: `sns`, `monitoring`, `sts`. */
  readonly signedFor: string
  readonly operations: QueryOperations
  /** What it calls a call that a policy denies, with a status of 403. */
  readonly denied: string
  /** Of a service that is everywhere and signed for one Region. @default - any */
  readonly onlyRegion?: string
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? '&apos;')

const toXml = (value: XmlValue): string => {
  if (typeof value === 'string' || typeof value === 'boolean') return escaped(String(value))
  if (Array.isArray(value)) return value.map((one: XmlValue) => `<member>${toXml(one)}</member>`).join('')
  return Object.entries(value)
    .map(([name, inner]: readonly [string, XmlValue | undefined]) =>
      inner === undefined ? '' : `<${name}>${toXml(inner)}</${name}>`,
    )
    .join('')
}

const reply = (status: number, body: string): StandInReply => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() },
  body,
})

const errorReply = (code: string, message: string, status: number): StandInReply =>
  reply(
    status,
    `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  )

export const queryFaultReply = ({ type, message, status }: AwsFault): StandInReply => errorReply(type, message, status)

export const queryReply = (action: string, answer: { readonly [name: string]: XmlValue | undefined }): StandInReply =>
  reply(200, `<${action}Response><${action}Result>${toXml(answer)}</${action}Result></${action}Response>`)

const SIGNED = /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/

const run = (
  { operations, onlyRegion }: QueryService,
  { action, form, caller }: { readonly action: string; readonly form: URLSearchParams; readonly caller: QueryCaller },
): StandInReply => {
  try {
    if (onlyRegion !== undefined && caller.region !== onlyRegion) {
      throw new AwsFault('SignatureDoesNotMatch', "Credential should be scoped to a valid region, not this one's.", 403)
    }
    const answer = operations[action]?.(form, caller) ?? {}
    return queryReply(action, answer)
  } catch (error) {
    if (error instanceof AwsFault) return queryFaultReply(error)
    throw error
  }
}

export const createQueryRoute = (services: readonly QueryService[]) => {
  const isOurs = (operation: Operation): QueryService | undefined =>
    services.find(({ signedFor }) => signedFor === operation.service)
  return {
    /** @returns undefined: it is no call of these services. */
    route: ({ method, path, headers, body }: StandInRequest): Operation | undefined => {
      const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
      if (method !== 'POST' || path !== '/' || !isForm) return undefined
      const [, accessKey = 'unknown', region = '', signedFor] = SIGNED.exec(headers.authorization ?? '') ?? []
      const service = services.find((one) => one.signedFor === signedFor)
      if (service === undefined) return undefined
      const form = new URLSearchParams(body)
      const action = form.get('Action') ?? ''
      const subject = ['TopicArn', 'AlarmNamePrefix', 'RoleName']
        .map((name) => form.get(name))
        .find((one) => one !== null)
      const base = { service: service.signedFor, subject: subject ?? null }
      if (!Object.hasOwn(service.operations, action)) {
        const message = `Could not find operation ${action}`
        return { ...base, op: 'UnknownOperation', run: () => errorReply('InvalidAction', message, 400) }
      }
      return { ...base, op: action, run: () => run(service, { action, form, caller: { accessKey, region } }) }
    },
    /** A planned fault in the service's own words; undefined: it is none of these services'. */
    faultReply: ({ kind, status = 500 }: Fault, operation: Operation): StandInReply | undefined => {
      const service = isOurs(operation)
      if (service === undefined) return undefined
      if (kind === 'throttle') return errorReply('Throttling', 'Rate exceeded', 400)
      if (status === 403) return errorReply(service.denied, 'You are not authorized to perform this operation.', 403)
      return errorReply(status < 500 ? 'InvalidParameter' : 'InternalFailure', 'A planned fault.', status)
    },
  }
}
