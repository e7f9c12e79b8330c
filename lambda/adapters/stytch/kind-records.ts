// Connected Apps and SCIM connections among the records of clients: looked up by id, one by one, as nothing lists them with the clients.
// Stytch says of them what sits in their slots; who manages them, the claims in the records table say. They are made, described and switched off at
// Stytch, by whoever owns them there.

import { Fault } from '../../core/base/fault.ts'
import type { ClientKeeper, ClientRecord } from '../../core/clients/client-keeper.ts'
import type { ClaimKeeper } from '../../core/rotation/claims.ts'
import type { Issuer } from '../../core/rotation/issuer.ts'
import { isM2mClient } from '../../core/secret/client-id.ts'

const notOurs = (clientId: string): Fault =>
  new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `${clientId} is no M2M client, and is changed at Stytch by whoever owns it there; nothing was changed.`,
  })

interface KindParts {
  /** Of all kinds: `createSlotIssuers`. */
  readonly issuer: Pick<Issuer, 'look'>
  readonly claims: ClaimKeeper
}

export const withOtherKinds = (clients: ClientKeeper, { issuer, claims }: KindParts): ClientKeeper => {
  const find = async (clientId: string): Promise<ClientRecord | undefined> => {
    const view = await issuer.look(clientId)
    if (view === undefined) return undefined
    const { slots, isActive } = view
    const boundTo = (await claims.read(clientId))?.holder
    const unknown = { boundTo, registeredFor: undefined, registeredAt: undefined }
    return { clientId, name: clientId, description: '', scopes: [], isActive, slots, ...unknown }
  }
  const onlyClients =
    <Rest extends readonly unknown[]>(change: (clientId: string, ...rest: Rest) => Promise<void>) =>
    async (clientId: string, ...rest: Rest): Promise<void> => {
      if (!isM2mClient(clientId)) throw notOurs(clientId)
      return change(clientId, ...rest)
    }
  return {
    ...clients,
    find: (clientId) => (isM2mClient(clientId) ? clients.find(clientId) : find(clientId)),
    list: async (query) => {
      const others = query.clientIds?.filter((clientId) => !isM2mClient(clientId)) ?? []
      if (others.length === 0) return clients.list(query)
      const clientIds = query.clientIds?.filter(isM2mClient) ?? []
      const found = (await Promise.all(others.map(find))).filter((record) => record !== undefined)
      if (clientIds.length === 0) return { clients: found, nextPage: undefined }
      const page = await clients.list({ ...query, clientIds })
      // With the first page alone: the others have none.
      return query.page === undefined ? { ...page, clients: [...found, ...page.clients] } : page
    },
    describe: onlyClients(clients.describe),
    activate: onlyClients(clients.activate),
    unbind: (clientId, secretArn) =>
      isM2mClient(clientId) ? clients.unbind(clientId, secretArn) : claims.release(clientId, secretArn),
    deactivate: onlyClients(clients.deactivate),
  }
}
