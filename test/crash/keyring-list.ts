// The made-up vendor once more, with as many secrets an app as anybody likes: a list, of which only those that are known are ours. Its issuer
// stands beside Stytch's in one function, as docs/another-vendor.md says.
import { createKeyringIssuer, type KeyringPlace } from '../../docs/another-vendor/keyring-issuer.ts'
import { createStytchApi } from '../../lambda/adapters/stytch/api.ts'
import { createStytchIssuer } from '../../lambda/adapters/stytch/issuer.ts'
import { createIssuers } from '../../lambda/adapters/stytch/issuers.ts'
import { readReply } from '../../lambda/adapters/stytch/reply.ts'
import { withRetries } from '../../lambda/adapters/stytch/retry.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'
import type { Issuer, LookedAt, RetireReply } from '../../lambda/core/rotation/issuer.ts'
import { createKeyringKind } from './keyring.ts'
import type { CrashKind } from './kinds.ts'

const MOST = 50

const idsOf = ({ secrets }: JsonObject): readonly string[] | undefined =>
  Array.isArray(secrets)
    ? secrets
        .filter(isJsonObject)
        .toSorted((one, other) => Number(one.created) - Number(other.created))
        .map(({ id }) => String(id))
    : undefined

/** AWSCURRENT's stays in sight, should more than two that are ours live. */
const inSlots = (ours: readonly string[], current: string | undefined): readonly (string | undefined)[] => {
  const at = current === undefined ? -1 : ours.indexOf(current)
  return at > 0 && at < ours.length - 1 ? [ours[0], ours[at]] : [ours[0], ours.length > 1 ? ours.at(-1) : undefined]
}

const createListIssuer = (place: KeyringPlace): Issuer => {
  const bySlots = createKeyringIssuer(place)
  const list = async (
    app: string,
  ): Promise<{ readonly ids: readonly string[]; readonly requestId: string } | undefined> => {
    const reply = await withRetries({ timing: place.timing, repetition: 'free' }, async () => {
      const headers = { 'x-admin-key': await place.adminKey() }
      const url = new URL(`/apps/${encodeURIComponent(app)}`, place.baseUrl)
      return readReply(await place.send({ method: 'GET', url, headers }), idsOf)
    })
    if (reply.ok) return { ids: reply.value, requestId: reply.requestId }
    if (reply.status === 404) return undefined
    throw new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: `The list of ${app} cannot be read.` })
  }
  const leave = async (app: string, kept: string | null, before: LookedAt): Promise<RetireReply> => {
    const ours = (await list(app))?.ids.filter((id) => before.known.includes(id)) ?? []
    if (kept === null || !ours.includes(kept)) return { outcome: 'notRotating' }
    for (const id of ours.filter((one) => one !== kept)) {
      const reply = await bySlots.complete(app, { ...before, slots: { current: id, next: kept } })
      if (reply.outcome !== 'done') return reply
    }
    return { outcome: 'done' }
  }
  return {
    ...bySlots,
    keepsList: () => true,
    look: async (app, known = []) => {
      const found = await list(app)
      if (found === undefined) return undefined
      const ours = found.ids.filter((id) => known.includes(id))
      const [current = '', next = null] = inSlots(ours, known[0])
      const boundTo = (await place.holderOf(app)) ?? 'no secret'
      return { slots: { current, next }, isActive: true, boundTo, requestId: found.requestId }
    },
    complete: (app, before) => leave(app, before.slots.next, before),
    cancel: (app, before) => leave(app, before.slots.current, before),
  }
}

/** Whose clients are none of the list's. */
const stytchBeside = ({ baseUrl, send, timing, tenant }: KeyringPlace): Issuer => {
  const credentials = async () => ({ projectId: tenant, secret: 'not asked for' })
  return createStytchIssuer(createStytchApi({ baseUrl, projectId: tenant, credentials, send, timing }), tenant)
}

export const createKeyringListKind = (): CrashKind =>
  createKeyringKind({
    name: 'another vendor, with lists',
    most: MOST,
    leavesStrangers: true,
    issuerOver: (place) =>
      createIssuers(
        [{ isIts: (clientId) => clientId.startsWith('app-'), issuer: createListIssuer(place) }],
        stytchBeside(place),
      ),
  })
