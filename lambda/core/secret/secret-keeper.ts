// What only the registrar asks of Secrets Manager: to keep a secret as it is declared, and to retire it.
/** How Secrets Manager itself rotates: days after the last rotation, or a cron or rate expression. */
export type RotationRules =
  | { readonly everyDays: number }
  | { readonly schedule: string; readonly durationHours?: number | undefined }

export interface Replica {
  readonly region: string
  readonly kmsKeyId?: string | undefined
}

/** All that can be known of a secret without reading it: reading would count as somebody's use of it. */
export interface SecretFacts {
  readonly arn: string
  readonly name: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  /** The day it was last read by anybody, rotations included: midnight UTC, epoch milliseconds. */
  readonly lastReadOnDayAt: number | undefined
  readonly isDeleted: boolean
  /** Whether a version carries AWSCURRENT. A secret is made without a value, which comes after its policy. */
  readonly hasValue: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number | undefined
  readonly rotation: { readonly functionArn: string; readonly rules: RotationRules } | undefined
  readonly replicaRegions: readonly string[]
}

/** A secret, without its value. */
export interface SecretKeeper {
  /** @returns undefined when there is no secret of this name. */
  inspect(name: string): Promise<SecretFacts | undefined>
  describe(secretId: string, description: string): Promise<void>
  tag(secretId: string, tags: Readonly<Record<string, string>>): Promise<void>
  untag(secretId: string, keys: readonly string[]): Promise<void>
  setPolicy(secretId: string, policy: string): Promise<void>
  /** Without rotating now. */
  scheduleRotation(secretId: string, functionArn: string, rules: RotationRules): Promise<void>
  stopRotation(secretId: string): Promise<void>
  replicate(secretId: string, replicas: readonly Replica[]): Promise<void>
  /** It can be restored for 30 days. */
  remove(secretId: string): Promise<void>
  /** At once and for ever: for a secret that nobody was ever told of. */
  erase(secretId: string): Promise<void>
}
