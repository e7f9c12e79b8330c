// How the end of an incident is told, in events that a bus takes, and read back.
import { expect, test } from 'vitest'
import {
  CLIENTS_A_PART,
  type IncidentClient,
  incidentCompleted,
  readIncidentClients,
} from '../../../lambda/core/incident/incident-completed.ts'
import { arnOf, NOON, revokeToken } from '../../fakes/envelopes.ts'

const client = (at: number): IncidentClient => {
  const secretName = `m2m/prod/client-${at}`
  return {
    secretArn: arnOf(secretName),
    secretName,
    clientId: `m2m-client-test-${at}`,
    outcome: at % 2 === 0 ? 'revoked' : 'failed',
    requestTokens: [1, 2, 3, 4, 5].map((attempt) => revokeToken({ name: secretName, attempt })),
    ...(at % 2 === 0 ? {} : { why: 'w'.repeat(300), advice: 'a'.repeat(300) }),
  }
}

test('many clients make several events, each within what a bus takes, and none is lost', () => {
  const clients = Array.from({ length: 2 * CLIENTS_A_PART + 1 }, (_, at) => client(at))

  const events = incidentCompleted({ incidentId: 'INC-42', at: NOON, clients })

  expect(events.map(({ detail }) => `${detail.part}/${detail.parts}: ${detail.clients.length}`)).toEqual([
    `1/3: ${CLIENTS_A_PART}`,
    `2/3: ${CLIENTS_A_PART}`,
    '3/3: 1',
  ])
  for (const { detail } of events) expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThan(200_000)
  expect(new Set(events.map(({ detail }) => detail.id)).size).toBe(3)
  expect(events.flatMap(({ detail }) => readIncidentClients({ ...detail }))).toEqual(clients)
})

test('nobody found is told as well, and the same twice', () => {
  const end = { incidentId: 'INC-42', at: NOON, clients: [] }

  expect(incidentCompleted(end)).toHaveLength(1)
  expect(incidentCompleted(end)).toEqual(incidentCompleted(end))
})

test('what cannot be read is left out, and what does not say that it went well did not', () => {
  const whole = { secretArn: 'arn', secretName: 'name' }

  expect(readIncidentClients({})).toEqual([])
  expect(
    readIncidentClients({ clients: [null, 'x', {}, { secretArn: 'arn' }, { ...whole, requestTokens: [1, 'a'] }] }),
  ).toEqual([{ ...whole, outcome: 'failed', requestTokens: ['a'] }])
})

test.each([
  [['revoked', 'revoked'], 'refused'],
  [['revoked', 'deadAlready'], 'refused'],
  [['deadAlready'], 'dead'],
  [['revoked', 'failed'], 'partly'],
  [['failed'], 'failed'],
  [[], 'failed'],
] as const)('of clients that ended as %j the whole is %s, in each of its parts', (outcomes, expected) => {
  const clients = outcomes.map((outcome, at) => ({ ...client(at), outcome }))

  for (const { detail } of incidentCompleted({ incidentId: 'INC-42', at: NOON, clients })) {
    expect(detail.outcome).toBe(expected)
    expect(detail.counts.clients).toBe(outcomes.length)
    // Until a second proof has confirmed it.
    if (expected === 'refused') expect(detail.summary).toMatch(/Stytch refuses/)
  }
})
