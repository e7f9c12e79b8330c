// Stytch's token endpoint as the domain's TokenMint: one try, broken off when its time is over. The token goes into its box at once.
import { createAccessToken } from '../../core/vend/access-token.ts'
import type { MintReply, TokenMint } from '../../core/vend/ports.ts'
import { tokenUrlOf } from '../stytch/base-url.ts'
import { createSend } from '../stytch/http.ts'
import { readReply, type StytchError } from '../stytch/reply.ts'

interface MintPlace {
  readonly projectId: string
  /** Laptop only. */
  readonly baseUrl?: string | undefined
}

const toReply = ({ kind, error, requestId, retryAfterMs }: StytchError): MintReply => {
  // The token endpoint has no project credentials: its 401, whatever its name, means the client's.
  if (kind === 'refusedCredential' || kind === 'unauthorizedProject' || kind === 'notFound') {
    return { outcome: 'credentialRefused', error, requestId }
  }
  if (kind === 'rateLimited') return { outcome: 'throttled', error, leastMs: retryAfterMs }
  if (kind === 'unavailable' || kind === 'outcomeUnknown') return { outcome: 'unavailable', error }
  return { outcome: error === 'invalid_scope' ? 'scopeRefused' : 'rejected', error, requestId }
}

export const createStytchMint = ({ projectId, baseUrl }: MintPlace): TokenMint => {
  const url = new URL(tokenUrlOf(projectId, baseUrl))
  return {
    projectId,
    mint: async ({ clientId, clientSecret, scopes, withinMs }) => {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret.reveal(),
        scope: scopes.join(' '),
      }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const send = createSend({ timeoutMs: Math.max(1, Math.floor(withinMs)) })
      const answer = await send({ method: 'POST', url, headers, body })
      const reply = readReply(answer, ({ access_token: token, expires_in: expiresInSeconds }) =>
        typeof token === 'string' && token !== '' && typeof expiresInSeconds === 'number'
          ? { token: createAccessToken(token), expiresInSeconds }
          : undefined,
      )
      if (!reply.ok) return toReply(reply)
      return { outcome: 'minted', ...reply.value, requestId: reply.requestId }
    },
  }
}
