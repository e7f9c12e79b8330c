// Who may speak to the status page: a browser that opened it here. Any other site that a user visits can send requests to loopback as well,
// or point its own name there; Host and Origin distinguish them.
import type { IncomingHttpHeaders } from 'node:http'

export interface GuardedRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly port: number
}

/** @returns why the request is refused; undefined: it may pass. */
export const refusalOf = ({ method, headers, port }: GuardedRequest): string | undefined => {
  const { host, origin } = headers
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return 'the Host header names another host'
  if (origin !== undefined && origin !== `http://${host}`) return 'the request comes from another site'
  if (method === 'GET') return undefined
  if (method !== 'POST') return 'the method is neither GET nor POST'
  if (origin === undefined) return 'a request that changes something needs an Origin header'
  // What a form of another site cannot send.
  return headers['content-type'] === 'application/json' ? undefined : 'the content type is not application/json'
}
