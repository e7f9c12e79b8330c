// Whether a secret is this stage's to rotate (architecture §3): its rotation function is ours and rotation is on. ListSecrets says so,
// and no tag is needed.

import type { Secret } from './secret.ts'
import type { StageSpans } from './secret-tags.ts'

/** What a rule about a secret is asked with: the stage, and the time that the answer is for. */
export interface AsOf {
  readonly rotationFunctionArn: string
  /** Epoch milliseconds. */
  readonly now: number
  readonly spans: StageSpans
}

/** Whether it was ever given to this stage's function, rotation switched off or not. */
export const isOurs = (
  { rotationFunctionArn, isDeleted }: Pick<Secret, 'rotationFunctionArn' | 'isDeleted'>,
  { rotationFunctionArn: ours }: Pick<AsOf, 'rotationFunctionArn'>,
): boolean => rotationFunctionArn === ours && !isDeleted

export const isManaged = (
  secret: Pick<Secret, 'rotationEnabled' | 'rotationFunctionArn' | 'isDeleted'>,
  asOf: Pick<AsOf, 'rotationFunctionArn'>,
): boolean => secret.rotationEnabled && isOurs(secret, asOf)
