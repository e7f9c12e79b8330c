// Who may speak to the status page: a browser that opened it here, and for what changes something with a request that no form can send.
import type { IncomingHttpHeaders } from 'node:http'
import { foreignFault } from '../stand-in/browser-guard.ts'

export interface GuardedRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly port: number
}

/** @returns why the request is refused; undefined: it may pass. */
export const refusalOf = ({ method, headers, port }: GuardedRequest): string | undefined => {
  const fault = foreignFault(headers, port)
  if (fault !== undefined) return fault
  if (method === 'GET') return undefined
  if (method !== 'POST') return 'the method is neither GET nor POST'
  if (headers.origin === undefined) return 'a request that changes something needs an Origin header'
  // What a form of another site cannot send.
  return headers['content-type'] === 'application/json' ? undefined : 'the content type is not application/json'
}
