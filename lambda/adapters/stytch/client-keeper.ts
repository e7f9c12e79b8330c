// What clients look like at Stytch, apart from their secrets: for the registrar and whatever registers beside it.
import { defined } from '../../core/base/defined.ts'
import type { ClientKeeper, ClientRecord, SwitchedOff } from '../../core/clients/client-keeper.ts'
import type { ClientUpdate, StytchApi, StytchClient } from './api.ts'
import { stytchFault } from './issuer.ts'

/** Of Stytch's 1000 at most: an answer of ours must fit into six megabytes, scopes and all. */
const PAGE_SIZE = 250

const textIn = ({ trustedMetadata }: StytchClient, key: string): string | undefined => {
  const value = trustedMetadata[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const OFF_AT = 'switched_off_at'
const OFF_BY = 'switched_off_by'

/** Of an active client, whoever activated it in the dashboard left it behind: it says nothing. */
const switchedOff = (client: StytchClient): SwitchedOff | null => {
  const [at, by] = [Date.parse(textIn(client, OFF_AT) ?? ''), textIn(client, OFF_BY)]
  return client.isActive || Number.isNaN(at) || by === undefined ? null : { at, by }
}

const toRecord = (client: StytchClient): ClientRecord => {
  const { clientId, name, description, scopes, isActive, slots } = client
  const registeredAt = Date.parse(textIn(client, 'registered_at') ?? '')
  return {
    clientId,
    name,
    description,
    scopes,
    isActive,
    switchedOff: switchedOff(client),
    slots,
    boundTo: textIn(client, 'managed_by'),
    registeredFor: textIn(client, 'registered_for'),
    registeredAt: Number.isNaN(registeredAt) ? undefined : registeredAt,
  }
}

export const createClientKeeper = (api: StytchApi): ClientKeeper => {
  const update = async (clientId: string, change: ClientUpdate): Promise<void> => {
    const reply = await api.updateClient(clientId, change)
    if (!reply.ok) throw stytchFault('Update', clientId, reply)
  }
  return {
    find: async (clientId) => {
      const reply = await api.getClient(clientId)
      if (reply.ok) return toRecord(reply.value)
      if (reply.kind === 'notFound') return undefined
      throw stytchFault('Get', clientId, reply)
    },
    list: async ({ clientIds, page }) => {
      const reply = await api.searchClients({
        limit: PAGE_SIZE,
        ...defined({ clientIds, cursor: page }),
      })
      if (!reply.ok) throw stytchFault('Search', clientIds?.join(', ') ?? 'of any id', reply)
      return { clients: reply.value.clients.map(toRecord), nextPage: reply.value.nextCursor }
    },
    whoami: async () => {
      const reply = await api.whoami()
      if (!reply.ok) throw stytchFault('Whoami', 'of any id', reply)
      return reply.value.projectId
    },
    describe: (clientId, { name, description, scopes }) => update(clientId, { name, description, scopes }),
    deactivate: (clientId, { at, by }) =>
      update(clientId, {
        isActive: false,
        trustedMetadata: { [OFF_AT]: new Date(at).toISOString(), [OFF_BY]: by },
      }),
    unbind: (clientId) => update(clientId, { trustedMetadata: { managed_by: null } }),
    activate: (clientId) => update(clientId, { isActive: true, trustedMetadata: { [OFF_AT]: null, [OFF_BY]: null } }),
  }
}
