// The secrets of Connected Apps (stytch-api §5.2) as the domain's Issuer: two slots, as a client's, under another path and envelope. They
// have no grant of their own, so that a value is proven by introspection, with a token that nobody has. Stytch keeps no field for who
// manages an app: a claim in the records table does.
import { randomUUID } from 'node:crypto'
import { filled, isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import type { Issuer } from '../../core/rotation/issuer.ts'
import { createClientSecret } from '../../core/secret/client-secret.ts'
import { callerSettings, type StytchSettings } from './api.ts'
import { type Bindings, UNCLAIMED } from './bindings.ts'
import { createCaller } from './caller.ts'
import { createSlotIssuer, type SlotCalls } from './issuer.ts'

interface AppIssuerInput {
  readonly stytch: StytchSettings
  /** Which secret may rotate this app. */
  readonly bindings: Bindings
}

const toApp = ({ connected_app: app }: JsonObject) => {
  const current = isJsonObject(app) ? filled(app.client_secret_last_four) : undefined
  if (!isJsonObject(app) || current === undefined) return undefined
  const slots = { current, next: filled(app.next_client_secret_last_four) ?? null }
  return { slots, isActive: app.status === 'active' }
}

export const createAppIssuer = ({ stytch, bindings }: AppIssuerInput): Issuer => {
  const { toUrl, asOwner, asAnybody } = createCaller(callerSettings(stytch))
  const at = (clientId: string, rest = ''): string =>
    `/v1/connected_apps/clients/${encodeURIComponent(clientId)}${rest}`
  const retire = (clientId: string, rest: string) =>
    asOwner({ method: 'POST', path: at(clientId, rest), repetition: 'never', read: toApp })

  const calls: SlotCalls = {
    isRefusedWithoutName: true,
    get: async (clientId) => {
      const reply = await asOwner({ method: 'GET', path: at(clientId), repetition: 'free', read: toApp })
      if (!reply.ok) return reply
      // "Nobody" is said so that it is refused, and not claimed: no rotation writes claims.
      const boundTo = (await bindings.holderOf(clientId)) ?? UNCLAIMED
      return { ...reply, value: { ...reply.value, boundTo } }
    },
    exchange: (clientId, clientSecret) => {
      const form = new URLSearchParams({
        token: randomUUID(),
        client_id: clientId,
        client_secret: clientSecret.reveal(),
      })
      return asAnybody(
        {
          method: 'POST',
          url: toUrl(`/v1/public/${encodeURIComponent(stytch.projectId)}/oauth2/introspect`),
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: form.toString(),
          isAlone: true,
        },
        ({ active }) => (typeof active === 'boolean' ? { active } : undefined),
      )
    },
    start: (clientId) =>
      asOwner({
        method: 'POST',
        path: at(clientId, '/secrets/rotate/start'),
        repetition: 'never',
        read: ({ connected_app: app }) => {
          const secret = isJsonObject(app) ? filled(app.next_client_secret) : undefined
          return secret === undefined ? undefined : createClientSecret(secret)
        },
      }),
    complete: (clientId) => retire(clientId, '/secrets/rotate'),
    cancel: (clientId) => retire(clientId, '/secrets/rotate/cancel'),
    bind: bindings.bind,
  }
  return createSlotIssuer(calls, stytch.projectId)
}
