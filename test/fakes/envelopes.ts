// Events as EventBridge delivers them, for tests of what is archived and of what is made of it: made by the domain's own functions
// where there is one, with times that stand still.
import { sourcesOf } from '../../lambda/core/base/event-types.ts'
import { type ArchivedEvent, readArchivedEvent } from '../../lambda/core/incident/archived-event.ts'
import {
  completedEvents,
  type Evidence,
  evidenceEvents,
  type OutcomeFacts,
} from '../../lambda/core/rotation/outcome.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'

/** 2026-03-10T12:34:56.000Z */
export const NOON = Date.UTC(2026, 2, 10, 12, 34, 56)
export const NAME = 'm2m/prod/billing'

export const arnOf = (name: string): string => `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${name}-AbCdEf`

export const envelopeOf = (type: string, detail: object, more: object = {}): Record<string, unknown> => ({
  version: '0',
  id: '11111111-2222-3333-4444-555555555555',
  'detail-type': type,
  source: sourcesOf(type)[0] ?? 'm2m.else',
  account: '111111111111',
  time: `${new Date(NOON).toISOString().slice(0, 19)}Z`,
  region: 'eu-west-1',
  resources: [],
  detail,
  ...more,
})

export const archived = (type: string, detail: object, more: object = {}): ArchivedEvent => {
  const read = readArchivedEvent(envelopeOf(type, detail, more))
  if (!read.ok) throw new Error(read.refusal.join('; '))
  return read.value
}

export interface TokenWish {
  readonly name?: string
  readonly incidentId?: string
  readonly attempt?: number
  readonly askedAt?: number
}

export const revokeToken = ({
  name = NAME,
  incidentId = 'INC-42',
  attempt = 1,
  askedAt = NOON,
}: TokenWish = {}): string =>
  makeRequestToken({ origin: 'revoke', askedAt, secretArn: arnOf(name), about: incidentId, attempt })

export const settleTokenOf = (switched: string, { name = NAME, attempt = 1, askedAt = NOON }: TokenWish = {}): string =>
  makeRequestToken({ origin: 'settle', askedAt, secretArn: arnOf(name), about: switched, attempt })

export const evidence: Evidence = {
  slots: { current: 'wxyz', next: null, requestId: 'request-look' },
  refused: [
    {
      versionId: 'rotate-1',
      lastFour: 'abcd',
      status: 401,
      error: 'invalid_client',
      requestId: 'request-refused',
      provenAt: new Date(NOON + 2600).toISOString(),
    },
  ],
  accepted: {
    versionId: 'revoke-1',
    lastFour: 'wxyz',
    requestId: 'request-accepted',
    provenAt: new Date(NOON + 2700).toISOString(),
  },
}

const factsOf = (requestToken: string, name: string, at: number): OutcomeFacts => ({
  secretArn: arnOf(name),
  secretName: name,
  clientId: `client-of-${name.split('/').at(-1)}`,
  intent: 'settle',
  requestToken,
  at,
})

/** `Secret Revoked`, as the settle after a revoke tells it. */
export const revokedEvent = (
  switched: string,
  { name = NAME, at = NOON + 2800, proof = evidence }: { name?: string; at?: number; proof?: Evidence } = {},
): ArchivedEvent => {
  const [event] = evidenceEvents(factsOf(settleTokenOf(switched, { name }), name, at), proof, switched)
  if (event === undefined) throw new Error('no evidence')
  return archived(event.type, event.detail, { resources: [arnOf(name)] })
}

/** `Rotation Completed` of a settle. */
export const settledEvent = (switched: string, name = NAME, proof: Evidence | undefined = evidence): ArchivedEvent => {
  const [event] = completedEvents(factsOf(settleTokenOf(switched, { name }), name, NOON + 3000), { evidence: proof })
  if (event === undefined) throw new Error('no outcome')
  return archived(event.type, event.detail, { resources: [arnOf(name)] })
}

export const refusedEvent = (requestToken: string, explanation: string, { name = NAME, at = NOON + 1000 } = {}) =>
  archived('Rotation Refused', {
    version: 1,
    id: `refused-${requestToken.slice(-8)}`,
    secretArn: arnOf(name),
    secretName: name,
    requestToken,
    at: new Date(at).toISOString(),
    reason: 'position',
    explanation,
  })

export const leakEvent = (detail: object = {}, more: object = {}): ArchivedEvent =>
  archived(
    'Secret Leak Reported',
    {
      incidentId: 'INC-42',
      selector: { secretNames: [NAME] },
      reason: 'found in a public repository',
      requestedBy: 'alice',
      ...detail,
    },
    { source: 'm2m.security', ...more },
  )
