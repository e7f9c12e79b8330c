// Managed secrets as their metadata shows them, without a value: what sweep, campaign, incidents and the CLI select from and decide
// on. A secret is managed when its rotation function is ours and rotation is on (architecture §3); no tag is needed for that.

import type { RotationRules } from './secret-keeper.ts'
import type { LabelMove, VersionEntry } from './secrets.ts'

export interface ManagedSecret {
  readonly arn: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  /** Version id → its staging labels; unlabelled versions are not listed. */
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly rotationEnabled: boolean
  readonly rotationFunctionArn: string | undefined
  readonly isDeleted: boolean
  /** Epoch milliseconds, as all of these; absent: never, or not planned. */
  readonly createdAt: number | undefined
  readonly lastChangedAt: number | undefined
  readonly lastRotatedAt: number | undefined
  readonly nextRotationAt: number | undefined
  /** As its owner described it. */
  readonly description?: string | undefined
  /** When Secrets Manager itself rotates; absent: rotation was never configured. */
  readonly rules?: RotationRules | undefined
}

export interface FleetPage {
  readonly secrets: readonly ManagedSecret[]
  /** Absent on the last page. */
  readonly nextPage: string | undefined
}

/** By when a secret was created. One listing keeps to one order. */
export type FleetOrder = 'oldestFirst' | 'newestFirst'

/** asked: it runs, or the same request ran before. busy: another version carries AWSPENDING. gone: no such secret, or deleted. */
export type RotationReply = 'asked' | 'busy' | 'gone'

/** Secrets Manager for whoever asks for rotations and never sees a value. */
export interface Fleet {
  /** At most 100 a page, oldest first unless told otherwise. Can lag behind by five minutes: it nominates, inspect decides. */
  list(prefix: string, page?: string, order?: FleetOrder): Promise<FleetPage>
  /** @returns undefined when there is no such secret. */
  inspect(secretId: string): Promise<ManagedSecret | undefined>
  /** Newest first, unlabelled ones included. */
  listVersions(secretId: string): Promise<readonly VersionEntry[]>
  /** RotateSecret under our own request token; never with a schedule or a function. */
  rotate(secretId: string, requestToken: string): Promise<RotationReply>
  /** Fails unless the label sits on `from`: a compare-and-swap. */
  moveLabel(move: LabelMove): Promise<void>
}
