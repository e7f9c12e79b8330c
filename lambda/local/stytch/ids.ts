// Identifiers and secrets in the forms that Stytch documents. Secrets leave this file in two shapes only: the value, for the
// one reply that shows it, and the slot (hash and last four) that the store keeps.
import { createHash, randomBytes, randomUUID } from 'node:crypto'

export interface Ids {
  client(): string
  request(): string
  /** The key's own uuid stays the same in every project of this process, the prefix does not. */
  key(uuid: string): string
}

/** A live project's ids say `live`; any other project's say `test`, as Stytch's own SDK decides. */
export const createIds = (projectId: string): Ids => {
  const environment = projectId.startsWith('project-live-') ? 'live' : 'test'
  return {
    client: () => `m2m-client-${environment}-${randomUUID()}`,
    request: () => `request-id-${environment}-${randomUUID()}`,
    key: (uuid) => `jwk-${environment}-${uuid}`,
  }
}

/** What is kept of a secret. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** 33 random bytes are 44 base64url characters without padding, the form of Stytch's documented sample. */
export const generateSecret = (lastFour: string | null): string => {
  const secret = randomBytes(33).toString('base64url')
  return lastFour === null ? secret : secret.slice(0, -4) + lastFour
}
