// Removes a client that was made for a secret in which its value was never stored: the value is lost, and nobody can have it. Everything
// else, and whatever is so young that somebody may be about to store it, is refused.

import { Fault } from '../base/fault.ts'
import { MINUTE_MS } from '../base/time-units.ts'
import type { Timing } from '../base/timing.ts'
import { hasValue } from '../secret/secret.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { ClientKeeper, ClientRecord } from './client-keeper.ts'
import type { ClientRegistry } from './client-registry.ts'

export interface Discarding {
  readonly clients: Pick<ClientKeeper, 'find'>
  readonly registry: Pick<ClientRegistry, 'remove'>
  readonly secrets: Pick<Secrets, 'describe'>
  readonly timing: Pick<Timing, 'now'>
}

/** A registration takes two minutes at most, and CloudFormation's is run again within a quarter of an hour. */
export const LEFTOVER_AGE_MS = 30 * MINUTE_MS

/** By what the issuer shows alone: worth a closer look. */
export const mayBeLeftover = (record: ClientRecord, prefix: string, now: number): boolean =>
  record.boundTo === undefined &&
  record.registeredFor?.startsWith(prefix) === true &&
  record.registeredAt !== undefined &&
  now - record.registeredAt >= LEFTOVER_AGE_MS

const refuse = (clientId: string, why: string): Fault =>
  new Fault({ code: 'INPUT_MALFORMED', retryable: false, message: `Client ${clientId} was not removed: ${why}.` })

/** @throws Fault INPUT_MALFORMED for whatever is, or may become, somebody's. */
export const discardLeftover = async (
  { clients, registry, secrets, timing }: Discarding,
  {
    clientId,
    prefix,
    nameFaultOf = () => undefined,
  }: {
    readonly clientId: string
    readonly prefix: string
    /** Why whoever asks may not decide about a client that was made for this secret. @default - they may */
    readonly nameFaultOf?: (secretName: string) => string | undefined
  },
): Promise<void> => {
  const record = await clients.find(clientId)
  if (record === undefined) return
  if (!mayBeLeftover(record, prefix, timing.now())) {
    throw refuse(clientId, 'it is bound to a secret, was not made by this system, or is younger than half an hour')
  }
  const notTheirs = nameFaultOf(record.registeredFor ?? '')
  if (notTheirs !== undefined) throw refuse(clientId, notTheirs)
  const facts = await secrets.describe(record.registeredFor ?? '')
  if (facts !== undefined && hasValue(facts) && clientIdOf(facts) === clientId) {
    throw refuse(clientId, `secret ${facts.name} holds it; register that one again to bind it`)
  }
  await registry.remove(clientId)
}
