// Vending in memory: a Secrets Manager that only shows secrets, and a Stytch that only mints. Tokens are JWTs whose signature says
// nothing; values read `canary-…`, so that a test can search whatever was said for the word.

import { Fault } from '../../lambda/core/base/fault.ts'
import { makeRequestToken, type Origin } from '../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets, SecretVersion, VersionEntry } from '../../lambda/core/secret/secrets.ts'
import { createAccessToken } from '../../lambda/core/vend/access-token.ts'
import type { MintReply, MintRequest, TokenMint } from '../../lambda/core/vend/ports.ts'
import { createTokenCache } from '../../lambda/core/vend/token-cache.ts'
import type { Vended, VendRequest } from '../../lambda/core/vend/vend-token.ts'
import { createVendor } from '../../lambda/core/vend/vend-token.ts'
import { type Vending, type VendRules, vendRules } from '../../lambda/core/vend/vending.ts'
import { BLANK } from './blank-secret.ts'
import { createCallLog } from './call-log.ts'
import { createFakeEvents } from './fake-events.ts'
import { createFakeJournal } from './fake-journal.ts'
import { createFakeTiming, type FakeTiming } from './fake-timing.ts'

export const PROJECT_ID = 'project-test-11111111-1111-4111-8111-111111111111'
export const PREFIX = 'm2m/test/'
export const TOKEN_SECONDS = 3600

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const jwtOf = (claims: object, header: object = { alg: 'RS256', typ: 'JWT', kid: 'jwk-test-1' }): string =>
  `${part(header)}.${part(claims)}.${Buffer.from('canary-signature').toString('base64url')}`

export interface FakeVendSecrets extends Pick<Secrets, 'describe' | 'readValue' | 'list' | 'listVersions'> {
  readonly kept: Map<string, FakeVendSecret>
  readonly calls: string[]
  /** The next calls fail so often. */
  failing: number
  /** They fail with a no, and not for want of an answer. */
  isDenied: boolean
  /** No value can be read: KMS does not answer. */
  isSealed: boolean
  /** Waited for in every call. */
  gate: Promise<void> | undefined
}

export interface FakeVendSecret {
  readonly name: string
  tags: Record<string, string>
  value: string
  clientId: string
  isDeleted: boolean
  /** In the order in which they came to be. */
  versions: VersionEntry[]
  lastRotatedAt: number | undefined
  lastChangedAt: number
}

const fault = (isDenied: boolean): Fault =>
  isDenied
    ? new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'AccessDeniedException' })
    : new Fault({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true, message: 'Secrets Manager did not answer.' })

export const createFakeVendSecrets = (timing: Pick<FakeTiming, 'now'>): FakeVendSecrets => {
  const kept = new Map<string, FakeVendSecret>()
  const arnOf = (name: string): string => `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${name}-AbCdEf`
  const find = (id: string): FakeVendSecret | undefined =>
    kept.get(id) ?? [...kept.values()].find(({ name }) => arnOf(name) === id)
  const shown = (secret: FakeVendSecret): Secret => ({
    ...BLANK,
    rotationEnabled: true,
    rotationFunctionArn: undefined,
    nextRotationAt: undefined,
    arn: arnOf(secret.name),
    name: secret.name,
    tags: secret.tags,
    labels: Object.fromEntries(
      secret.versions.filter(({ labels }) => labels.length > 0).map(({ versionId, labels }) => [versionId, labels]),
    ),
    isDeleted: secret.isDeleted,
    createdAt: 0,
    lastChangedAt: secret.lastChangedAt,
    lastRotatedAt: secret.lastRotatedAt,
  })
  const call = async <Value>(what: string, answer: () => Value): Promise<Value> => {
    secrets.calls.push(what)
    await secrets.gate
    if (secrets.failing > 0) {
      secrets.failing -= 1
      throw fault(secrets.isDenied)
    }
    if (secrets.isSealed && what.startsWith('read')) throw fault(false)
    return answer()
  }
  const secrets: FakeVendSecrets = {
    kept,
    calls: [],
    failing: 0,
    isDenied: false,
    isSealed: false,
    gate: undefined,
    describe: (id) =>
      call(`describe ${find(id)?.name ?? id}`, () => {
        const secret = find(id)
        return secret === undefined ? undefined : shown(secret)
      }),
    readValue: (id) =>
      call(`read ${find(id)?.name ?? id}`, () => {
        const secret = find(id)
        const current = secret?.versions.find(({ labels }) => labels.includes('AWSCURRENT'))
        if (secret === undefined || current === undefined) return undefined
        const { clientId: client_id, value: client_secret } = secret
        const text = JSON.stringify({
          client_id,
          client_secret,
          project_id: PROJECT_ID,
          token_url: 'https://x.example',
        })
        const version: SecretVersion = {
          arn: arnOf(secret.name),
          versionId: current.versionId,
          text,
          createdAt: timing.now(),
        }
        return version
      }),
    list: (prefix, { page } = {}) =>
      call(`list ${page ?? 'first'}`, () => {
        const all = [...kept.values()]
          .filter(({ name }) => name.startsWith(prefix))
          .sort((one, other) => other.lastChangedAt - one.lastChangedAt)
        const from = Number(page ?? 0)
        const some = all.slice(from, from + 100).map(shown)
        return { secrets: some, nextPage: from + 100 < all.length ? String(from + 100) : undefined }
      }),
    listVersions: (id) => call(`versions ${find(id)?.name ?? id}`, () => find(id)?.versions ?? []),
  }
  return secrets
}

