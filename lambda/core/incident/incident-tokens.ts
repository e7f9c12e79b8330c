// Which rotations belong to an incident: a request token's hex is a hash of what it was asked for (architecture §3), so it names nothing,
// but whoever knows the incident can tell. That is how evidence, which does not know why it was wanted, finds its incident.

import { MAX_ATTEMPTS } from '../drive/attempts.ts'
import { settleAttempts } from '../drive/settle-request.ts'
import { makeRequestToken, readRequestToken } from '../secret/request-token.ts'

/** Whether this rotate or revoke was asked for because of that incident. */
export const isAskedBy = (incidentId: string, secretArn: string, token: string): boolean => {
  const { origin, askedAt } = readRequestToken(token)
  if (askedAt === undefined || (origin !== 'revoke' && origin !== 'rotate')) return false
  const attempts = Array.from({ length: MAX_ATTEMPTS }, (_, at) => at + 1)
  return attempts.some(
    (attempt) => makeRequestToken({ origin, askedAt, secretArn, about: incidentId, attempt }) === token,
  )
}

/** Whether this settle was asked for to end the overlap that `switched` began. */
export const isSettleOf = (switched: string, secretArn: string, token: string): boolean =>
  settleAttempts({ secretArn, currentId: switched }, [{ versionId: token, labels: [], createdAt: 0 }]).made > 0
