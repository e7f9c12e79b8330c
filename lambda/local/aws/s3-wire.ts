// S3 on the wire: its XML, its errors, and what of a listing is escaped. Knows no bucket and keeps nothing.
import { randomUUID } from 'node:crypto'
import type { Fault } from '../stand-in/faults.ts'
import type { StandInReply } from '../stand-in/server.ts'

/** S3's error as the stand-in throws it; XML on the wire, unlike every other AWS service here. */
export class S3Fault extends Error {
  readonly code: string
  readonly status: number
  /** Of a precondition that did not hold. */
  readonly condition: string | undefined

  constructor(code: string, message: string, status: number, condition?: string) {
    super(message)
    this.condition = condition
    this.name = 'S3Fault'
    this.code = code
    this.status = status
  }
}

export const notImplemented = (what: string): S3Fault =>
  new S3Fault('NotImplemented', `A header or a request you provided is not played by this stand-in: ${what}`, 501)

/** Nested elements; an array is an element repeated, undefined is none. */
export interface Xml {
  readonly [element: string]: string | number | boolean | undefined | Xml | readonly Xml[]
}

const escapeText = (text: string): string =>
  text.replace(/[&<>"\r]/g, (character) => `&#${character.codePointAt(0) ?? 0};`)

const element = (name: string, value: Xml[string]): string => {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map((one: Xml) => element(name, one)).join('')
  const inner = typeof value === 'object' ? elements(value as Xml) : escapeText(String(value))
  return `<${name}>${inner}</${name}>`
}

const elements = (xml: Xml): string =>
  Object.entries(xml)
    .map(([name, value]) => element(name, value))
    .join('')

export const s3Headers = (): Record<string, string> => ({
  'x-amz-request-id': randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase(),
  'x-amz-id-2': randomUUID(),
})

export const xmlReply = (status: number, root: string, content: Xml): StandInReply => ({
  status,
  headers: { ...s3Headers(), 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`,
})

export const s3FaultReply = ({ code, message, status, condition }: S3Fault): StandInReply =>
  xmlReply(status, 'Error', {
    Code: code,
    Message: message,
    Condition: condition,
  })

/** What a planned fault is called. */
export const plannedFault = ({ kind, status = 500 }: Fault): S3Fault => {
  if (kind === 'throttle' || status === 503) return new S3Fault('SlowDown', 'Please reduce your request rate.', 503)
  if (status === 403) return new S3Fault('AccessDenied', 'Access Denied', status)
  if (status === 404) return new S3Fault('NoSuchBucket', 'The specified bucket does not exist', status)
  if (status === 409) {
    return new S3Fault('ConditionalRequestConflict', 'A conflicting conditional operation is in progress.', status)
  }
  if (status < 500) return new S3Fault('InvalidRequest', 'A planned fault.', status)
  return new S3Fault('InternalError', 'We encountered an internal error. Please try again.', status)
}
