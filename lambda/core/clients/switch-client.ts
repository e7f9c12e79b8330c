// Stytch's own switch: an inactive client gets no token, whatever value it has, until it is switched on again; and the published list of
// revocations says so, by which the vendor and verifiers refuse the tokens that it has. Break-glass alone may ask (the handler sees to that);
// the client must be the one that the secret holds.

import { Fault } from '../base/fault.ts'
import type { Timing } from '../base/timing.ts'
import { SWITCHED_OFF_MS, secondsAfter } from '../revocations/document.ts'
import type { Publish } from '../revocations/publish.ts'
import { isM2mClient } from '../secret/client-id.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { ClientKeeper } from './client-keeper.ts'
import type { SwitchAsked } from './clients-api.ts'

export interface Switching {
  readonly clients: Pick<ClientKeeper, 'find' | 'activate' | 'deactivate'>
  readonly secrets: Pick<Secrets, 'describe'>
  readonly timing: Pick<Timing, 'now'>
  /** @default - nothing is published */
  readonly publish?: Publish | undefined
}

const notPublished: Publish = async () => 'off'

const refuse = (secretName: string, why: string): Fault =>
  new Fault({ code: 'INPUT_MALFORMED', retryable: false, message: `Client ${secretName} was left as it is: ${why}.` })

/** @throws Fault INPUT_MALFORMED when it is not clear which client is meant. */
export const switchClient = async (
  { clients, secrets, timing, publish = notPublished }: Switching,
  { secretName, isActive, by }: SwitchAsked,
): Promise<{ readonly clientId: string; readonly published?: 'published' | 'pending' }> => {
  const facts = await secrets.describe(secretName)
  if (facts === undefined) throw refuse(secretName, 'there is no such secret')
  const clientId = clientIdOf(facts)
  if (clientId === undefined) throw refuse(secretName, 'its tag m2m:client-id is gone; see m2m doctor')
  if (!isM2mClient(clientId))
    throw refuse(secretName, `${clientId} is no M2M client; switch it at Stytch, or revoke it: m2m incident`)
  const record = await clients.find(clientId)
  if (record === undefined) throw refuse(secretName, `Stytch knows no client ${clientId}`)
  if (record.boundTo !== facts.arn) {
    throw refuse(secretName, `client ${clientId} is bound to ${record.boundTo ?? 'no secret'}; one secret, one client`)
  }
  // Of one that is inactive already, whoever did that did it: nothing is put on record.
  if (record.isActive !== isActive) {
    if (isActive) await clients.activate(clientId)
    else {
      const who = by === undefined ? '' : ` (${by})`
      await clients.deactivate(clientId, { at: timing.now(), by: `m2m deactivate${who}` })
    }
  }
  // Also of one that is so already: what was to be published then may not have been.
  const notBefore = secondsAfter(timing.now() + SWITCHED_OFF_MS)
  const change = isActive
    ? { revoked: new Map<string, number>(), released: [clientId] }
    : { revoked: new Map([[clientId, notBefore]]) }
  const published = await publish(change)
  return published === 'off' ? { clientId } : { clientId, published }
}
