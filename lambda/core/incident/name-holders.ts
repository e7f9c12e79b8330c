// Who holds the client of a secret that could not be revoked: a secret that was chosen by its name, a tag or a scope may be tagged for a client that
// another one holds, and then whoever reads of the failure has to know which.
import { type HolderSearch, holdersOf } from '../drive/find-holders.ts'
import type { Holder } from '../rotation/holders.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import type { IncidentClient } from './incident-completed.ts'

const wordsOf = ({ secretArn, clientId }: IncidentClient, holder: Holder | undefined): string | undefined => {
  switch (holder?.state) {
    case 'held':
      return holder.secretArn === secretArn
        ? undefined
        : `${clientId} is held by ${secretNameOf(holder.secretArn)} (${holder.secretArn})`
    case 'unheld':
      return `${clientId} is held by no secret`
    case 'gone':
      return `Stytch knows no client ${clientId}`
    default:
      return undefined
  }
}

/** @param isKnown of a client whose outcome says so already. @returns the clients in their order */
export const nameHolders = async (
  search: Pick<HolderSearch, 'holders'>,
  clients: readonly IncidentClient[],
  isKnown: (client: IncidentClient) => boolean = () => false,
): Promise<readonly IncidentClient[]> => {
  const isAsked = (client: IncidentClient): boolean =>
    client.outcome === 'failed' && client.clientId !== undefined && !isKnown(client)
  const holders = await holdersOf(
    search,
    clients.filter(isAsked).flatMap(({ clientId }) => clientId ?? []),
  )
  return clients.map((client) => {
    const words = isAsked(client) ? wordsOf(client, holders.get(client.clientId ?? '')) : undefined
    if (words === undefined) return client
    return { ...client, why: client.why === undefined ? words : `${client.why}; ${words}` }
  })
}
