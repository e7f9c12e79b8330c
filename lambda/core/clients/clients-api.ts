// The clients function as its callers see it: what may be asked of it, and what it answers. It alone, beside rotation and registrar,
// has the Stytch project secret; so whoever runs the CLI need not. One value goes in, when a client is adopted; none comes out.

import type { FaultCode } from '../base/fault.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import type { HandMadeSecret } from '../secret/hand-made-secrets.ts'
import type { RotationRules } from '../secret/secret.ts'
import type { StageSecrets } from '../secret/stage-secrets.ts'
import type { ClientQuery, ClientRecords } from './client-keeper.ts'
import type { DeclaredClient, Owner } from './declared-client.ts'

/** What the stage decides for all of its clients, as far as a plan needs it. */
export interface StageView extends StageSecrets {
  readonly projectId: string
  readonly rotationFunctionArn: string
  readonly tokenUrl: string
  /** When Secrets Manager rotates by itself, where a client says nothing. */
  readonly backstop: RotationRules
  readonly periodHours: number
  readonly overlapHours: number
  /** The longest time between two periodic campaigns; absent: there is none, or a function before this field. */
  readonly campaignEveryHours?: number
  /** After which a hold is reported; absent: a function before this field. */
  readonly longestHoldHours?: number
  /** How often the sweep runs; absent: a function before this field. */
  readonly sweepEveryMinutes?: number
  /** What people store for its functions; absent: a function before this field. */
  readonly handMadeSecrets?: readonly HandMadeSecret[]
  /** Of the policy that every secret gets; policyFingerprint (secret-policy.ts) adds the consumers. */
  readonly policyRevision: string
  /** Other accounts whose roles may be readers; absent: a function before this field, which says so when it is asked. */
  readonly readerAccounts?: readonly string[]
  /** Every account of this organization as well. */
  readonly readerOrganizationId?: string
  /** Name of the records table; absent: a function before this field. */
  readonly recordsTable?: string
  /** Name of the evidence archive's bucket; absent: a function before this field. */
  readonly evidenceBucket?: string
  /** Aliases of the clients function for the sets of the configuration; absent: there are none, or a function before this field. */
  readonly sets?: readonly string[]
  /** The stage's key, by id or ARN; absent: a function before this field, or the key that AWS manages. */
  readonly keyArn?: string
  /** Absent: a function that cannot remove what a drill makes. */
  readonly drills?: {
    /** After which another drill is due; absent: none is asked for. */
    readonly everyHours?: number
  }
}

export interface DeclareAsked {
  readonly set: string
  /** New with every run, the same for every try of one: what a failed one made, it takes back. */
  readonly requestId: string
  readonly client: DeclaredClient
}

/** Of every adoption: who reads the secret, and how it is rotated once it is no longer held. */
export interface AdoptionTerms {
  readonly consumers: readonly string[]
  readonly rules: RotationRules
  readonly overlap?: string | undefined
  readonly period?: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly heldBy: string
}

export interface AdoptAsked extends AdoptionTerms {
  readonly secretName: string
  readonly clientId: string
  /** The value that is in use. Absent: it is lost, and the first rotation makes another beside it. */
  readonly clientSecret?: string | undefined
  readonly description: string
}

/** The same in its box, as it is handed about. */
export interface AdoptWish extends Omit<AdoptAsked, 'clientSecret'> {
  readonly clientSecret: ClientSecret | undefined
}

/** A secret that stays where it is. */
export interface InPlaceAsked extends AdoptionTerms {
  /** Its own, below one of the stage's extra prefixes. */
  readonly secretName: string
  /** Absent: whichever its value names. */
  readonly clientId?: string | undefined
  /** Which of its members is which of ours, where they are called otherwise: `client_secret` → `stytchSecret`. */
  readonly fields: Readonly<Record<string, string>>
  /** Everything is looked at, and nothing changed. @default false */
  readonly isDryRun?: boolean
}

export interface CloseReadingAsked {
  readonly secretName: string
  /** Roles that may read it from now on, beside the stage's own. */
  readonly readers: readonly string[]
}

export interface GiveBackAsked {
  /** Of a secret that was adopted where it is. */
  readonly secretName: string
  /** Everything is looked at, and nothing changed. @default false */
  readonly isDryRun?: boolean
}

export interface GivenBack {
  readonly secretArn: string
  /** null: its tag was gone. */
  readonly clientId: string | null
  readonly outcome: 'givenBack' | 'wouldGiveBack'
  /** How many statements of its policy are the owner's, and stay. */
  readonly ownersStatements: number
}

export interface Adopted {
  readonly clientId: string
  /** Of what is not there yet: the name that it would have. */
  readonly secretArn: string
  /** already: it was adopted before, and nothing was changed. wouldAdopt: nothing is in the way. */
  readonly outcome: 'adopted' | 'already' | 'wouldAdopt'
  /** Stytch accepts a second value of this client, which is unknown here: releasing and settling would end it. */
  readonly hasUnknownNext: boolean
}

interface RetireAsked {
  readonly secretName: string
  readonly owner: Owner
}

