// Exchanges a client's value for a token at an address that the stage names: for an operator who checks a client. The token goes to the
// caller and nowhere else.

import { Fault } from '../../core/base/fault.ts'
import type { ClientSecret } from '../../core/secret/client-secret.ts'
import type { Send } from './http.ts'
import { readReply } from './reply.ts'

interface TokenAsked {
  /** Of the deployment's own settings, never of a secret's JSON. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: ClientSecret
  readonly scopes: readonly string[]
}

export interface Minted {
  readonly accessToken: string
  readonly expiresInSeconds: number
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

const isSafe = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}

/** @throws Fault STYTCH_REJECTED or STYTCH_UNAVAILABLE, with Stytch's own error name. */
export const mintToken = async (send: Send, asked: TokenAsked): Promise<Minted> => {
  const { tokenUrl, clientId, clientSecret, scopes } = asked
  if (!isSafe(tokenUrl)) {
    throw new Fault({
      code: 'SETTINGS_MALFORMED',
      retryable: false,
      message: 'The stage names a token endpoint that is not https; no value was sent to it.',
    })
  }
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret.reveal(),
  })
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  const answer = await send({
    method: 'POST',
    url: new URL(tokenUrl),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  })
  const reply = readReply(answer, ({ access_token: accessToken, expires_in: expiresInSeconds }) =>
    typeof accessToken === 'string' && accessToken !== '' && typeof expiresInSeconds === 'number'
      ? { accessToken, expiresInSeconds }
      : undefined,
  )
  if (reply.ok) return reply.value
  const isDown = reply.kind === 'unavailable' || reply.kind === 'outcomeUnknown' || reply.kind === 'rateLimited'
  throw new Fault({
    code: isDown ? 'STYTCH_UNAVAILABLE' : 'STYTCH_REJECTED',
    retryable: isDown,
    message: `Stytch gave no token for client ${clientId}: ${reply.error}, request ${reply.requestId}.`,
  })
}
