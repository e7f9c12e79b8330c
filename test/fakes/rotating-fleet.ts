// Secrets Manager for those who ask, in memory: secrets whose rotations take a while on a clock that tests move, and end as the test
// says. Labels move as AWS moves them. There are no values.

import { Fault } from '../../lambda/core/base/fault.ts'
import type { RotationSteps } from '../../lambda/core/drive/rotation-steps.ts'
import { type Intent, readRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets, VersionEntry } from '../../lambda/core/secret/secrets.ts'
import { BLANK } from './blank-secret.ts'

export const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-rotation'
export const PREFIX = 'm2m/prod/'

/** refuses: takes its AWSPENDING away. sticks: leaves it there for ever. */
export type RotationEnd = 'succeeds' | 'refuses' | 'sticks'

interface Version {
  readonly createdAt: number
  readonly labels: Set<string>
}

interface Rotation {
  readonly token: string
  readonly endsAt: number
  readonly end: RotationEnd
}

/** A rotation that is over. */
type Ended = Rotation & { readonly end: 'succeeds' | 'refuses' }

export interface FakeSecret {
  readonly arn: string
  readonly name: string
  tags: Record<string, string>
  readonly versions: Map<string, Version>
  rotationEnabled: boolean
  rotationFunctionArn: string | undefined
  isDeleted: boolean
  readonly createdAt: number
  lastChangedAt: number
  lastRotatedAt: number | undefined
  rotation: Rotation | undefined
  /** What describe shows of other Regions. @default - none */
  replicas?: Secret['replicas']
}

export interface Asked {
  readonly name: string
  readonly token: string
  readonly intent: Intent
  readonly at: number
}

const throttled = (): Fault =>
  new Fault({ code: 'SECRETS_MANAGER_THROTTLED', retryable: true, message: 'Rate exceeded' })

