// Lambda's Runtime API, as far as one execution environment speaks it: hands out one event again and again, takes what becomes of it, and says when
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
  /** Resolves with how long the same event took each further time, from its being handed out to its answer, milliseconds. */
  readonly warm: Promise<readonly number[]>
  /** Rejects `asked` and `answered`: the environment is gone. */
  giveUp(why: string): void
  close(): Promise<void>
}

const bodyOf = async (message: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

export interface RuntimeSettings {
  /** Whether an error of the function is an answer, too. @default false */
  readonly mayFail?: boolean | undefined
  /** How often the event is handed out after the first time. @default 1 */
  readonly again?: number | undefined
}

export const startRuntimeApi = async (
  event: unknown,
  { mayFail = false, again = 1 }: RuntimeSettings = {},
): Promise<RuntimeApi> => {
  const asked = Promise.withResolvers<number>()
  const answered = Promise.withResolvers<{ readonly at: number; readonly text: string }>()
  const warm = Promise.withResolvers<readonly number[]>()
  const took: number[] = []
  const body = JSON.stringify(event)
  const fail = (why: string): void => {
    for (const promise of [asked, answered, warm]) promise.reject(new Error(why))
  }
  let handedOut = 0
  let handedAt = 0
  const server = createServer((message, response) => {
    const at = performance.now()
    if (message.url?.endsWith('/invocation/next')) {
      // The one after the last never comes.
      if (handedOut > again) return
      handedOut += 1
      asked.resolve(at)
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': '00000000-0000-4000-8000-000000000000',
        'lambda-runtime-deadline-ms': String(Date.now() + 15_000),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:bench',
      })
      response.end(body)
      handedAt = performance.now()
      return
    }
    void bodyOf(message).then((text) => {
      response.writeHead(202).end('{}')
      const isAnswer = message.url?.endsWith('/response') || (mayFail && handedOut > 0)
      if (isAnswer && handedOut > 1) {
        took.push(at - handedAt)
        if (took.length === again) warm.resolve(took)
      } else if (isAnswer) answered.resolve({ at, text })
      else fail(`the function failed: ${text.slice(0, 500)}`)
    })
  })
  // Whoever waits for one of them hears of a failure; the other must not end the process.
  asked.promise.catch(() => {})
  answered.promise.catch(() => {})
  warm.promise.catch(() => {})
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: asked.promise,
    answered: answered.promise,
    warm: warm.promise,
    giveUp: fail,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
