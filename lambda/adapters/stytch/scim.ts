// The bearer tokens of SCIM connections (stytch-api §5.3, B2B) as the domain's Issuer: two slots, as a client's, under the paths of the
// connection's organization. A token is proven by a SCIM call that reads one user at most. Stytch keeps no field for who manages a connection:
// a claim in the records table does.
import { filled, isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import type { Issuer } from '../../core/rotation/issuer.ts'
import { createClientSecret } from '../../core/secret/client-secret.ts'
import { readScimId } from '../../core/secret/scim-form.ts'
import { callerSettings, type StytchSettings } from './api.ts'
import { type Bindings, UNCLAIMED } from './bindings.ts'
import { createCaller } from './caller.ts'
import { createSlotIssuer, type SlotCalls } from './issuer.ts'
import type { StytchError, StytchReply } from './reply.ts'

interface ScimIssuerInput {
  readonly stytch: StytchSettings
  /** Which secret may rotate this connection. */
  readonly bindings: Bindings
}

const unknownConnection: StytchError = {
  ok: false,
  kind: 'notFound',
  status: undefined,
  error: 'no_such_scim_connection',
  requestId: 'none',
}

/** An organization has one connection; another's id is none of ours. */
const toView =
  (connectionId: string) =>
  ({ connection }: JsonObject) => {
    const current = isJsonObject(connection) ? filled(connection.bearer_token_last_four) : undefined
    if (!isJsonObject(connection) || current === undefined) return undefined
    if (connection.connection_id !== connectionId) return 'another'
    const slots = { current, next: filled(connection.next_bearer_token_last_four) ?? null }
    return { slots, isActive: connection.status === 'active' }
  }

export const createScimIssuer = ({ stytch, bindings }: ScimIssuerInput): Issuer => {
  const { toUrl, asOwner, asAnybody } = createCaller(callerSettings(stytch))

  const withIds = async <Value>(
    clientId: string,
    call: (ids: { readonly at: string; readonly connectionId: string }) => Promise<StytchReply<Value>>,
  ): Promise<StytchReply<Value>> => {
    const ids = readScimId(clientId)
    if (ids === undefined) return unknownConnection
    const { connectionId } = ids
    return call({ at: `/v1/b2b/scim/${encodeURIComponent(ids.organizationId)}/connection`, connectionId })
  }
  const rotate = <Value>(clientId: string, rest: string, read: (json: JsonObject) => Value | undefined) =>
    withIds(clientId, ({ at, connectionId }) =>
      asOwner({
        method: 'POST',
        path: `${at}/${encodeURIComponent(connectionId)}/rotate/${rest}`,
        repetition: 'never',
        read,
      }),
    )
  const isConnection = ({ connection }: JsonObject) => (isJsonObject(connection) ? true : undefined)

  const calls: SlotCalls = {
    isRefusedWithoutName: true,
    get: (clientId) =>
      withIds(clientId, async ({ at, connectionId }) => {
        const reply = await asOwner({ method: 'GET', path: at, repetition: 'free', read: toView(connectionId) })
        if (!reply.ok) return reply
        if (reply.value === 'another') return { ...unknownConnection, requestId: reply.requestId }
        // "Nobody" is said so that it is refused, and not claimed: no rotation writes claims.
        const boundTo = (await bindings.holderOf(clientId)) ?? UNCLAIMED
        return { ...reply, value: { ...reply.value, boundTo } }
      }),
    exchange: (clientId, token) =>
      withIds(clientId, ({ connectionId }) =>
        asAnybody(
          {
            method: 'GET',
            url: toUrl(`/v1/b2b/scim/${encodeURIComponent(connectionId)}/Users?startIndex=1&count=1`),
            headers: { authorization: `Bearer ${token.reveal()}` },
            isAlone: true,
          },
          ({ schemas }) => (Array.isArray(schemas) ? { schemas } : undefined),
        ),
      ),
    start: async (clientId) => {
      const reply = await rotate(clientId, 'start', ({ connection }) => {
        const token = isJsonObject(connection) ? filled(connection.next_bearer_token) : undefined
        return token === undefined ? undefined : createClientSecret(token)
      })
      // No error of its own is published for a start while one is open (§5.3); whoever gets it looks again.
      return !reply.ok && reply.error === 'bad_request' ? { ...reply, kind: 'alreadyRotating' } : reply
    },
    complete: (clientId) => rotate(clientId, 'complete', isConnection),
    cancel: (clientId) => rotate(clientId, 'cancel', isConnection),
    bind: bindings.bind,
  }
  return createSlotIssuer(calls, stytch.projectId)
}
