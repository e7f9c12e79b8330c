// The shapes that DescribeSecret, ListSecrets and ListSecretVersionIds share on the wire. AWS leaves out whatever has
// no value; times are epoch seconds. Nothing in here ever holds a secret's value.
import { DAY_MS } from '../../core/base/time-units.ts'
import { rotationWindow } from './schedule.ts'
import type { RotationRules, Secret, SecretVersion } from './secret-store.ts'
import { sortedStages } from './versions.ts'

export interface WireTag {
  readonly Key: string
  readonly Value: string
}

/** What both DescribeSecret and ListSecrets return of a secret. */
export interface SecretDetails {
  readonly ARN: string
  readonly Name: string
  readonly Type?: string | undefined
  readonly Description?: string | undefined
  readonly KmsKeyId?: string | undefined
  readonly RotationEnabled?: boolean | undefined
  readonly RotationLambdaARN?: string | undefined
  readonly RotationRules?: RotationRules | undefined
  readonly LastRotatedDate?: number | undefined
  readonly LastChangedDate: number
  readonly LastAccessedDate?: number | undefined
  readonly DeletedDate?: number | undefined
  readonly NextRotationDate?: number | undefined
  readonly Tags?: readonly WireTag[] | undefined
  readonly CreatedDate: number
  readonly PrimaryRegion?: string | undefined
}

export const seconds = (at: number): number => at / 1000

/** LastAccessedDate has no time of day. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS

const optionalSeconds = (at: number | undefined): number | undefined => (at === undefined ? undefined : seconds(at))

/** Undefined fields fall away in JSON. */
export const describe = (secret: Secret): SecretDetails => ({
  ARN: secret.arn,
  Name: secret.name,
  Type: secret.type,
  Description: secret.description,
  KmsKeyId: secret.kmsKeyId,
  RotationEnabled: secret.rotation?.isEnabled,
  RotationLambdaARN: secret.rotation?.lambdaArn,
  RotationRules: secret.rotation?.rules,
  LastRotatedDate: optionalSeconds(secret.rotation?.lastRotatedAt),
  LastChangedDate: seconds(secret.lastChangedAt),
  LastAccessedDate: optionalSeconds(secret.lastAccessedAt),
  DeletedDate: optionalSeconds(secret.deletionAt),
  NextRotationDate: optionalSeconds(rotationWindow(secret)?.closesAt),
  Tags: secret.tags.size === 0 ? undefined : [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
  CreatedDate: seconds(secret.createdAt),
  PrimaryRegion: secret.primaryRegion,
})

/** Deprecated versions are left out. */
export const versionsToStages = (secret: Secret): Record<string, string[]> | undefined => {
  const labelled = [...secret.versions.values()].filter((version) => version.stages.size > 0)
  if (labelled.length === 0) return undefined
  return Object.fromEntries(labelled.map((version) => [version.id, sortedStages(version)]))
}

/** One entry of ListSecretVersionIds. */
export const describeVersion = (secret: Secret, version: SecretVersion): object => ({
  VersionId: version.id,
  VersionStages: version.stages.size === 0 ? undefined : sortedStages(version),
  LastAccessedDate: optionalSeconds(version.lastAccessedAt),
  CreatedDate: seconds(version.createdAt),
  KmsKeyIds: [secret.kmsKeyId ?? 'DefaultEncryptionKey'],
})

export const identity = (secret: Secret): { readonly ARN: string; readonly Name: string } => ({
  ARN: secret.arn,
  Name: secret.name,
})
