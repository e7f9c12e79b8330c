// Creates and removes clients at the issuer.
import type { ClientSecret } from '../secret/client-secret.ts'

interface NewIssuerClient {
  /** Ours to choose, so that a client whose reply was lost can be found and removed. */
  readonly clientId: string
  readonly name: string
  readonly description: string
  readonly scopes: readonly string[]
  /** The secret's name, so that a client that nobody stored can be recognised; and since when it may be one, epoch milliseconds. */
  readonly registeredFor: string
  readonly registeredAt: number
}

/** Creates and removes clients at the issuer. */
export interface ClientRegistry {
  /** unknown: it may exist, and its secret is lost. */
  create(
    request: NewIssuerClient,
  ): Promise<{ readonly outcome: 'created'; readonly secret: ClientSecret } | { readonly outcome: 'unknown' }>
  /** No such client is no failure. */
  remove(clientId: string): Promise<void>
}
