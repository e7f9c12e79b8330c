// Which rotations belong to an incident: a request token carries a digest of what it was asked for (architecture §3), which names nothing,
// but whoever knows the incident can see. That is how evidence, which does not know why it was wanted, finds its incident.

import { MAX_ATTEMPTS } from '../drive/attempts.ts'
import { isAbout, readRequestToken } from '../secret/request-token.ts'

/** Whether this rotate or revoke was asked for because of that incident. */
export const isAskedBy = (incidentId: string, secretArn: string, token: string): boolean => {
  const { origin, attempt = 0 } = readRequestToken(token)
  const isSwitch = origin === 'revoke' || origin === 'rotate'
  return isSwitch && attempt <= MAX_ATTEMPTS && isAbout(token, { secretArn, about: incidentId })
}
