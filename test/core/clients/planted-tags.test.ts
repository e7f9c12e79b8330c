// Whoever may create a secret below the prefix chooses its tags. With the clients function's right to remove what a request has made, or what
// never held a value, such a tag must not lead to somebody else's client.
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import type { DeclareAsked } from '../../../lambda/core/clients/clients-api.ts'
import { CLI } from '../../../lambda/core/clients/declared-client.ts'
import { NAME, PREFIX, role, useDesk } from './api-seat.ts'

const { stytchPlace, awsPlace, ask, stored, peek } = useDesk()
const { stytch } = stytchPlace

const DECOY = `${PREFIX}decoy`

const declaration = (secretName: string): DeclareAsked => ({
  set: 'ours',
  requestId: `run of ${secretName}`,
  client: {
    secretName,
    displayName: 'A client',
    description: 'For tests',
    scopes: [],
    consumers: [role('job')],
    rules: { everyDays: 60 },
    onRemoval: 'retain',
    tags: {},
  },
})
const declare = (secretName: string) => ask({ action: 'declare', ...declaration(secretName) })

const plant = async (tags: Readonly<Record<string, string>>, SecretString?: string): Promise<void> => {
  await awsPlace.sdk().secrets.send(
    new CreateSecretCommand({
      Name: DECOY,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      ...(SecretString === undefined ? {} : { SecretString }),
    }),
  )
}

const declared = async (): Promise<{ readonly clientId: string; readonly value: string }> => {
  await declare(NAME)
  const { client_id: clientId, client_secret: value } = stored()
  return { clientId: String(clientId), value: String(value) }
}

describe('a secret that is tagged for another secret’s client', () => {
  test('and for a request that fails: the client is not taken back with what the request made', async () => {
    const { clientId, value } = await declared()
    await plant({ 'm2m:client-id': clientId, 'm2m:request': `run of ${DECOY}` }, 'no value of ours')

    await expect(declare(DECOY)).rejects.toThrow()

    expect(stytch.accepts(clientId, value)).toBe(true)
    expect(peek(NAME)?.versions).toHaveLength(1)
  })

  test('and for a set that retires it, without a value: the client stays', async () => {
    const { clientId, value } = await declared()
    await plant({ 'm2m:client-id': clientId, 'm2m:stack': CLI, 'm2m:resource': 'ours' })

    const owner = { stackId: CLI, resource: 'ours' }
    await ask({ action: 'retire', secretName: DECOY, owner }).catch(() => {})

    expect(stytch.accepts(clientId, value)).toBe(true)
  })
})

test('a secret that is tagged for a client that no secret holds: retiring it leaves that client', async () => {
  const { clientId, secret } = stytch.seed()
  await plant({ 'm2m:client-id': clientId, 'm2m:stack': CLI, 'm2m:resource': 'ours' })

  await ask({ action: 'retire', secretName: DECOY, owner: { stackId: CLI, resource: 'ours' } }).catch(() => {})

  expect(stytch.accepts(clientId, secret)).toBe(true)
})
