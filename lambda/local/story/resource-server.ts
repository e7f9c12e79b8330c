// A small API that trusts Stytch's tokens: verifies each JWT against the JWKS, as a company's services do. Loopback only.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { LaptopAddress } from '../laptop/address.ts'

export interface ResourceServer {
  readonly url: string
  close(): Promise<void>
}

/** @param now epoch milliseconds, by which tokens are judged: the laptop's clock can be moved. @default - real time */
export const startResourceServer = async (
  address: LaptopAddress,
  now: () => number = Date.now,
): Promise<ResourceServer> => {
  const jwks = createRemoteJWKSet(new URL(`/v1/sessions/jwks/${address.project_id}`, address.stytch))
  const expected = { issuer: `stytch.com/${address.project_id}`, audience: address.project_id, algorithms: ['RS256'] }
  const server = createServer((message, response) => {
    const token = message.headers.authorization?.replace(/^Bearer /, '') ?? ''
    jwtVerify(token, jwks, { ...expected, currentDate: new Date(now()) }).then(
      ({ payload }) => response.writeHead(200).end(JSON.stringify({ hello: payload.sub })),
      () => response.writeHead(401).end('{}'),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
