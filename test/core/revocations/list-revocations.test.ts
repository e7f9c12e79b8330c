// The last hour's revocations as metadata shows them: complete, and no dearer than what changed lately.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { listRevocations } from '../../../lambda/core/revocations/list-revocations.ts'
import { createVendWorld, PREFIX } from '../../fakes/fake-vending.ts'

const MINUTE_MS = 60_000

const seat = () => {
  const world = createVendWorld()
  const { secrets } = world
  const list = async () => ({
    clients: await listRevocations({ secrets, secretNamePrefix: PREFIX }, world.timing.now()),
  })
  const named = async () => (await list()).clients.map(({ clientId }) => clientId)
  return { world, list, named }
}

describe('the list', () => {
  test('names a client from its revoke until an hour after its settle', async () => {
    const { world, list, named } = seat()
    const { clientId } = world.place({ name: 'orders' })
    world.place({ name: 'billing' })

    const before = await named()
    world.timing.advance(30_000)
    world.switchTo('orders', 'revoke')
    const during = (await list()).clients
    world.timing.advance(30_000)
    world.switchTo('orders', 'settle')
    const after = (await list()).clients
    world.timing.advance(59 * MINUTE_MS)
    const late = await named()
    world.timing.advance(2 * MINUTE_MS)

    expect(before).toEqual([])
    expect(during).toMatchObject([{ clientId, secretName: 'm2m/test/orders', state: 'revoking' }])
    expect(after).toMatchObject([{ clientId, state: 'revoked' }])
    expect(after[0]?.notBefore).toBe((world.secretOf('orders').lastRotatedAt ?? 0) / 1000 + 1)
    expect(late).toEqual([clientId])
    expect(await named()).toEqual([])
  })

  test('keeps its date when the secret is tagged afterwards: whoever got a token since is not refused', async () => {
    const { world, list } = seat()
    world.place({ name: 'orders' })
    world.switchTo('orders', 'revoke')
    world.switchTo('orders', 'settle')
    const [before] = (await list()).clients
    world.timing.advance(20 * MINUTE_MS)
    const secret = world.secretOf('orders')
    secret.tags['m2m:held'] = 'by ada'
    secret.lastChangedAt = world.timing.now()

    expect((await list()).clients).toEqual([before])
    world.timing.advance(3 * 60 * MINUTE_MS)
    secret.lastChangedAt = world.timing.now()
    expect((await list()).clients).toEqual([])
  })

  test('dates a revoke that the schedule ended by its versions, since that one’s id has no date', async () => {
    const { world, list } = seat()
    world.place({ name: 'orders' })
    world.switchTo('orders', 'revoke')
    world.switchTo('orders', 'settle')
    const secret = world.secretOf('orders')
    const bare = '00000000-0000-4000-8000-000000000001'
    secret.versions = secret.versions.map((one) =>
      one.labels.includes('AWSCURRENT') ? { ...one, versionId: bare } : one,
    )
    const endedAt = world.timing.now() + 1000
    secret.lastRotatedAt = endedAt
    world.timing.advance(20 * MINUTE_MS)
    secret.lastChangedAt = world.timing.now()

    expect((await list()).clients).toMatchObject([{ state: 'revoked', notBefore: endedAt / 1000 + 1 }])
    expect(world.secrets.calls).toContain('versions m2m/test/orders')
  })

  test('finds a revoke behind a rotation since', async () => {
    const { world, named } = seat()
    const { clientId } = world.place({ name: 'orders' })
    for (const origin of ['revoke', 'settle', 'rotate'] as const) {
      world.timing.advance(MINUTE_MS)
      world.switchTo('orders', origin)
    }

    expect(await named()).toEqual([clientId])
  })

  test('reads no value: a revoked client whose tags do not name it was published by its rotation', async () => {
    const { world, named } = seat()
    world.place({ name: 'orders' })
    delete world.secretOf('orders').tags['m2m:client-id']
    world.switchTo('orders', 'revoke')

    expect(await named()).toEqual([])
    expect(world.secrets.calls).not.toContain('read m2m/test/orders')
  })

  test('looks at nothing that did not change lately: of 1,000 clients, one page', async () => {
    const { world, named } = seat()
    for (let at = 0; at < 1000; at += 1) world.place({ name: `client-${at}` })
    world.timing.advance(24 * 60 * MINUTE_MS)
    world.switchTo('client-500', 'rotate')

    expect(await named()).toEqual([])
    expect(world.secrets.calls).toEqual(['list first'])
  })

  test('of a whole fleet that was revoked names all, and looks again only at those that are not settled', async () => {
    const { world, list } = seat()
    for (let at = 0; at < 250; at += 1) {
      world.place({ name: `client-${at}` })
      world.switchTo(`client-${at}`, 'revoke')
      if (at < 200) world.switchTo(`client-${at}`, 'settle')
    }

    const { clients } = await list()

    expect(clients).toHaveLength(250)
    expect(clients.filter(({ state }) => state === 'revoked')).toHaveLength(200)
    expect(world.secrets.calls.filter((call) => call.startsWith('list'))).toHaveLength(3)
    expect(world.secrets.calls.filter((call) => call.startsWith('describe'))).toHaveLength(50)
  })

  test('is no list when Secrets Manager does not answer', async () => {
    const { world, list } = seat()
    world.secrets.failing = 1

    await expect(list()).rejects.toMatchObject({ code: 'SECRETS_MANAGER_UNAVAILABLE' })
    await expect(list()).resolves.toMatchObject({ clients: [] })
  })

  describe('whose paging token is lost', () => {
    const losing = (times: number) => {
      const place = seat()
      for (let at = 0; at < 250; at += 1) {
        place.world.place({ name: `client-${at}` })
        place.world.switchTo(`client-${at}`, 'revoke')
        place.world.switchTo(`client-${at}`, 'settle')
      }
      const { list } = place.world.secrets
      let lost = 0
      place.world.secrets.list = async (prefix, query) => {
        if (query?.page !== undefined && lost < times) {
          lost += 1
          throw new Fault({ code: 'LIST_TOKEN_LOST', retryable: false, message: 'InvalidNextTokenException' })
        }
        return list(prefix, query)
      }
      return place
    }

    test('begins anew, and names each client once', async () => {
      const clients = await losing(1).named()

      expect(clients).toHaveLength(250)
      expect(new Set(clients).size).toBe(250)
    })

    test('each time is no list', async () => {
      await expect(losing(9).list()).rejects.toMatchObject({ code: 'LIST_TOKEN_LOST' })
    })
  })
})
