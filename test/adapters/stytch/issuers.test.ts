// Several kinds behind one Issuer: each call, and whether a list is kept, is the kind's whose client it is.
import { expect, test } from 'vitest'
import { createIssuers } from '../../../lambda/adapters/stytch/issuers.ts'
import type { Issuer } from '../../../lambda/core/rotation/issuer.ts'
import { createCallLog } from '../../fakes/call-log.ts'
import { createFakeIssuer } from '../../fakes/fake-issuer.ts'

const slots = createFakeIssuer(createCallLog())
const asked: (readonly string[] | undefined)[] = []
const list: Issuer = {
  ...slots,
  keepsList: () => true,
  look: async (_clientId, known) => {
    asked.push(known)
    return undefined
  },
}
const issuers = createIssuers([{ isIts: (clientId) => clientId.startsWith('list-'), issuer: list }], slots)

test('a kind that keeps a list keeps it among others, and only for its own clients', () => {
  expect(issuers.keepsList?.('list-1')).toBe(true)
  expect(issuers.keepsList?.('m2m-1')).toBe(false)
})

test('its look is told what is known', async () => {
  await issuers.look('list-1', ['a', 'b'])

  expect(asked).toEqual([['a', 'b']])
})

test('many are looked at together where their kind can, and the others are left out', async () => {
  const lookMany = async (clientIds: readonly string[]) => new Map(clientIds.map((id) => [id, undefined]))
  const together = createIssuers([{ isIts: (clientId) => clientId.startsWith('list-'), issuer: list }], {
    ...slots,
    lookMany,
  })

  expect([...((await together.lookMany?.(['list-1', 'm2m-1'])) ?? [])]).toEqual([['m2m-1', undefined]])
  expect(await issuers.lookMany?.(['m2m-1'])).toEqual(new Map())
})
