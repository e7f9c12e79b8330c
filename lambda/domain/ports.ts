// What the use cases ask of the outside, in the domain's words. Adapters implement these; tests may too. A method throws a
// Fault for what only a retry or a person can mend, and returns everything that its caller has a next move for.

import type { Fault } from './failures.ts'
import type { ClientSecret } from './rotation/client-secret.ts'
import type { OutcomeEvent } from './rotation/outcome.ts'
import type { Slots } from './rotation/position.ts'
import type { FreezeState } from './sweep/freeze.ts'

/** The time as a use case may know it. `now` is epoch milliseconds; `remainingMs` is what the function has left. */
export interface Timing {
  now(): number
  remainingMs(): number
  wait(ms: number): Promise<void>
}

/** When the values in the slots were last used, where the issuer shows it. */
export interface SlotUses {
  /** A planned end of a slot waits until its value has not been used for so long. */
  readonly quietMs: number
  /** Epoch milliseconds, the latest that what is shown may mean. Absent: never. */
  readonly current?: number
  readonly next?: number
}

/** A client as its issuer shows it: no value, only the marks of those in its slots. */
export interface ClientView {
  readonly slots: Slots
  readonly uses?: SlotUses
  readonly isActive: boolean
  /** `trusted_metadata.managed_by`: the ARN of the one secret that holds this client. */
  readonly boundTo: string | undefined
  readonly requestId: string
}

export type Exchange =
  | { readonly accepted: true; readonly requestId: string }
  | { readonly accepted: false; readonly status: number; readonly error: string; readonly requestId: string }

/** start: the only copy of the value in the world is in this reply. */
export type StartReply =
  | { readonly outcome: 'started'; readonly secret: ClientSecret }
  /** unknown: sent, and no reply that tells; look before acting again. */
  | { readonly outcome: 'alreadyRotating' | 'unknown' }
  | NotDone

/** It surely had no effect, and may be asked again after a wait – and a fresh look: the world may have moved meanwhile. */
export interface NotDone {
  readonly outcome: 'notDone'
  readonly waitMs: number
  /** What to throw when there is no time to wait. */
  readonly fault: Fault
}

export type RetireReply = { readonly outcome: 'done' | 'notRotating' | 'unknown' } | NotDone

/** What an end of a slot rests on. */
export interface LookedAt {
  /** As the look was told (Issuer.look). */
  readonly known: readonly string[]
  readonly slots: Slots
}

/**
 * Whoever issues secrets of one kind into two slots, and says what "accepted", "start" and "retire" mean there. A kind whose issuer
 * holds a list has two slots as well: the older and the newer of the values that are `known`.
 */
export interface Issuer {
  /** The project whose clients this issuer knows. */
  readonly projectId: string
  /** Whether it holds a list of values, in which only those that are known are this secret's. @default - two slots */
  readonly keepsList?: boolean
  /**
   * @param known marks of the stored values, AWSCURRENT's first: all that a list may show in a slot.
   * @returns undefined when there is no such client.
   */
  look(clientId: string, known?: readonly string[]): Promise<ClientView | undefined>
  /** Whether Stytch accepts this value now, by exchanging it for a token (which is dropped). */
  exchange(clientId: string, secret: ClientSecret): Promise<Exchange>
  start(clientId: string): Promise<StartReply>
  /** The next slot's value becomes the only one. */
  complete(clientId: string, before: LookedAt): Promise<RetireReply>
  /** The current slot's value becomes the only one. */
  cancel(clientId: string, before: LookedAt): Promise<RetireReply>
  /** Writes `trusted_metadata.managed_by`. */
  bind(clientId: string, secretArn: string): Promise<void>
}

export interface SecretState {
  readonly arn: string
  readonly name: string
  readonly rotationEnabled: boolean
  /** Version id → its staging labels; unlabelled versions are not listed. */
  readonly labels: Readonly<Record<string, readonly string[]>>
  /** Absent: not asked for. */
  readonly tags?: Readonly<Record<string, string>>
  /** Epoch milliseconds. */
  readonly createdAt?: number | undefined
}

export interface SecretVersion {
  /** The ARN of the secret it belongs to. */
  readonly arn: string
  readonly versionId: string
  readonly text: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

export interface VersionEntry {
  readonly versionId: string
  readonly labels: readonly string[]
  readonly createdAt: number
}

/** Which version to read; with both, the label must sit on that version. */
export interface VersionQuery {
  readonly versionId?: string
  readonly label?: string
}

export interface PendingValue {
  readonly secretId: string
  readonly requestToken: string
  readonly text: string
  /** Passed on when the event has one; as sensitive as the value. */
  readonly rotationToken?: string | undefined
}

export interface LabelMove {
  readonly secretId: string
  readonly label: string
  readonly from: string
  /** Absent: the label is only removed. */
  readonly to?: string
}

/** Where the secrets lie: Secrets Manager. */
export interface Vault {
  describe(secretId: string): Promise<SecretState>
  /** @returns undefined when no such version, or no value in it, exists. */
  read(secretId: string, query: VersionQuery): Promise<SecretVersion | undefined>
  /** differs: the version holds another value already. */
  putPending(pending: PendingValue): Promise<'stored' | 'differs'>
  /** Fails unless the label sits on `from`: a compare-and-swap. */
  moveLabel(move: LabelMove): Promise<void>
  /** Newest first, unlabelled ones included. */
  listVersions(secretId: string): Promise<readonly VersionEntry[]>
}

/** The event bus. */
export interface Outcomes {
  /** @throws Fault EVENT_NOT_SENT */
  emit(events: readonly OutcomeEvent[]): Promise<void>
}

/** Whether rotations are frozen: one switch for a stage, which native schedules meet too. */
export interface Freeze {
  /** @throws Fault FREEZE_UNREADABLE */
  read(): Promise<FreezeState>
}

/** One line a step, for people; never a value. */
export interface Journal {
  note(entry: Readonly<Record<string, string | number | boolean | undefined>>): void
}

export interface ClientRequest {
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
    request: ClientRequest,
  ): Promise<{ readonly outcome: 'created'; readonly secret: ClientSecret } | { readonly outcome: 'unknown' }>
  /** No such client is no failure. */
  remove(clientId: string): Promise<void>
}

export interface NewSecret {
  readonly name: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly kmsKeyId?: string | undefined
}

export interface FirstValue {
  readonly secretId: string
  /** The same for whoever stores a first value in this secret: it is stored once. */
  readonly requestToken: string
  readonly text: string
}

export interface RotationSchedule {
  readonly secretId: string
  readonly functionArn: string
  readonly everyDays: number
}

/** Where new secrets are put: Secrets Manager again, with the rights that only a registrar has. */
export interface Shelf {
  /** @returns undefined when there is no secret of this name. */
  find(name: string): Promise<SecretState | undefined>
  /** Without a value: its policy comes first. exists: a secret of this name is there, perhaps by a reply that was lost. */
  create(secret: NewSecret): Promise<'created' | 'exists'>
  /** The version becomes AWSCURRENT. taken: the token's version holds another value, and nothing was changed. */
  storeFirst(value: FirstValue): Promise<'stored' | 'taken'>
  /** Turns rotation on without rotating (RotateImmediately=false). */
  enableRotation(schedule: RotationSchedule): Promise<void>
}
