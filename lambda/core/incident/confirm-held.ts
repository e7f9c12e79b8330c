// What a revoke says of a client whose secret only a tag named: nothing, until who holds the client is known. A rotation binds an unbound client to
// its secret, so that by then the rotation function can say so.

import { type HeldClient, type HolderSearch, holdersOf } from '../drive/find-holders.ts'
import { unconfirmedClient } from './client-end.ts'
import type { IncidentClient } from './incident-completed.ts'

const isDone = ({ outcome }: IncidentClient): boolean => outcome === 'revoked' || outcome === 'deadAlready'

/** @param held as findHolders found them. @returns the clients in their order; failed, where the secret is not known to hold the client */
export const confirmHeld = async (
  search: Pick<HolderSearch, 'holders'>,
  clients: readonly IncidentClient[],
  held: ReadonlyMap<string, readonly HeldClient[]>,
): Promise<readonly IncidentClient[]> => {
  const isUnsure = (client: IncidentClient): boolean =>
    isDone(client) &&
    (held.get(client.secretArn) ?? []).some((one) => one.clientId === client.clientId && one.isUnsure === true)
  const holders = await holdersOf(
    search,
    clients.filter(isUnsure).flatMap(({ clientId }) => clientId ?? []),
  )
  return clients.map((client) => {
    if (!isUnsure(client)) return client
    const holder = holders.get(client.clientId ?? '')
    // Of a client that is gone, nothing is accepted, whoever held it.
    if (holder?.state === 'gone') return client
    if (holder?.state === 'held' && holder.secretArn === client.secretArn) {
      const { why: _, ...rest } = client
      return client.outcome === 'deadAlready' ? client : rest
    }
    const where =
      holder?.state === 'held'
        ? `is held by ${holder.secretArn}`
        : holder?.state === 'unheld'
          ? 'is held by no secret'
          : 'may be held by another secret: it could not be found out'
    return unconfirmedClient(client, where)
  })
}
