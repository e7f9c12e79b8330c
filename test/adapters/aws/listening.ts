// A server of a test's own, listening on a free port of this machine while the tests around it run.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll } from 'vitest'

/** @returns where it listens, to be asked for inside of a test. */
export const listenWhileTesting = (server: Server): (() => string) => {
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return () => {
      server.closeAllConnections()
      server.close()
    }
  })
  return () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
