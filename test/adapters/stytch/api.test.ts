// Every endpoint of Stytch, once, over real HTTP against the stand-in: what is sent, what is read, and that no secret is left in a
// reply in the open. And the project secret that was rotated under us.
import { describe, expect, test } from 'vitest'
import type { StytchReply } from '../../../lambda/adapters/stytch/reply.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { PROJECT_ID, PROJECT_SECRET, useStytch } from '../../fakes/stand-ins.ts'

const place = useStytch()
const { stytch } = place
/** The keys' reply, alone of all, carries no request id. */
const valueOfReplyWithoutId = <Value>(reply: StytchReply<Value>): Value => {
  if (!reply.ok) throw new Error(`${reply.kind}: ${reply.error}`)
  return reply.value
}
const valueOfReply = <Value>(reply: StytchReply<Value>): Value => {
  expect(reply.requestId).toMatch(/^request-id-test-/)
  return valueOfReplyWithoutId(reply)
}

describe('clients', () => {
  test('create: everything is taken over, an imported secret too', async () => {
    const { api } = place.connect()

    const client = valueOfReply(
      await api.createClient({
        clientId: 'm2m-client-test-own',
        clientSecret: createClientSecret('canary-imported-WXYZ'),
        name: 'orders',
        description: 'takes orders',
        scopes: ['read:orders', 'write:orders'],
        trustedMetadata: { team: 'orders' },
      }),
    )

    expect(client).toMatchObject({
      clientId: 'm2m-client-test-own',
      name: 'orders',
      description: 'takes orders',
      isActive: true,
      scopes: ['read:orders', 'write:orders'],
      slots: { current: 'WXYZ', next: null },
      trustedMetadata: { team: 'orders' },
    })
    expect(client.clientSecret.reveal()).toBe('canary-imported-WXYZ')
    expect(JSON.stringify(client)).not.toContain('canary')
  })

  test('create: what is left out is made by Stytch', async () => {
    const client = valueOfReply(await place.connect().api.createClient({ scopes: [] }))

    expect(stytch.accepts(client.clientId, client.clientSecret.reveal())).toBe(true)
  })

  test('get: by an id that needs escaping, too', async () => {
    const { api } = place.connect()
    const { clientId } = stytch.seed({ scopes: ['read:orders'] })

    expect(valueOfReply(await api.getClient(clientId))).toMatchObject({ clientId, scopes: ['read:orders'] })
    expect(await api.getClient(`${clientId}/secrets/rotate/start`)).toMatchObject({ ok: false, kind: 'notFound' })
    expect(stytch.slots(clientId)?.nextLastFour).toBeNull()
  })

  test('search: filters are joined, and pages follow each other to the end', async () => {
    const { api } = place.connect()
    const ids = ['a', 'b', 'c', 'd', 'e'].map((name) => stytch.seed({ clientName: name, scopes: ['read:x'] }).clientId)
    stytch.seed({ clientName: 'f', scopes: ['read:y'] })

    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = valueOfReply(
        await api.searchClients({ scopes: ['read:x'], limit: 2, ...(cursor === undefined ? {} : { cursor }) }),
      )
      found.push(...page.clients.map(({ clientId }) => clientId))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    const named = valueOfReply(await api.searchClients({ clientIds: ids.slice(0, 3), names: ['b', 'e'] }))
    const all = valueOfReply(await api.searchClients({}))

    expect(found).toEqual(ids)
    expect(named.clients.map(({ name }) => name)).toEqual(['b'])
    expect([all.clients.length, all.nextCursor]).toEqual([6, undefined])
  })

  test('update: what is named changes, what is not stays', async () => {
    const { api } = place.connect()
    const { clientId } = stytch.seed({ clientName: 'orders', scopes: ['read:x'], trustedMetadata: { a: 1, b: 2 } })

    const client = valueOfReply(
      await api.updateClient(clientId, { isActive: false, trustedMetadata: { a: null, c: 3 }, description: 'gone' }),
    )

    expect(client).toMatchObject({ name: 'orders', isActive: false, scopes: ['read:x'], description: 'gone' })
    expect(client.trustedMetadata).toEqual({ b: 2, c: 3 })
    expect(valueOfReply(await api.updateClient(clientId, { isActive: true, scopes: [] }))).toMatchObject({
      isActive: true,
      scopes: [],
    })
  })

  test('delete: tells the id, and then that there is none', async () => {
    const { api } = place.connect()
    const { clientId } = stytch.seed()

    expect(valueOfReply(await api.deleteClient(clientId))).toEqual({ clientId })
    expect(await api.deleteClient(clientId)).toMatchObject({ ok: false, kind: 'notFound', status: 404 })
  })
})