/** notOurs: it is not there, or another construct declares it. */
export type Retired = 'retained' | 'deactivated' | 'deleted' | 'notOurs'

export interface SwitchAsked {
  readonly secretName: string
  readonly isActive: boolean
  /** Who says that they ask; IAM decides who may. */
  readonly by?: string
}

/** Which secret holds a client that Stytch keeps no field for. */
export interface ClaimView {
  readonly clientId: string
  /** ARN; null: none does. */
  readonly holder: string | null
  /** False: taken over from a tag, and not looked at since. */
  readonly isReviewed: boolean
}

export interface WriteClaimsAsked {
  readonly secretNames: readonly string[]
  readonly by?: string | undefined
}

export interface HoldAsked {
  /** At most MAX_EXAMINED. */
  readonly secretNames: readonly string[]
  /** Who says that they ask. */
  readonly by?: string | undefined
}

export interface HoldResult {
  readonly secretName: string
  readonly outcome: 'done' | 'already' | 'failed'
  readonly why?: string
}

export interface WrittenClaim {
  readonly secretName: string
  readonly clientId?: string
  readonly outcome: 'written' | 'refused'
  readonly why?: string
}

/** Everything may be repeated after a lost reply. @throws Fault with the function's own code and words. */
export interface ClientsApi {
  stage(): Promise<StageView>
  declare(asked: DeclareAsked): Promise<{ readonly clientId: string; readonly secretArn: string }>
  adopt(asked: AdoptWish): Promise<Adopted>
  /** Everything that `adopt` looks at, its value's exchange included; nothing is changed. */
  rehearseAdoption(asked: AdoptWish): Promise<Adopted>
  adoptInPlace(asked: InPlaceAsked): Promise<Adopted>
  closeReading(asked: CloseReadingAsked): Promise<{ readonly secretArn: string }>
  giveBack(asked: GiveBackAsked): Promise<GivenBack>
  retire(asked: RetireAsked): Promise<Retired>
  /** Removes a client whose secret was never stored. */
  discard(clientId: string): Promise<void>
  /** By the alias that only break-glass may use. */
  /** published: whether the list of revocations says so. @default - the stage publishes none */
  setActive(asked: SwitchAsked): Promise<{ readonly clientId: string; readonly published?: 'published' | 'pending' }>
  list(query: ClientQuery): Promise<ClientRecords>
  /** What a planned rotation would refuse of AWSCURRENT's value. @param secretNames at most MAX_EXAMINED */
  examine(secretNames: readonly string[]): Promise<readonly ExaminedValue[]>
  /** @param clientIds at most MAX_EXAMINED, of Connected Apps and SCIM connections */
  claims(clientIds: readonly string[]): Promise<readonly ClaimView[]>
  /** By the alias that only break-glass may use. */
  writeClaims(asked: WriteClaimsAsked): Promise<readonly WrittenClaim[]>
  hold(asked: HoldAsked): Promise<readonly HoldResult[]>
  release(asked: HoldAsked): Promise<readonly HoldResult[]>
  /** Removes what a drill made, for good. */
  removeDrill(secretName: string): Promise<'removed' | 'notThere'>
  /** The project whose secret Stytch accepts. */
  whoami(): Promise<string>
}

/** More in one call would take longer than anybody waits for an answer. */
export const MAX_EXAMINED = 100

export interface ExaminedValue {
  readonly secretName: string
  /** Each of a field, and nothing of what stands in it; none: a planned rotation takes it. */
  readonly faults: readonly string[]
}

/** By this alias, and only by it, a client is switched on or off. */
export const BREAK_GLASS_ALIAS = 'break-glass'

export type ClientsRequest =
  | { readonly action: 'stage' }
  | ({ readonly action: 'declare' } & DeclareAsked)
  | ({ readonly action: 'adopt' } & AdoptAsked)
  // An action of its own: a function that does not know it refuses, and does not adopt.
  | ({ readonly action: 'rehearseAdoption' } & AdoptAsked)
  | ({ readonly action: 'adoptInPlace' } & InPlaceAsked)
  | ({ readonly action: 'closeReading' } & CloseReadingAsked)
  | ({ readonly action: 'giveBack' } & GiveBackAsked)
  | ({ readonly action: 'retire' } & RetireAsked)
  | { readonly action: 'discard'; readonly clientId: string }
  | ({ readonly action: 'setActive' } & SwitchAsked)
  | ({ readonly action: 'list' } & ClientQuery)
  | { readonly action: 'examine'; readonly secretNames: readonly string[] }
  | ({ readonly action: 'hold' | 'release' } & HoldAsked)
  | { readonly action: 'claims'; readonly clientIds: readonly string[] }
  | ({ readonly action: 'writeClaims' } & WriteClaimsAsked)
  | { readonly action: 'removeDrill'; readonly secretName: string }
  | { readonly action: 'whoami' }

/** A refusal or failure is an answer, not a failed function: its words are known to hold no value. */
export type ClientsReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: FaultCode; readonly retryable: boolean; readonly message: string }
