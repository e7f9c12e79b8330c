// The secrets themselves, in memory, found by name, full ARN or partial ARN. It knows nothing of requests: validation
// and AWS's rules live in the operations. Whoever changes a secret says so by `changed`, so that the lists stay true.
import { randomInt } from 'node:crypto'
import { notFound } from './aws-fault.ts'

export interface SecretValue {
  readonly kind: 'string' | 'binary'
  /** Base64 for `binary`. */
  readonly text: string
}

export interface SecretVersion {
  readonly id: string
  /** Absent = a rotation's placeholder that nobody has filled. */
  value: SecretValue | undefined
  readonly stages: Set<string>
  readonly createdAt: number
  lastAccessedAt: number | undefined
}

export interface RotationRules {
  readonly AutomaticallyAfterDays?: number
  readonly Duration?: string
  readonly ScheduleExpression?: string
}

export interface Rotation {
  isEnabled: boolean
  lambdaArn: string | undefined
  rules: RotationRules | undefined
  /** When rotation was first configured: what the schedule counts from while nothing has been rotated. */
  readonly configuredAt: number
  lastRotatedAt: number | undefined
  /** When the schedule last started a rotation; one window starts one. */
  firedAt: number | undefined
}

/** A copy of a secret in another Region. */
export interface SecretReplica {
  readonly region: string
  readonly kmsKeyId: string | undefined
  /** The last change that is known to have arrived; undefined: none has. */
  copy: Secret | undefined
  /** The secret as later calls left it, oldest first, each with the time of its arrival. */
  arriving: readonly { readonly at: number; readonly copy: Secret }[]
  /** Why the last change will not arrive. */
  failure: string | undefined
  /** The day on which the replica was last read. */
  lastAccessedAt: number | undefined
}

export interface Secret {
  readonly arn: string
  readonly name: string
  /** Order of creation; breaks ties when secrets are created in one millisecond. */
  readonly sequence: number
  readonly createdAt: number
  description: string | undefined
  kmsKeyId: string | undefined
  type: string | undefined
  readonly tags: Map<string, string>
  readonly versions: Map<string, SecretVersion>
  policy: string | undefined
  lastChangedAt: number
  lastAccessedAt: number | undefined
  /** When somebody last put a new AWSCURRENT by hand; the schedule counts it as a rotation. */
  lastManualAt: number | undefined
  /** Scheduled for deletion at. */
  deletionAt: number | undefined
  /** Absent = rotation was never configured. */
  rotation: Rotation | undefined
  /** By Region. */
  readonly replicas: Map<string, SecretReplica>
  /** Of a secret that is replicated, and of its replicas. */
  primaryRegion: string | undefined
}

export type SecretListener = (secret: Secret, isGone: boolean) => void

export interface SecretStore {
  readonly arnPrefix: string
  create(name: string): Secret
  /** @throws ResourceNotFoundException */
  get(secretId: string): Secret
  find(secretId: string): Secret | undefined
  byName(name: string): Secret | undefined
  all(): Iterable<Secret>
  remove(secret: Secret): void
  /** Sets LastChangedDate and notifies the listeners. */
  changed(secret: Secret): void
  /** Notifies the listeners of a change that is none to LastChangedDate: an access. */
  touched(secret: Secret): void
  /** `isGone` = removed for good. */
  onChange(listener: SecretListener): void
  /** Notified after each write: of what `asOneWrite` does to a secret once, of any other change at once; never of an access. */
  onWrite(listener: SecretListener): void
  /** One call's changes are one write, however many steps they take. */
  asOneWrite<T>(work: () => T): T
  clear(): void
}

const SUFFIX_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** Any six: the guide says no more of them (Secrets Manager User Guide, "Troubleshoot", partial ARNs). */
const COMPLETE_ARN = /-.{6}$/

const randomSuffix = (): string => {
  let suffix = ''
  for (let i = 0; i < 6; i += 1) suffix += SUFFIX_CHARACTERS.charAt(randomInt(SUFFIX_CHARACTERS.length))
  return suffix
}

