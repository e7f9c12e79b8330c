// What a holder of the Stytch stand-in may ask of it in-process. Types only. Nothing said this way is a call: it is not counted,
// not faulted and not remembered.
import type { Sleep } from '../stand-in/latency.ts'
import type { StandInServer } from '../stand-in/server.ts'
import type { World } from '../stand-in/world.ts'
import type { ClientType } from './connected-app-record.ts'
import type { ChooseNode } from './nodes.ts'
import type { StytchSettings } from './settings.ts'
import type { Dashboard, SlotKind, Slots } from './slot-kind.ts'
import type { ChooseGetView } from './stale-gets.ts'
import type { Slugs, WorkspaceKey } from './workspace.ts'

export interface StytchStandInInput {
  readonly world: World
  /** `project-live-…` makes live ids; anything else makes test ids. */
  readonly projectId: string
  /** The secret that the project has at first, and again after a reset. */
  readonly projectSecret: string
  /** Of the Management API, at first and after a reset. Default: a generated one. */
  readonly workspaceKey?: WorkspaceKey
  /** Default: `stand-in`, and `production` for a live project, else `test`. */
  readonly slugs?: Slugs
  readonly settings?: Partial<StytchSettings>
  /** Of the draws that make GETs stale and pick nodes. The same seed and the same calls: the same replies. @default - 1 */
  readonly drawSeed?: number
  /** Says for each GET and search how old it is, before any draw. @default - none */
  readonly chooseView?: ChooseGetView
  /** Says for each connection on which node it lands, before any draw. @default - none */
  readonly chooseNode?: ChooseNode
  /** How `latencyMs` is waited. @default - real time */
  readonly sleep?: Sleep
}

export interface SeedInput {
  readonly clientId?: string
  readonly secret?: string
  readonly clientName?: string
  readonly scopes?: readonly string[]
  readonly trustedMetadata?: Readonly<Record<string, unknown>>
}

export interface SeedAppInput {
  readonly clientName?: string
  /** Of a confidential app. Default: third_party. */
  readonly clientType?: Extract<ClientType, 'first_party' | 'third_party'>
  readonly accessTokenExpiryMinutes?: number
}

export interface SeedScimInput {
  /** Default: an organization of its own. */
  readonly organizationId?: string
  readonly displayName?: string
  readonly identityProvider?: string
}

export interface ConsentOptions {
  /** Default: https://app.example/callback. The token request must repeat it. */
  readonly redirectUri?: string
  /** Default: offline_access, which earns a refresh token. */
  readonly scopes?: readonly string[]
}

export interface ConnectedAppKind extends SlotKind<Dashboard> {
  /** Adds an app without a call. @returns what Create would show once. */
  seed(input?: SeedAppInput): { readonly clientId: string; readonly secret: string }
  /** A user agrees to the app. @returns a code for the token endpoint, good for one exchange within ten minutes. */
  consent(clientId: string, options?: ConsentOptions): string
}

export interface ScimKind extends SlotKind {
  /** Adds a connection without a call. @returns what Create would show once, and base_url's path. */
  seed(input?: SeedScimInput): {
    readonly organizationId: string
    readonly connectionId: string
    readonly bearerToken: string
    readonly path: string
  }
}

/** A project secret as the Management API shows it; points in time in epoch milliseconds. */
export interface ProjectSecretView {
  readonly secretId: string
  readonly lastFour: string
  readonly createdAt: number
  /** Rounded and late as the settings say; undefined before the first use. */
  readonly usedAt: number | undefined
}

/** The list kind: several secrets accepted at once, none with slots. */
export interface ProjectSecretKind {
  /** Whether Basic credentials with this secret would be taken now. No use. */
  accepts(secret: string): boolean
  /** Oldest first. */
  list(): readonly ProjectSecretView[]
  /** A colleague at the dashboard. Throws what Stytch refuses. */
  readonly dashboard: {
    create(): { readonly secretId: string; readonly secret: string }
    remove(secretId: string): void
  }
}

export interface WorkspaceView {
  /** The key of the constructor, whether or not it was removed since. */
  readonly key: WorkspaceKey
  readonly slugs: Slugs
  /** The only place where keys are made and removed: no API does. */
  readonly dashboard: {
    addKey(): WorkspaceKey
    removeKey(keyId: string): void
  }
}

export interface StytchStandIn {
  readonly server: StandInServer
  readonly projectId: string
  /** The secret of the constructor, whether or not it was deleted since. */
  readonly projectSecret: string
  /** In force now; read it anew after each change. */
  readonly settings: StytchSettings
  /** @throws TypeError that lists every fault. */
  configure(change: Partial<StytchSettings>): void
  /** M2M: whether a token request with this secret would be granted now by a node without a lag (never for an inactive or unknown client). */
  accepts(clientId: string, secret: string): boolean
  /** M2M. */
  slots(clientId: string): Slots | undefined
  /** M2M. Oldest first. */
  clientIds(): string[]
  trustedMetadata(clientId: string): Readonly<Record<string, unknown>> | undefined
  /** The next generated secret, of whichever kind, ends in these four base64url characters. */
  forceLastFour(lastFour: string): void
  /** Adds an M2M client without a call. @returns what Create would show once. */
  seed(input?: SeedInput): { readonly clientId: string; readonly secret: string }
  /** M2M. */
  readonly dashboard: Dashboard
  /** The M2M clients again, under the name that the other kinds have. */
  readonly m2m: SlotKind<Dashboard>
  readonly connectedApps: ConnectedAppKind
  readonly scim: ScimKind
  readonly projectSecrets: ProjectSecretKind
  readonly workspace: WorkspaceView
  /** Signs with a new key; the old one stays in the JWKS for a month. @returns the new kid. */
  rotateSigningKey(): Promise<string>
}
