// A secret as tests see it, straight from the store: cheap, not counted as a call, and with the values in clear. For
// use in process only; no route of the server leads here.
import { rotationWindow } from './schedule.ts'
import type { RotationRules, Secret } from './secret-store.ts'
import { sortedStages } from './versions.ts'

export interface PeekedVersion {
  readonly id: string
  readonly stages: readonly string[]
  /** Undefined = a placeholder; base64 for a binary value. */
  readonly value: string | undefined
  /** Epoch milliseconds, as every time in here. */
  readonly createdAt: number
}

export interface PeekedSecret {
  readonly arn: string
  readonly name: string
  readonly description: string | undefined
  /** In order of creation; deprecated ones too. */
  readonly versions: readonly PeekedVersion[]
  readonly tags: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly lastChangedAt: number
  readonly deletionAt: number | undefined
  /** Undefined = never configured. */
  readonly rotation:
    | {
        readonly isEnabled: boolean
        readonly lambdaArn: string | undefined
        readonly rules: RotationRules | undefined
        readonly lastRotatedAt: number | undefined
        /** On or before. */
        readonly nextAt: number | undefined
      }
    | undefined
}

export const peekAt = (secret: Secret): PeekedSecret => ({
  arn: secret.arn,
  name: secret.name,
  description: secret.description,
  versions: [...secret.versions.values()].map((version) => ({
    id: version.id,
    stages: sortedStages(version),
    value: version.value?.text,
    createdAt: version.createdAt,
  })),
  tags: Object.fromEntries(secret.tags),
  createdAt: secret.createdAt,
  lastChangedAt: secret.lastChangedAt,
  deletionAt: secret.deletionAt,
  rotation:
    secret.rotation === undefined
      ? undefined
      : {
          isEnabled: secret.rotation.isEnabled,
          lambdaArn: secret.rotation.lambdaArn,
          rules: secret.rotation.rules,
          lastRotatedAt: secret.rotation.lastRotatedAt,
          nextAt: rotationWindow(secret)?.closesAt,
        },
})
