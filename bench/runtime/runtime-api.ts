// Lambda's Runtime API, as far as one execution environment speaks it: hands out one event, takes what becomes of it, and tells when
// each came. It times what it sees; it measures nothing inside of the environment.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RuntimeApi {
  /** `127.0.0.1:<port>`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string
  /** Resolves with the time (performance.now) of the first request for an event. */
  readonly asked: Promise<number>
  /** Resolves with the time and the text of what came of the event. */
  readonly answered: Promise<{ readonly at: number; readonly text: string }>
  /** Rejects `asked` and `answered`: the environment is gone. */
  giveUp(why: string): void
  close(): Promise<void>
}

const bodyOf = async (message: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

export const startRuntimeApi = async (event: unknown): Promise<RuntimeApi> => {
  const asked = Promise.withResolvers<number>()
  const answered = Promise.withResolvers<{ readonly at: number; readonly text: string }>()
  const fail = (why: string): void => {
    asked.reject(new Error(why))
    answered.reject(new Error(why))
  }
  let isHandedOut = false
  const server = createServer((message, response) => {
    const at = performance.now()
    if (message.url?.endsWith('/invocation/next')) {
      // The next one never comes.
      if (isHandedOut) return
      isHandedOut = true
      asked.resolve(at)
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': '00000000-0000-4000-8000-000000000000',
        'lambda-runtime-deadline-ms': String(Date.now() + 15_000),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:bench',
      })
      response.end(JSON.stringify(event))
      return
    }
    void bodyOf(message).then((text) => {
      response.writeHead(202).end('{}')
      if (message.url?.endsWith('/response')) answered.resolve({ at, text })
      else fail(`the function failed: ${text.slice(0, 500)}`)
    })
  })
  // Whoever waits for one of them hears of a failure; the other must not end the process.
  asked.promise.catch(() => {})
  answered.promise.catch(() => {})
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: asked.promise,
    answered: answered.promise,
    giveUp: fail,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
