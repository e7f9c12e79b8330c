// Whether the last thing that happened to a secret is a revoke and the settle that ended it, by the ids of two versions. It says where a
// proof should be, and proves nothing itself.

import { isAbout, readRequestToken } from './request-token.ts'
import { isSettleAbout } from './settle-subject.ts'

interface NewestVersions {
  readonly secretArn: string
  /** Ids of the versions that carry AWSCURRENT and AWSPREVIOUS. */
  readonly currentId: string | undefined
  readonly previousId: string | undefined
}

export interface SettledRevoke {
  readonly revokeToken: string
  readonly settleToken: string
}

/** @returns undefined when AWSCURRENT is not the settle of the revoke that AWSPREVIOUS stands for. */
export const settledRevokeOf = ({ secretArn, currentId, previousId }: NewestVersions): SettledRevoke | undefined => {
  if (currentId === undefined || previousId === undefined) return undefined
  const isSettle = readRequestToken(currentId).origin === 'settle' && readRequestToken(previousId).origin === 'revoke'
  if (!isSettle || !isAbout(currentId, { secretArn, about: previousId })) return undefined
  return { revokeToken: previousId, settleToken: currentId }
}

/**
 * The same of a planned switch and the settle that ended its overlap: what a revoke with a grace leaves behind, as a rotation does.
 * @returns the switch's token; undefined when AWSCURRENT is not the settle of the planned switch that AWSPREVIOUS stands for.
 */
export const settledRotateOf = ({ secretArn, currentId, previousId }: NewestVersions): string | undefined => {
  if (currentId === undefined || previousId === undefined) return undefined
  if (readRequestToken(previousId).origin !== 'rotate') return undefined
  return isSettleAbout(currentId, { secretArn, currentId: previousId }) ? previousId : undefined
}
