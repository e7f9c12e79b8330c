// Switching a client off and on, as far as the published list goes: what it has is refused within seconds, in advance for as long as a node of
// Stytch's may be behind; and not a second longer than it is off.
import { describe, expect, test } from 'vitest'
import type { ClientRecord } from '../../../lambda/core/clients/client-keeper.ts'
import { switchClient } from '../../../lambda/core/clients/switch-client.ts'
import type { RevocationChange } from '../../../lambda/core/revocations/document.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { makeSecret } from '../../fakes/managed-secret.ts'

const NAME = 'm2m/test/orders'
const CLIENT_ID = 'm2m-client-test-orders'
const seconds = NOON_THIRTY / 1000

const seat = (isActive: boolean, holder?: string) => {
  const { secret } = makeSecret({ name: NAME, tags: { 'm2m:client-id': CLIENT_ID } })
  const published: RevocationChange[] = []
  const calls: string[] = []
  const record = { clientId: CLIENT_ID, boundTo: holder ?? secret.arn, isActive } as ClientRecord
  const parts = {
    secrets: { describe: async () => secret },
    timing: { now: () => NOON_THIRTY },
    clients: {
      find: async () => record,
      activate: async () => {
        calls.push('activate')
      },
      deactivate: async () => {
        calls.push('deactivate')
      },
    },
    publish: async (change: RevocationChange) => {
      calls.push('publish')
      published.push(change)
      return 'published' as const
    },
  }
  return {
    published,
    calls,
    switchTo: (isWanted: boolean) => switchClient(parts, { secretName: NAME, isActive: isWanted }),
  }
}

describe('m2m deactivate', () => {
  test('has every token refused that Stytch may still mint in the next five minutes', async () => {
    const { published, calls, switchTo } = seat(true)

    expect(await switchTo(false)).toEqual({ clientId: CLIENT_ID, published: 'published' })
    expect(calls).toEqual(['deactivate', 'publish'])
    expect(published).toEqual([{ revoked: new Map([[CLIENT_ID, seconds + 301]]) }])
  })

  test('of a client that is off already is published all the same: the first time may have failed', async () => {
    const { calls, switchTo } = seat(false)
    await switchTo(false)

    expect(calls).toEqual(['publish'])
  })
})

test('m2m activate takes it back, once Stytch has taken it', async () => {
  const { published, calls, switchTo } = seat(false)
  await switchTo(true)

  expect(calls).toEqual(['activate', 'publish'])
  expect(published).toEqual([{ revoked: new Map(), released: [CLIENT_ID] }])
})

test('of a client that another secret holds nothing is published', async () => {
  const { calls, switchTo } = seat(true, 'arn:of-another')

  await expect(switchTo(false)).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
  expect(calls).toEqual([])
})
