// Secrets Manager as the use cases ask for it: one port, of which each takes the methods that it needs. A method throws a Fault for what
// only a retry or a person helps with, and returns everything that its caller has a next move for.

import type { RotationSchedule, Secret } from './secret.ts'

export interface SecretVersion {
  /** The ARN of the secret it belongs to. */
  readonly arn: string
  readonly versionId: string
  /** Binary values as UTF-8; NOT_UTF8 (stored-fields.ts) for one that is none. */
  readonly text: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

export interface VersionEntry {
  readonly versionId: string
  readonly labels: readonly string[]
  readonly createdAt: number
}

/** For whoever has to answer by a certain time. */
export interface Deadline {
  /** The call is broken off then. @default - each try's timeout, and its retries */
  readonly withinMs?: number
}

/** Which version to read: AWSCURRENT's, unless asked otherwise; with both, the label must sit on that version. */
export interface VersionQuery extends Deadline {
  readonly versionId?: string
  readonly label?: string
}

/** One listing keeps to one order. The first two go by when a secret was created. */
export type SecretOrder = 'oldestFirst' | 'newestFirst' | 'lastChangedFirst'

export interface ListQuery extends Deadline {
  /** As the page before returned it. @default - the first */
  readonly page?: string | undefined
  /** @default 'oldestFirst' */
  readonly order?: SecretOrder
  /** Those that are scheduled for deletion as well. @default false */
  readonly includesDeleted?: boolean
}

export interface SecretPage {
  readonly secrets: readonly Secret[]
  /** Absent on the last page. */
  readonly nextPage: string | undefined
}

interface PendingValue {
  readonly secretId: string
  readonly requestToken: string
  readonly text: string
  /** Passed on when the event has one; as sensitive as the value. */
  readonly rotationToken?: string | undefined
}

interface LabelMove {
  readonly secretId: string
  readonly label: string
  readonly from: string
  /** Absent: the label is only removed. */
  readonly to?: string
}

/** asked: it runs, or the same request ran before. busy: another version carries AWSPENDING. gone: no such secret, or deleted. */
export type RotationReply = 'asked' | 'busy' | 'gone'

interface NewSecret {
  readonly name: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly kmsKeyId?: string | undefined
}

interface FirstValue {
  readonly secretId: string
  /** The same for whoever stores a first value in this secret: it is stored once. */
  readonly requestToken: string
  readonly text: string
}

export interface Replica {
  readonly region: string
  readonly kmsKeyId?: string | undefined
}

/** A secret is named by its name or its ARN wherever `secretId` is asked for. */
export interface Secrets {
  /** @returns undefined when there is no such secret. */
  describe(secretId: string, deadline?: Deadline): Promise<Secret | undefined>
  /** @returns undefined when no such version, or no value in it, exists. */
  readValue(secretId: string, query?: VersionQuery): Promise<SecretVersion | undefined>
  /** Newest first, unlabelled ones included. */
  listVersions(secretId: string, deadline?: Deadline): Promise<readonly VersionEntry[]>
  /** At most 100 a page. Can lag behind by five minutes: it nominates, describe decides. @throws Fault LIST_TOKEN_LOST where the page's token is no longer taken: the list is to be begun anew */
  list(prefix: string, query?: ListQuery): Promise<SecretPage>
  /** By a tag's value, so that one client among thousands is found by one call. Lags as list does, and may find values that only begin so. */
  listTagged(prefix: string, tagValue: string): Promise<readonly Secret[]>

  /** differs: the version holds another value already. */
  putPending(pending: PendingValue): Promise<'stored' | 'differs'>
  /** Fails unless the label sits on `from`: a compare-and-swap. */
  moveLabel(move: LabelMove): Promise<void>
  /** RotateSecret under our own request token; never with a schedule or a function. */
  rotate(secretId: string, requestToken: string): Promise<RotationReply>

  /** Without a value: its policy comes first. exists: a secret of this name is there, perhaps by a reply that was lost. */
  create(secret: NewSecret): Promise<'created' | 'exists'>
  /** The version becomes AWSCURRENT. taken: the token's version holds another value, and nothing was changed. */
  storeFirst(value: FirstValue): Promise<'stored' | 'taken'>
  /** Turns rotation on without rotating now. */
  scheduleRotation(secretId: string, schedule: RotationSchedule): Promise<void>
  stopRotation(secretId: string): Promise<void>
  setDescription(secretId: string, description: string): Promise<void>
  tag(secretId: string, tags: Readonly<Record<string, string>>): Promise<void>
  untag(secretId: string, keys: readonly string[]): Promise<void>
  setPolicy(secretId: string, policy: string): Promise<void>
  removePolicy(secretId: string): Promise<void>
  /** @returns undefined when it has none. */
  readPolicy(secretId: string): Promise<string | undefined>
  replicate(secretId: string, replicas: readonly Replica[]): Promise<void>
  /** It can be restored for 30 days. */
  remove(secretId: string): Promise<void>
  /** At once and for ever: for a secret that was never handed to anyone. */
  erase(secretId: string): Promise<void>
}
