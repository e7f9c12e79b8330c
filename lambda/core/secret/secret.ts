// A secret as its metadata shows it, without a value: what sweep, campaign, incidents, clients, the vendor and the CLI select from and
// decide on. Reading it does not count as a use of the secret.

import { CURRENT, labelled } from './labels.ts'
import type { ReplicaState } from './replica-state.ts'

/** How Secrets Manager itself rotates: days after the last rotation, or a cron or rate expression. */
export type RotationRules =
  | { readonly everyDays: number }
  | { readonly schedule: string; readonly durationHours?: number | undefined }

export interface Secret {
  readonly arn: string
  readonly name: string
  /** As its owner described it; undefined where nobody did. */
  readonly description: string | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Version id → its staging labels; unlabelled versions are not listed. */
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly rotationEnabled: boolean
  readonly rotationFunctionArn: string | undefined
  /** When Secrets Manager itself rotates; undefined: rotation was never configured. */
  readonly rules: RotationRules | undefined
  readonly isDeleted: boolean
  /** Epoch milliseconds, as all of these; undefined: never, or not planned. */
  readonly createdAt: number | undefined
  readonly lastChangedAt: number | undefined
  readonly lastRotatedAt: number | undefined
  readonly nextRotationAt: number | undefined
  /** The day it was last read by anybody, rotations included: midnight UTC. */
  readonly lastReadOnDayAt: number | undefined
  /** Its copies in other Regions. A list does not show them. */
  readonly replicas: readonly ReplicaState[]
  /** The id or ARN of its key, or of a key's alias; undefined: the key that AWS manages, aws/secretsmanager. */
  readonly kmsKeyId?: string | undefined
}

/** What Secrets Manager itself does to rotate a secret. */
export interface RotationSchedule {
  readonly functionArn: string
  readonly rules: RotationRules
}

/** @returns undefined while rotation is off. */
export const scheduleOf = ({
  rotationEnabled,
  rotationFunctionArn: functionArn,
  rules,
}: Pick<Secret, 'rotationEnabled' | 'rotationFunctionArn' | 'rules'>): RotationSchedule | undefined =>
  rotationEnabled && functionArn !== undefined && rules !== undefined ? { functionArn, rules } : undefined

/** Whether a version carries AWSCURRENT. A secret is made without a value, which comes after its policy. */
export const hasValue = (secret: Pick<Secret, 'labels'>): boolean => labelled(secret, CURRENT) !== undefined
