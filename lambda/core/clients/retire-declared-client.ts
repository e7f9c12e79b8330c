// What becomes of a client whose construct was removed. It is kept, unless the configuration said otherwise; and even then it is
// neither deactivated nor deleted while anybody read its secret within seven days, or when another construct declares it by now. A
// registration that stopped before it stored a value leaves nothing worth keeping.

import { Fault } from '../base/fault.ts'
import { DAY_MS } from '../base/time-units.ts'
import type { Timing } from '../base/timing.ts'
import type { Issuer } from '../rotation/issuer.ts'
import type { Secret } from '../secret/secret.ts'
import { hasValue, scheduleOf } from '../secret/secret.ts'
import { clientIdOf, TAG } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { type ClientKeeper, isClientOf } from './client-keeper.ts'
import { isOwnedBy, ownerTagKeys } from './client-ownership.ts'
import type { ClientRegistry } from './client-registry.ts'
import type { Retired } from './clients-api.ts'
import type { Owner, Removal } from './declared-client.ts'

export interface RetiringParts {
  readonly issuer: Issuer
  readonly registry: Pick<ClientRegistry, 'remove'>
  readonly clients: Pick<ClientKeeper, 'deactivate' | 'find'>
  readonly secrets: Pick<Secrets, 'describe' | 'remove' | 'stopRotation' | 'tag' | 'untag'>
  readonly timing: Pick<Timing, 'now'>
}

interface RetireRequest {
  readonly secretName: string
  readonly onRemoval: Removal
  readonly owner: Owner
}

const QUIET_DAYS = 7

const refuse = (secretName: string, why: string): Fault =>
  new Fault({ code: 'INPUT_MALFORMED', retryable: false, message: `Client ${secretName} was left as it is: ${why}.` })

/** Secrets Manager shows the day, not the hour: a read just before midnight counts for the day that it began. */
const assertQuiet = ({ name, lastReadOnDayAt }: Secret, now: number): void => {
  if (lastReadOnDayAt === undefined || now >= lastReadOnDayAt + (QUIET_DAYS + 1) * DAY_MS) return
  const day = new Date(lastReadOnDayAt).toISOString().slice(0, 10)
  throw refuse(
    name,
    `its secret was last read on ${day}, and ${QUIET_DAYS} full days without a read must pass first (rotations read it, too); remove its consumers, or keep it with onRemoval "retain"`,
  )
}

/** The client, if it is there and is this secret's. */
const findClient = async ({ issuer }: RetiringParts, facts: Secret): Promise<string | undefined> => {
  const clientId = clientIdOf(facts)
  if (clientId === undefined)
    throw refuse(facts.name, 'its tag m2m:client-id is gone, so the client it holds is unknown')
  const view = await issuer.look(clientId)
  if (view === undefined) return undefined
  if (view.boundTo !== facts.arn) {
    throw refuse(facts.name, `client ${clientId} is bound to ${view.boundTo ?? 'no secret'}; one secret, one client`)
  }
  return clientId
}

/** A secret that never held a value, and the client that was made for it, which nobody can use. */
const removeEmpty = async ({ clients, registry, secrets }: RetiringParts, facts: Secret): Promise<void> => {
  const clientId = clientIdOf(facts)
  const record = clientId === undefined ? undefined : await clients.find(clientId)
  if (record?.boundTo !== undefined) {
    throw refuse(facts.name, `it holds no value, and client ${clientId} is bound to ${record.boundTo}`)
  }
  if (record !== undefined && isClientOf(record, facts)) await registry.remove(record.clientId)
  await secrets.remove(facts.arn)
}

/** @throws Fault INPUT_MALFORMED when it may not be retired now. Asking again after it was is no failure. */
export const retireDeclaredClient = async (
  retirement: RetiringParts,
  { secretName, onRemoval, owner }: RetireRequest,
): Promise<Retired> => {
  const { secrets, clients, registry, timing } = retirement
  const facts = await secrets.describe(secretName)
  if (facts === undefined || !isOwnedBy(facts, owner)) return 'notOurs'
  if (facts.isDeleted) return 'deleted'
  if (!hasValue(facts)) {
    await removeEmpty(retirement, facts)
    return 'deleted'
  }
  if (onRemoval !== 'retain') {
    assertQuiet(facts, timing.now())
    if (facts.replicas.length > 0) {
      // A replica's reads are not in the primary's date; and AWS deletes no secret that has one.
      const regions = facts.replicas.map(({ region }) => region)
      throw refuse(secretName, `it has replicas in ${regions.join(', ')}; remove those first`)
    }
    const clientId = await findClient(retirement, facts)
    if (onRemoval === 'deactivate') {
      if (clientId !== undefined) await clients.deactivate(clientId, { at: timing.now(), by: 'onRemoval: deactivate' })
      if (scheduleOf(facts) !== undefined) await secrets.stopRotation(facts.arn)
      await secrets.tag(facts.arn, { [TAG.retired]: new Date(timing.now()).toISOString() })
    } else {
      if (clientId !== undefined) await registry.remove(clientId)
      await secrets.remove(facts.arn)
      return 'deleted'
    }
  }
  await secrets.untag(facts.arn, ownerTagKeys)
  return onRemoval === 'retain' ? 'retained' : 'deactivated'
}
