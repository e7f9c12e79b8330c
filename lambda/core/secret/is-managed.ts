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

export const isManaged = (
  { rotationEnabled, rotationFunctionArn, isDeleted }: Secret,
  { rotationFunctionArn: ours }: Pick<AsOf, 'rotationFunctionArn'>,
): boolean => rotationEnabled && rotationFunctionArn === ours && !isDeleted
