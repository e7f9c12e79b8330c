// Whether Stytch takes a project secret: one call that changes nothing (stytch-api §2, whoami), sent with that very secret.
import type { ClientSecret } from '../../core/secret/client-secret.ts'
import { basic } from './caller.ts'
import type { Send } from './http.ts'
import { readReply, type StytchReply } from './reply.ts'
import { type RetryTiming, withRetries } from './retry.ts'

interface WhoamiPlace {
  readonly baseUrl: string
  readonly send: Send
  readonly timing: RetryTiming
}

export type Whoami = (projectId: string, secret: ClientSecret) => Promise<StytchReply<string>>

export const createWhoami =
  ({ baseUrl, send, timing }: WhoamiPlace): Whoami =>
  (projectId, secret) =>
    withRetries({ timing, repetition: 'free' }, async () =>
      readReply(
        await send({
          method: 'GET',
          url: new URL('/v1/debug/whoami', baseUrl),
          headers: { authorization: basic({ user: projectId, password: secret.reveal() }) },
        }),
        ({ project_id: found }) => (typeof found === 'string' ? found : undefined),
      ),
    )
