// Secrets Manager as the use cases ask for it. A method throws a Fault for what only a retry or a person helps with, and returns everything
// that its caller has a next move for.
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