export interface SecretStoreInput {
  readonly now: () => number
  readonly region: string
  readonly accountId: string
  /** Of ARNs: six characters. @default - random ones */
  readonly suffix?: (() => string) | undefined
}

export const createSecretStore = ({ now, region, accountId, suffix = randomSuffix }: SecretStoreInput): SecretStore => {
  const arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`
  const names = new Map<string, Secret>()
  const arns = new Map<string, Secret>()
  const listeners: SecretListener[] = []
  const writeListeners: SecretListener[] = []
  /** What the write under way has changed; undefined = none is under way. */
  let changes: Set<Secret> | undefined
  let sequence = 0

  const notify = (secret: Secret, isGone: boolean): void => {
    for (const listener of listeners) listener(secret, isGone)
  }

  const isHere = (secret: Secret): boolean => arns.get(secret.arn) === secret

  const written = (secret: Secret): void => {
    if (changes !== undefined) changes.add(secret)
    else for (const listener of writeListeners) listener(secret, !isHere(secret))
  }

  const asOneWrite = <T>(work: () => T): T => {
    if (changes !== undefined) return work()
    const collected = new Set<Secret>()
    changes = collected
    try {
      return work()
    } finally {
      changes = undefined
      for (const secret of collected) written(secret)
    }
  }

  // A drive can outlive its secret; what it still does to the object is not reported.
  const touched = (secret: Secret): void => {
    if (isHere(secret)) notify(secret, false)
  }

  const remove = (secret: Secret): void => {
    names.delete(secret.name)
    arns.delete(secret.arn)
    notify(secret, true)
    written(secret)
  }

  // AWS deletes in the background some time after the date; here it is gone from the first look after it.
  const unlessExpired = (secret: Secret | undefined): Secret | undefined => {
    if (secret?.deletionAt === undefined || secret.deletionAt > now()) return secret
    remove(secret)
    return undefined
  }

  const find = (secretId: string): Secret | undefined => {
    if (!secretId.startsWith('arn:')) return unlessExpired(names.get(secretId))
    const exact = arns.get(secretId)
    if (exact !== undefined) return unlessExpired(exact)
    // A partial ARN that itself ends in a hyphen and six characters is taken for a complete one, as AWS warns.
    if (!secretId.startsWith(arnPrefix) || COMPLETE_ARN.test(secretId)) return undefined
    return unlessExpired(names.get(secretId.slice(arnPrefix.length)))
  }

  return {
    arnPrefix,
    create: (name) => {
      sequence += 1
      const at = now()
      const secret: Secret = {
        arn: `${arnPrefix}${name}-${suffix()}`,
        name,
        sequence,
        createdAt: at,
        description: undefined,
        kmsKeyId: undefined,
        type: undefined,
        tags: new Map(),
        versions: new Map(),
        policy: undefined,
        lastChangedAt: at,
        lastAccessedAt: undefined,
        lastManualAt: undefined,
        deletionAt: undefined,
        rotation: undefined,
        replicas: new Map(),
        primaryRegion: undefined,
      }
      names.set(name, secret)
      arns.set(secret.arn, secret)
      return secret
    },
    get: (secretId) => {
      const secret = find(secretId)
      if (secret === undefined) throw notFound()
      return secret
    },
    find,
    byName: (name) => unlessExpired(names.get(name)),
    all: function* () {
      for (const secret of names.values()) {
        if (unlessExpired(secret) !== undefined) yield secret
      }
    },
    remove,
    changed: (secret) => {
      secret.lastChangedAt = now()
      touched(secret)
      if (isHere(secret)) written(secret)
    },
    touched,
    onChange: (listener) => {
      listeners.push(listener)
    },
    onWrite: (listener) => {
      writeListeners.push(listener)
    },
    asOneWrite,
    clear: () => {
      names.clear()
      arns.clear()
    },
  }
}
