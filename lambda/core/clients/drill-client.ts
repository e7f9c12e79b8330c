// The client of a drill (`m2m drill`): made to be revoked, read by nobody, and removed for good at the end. Its name and its owner say what it
// is, so that nothing else can be removed this way: neither a client that somebody called alike, nor one that a drill's secret merely names.
import { Fault } from '../base/fault.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { type ClientKeeper, isClientOf } from './client-keeper.ts'
import { isOwnedBy } from './client-ownership.ts'
import type { ClientRegistry } from './client-registry.ts'
import { cliOwner } from './declared-client.ts'

/** Stands where a file's set would. */
export const DRILL_SET = 'm2m-drill'

const DRILL_NAME = /^drill-\d{4}-\d{2}-\d{2}-[0-9a-f]{8}$/

/** @param at epoch milliseconds @param id eight hexadecimal digits, new each time */
export const drillName = (at: number, id: string): string => `drill-${new Date(at).toISOString().slice(0, 10)}-${id}`

/** @param secretName prefix included */
export const isDrillName = (secretNamePrefix: string, secretName: string): boolean =>
  secretName.startsWith(secretNamePrefix) && DRILL_NAME.test(secretName.slice(secretNamePrefix.length))

/** By name and by owner: either alone may be somebody's mistake. */
export const isDrill = (secretNamePrefix: string, secret: Pick<Secret, 'name' | 'tags'>): boolean =>
  isDrillName(secretNamePrefix, secret.name) && isOwnedBy(secret, cliOwner(DRILL_SET))

interface Removing {
  readonly clients: Pick<ClientKeeper, 'find'>
  readonly registry: Pick<ClientRegistry, 'remove'>
  readonly secrets: Pick<Secrets, 'describe' | 'erase'>
}

const refuse = (secretName: string, why: string): Fault =>
  new Fault({ code: 'INPUT_MALFORMED', retryable: false, message: `Secret ${secretName} was not removed: ${why}.` })

/**
 * Removes the client, then the secret, which names it: so that one that stopped half way is found again by its secret. Nothing of it can be
 * restored. Asking again is no failure.
 * @throws Fault INPUT_MALFORMED for whatever is not a drill's
 */
export const removeDrill = async (
  { clients, registry, secrets }: Removing,
  { secretName, secretNamePrefix }: { readonly secretName: string; readonly secretNamePrefix: string },
): Promise<'removed' | 'notThere'> => {
  if (!isDrillName(secretNamePrefix, secretName)) throw refuse(secretName, 'its name is not that of a drill')
  const secret = await secrets.describe(secretName)
  if (secret === undefined) return 'notThere'
  if (!isDrill(secretNamePrefix, secret)) throw refuse(secretName, 'no drill made it')
  const clientId = clientIdOf(secret)
  const record = clientId === undefined ? undefined : await clients.find(clientId)
  if (record !== undefined) {
    if (!isClientOf(record, secret))
      throw refuse(secretName, `its client ${record.clientId} is bound to ${record.boundTo ?? 'no secret'}`)
    await registry.remove(record.clientId)
  }
  await secrets.erase(secret.arn)
  return 'removed'
}
