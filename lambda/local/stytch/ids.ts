// Identifiers and secrets in the forms that Stytch documents. Secrets leave this file in two shapes only: the value, for the
// one reply that shows it, and the hash that the stores keep.
import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto'

export interface Ids {
  readonly environment: 'live' | 'test'
  client(): string
  connectedApp(): string
  organization(): string
  scimConnection(): string
  user(): string
  /** Of a project secret. Its form is not documented: this is the value's prefix with a uuid. */
  projectSecret(): string
  request(): string
  /** The key's own uuid stays the same in every project of this process, the prefix does not. */
  key(uuid: string): string
}

/** A live project's ids say `live`; any other project's say `test`, as Stytch's own SDK decides. */
export const createIds = (projectId: string): Ids => {
  const environment = projectId.startsWith('project-live-') ? 'live' : 'test'
  const of = (kind: string) => () => `${kind}-${environment}-${randomUUID()}`
  return {
    environment,
    client: of('m2m-client'),
    connectedApp: of('connected-app'),
    organization: of('organization'),
    scimConnection: of('scim-connection'),
    user: of('user'),
    projectSecret: of('secret'),
    request: of('request-id'),
    key: (uuid) => `jwk-${environment}-${uuid}`,
  }
}

/** `workspace-key-prod-<uuid>`; a workspace has no environment of its own. */
export const workspaceKeyId = (): string => `workspace-key-prod-${randomUUID()}`

/** What is kept of a secret. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const ending = (secret: string, lastFour: string | null): string =>
  lastFour === null ? secret : secret.slice(0, -4) + lastFour

/** 33 random bytes are 44 base64url characters without padding, the form of Stytch's documented sample. */
export const generateSecret = (lastFour: string | null): string =>
  ending(randomBytes(33).toString('base64url'), lastFour)

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** 48 letters and digits, the form of the documented sample of a SCIM bearer token. */
export const generateBearerToken = (lastFour: string | null): string =>
  ending(Array.from({ length: 48 }, () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)]).join(''), lastFour)

/** `secret-test-` and 36 characters of padded base64url, the form of the documented samples. */
export const generateProjectSecret = (environment: Ids['environment'], lastFour: string | null): string =>
  ending(`secret-${environment}-${randomBytes(26).toString('base64url')}=`, lastFour)
