// A made-up vendor, Keyring, as an Issuer: apps with at most two live secrets, each with an id, as Okta, Auth0 and others have them. This one
// file is all that a vendor takes; test/crash/another-vendor.long.test.ts plays the crash and fault suites over it, unchanged.
import type { CallerSettings } from '../../lambda/adapters/stytch/caller.ts'
import { createSlotIssuer } from '../../lambda/adapters/stytch/issuer.ts'
import { readReply, type StytchErrorKind, type StytchReply } from '../../lambda/adapters/stytch/reply.ts'
import { type Repetition, withRetries } from '../../lambda/adapters/stytch/retry.ts'
import { filled, isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'
import type { Issuer } from '../../lambda/core/rotation/issuer.ts'
import { createClientSecret } from '../../lambda/core/secret/client-secret.ts'
import { createParse, type SecretForm } from '../../lambda/core/secret/secret-format.ts'

export interface KeyringPlace extends Pick<CallerSettings, 'baseUrl' | 'send' | 'timing'> {
  readonly tenant: string
  readonly adminKey: () => Promise<string>
  /** Which secret may rotate an app: its ARN, or undefined. */
  readonly holderOf: (app: string) => Promise<string | undefined>
}

/** 1. How a secret is written. The vendor's id of the value stands beside it, and is its mark. */
export const keyringForm: SecretForm = {
  parse: createParse({
    required: ['tenant', 'app', 'secret', 'secret_id'],
    read: (fields) => ({
      clientId: String(fields.app),
      projectId: String(fields.tenant),
      clientSecret: createClientSecret(String(fields.secret), String(fields.secret_id)),
    }),
  }),
  format: ({ fields, clientSecret, issuedAt }) =>
    JSON.stringify({
      ...fields,
      secret: clientSecret.reveal(),
      secret_id: clientSecret.mark,
      issued_at: new Date(issuedAt).toISOString(),
    }),
}

/** 2. How the two live secrets are two slots: the older one is `current`, the newer one `next`. */
const toSlots = ({ secrets, enabled }: JsonObject) => {
  if (!Array.isArray(secrets)) return undefined
  const dated = secrets.filter(isJsonObject).toSorted((one, other) => Number(one.created) - Number(other.created))
  const [older, newer] = dated.map(({ id }) => filled(id))
  return older === undefined
    ? undefined
    : { slots: { current: older, next: newer ?? null }, isActive: enabled === true }
}

/** 3. What the vendor's refusals mean. Those that every vendor has – 429, 5xx, silence – are named already. */
const kinds: Readonly<Partial<Record<number, StytchErrorKind>>> = {
  401: 'unauthorizedProject',
  404: 'notFound',
  409: 'alreadyRotating',
}
const named = <Value>(reply: StytchReply<Value>): StytchReply<Value> => {
  const kind = reply.ok || reply.kind !== 'rejected' ? undefined : kinds[reply.status ?? 0]
  return reply.ok || kind === undefined ? reply : { ...reply, kind }
}

/** 4. What each call of the port is. `never` repeats nothing whose effect is unknown: the rotation looks before it asks again. */
export const createKeyringIssuer = ({ baseUrl, send, timing, tenant, adminKey, holderOf }: KeyringPlace): Issuer => {
  const call = async <Value>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    {
      repetition,
      read,
      body,
    }: { repetition: Repetition; read: (json: JsonObject) => Value | undefined; body?: object },
  ): Promise<StytchReply<Value>> =>
    withRetries({ timing, repetition }, async () => {
      const headers = { 'x-admin-key': await adminKey(), 'content-type': 'application/json' }
      const sent = method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }
      return named(readReply(await send({ method, url: new URL(path, baseUrl), headers, ...sent }), read))
    })
  const at = (app: string, rest = ''): string => `/apps/${encodeURIComponent(app)}${rest}`
  /** What is gone already has been ended by somebody. */
  const remove = async (app: string, secretId: string | null) => {
    const reply = await call('DELETE', at(app, `/secrets/${encodeURIComponent(secretId ?? 'none')}`), {
      repetition: 'never',
      read: ({ deleted }) => (deleted === true ? true : undefined),
    })
    return !reply.ok && reply.kind === 'notFound' ? { ...reply, kind: 'notRotating' as const } : reply
  }

  return createSlotIssuer(
    {
      get: async (app) => {
        const reply = await call('GET', at(app), { repetition: 'free', read: toSlots })
        if (!reply.ok) return reply
        return { ...reply, value: { ...reply.value, boundTo: (await holderOf(app)) ?? 'no secret' } }
      },
      exchange: (app, secret) =>
        call('POST', '/token', {
          repetition: 'free',
          body: { app, secret: secret.reveal() },
          read: ({ access_token: token }) => (filled(token) === undefined ? undefined : true),
        }),
      start: (app) =>
        call('POST', at(app, '/secrets'), {
          repetition: 'never',
          read: ({ id, secret }) => {
            const [mark, value] = [filled(id), filled(secret)]
            return mark === undefined || value === undefined ? undefined : createClientSecret(value, mark)
          },
        }),
      // The one that was looked at goes, by its id: whatever came meanwhile is not touched.
      complete: (app, { slots }) => remove(app, slots.current),
      cancel: (app, { slots }) => remove(app, slots.next),
      bind: async () => {},
    },
    tenant,
  )
}
