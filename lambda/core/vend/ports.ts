// What vending asks of the outside, beside Timing and Events: the vendor sees one secret at a time, by its name,
// changes nothing, and asks Stytch for tokens alone.

import type { ClientSecret } from '../secret/client-secret.ts'
import type { AccessToken } from './access-token.ts'

export interface MintRequest {
  readonly clientId: string
  readonly clientSecret: ClientSecret
  /** Never empty: Stytch takes none for all. */
  readonly scopes: readonly string[]
  /** It is broken off then, so that nothing is under way when the function has answered. */
  readonly withinMs: number
}

export type MintReply =
  | {
      readonly outcome: 'minted'
      readonly token: AccessToken
      readonly expiresInSeconds: number
      readonly requestId: string
    }
  | {
      readonly outcome: 'credentialRefused' | 'scopeRefused' | 'rejected'
      readonly error: string
      readonly requestId: string
    }
  | { readonly outcome: 'throttled'; readonly error: string; readonly leastMs: number | undefined }
  /** No token came, and asking again may bring one. */
  | { readonly outcome: 'unavailable'; readonly error: string }

/** Stytch's token endpoint. One try a call. */
export interface TokenMint {
  readonly projectId: string
  mint(request: MintRequest): Promise<MintReply>
}

/** new: whose tokens are to be refused, by client; epoch seconds of the earliest issue that is not. */
export type PublishedReading =
  | { readonly state: 'same' | 'none' }
  | { readonly state: 'new'; readonly etag: string; readonly clients: ReadonlyMap<string, number> }

export interface PublishedReader {
  /** @param etag of what was read last. @throws Fault */
  read(etag: string | undefined, withinMs: number): Promise<PublishedReading>
}