export const createRotatingFleet = (now: () => number) => {
  const secrets = new Map<string, FakeSecret>()
  const nameOfArn = new Map<string, string>()
  const asked: Asked[] = []
  const asks = new Map<string, number>()
  const cleared: string[] = []
  const calls: Record<string, number> = {}
  let endOf: (name: string, intent: Intent, nth: number) => RotationEnd = () => 'succeeds'
  let takesMs: (name: string) => number = () => 1500
  let fault: (call: string, name: string) => Fault | undefined = () => undefined
  let ended: (secret: FakeSecret, rotation: Ended) => void = () => {}

  const holder = (secret: FakeSecret, label: string): string | undefined =>
    [...secret.versions].find(([, { labels }]) => labels.has(label))?.[0]

  const move = (secret: FakeSecret, label: string, to: string): void => {
    shownLabels.delete(secret.name)
    const from = holder(secret, label)
    if (from !== undefined) secret.versions.get(from)?.labels.delete(label)
    secret.versions.get(to)?.labels.add(label)
  }

  /** What has happened to a secret by now. */
  const settleUp = (secret: FakeSecret): void => {
    const { rotation } = secret
    if (rotation === undefined || rotation.endsAt > now()) return
    if (rotation.end === 'sticks') return
    secret.rotation = undefined
    const version = secret.versions.get(rotation.token)
    if (version?.labels.has('AWSPENDING') !== true) return
    version.labels.delete('AWSPENDING')
    shownLabels.delete(secret.name)
    secret.lastChangedAt = rotation.endsAt
    if (rotation.end === 'refuses') {
      ended(secret, { ...rotation, end: 'refuses' })
      return
    }
    const current = holder(secret, 'AWSCURRENT')
    if (current !== undefined) move(secret, 'AWSPREVIOUS', current)
    move(secret, 'AWSCURRENT', rotation.token)
    secret.lastRotatedAt = rotation.endsAt
    ended(secret, { ...rotation, end: 'succeeds' })
  }

  /** Secrets Manager keeps a hundred versions, beside those of the last day. */
  const prune = (secret: FakeSecret): void => {
    const excess = secret.versions.size - 100
    if (excess <= 0) return
    const old = [...secret.versions].filter(
      ([, { labels, createdAt }]) => labels.size === 0 && createdAt < now() - 86_400_000,
    )
    for (const [id] of old.slice(0, excess)) secret.versions.delete(id)
  }

  const find = (secretId: string): FakeSecret | undefined => {
    const secret = secrets.get(secretId) ?? secrets.get(nameOfArn.get(secretId) ?? '')
    if (secret !== undefined) settleUp(secret)
    return secret
  }

  /** As they are shown, until one moves. */
  const shownLabels = new Map<string, Secret['labels']>()
  const labelsOf = (secret: FakeSecret): Secret['labels'] => {
    const known = shownLabels.get(secret.name)
    if (known !== undefined) return known
    const labels = Object.fromEntries(
      [...secret.versions].flatMap(([id, { labels: some }]) => (some.size > 0 ? [[id, [...some]]] : [])),
    )
    shownLabels.set(secret.name, labels)
    return labels
  }

  const show = (secret: FakeSecret): Secret => ({
    ...BLANK,
    replicas: secret.replicas ?? [],
    arn: secret.arn,
    name: secret.name,
    tags: { ...secret.tags },
    labels: labelsOf(secret),
    rotationEnabled: secret.rotationEnabled,
    rotationFunctionArn: secret.rotationFunctionArn,
    isDeleted: secret.isDeleted,
    createdAt: secret.createdAt,
    lastChangedAt: secret.lastChangedAt,
    lastRotatedAt: secret.lastRotatedAt,
    nextRotationAt: undefined,
  })

  let listed: { readonly prefix: string; readonly of: number; readonly all: readonly FakeSecret[] } | undefined
  /** None is ever removed. */
  const below = (prefix: string): readonly FakeSecret[] => {
    if (listed?.prefix !== prefix || listed.of !== secrets.size) {
      const all = [...secrets.values()].filter(({ name }) => name.startsWith(prefix))
      listed = { prefix, of: secrets.size, all }
    }
    return listed.all
  }

  const called = (call: string, name: string): void => {
    calls[call] = (calls[call] ?? 0) + 1
    const failure = fault(call, name)
    if (failure !== undefined) throw failure
  }

  const fleet: Pick<Secrets, 'list' | 'describe' | 'listVersions' | 'rotate'> = {
    list: async (prefix, { page } = {}) => {
      called('list', prefix)
      const all = below(prefix)
      const from = Number(page ?? 0)
      const shown = all.slice(from, from + 100)
      for (const secret of shown) settleUp(secret)
      return {
        secrets: shown.map(show),
        nextPage: all.length > from + 100 ? String(from + 100) : undefined,
      }
    },
    describe: async (secretId) => {
      called('describe', secretId)
      const secret = find(secretId)
      return secret === undefined ? undefined : show(secret)
    },
    listVersions: async (secretId) => {
      called('listVersions', secretId)
      const secret = find(secretId)
      return [...(secret?.versions ?? [])]
        .map(([versionId, { labels, createdAt }]): VersionEntry => ({ versionId, labels: [...labels], createdAt }))
        .sort((one, other) => other.createdAt - one.createdAt)
    },
    rotate: async (secretId, token) => {
      called('rotate', secretId)
      const secret = find(secretId)
      if (secret === undefined || secret.isDeleted) return 'gone'
      const pending = holder(secret, 'AWSPENDING')
      if (pending !== undefined && pending !== token && pending !== holder(secret, 'AWSCURRENT')) return 'busy'
      if (secret.versions.has(token)) return 'asked'
      const { origin } = readRequestToken(token)
      const intent = origin as Intent
      const key = `${secret.name} ${intent}`
      const nth = (asks.get(key) ?? 0) + 1
      asks.set(key, nth)
      asked.push({ name: secret.name, token, intent, at: now() })
      secret.versions.set(token, { createdAt: now(), labels: new Set() })
      prune(secret)
      move(secret, 'AWSPENDING', token)
      secret.lastChangedAt = now()
      secret.rotation = { token, endsAt: now() + takesMs(secret.name), end: endOf(secret.name, intent, nth) }
      return 'asked'
    },
  }

  /** The rotation function, invoked again for what sticks: Stytch refuses its value, so that it takes the label away. */
  const steps: RotationSteps = {
    ask: async ({ secretId, requestToken }) => {
      called('step', secretId)
      const secret = find(secretId)
      if (secret?.versions.get(requestToken)?.labels.delete('AWSPENDING') === true) cleared.push(requestToken)
      if (secret !== undefined) shownLabels.delete(secret.name)
      return 'refused'
    },
  }

  return {
    fleet,
    steps,
    secrets,
    asked,
    /** Versions whose AWSPENDING was taken away. */
    cleared,
    calls,
    throttled,
    /** @param origin of the id that carries AWSCURRENT */
    add: (name: string, more: Partial<FakeSecret> = {}, origin = 'register'): FakeSecret => {
      const createdAt = more.createdAt ?? now() - 90 * 86_400_000
      const secret: FakeSecret = {
        arn: `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${PREFIX}${name}-AbCdEf`,
        name: `${PREFIX}${name}`,
        tags: { 'm2m:client-id': `client-${name}` },
        versions: new Map([
          [
            `${origin}-${String(createdAt).padStart(13, '0')}-${'0'.repeat(32)}`,
            { createdAt, labels: new Set(['AWSCURRENT']) },
          ],
        ]),
        rotationEnabled: true,
        rotationFunctionArn: FUNCTION_ARN,
        isDeleted: false,
        createdAt,
        lastChangedAt: createdAt,
        lastRotatedAt: undefined,
        rotation: undefined,
        ...more,
      }
      secrets.set(secret.name, secret)
      nameOfArn.set(secret.arn, secret.name)
      return secret
    },
    /** A rotation by somebody else, under any token. */
    rotateByHand: (name: string, token: string, end: RotationEnd = 'succeeds'): void => {
      const secret = find(`${PREFIX}${name}`)
      if (secret === undefined) throw new Error(`no secret ${name}`)
      secret.versions.set(token, { createdAt: now(), labels: new Set() })
      move(secret, 'AWSPENDING', token)
      secret.rotation = { token, endsAt: now() + takesMs(name), end }
    },
    holder: (name: string, label: string): string | undefined => {
      const secret = find(`${PREFIX}${name}`)
      return secret === undefined ? undefined : holder(secret, label)
    },
    ends: (how: typeof endOf): void => {
      endOf = how
    },
    takes: (how: typeof takesMs): void => {
      takesMs = how
    },
    fails: (how: typeof fault): void => {
      fault = how
    },
    /** Called for each rotation that is over, as soon as anybody looks. */
    onEnd: (how: typeof ended): void => {
      ended = how
    },
  }
}

export type RotatingFleet = ReturnType<typeof createRotatingFleet>
