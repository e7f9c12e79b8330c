// Counts the bytes between a function and a service, both ways, headers and all: a plain TCP relay before the stand-in.
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

export interface Wire {
  /** What to call instead of the service. */
  readonly url: string
  bytes(): number
  close(): Promise<void>
}

export const startWire = async (target: string): Promise<Wire> => {
  const port = Number(new URL(target).port)
  const sockets = new Set<Socket>()
  let bytes = 0
  const server = createServer((near) => {
    const far = createConnection({ host: '127.0.0.1', port })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true)
      sockets.add(from)
      from.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        to.write(chunk)
      })
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
