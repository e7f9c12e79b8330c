// The made-up vendor of docs/another-vendor.md: a stand-in of it, and the kind of secret that the crash and fault suites play over it.
import { randomBytes, randomUUID } from 'node:crypto'
import { createKeyringIssuer, type KeyringPlace, keyringForm } from '../../docs/another-vendor/keyring-issuer.ts'
import type { Issuer } from '../../lambda/core/rotation/issuer.ts'
import {
  createStandInServer,
  type Operation,
  type StandInReply,
  type Vendor,
} from '../../lambda/local/stand-in/server.ts'
import type { World } from '../../lambda/local/stand-in/world.ts'
import type { CrashKind } from './kinds.ts'

const TENANT = 'project-test-00000000-0000-4000-8000-000000000000'
const ADMIN_KEY = 'keyring-admin-canary-key'
/** Of a client with two slots. */
const TWO = 2

interface Live {
  readonly id: string
  readonly secret: string
  /** Counts up. */
  readonly created: number
}

const json = (status: number, body: object): StandInReply => ({ status, body })
const failed = (status: number, error: string): StandInReply => json(status, { error })

/** As the other stand-ins throw it: to people, a refusal is no error. */
const refused = (why: string): Error => Object.assign(new Error(why), { name: 'ApiError' })

/** Live secrets of apps, in memory. */
const createKeyring = (most: number) => {
  const apps = new Map<string, Live[]>()
  let count = 0
  const of = (app: string): Live[] => apps.get(app) ?? []
  const add = (app: string): Live => {
    if (of(app).length >= most) throw refused(`an app has ${most} secrets at most`)
    count += 1
    const live = { id: `ks-${randomUUID()}`, secret: randomBytes(24).toString('base64url'), created: count }
    apps.set(app, [...of(app), live])
    return live
  }
  const remove = (app: string, id: string | undefined): boolean => {
    const before = of(app)
    apps.set(
      app,
      before.filter((one) => one.id !== id),
    )
    return of(app).length < before.length
  }
  return { apps, of, add, remove, most }
}

const vendorOf = ({ apps, of, add, remove, most }: ReturnType<typeof createKeyring>): Vendor => {
  const operation = (op: string, subject: string | null, run: () => StandInReply): Operation => ({ op, subject, run })
  return {
    contentType: 'application/json',
    faultReply: ({ kind, status = 500 }) =>
      kind === 'throttle' ? failed(429, 'too_many_requests') : failed(status, 'internal_error'),
    route: ({ method, path, headers, body }) => {
      if (path === '/token') {
        const { app = '', secret = '' } = JSON.parse(body) as Record<string, string>
        const isTaken = () => of(app).some((one) => one.secret === secret)
        return operation('KeyringToken', app, () =>
          isTaken() ? json(200, { access_token: randomUUID() }) : failed(401, 'invalid_client'),
        )
      }
      const [, , app = '', , id] = path.split('/').map(decodeURIComponent)
      const op = method === 'GET' ? 'KeyringGet' : method === 'POST' ? 'KeyringAdd' : 'KeyringDelete'
      return operation(op, app, () => {
        if (headers['x-admin-key'] !== ADMIN_KEY) return failed(401, 'unauthorized')
        if (!apps.has(app)) return failed(404, 'not_found')
        if (method === 'GET') {
          return json(200, {
            app,
            enabled: true,
            secrets: of(app).map(({ id: one, created }) => ({ id: one, created })),
          })
        }
        if (method === 'POST') {
          return of(app).length >= most ? failed(409, 'too_many_secrets') : json(201, add(app))
        }
        return remove(app, id) ? json(200, { deleted: true }) : failed(404, 'not_found')
      })
    },
  }
}

export interface KeyringVariant {
  /** Live secrets of one app. */
  readonly most: number
  readonly name: string
  readonly leavesStrangers: boolean
  readonly issuerOver: (place: KeyringPlace) => Issuer
}

const TWO_SLOTS: KeyringVariant = {
  most: TWO,
  name: 'another vendor',
  leavesStrangers: false,
  issuerOver: createKeyringIssuer,
}

export const createKeyringKind = (variant: KeyringVariant = TWO_SLOTS): CrashKind => {
  const keyring = createKeyring(variant.most)
  const { of, add, remove, apps } = keyring
  /** The vendor's own page never leaves an app without a secret. */
  const keepOnly = (app: string, at: number): void => {
    if (of(app).length < TWO) throw refused('an app keeps one secret')
    const kept = of(app).at(at)
    for (const { id } of of(app)) if (id !== kept?.id) remove(app, id)
  }
  return {
    name: variant.name,
    form: keyringForm,
    valueField: 'secret',
    hasOwnMarks: true,
    leavesStrangers: variant.leavesStrangers,
    start: async (world: World) => {
      const server = createStandInServer(world, vendorOf(keyring))
      world.onReset(() => apps.clear())
      return { url: await server.listen(0), server }
    },
    issuer: ({ baseUrl, send, timing, secretArn }) =>
      variant.issuerOver({
        baseUrl,
        send,
        timing,
        tenant: TENANT,
        adminKey: async () => ADMIN_KEY,
        holderOf: async () => secretArn(),
      }),
    seed: () => {
      const clientId = `app-${randomUUID()}`
      return { clientId, secret: add(clientId).secret }
    },
    text: (app, secret) => {
      // A value that nobody issued, as an operator may store one, has an id of its own.
      const id = of(app).find((one) => one.secret === secret)?.id ?? `ks-unknown-${secret.slice(-4)}`
      const operatorsOwn = { issued_at: '2026-01-01T00:00:00.000Z', owner: 'payments' }
      return JSON.stringify({ tenant: TENANT, app, secret, secret_id: id, ...operatorsOwn })
    },
    accepts: (_stytch, app, secret) => of(app).some((one) => one.secret === secret),
    slots: (_stytch, app) => {
      const [older, ...newer] = of(app)
      return {
        status: 'active',
        lastFour: older?.secret.slice(-4) ?? '',
        nextLastFour: newer.at(-1)?.secret.slice(-4) ?? null,
      }
    },
    dashboard: () => ({
      rotateStart: (app) => add(app).secret,
      rotateComplete: (app) => {
        keepOnly(app, -1)
      },
      rotateCancel: (app) => {
        keepOnly(app, 0)
      },
    }),
    op: (path, method) => {
      if (path === '/token') return 'KeyringToken'
      return method === 'GET' ? 'KeyringGet' : method === 'POST' ? 'KeyringAdd' : 'KeyringDelete'
    },
  }
}
