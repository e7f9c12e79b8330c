// A client's own period for which the stage's campaigns come too seldom is refused by the clients function, by whatever way it comes, and
// before anything is changed.

import { expect, test } from 'vitest'
import type { ClientsRequest } from '../../../lambda/core/clients/clients-api.ts'
import { NAME, useDesk } from './api-seat.ts'

const desk = useDesk()
const terms = { consumers: [], rules: { everyDays: 1 }, period: '12h', tags: {} }
const requests: readonly ClientsRequest[] = [
  {
    action: 'declare',
    set: 'default',
    requestId: 'request-1',
    client: { ...terms, secretName: NAME, displayName: 'b', description: 'd', scopes: [], onRemoval: 'retain' },
  },
  {
    action: 'adopt',
    ...terms,
    secretName: NAME,
    clientId: 'm2m-client-test-1',
    clientSecret: 'canary',
    description: 'd',
    heldBy: 'ada',
  },
  { action: 'adoptInPlace', ...terms, secretName: NAME, fields: {}, heldBy: 'ada' },
]

test.each(requests)('$action', async (request) => {
  await expect(desk.ask(request)).rejects.toMatchObject({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `Client ${NAME} was left as it is: its period of 12h is shorter than the longest time between two periodic campaigns: expected at least 24h, or a campaignSchedule that comes more often.`,
  })
  expect(desk.peek()).toBeUndefined()
  expect(desk.stytchPlace.calls()).toEqual([])
})
