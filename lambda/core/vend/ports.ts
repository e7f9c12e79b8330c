// What vending asks of the outside, beside Timing and Events: the vendor sees one secret at a time, by its name,
// changes nothing, and asks Stytch for tokens alone.

import type { ClientSecret } from '../secret/client-secret.ts'
import type { ManagedSecret } from '../secret/fleet.ts'
import type { SecretVersion, VersionEntry } from '../secret/secrets.ts'
import type { AccessToken } from './access-token.ts'

/** A secret's metadata, as far as vending looks at it. */
export type VendSecret = Pick<
  ManagedSecret,
  'arn' | 'name' | 'tags' | 'labels' | 'isDeleted' | 'createdAt' | 'lastChangedAt' | 'lastRotatedAt'
>

export interface VendSecretPage {
  readonly secrets: readonly VendSecret[]
  /** Absent on the last page. */
  readonly nextPage: string | undefined
}

/** Secrets Manager, reading only. A call is bounded by `withinMs`. */
export interface VendVault {
  /** @returns undefined when there is no such secret. */
  describe(secretId: string, withinMs: number): Promise<VendSecret | undefined>
  /** AWSCURRENT. @returns undefined when there is no such secret, or no value in it. */
  readCurrent(secretId: string, withinMs: number): Promise<SecretVersion | undefined>
  /** Those that changed last come first. Can lag behind by five minutes. */
  listChanged(prefix: string, withinMs: number, page?: string): Promise<VendSecretPage>
  /** Unlabelled ones included. */
  listVersions(secretId: string, withinMs: number): Promise<readonly VersionEntry[]>
}

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