export interface FakeMint extends TokenMint {
  /** clientId → the values that it accepts. */
  readonly accepted: Map<string, Set<string>>
  readonly requests: MintRequest[]
  /** Answers that come before any of its own. */
  readonly planned: MintReply[]
  /** Waited for in every call. */
  gate: Promise<void> | undefined
  /** Changes the claims of whatever it mints. */
  claims: (claims: Record<string, unknown>) => Record<string, unknown>
  onMint: (() => void) | undefined
}

export const createFakeMint = (timing: Pick<FakeTiming, 'now'>): FakeMint => {
  const mint: FakeMint = {
    projectId: PROJECT_ID,
    accepted: new Map(),
    requests: [],
    planned: [],
    gate: undefined,
    claims: (claims) => claims,
    onMint: undefined,
    mint: async (request) => {
      mint.requests.push(request)
      mint.onMint?.()
      await mint.gate
      const planned = mint.planned.shift()
      if (planned !== undefined) return planned
      const { clientId, clientSecret, scopes } = request
      if (mint.accepted.get(clientId)?.has(clientSecret.reveal()) !== true) {
        return { outcome: 'credentialRefused', error: 'invalid_client', requestId: 'request-1' }
      }
      const iat = Math.floor(timing.now() / 1000)
      const claims = {
        sub: clientId,
        aud: [PROJECT_ID],
        scope: scopes.join(' '),
        iat,
        nbf: iat,
        exp: iat + TOKEN_SECONDS,
      }
      const token = createAccessToken(`${jwtOf(mint.claims({ ...claims, jti: mint.requests.length }))}`)
      return { outcome: 'minted', token, expiresInSeconds: TOKEN_SECONDS, requestId: 'request-2' }
    },
  }
  return mint
}

let asked = 0
/** A version id of this origin that no other has. */
export const versionIdOf = (origin: Origin, askedAt: number): string => {
  asked += 1
  return makeRequestToken({ origin, askedAt, secretArn: 'arn', about: `fake ${asked}`, attempt: 1 })
}

export interface Place {
  readonly name: string
  readonly scopes?: readonly string[]
  readonly defaults?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
}

export const createVendWorld = (more: Partial<VendRules> = {}, chance = 0) => {
  const timing = createFakeTiming()
  timing.restart(10_000)
  const secrets = createFakeVendSecrets(timing)
  const mint = createFakeMint(timing)
  const cache = createTokenCache()
  const log = createCallLog()
  const events = createFakeEvents(log)
  const journal = createFakeJournal()
  const rules = { ...vendRules, ...more }
  const vending: Vending = { secretNamePrefix: PREFIX, rules, secrets, mint, cache, events, chance: () => chance }
  const vendor = createVendor(vending)

  const secretOf = (name: string): FakeVendSecret => {
    const secret = secrets.kept.get(`${PREFIX}${name}`)
    if (secret === undefined) throw new Error(`there is no secret ${name}`)
    return secret
  }
  const put = (secret: FakeVendSecret, label: string, versionId: string): void => {
    const holder = secret.versions.find(({ labels }) => labels.includes(label))?.versionId
    secret.versions = secret.versions.map((version) => ({
      ...version,
      labels:
        version.versionId === versionId
          ? [...new Set([...version.labels, label])]
          : version.labels.filter((one) => one !== label),
    }))
    if (label === 'AWSCURRENT' && holder !== undefined && holder !== versionId) put(secret, 'AWSPREVIOUS', holder)
  }
  /** AWSCURRENT moves to a new version, as a finished rotation moves it. */
  const switchTo = (name: string, origin: Origin, value?: string): string => {
    const secret = secretOf(name)
    const versionId = versionIdOf(origin, timing.now())
    secret.versions = [...secret.versions, { versionId, labels: [], createdAt: timing.now() + secret.versions.length }]
    put(secret, 'AWSCURRENT', versionId)
    secret.lastChangedAt = timing.now()
    if (origin !== 'register') secret.lastRotatedAt = timing.now()
    if (value !== undefined) secret.value = value
    return versionId
  }
  const place = ({ name, scopes = ['read:things', 'write:things'], defaults = ['read:things'], tags = {} }: Place) => {
    const clientId = `m2m-client-test-${name}`
    const value = `canary-${name}-1`
    secrets.kept.set(`${PREFIX}${name}`, {
      name: `${PREFIX}${name}`,
      tags: {
        'm2m:client-id': clientId,
        ...(scopes.length === 0 ? {} : { 'm2m:scopes': scopes.join(' ') }),
        ...(defaults.length === 0 ? {} : { 'vend:default-scopes': defaults.join(' ') }),
        ...tags,
      },
      value,
      clientId,
      isDeleted: false,
      versions: [],
      lastRotatedAt: undefined,
      lastChangedAt: timing.now(),
    })
    switchTo(name, 'register')
    mint.accepted.set(clientId, new Set([value]))
    return { clientId, value }
  }
  const vend = (client: string, request: Partial<VendRequest> = {}) =>
    vendor({ client, scopes: [], minTtlMs: 0, ...request }, { timing, journal })
  /** @throws when it was refused. */
  const vended = async (client: string, request: Partial<VendRequest> = {}): Promise<Vended> => {
    const outcome = await vend(client, request)
    if (!outcome.ok) throw new Error(`refused: ${outcome.refusal.reason}`)
    return outcome.value
  }
  const reason = async (client: string, request: Partial<VendRequest> = {}): Promise<string> => {
    const outcome = await vend(client, request)
    return outcome.ok ? outcome.value.source : outcome.refusal.reason
  }

  return {
    timing,
    secrets,
    mint,
    cache,
    events,
    journal,
    vending,
    secretOf,
    place,
    switchTo,
    vend,
    vended,
    reason,
    /** Everything that was said, for people or machines. */
    said: () => JSON.stringify([journal.entries, events.published]),
  }
}
