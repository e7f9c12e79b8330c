// Creating and removing M2M clients at Stytch, for the registrar alone.
import type { ClientRegistry } from '../../core/clients/client-registry.ts'
import type { StytchApi } from './api.ts'
import { stytchFault } from './issuer.ts'

export const createClientRegistry = (api: StytchApi): ClientRegistry => ({
  create: async ({ clientId, name, description, scopes, registeredFor, registeredAt }) => {
    const trustedMetadata = { registered_for: registeredFor, registered_at: new Date(registeredAt).toISOString() }
    const reply = await api.createClient({ clientId, name, description, scopes, trustedMetadata })
    if (reply.ok) return { outcome: 'created', secret: reply.value.clientSecret }
    if (reply.kind === 'outcomeUnknown') return { outcome: 'unknown' }
    throw stytchFault('Create', clientId, reply)
  },
  remove: async (clientId) => {
    const reply = await api.deleteClient(clientId)
    if (reply.ok || reply.kind === 'notFound') return
    // Deleting again is safe: an id is never reused by anything of ours.
    const again = reply.kind === 'outcomeUnknown' ? await api.deleteClient(clientId) : reply
    if (!again.ok && again.kind !== 'notFound') throw stytchFault('Delete', clientId, again)
  },
})
