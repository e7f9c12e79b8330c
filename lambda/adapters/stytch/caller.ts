// Calls to Stytch as the holder of a Basic-auth pair – a project's secret, or a workspace key – and as nobody. A pair that is refused is
// read anew and the call sent once more: somebody has rotated it.
import type { JsonObject } from '../../core/base/json-object.ts'
import type { HttpCall, Send } from './http.ts'
import { readReply, type StytchReply } from './reply.ts'
import { type Repetition, type RetryTiming, withRetries } from './retry.ts'

interface BasicPair {
  readonly user: string
  readonly password: string
}

export interface CallerSettings {
  readonly baseUrl: string
  /** `isStale`: the last ones were refused; read them anew. */
  readonly credentials: (isStale: boolean) => Promise<BasicPair>
  readonly send: Send
  readonly timing: RetryTiming
}

interface ApiCall<Value> {
  readonly method: HttpCall['method']
  readonly path: string
  readonly body?: JsonObject
  readonly repetition: Repetition
  readonly read: (json: JsonObject) => Value | undefined
}

export const basic = ({ user, password }: BasicPair): string =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`

export const createCaller = ({ baseUrl, credentials, send, timing }: CallerSettings) => {
  const toUrl = (path: string): URL => new URL(path, baseUrl)
  /** The last call's credentials were refused: the next one reads them anew. */
  let isRefused = false
  const note = async <Value>(sent: Promise<StytchReply<Value>>): Promise<StytchReply<Value>> => {
    const reply = await sent
    isRefused = !reply.ok && reply.kind === 'unauthorizedProject'
    return reply
  }

  const asOwner = async <Value>({ method, path, body, repetition, read }: ApiCall<Value>) => {
    const once = async (isStale: boolean): Promise<StytchReply<Value>> => {
      const headers = { authorization: basic(await credentials(isStale)), 'content-type': 'application/json' }
      const answer = await send({
        method,
        url: toUrl(path),
        headers,
        ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      })
      return readReply(answer, read)
    }
    return withRetries({ timing, repetition }, async () => {
      const reply = await note(once(isRefused))
      // It was rotated under us, perhaps; a 401 has no effect, so the call may be sent again – but for one that changes what is
      // accepted its caller looks first, which reads the pair anew.
      return isRefused && repetition !== 'never' ? note(once(true)) : reply
    })
  }

  const asAnybody = async <Value>(call: HttpCall, read: (json: JsonObject) => Value | undefined) =>
    withRetries({ timing, repetition: 'free' }, async () => readReply(await send(call), read))

  return { toUrl, asOwner, asAnybody }
}