describe('secrets', () => {
  test('start hands out the next value in a box, complete and cancel show the slots', async () => {
    const { api } = place.connect()
    const { clientId } = stytch.seed({ secret: 'canary-first-value-AAAA' })
    stytch.forceLastFour('BBBB')

    const next = valueOfReply(await api.rotateStart(clientId))

    expect(next.lastFour).toBe('BBBB')
    expect(JSON.stringify(next)).toBe('"[client secret]"')
    expect(valueOfReply(await api.rotateComplete(clientId)).slots).toEqual({ current: 'BBBB', next: null })
    await api.rotateStart(clientId)
    expect(valueOfReply(await api.rotateCancel(clientId)).slots).toEqual({ current: 'BBBB', next: null })
  })
})

describe('tokens and keys', () => {
  test('a token for all scopes, or for some', async () => {
    const { api } = place.connect()
    const { clientId, secret } = stytch.seed({ scopes: ['read:x', 'write:x'] })
    const clientSecret = createClientSecret(secret)
    const scopeOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).scope

    const all = valueOfReply(await api.token({ clientId, clientSecret }))
    const some = valueOfReply(await api.token({ clientId, clientSecret, scopes: ['read:x'] }))

    expect(all.expiresInSeconds).toBe(3600)
    expect(scopeOf(all.accessToken)).toBe('read:x write:x')
    expect(scopeOf(some.accessToken)).toBe('read:x')
    expect(await api.token({ clientId, clientSecret, scopes: ['read:y'] })).toMatchObject({
      ok: false,
      kind: 'rejected',
      error: 'invalid_scope',
    })
  })

  test('a value with characters that a form must escape is sent as it is', async () => {
    const secret = 'canary &=+%"\\ ä€ value'
    const { clientId } = stytch.seed({ secret })

    const reply = await place.connect().api.token({ clientId, clientSecret: createClientSecret(secret) })

    expect(reply.ok).toBe(true)
  })

  test('the keys are the same on both paths', async () => {
    const { api } = place.connect()

    const keys = valueOfReplyWithoutId(await api.jwks('consumer'))

    expect(keys).toEqual([expect.objectContaining({ kid: expect.any(String), kty: 'RSA' })])
    expect(valueOfReplyWithoutId(await api.jwks('b2b'))).toEqual(keys)
  })

  test('whoami names the project', async () => {
    expect(valueOfReply(await place.connect().api.whoami())).toEqual({ projectId: PROJECT_ID })
  })
})

describe('the project secret', () => {
  const credentialsOf = (secrets: readonly string[]) => {
    const asked: boolean[] = []
    let known = secrets[0] ?? ''
    const credentials = async (isStale: boolean) => {
      asked.push(isStale)
      if (isStale) known = secrets[1] ?? ''
      return { projectId: PROJECT_ID, secret: known }
    }
    return { asked, credentials }
  }

  test('that was refused is read anew, and the call is sent once more', async () => {
    const { asked, credentials } = credentialsOf(['canary-old', PROJECT_SECRET])
    const { api } = place.connect({ credentials })
    const { clientId } = stytch.seed()

    expect((await api.getClient(clientId)).ok).toBe(true)
    expect((await api.getClient(clientId)).ok).toBe(true)
    expect(asked).toEqual([false, true, false])
  })

  test('that was refused for a call that changes slots is read anew by the next call, and that call alone is not sent again', async () => {
    const { asked, credentials } = credentialsOf(['canary-old', PROJECT_SECRET])
    const { api } = place.connect({ credentials })
    const { clientId } = stytch.seed()

    expect(await api.rotateStart(clientId)).toMatchObject({ ok: false, kind: 'unauthorizedProject' })
    expect((await api.getClient(clientId)).ok).toBe(true)
    expect(asked).toEqual([false, true])
  })

  test('that is refused again is told, after two calls', async () => {
    const { credentials } = credentialsOf(['canary-old', 'canary-older'])
    const { api } = place.connect({ credentials })

    const reply = await api.whoami()

    expect(reply).toMatchObject({ ok: false, kind: 'unauthorizedProject', status: 401 })
    expect(place.calls()).toEqual(['Whoami', 'Whoami'])
    expect(JSON.stringify(reply)).not.toContain('canary')
  })

  test('is not sent with a token request', async () => {
    const { asked, credentials } = credentialsOf(['canary-old', 'canary-older'])
    const { api } = place.connect({ credentials })
    const { clientId, secret } = stytch.seed()

    expect((await api.token({ clientId, clientSecret: createClientSecret(secret) })).ok).toBe(true)
    expect(asked).toEqual([])
  })
})
