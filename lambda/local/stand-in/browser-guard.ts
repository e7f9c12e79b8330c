// Whether a request may come from a page that a browser opened from here. Any other site that a user visits can send requests to loopback
// as well, or point a name of its own there; Host and Origin distinguish them. Programs send no Origin.
import type { IncomingHttpHeaders } from 'node:http'

/** @param port where the server listens. @returns why the request is refused; undefined: it comes from here. */
export const foreignFault = (
  { host, origin }: Pick<IncomingHttpHeaders, 'host' | 'origin'>,
  port: number | undefined,
): string | undefined => {
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return 'the Host header names another host'
  if (origin !== undefined && origin !== `http://${host}`) return 'the request comes from another site'
  return undefined
}
