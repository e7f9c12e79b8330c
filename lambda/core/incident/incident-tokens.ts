// Which rotations belong to an incident: a request token carries a digest of what it was asked for (architecture §3), which names nothing,
// but whoever knows the incident can see. That is how evidence, which does not know why it was wanted, finds its incident.

import { isAbout, readRequestToken } from '../secret/request-token.ts'

/** Whether this rotate or revoke was asked for because of that incident, whichever attempt it was. */
export const isAskedBy = (incidentId: string, secretArn: string, token: string): boolean => {
  const { origin } = readRequestToken(token)
  return (origin === 'revoke' || origin === 'rotate') && isAbout(token, { secretArn, about: incidentId })
}
