// What a declared client looks like at Stytch, apart from its secrets: for the registrar alone.
import type { ClientKeeper } from '../../domain/registrar-ports.ts'
import type { ClientUpdate, StytchApi } from './api.ts'
import { stytchFault } from './issuer.ts'

export const createClientKeeper = (api: StytchApi): ClientKeeper => {
  const update = async (clientId: string, change: ClientUpdate): Promise<void> => {
    const reply = await api.updateClient(clientId, change)
    if (!reply.ok) throw stytchFault('Update', clientId, reply)
  }
  return {
    describe: (clientId, { name, description, scopes }) => update(clientId, { name, description, scopes }),
    deactivate: (clientId) => update(clientId, { isActive: false }),
  }
}
