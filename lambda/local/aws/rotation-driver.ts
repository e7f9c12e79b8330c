// Drives rotations as Secrets Manager does: a pending version on record first, then createSecret, setSecret,
// testSecret, finishSecret through the rotation function, and the whole sequence again after a failure. One secret has
// one sequence under way at a time; the waits between two drives hold nobody up, so a late redrive can meet a newer
// rotation, as it could in real life. It decides no refusals: rotation-operations.ts does, and calls it.
import { randomUUID } from 'node:crypto'
import { setTimeout as realSleep } from 'node:timers/promises'
import type { Sleep } from '../stand-in/latency.ts'
import type { Secret, SecretStore, SecretVersion } from './secret-store.ts'
import type { AwsSettings } from './settings.ts'
import { addVersion, CURRENT, moveLabel, PENDING, versionWith } from './versions.ts'

export const rotationSteps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type RotationStep = (typeof rotationSteps)[number]

/** The event a rotation function gets, its keys in AWS's order. */
export interface RotationEvent {
  readonly Step: RotationStep
  /** Always the full ARN. */
  readonly SecretId: string
  readonly ClientRequestToken: string
  /** As sensitive as a secret: for PutSecretValue alone. */
  readonly RotationToken?: string
}

export type InvokeOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string }

/** Runs the rotation function, synchronously in Lambda's sense. */
export type Invoke = (lambdaArn: string, event: RotationEvent) => Promise<InvokeOutcome>

export interface RotationOutcome {
  /** The secret's ARN. */
  readonly secretId: string
  readonly token: string
  readonly outcome: 'started' | 'succeeded' | 'failed' | 'abandoned' | 'test-succeeded' | 'test-failed'
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
}

export interface RotationDriver {
  /** Registers the pending version and drives all four steps, after the caller's reply. */
  rotate(secret: Secret, token: string): void
  /** RotateImmediately=false: testSecret alone, with a pending version that is removed afterwards. */
  test(secret: Secret, token: string): void
  isDriving(secret: Secret, token: string): boolean
  /** A version came by hand: every other rotation of this secret ends, its AWSPENDING goes. */
  abandon(secret: Secret, newVersionId: string): void
  /** CancelRotateSecret: no further step; labels stay where they are. */
  cancel(secret: Secret): void
  outcomes(): readonly RotationOutcome[]
  idle(): Promise<void>
  /** No further step of any drive; steps under way end by themselves. */
  stop(): void
  clear(): void
}

export interface RotationDriverInput {
  readonly store: SecretStore
  readonly now: () => number
  readonly settings: Readonly<AwsSettings>
  readonly invoke: Invoke | undefined
  /** @default - real time */
  readonly sleep?: Sleep | undefined
}

interface Drive {
  readonly secret: Secret
  readonly token: string
  readonly lambdaArn: string
  readonly rotationToken: string
  readonly interrupt: AbortController
  isOver: boolean
}

export const createRotationDriver = (input: RotationDriverInput): RotationDriver => {
  const { store, now, settings, invoke } = input
  const sleep: Sleep = input.sleep ?? ((ms, signal) => realSleep(ms, undefined, { signal }))
  const drives = new Set<Drive>()
  const turns = new WeakMap<Secret, Promise<void>>()
  let cleanups = new AbortController()
  let outcomes: RotationOutcome[] = []
  const waiters: Array<() => void> = []

  const note = (drive: Drive, outcome: RotationOutcome['outcome']): void => {
    outcomes.push({ secretId: drive.secret.arn, token: drive.token, outcome, at: now() })
  }

  const end = (drive: Drive, outcome?: RotationOutcome['outcome']): void => {
    if (drive.isOver) return
    drive.isOver = true
    drive.interrupt.abort()
    if (outcome !== undefined) note(drive, outcome)
  }

  const nap = async (ms: number, signal: AbortSignal): Promise<void> => {
    try {
      await sleep(ms, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** One sequence a secret at a time, in the order of asking. */
  const inTurn = async <T>(secret: Secret, work: () => Promise<T>): Promise<T> => {
    const before = turns.get(secret) ?? Promise.resolve()
    let release = (): void => {}
    turns.set(
      secret,
      new Promise((resolve) => {
        release = resolve
      }),
    )
    await before
    try {
      return await work()
    } finally {
      release()
    }
  }

  const step = async (drive: Drive, name: RotationStep): Promise<boolean> => {
    if (invoke === undefined) return false
    const event: RotationEvent = {
      Step: name,
      SecretId: drive.secret.arn,
      ClientRequestToken: drive.token,
      ...(settings.sendRotationToken ? { RotationToken: drive.rotationToken } : {}),
    }
    try {
      return (await invoke(drive.lambdaArn, event)).ok
    } catch {
      return false
    }
  }

  const cleanUpPending = async (drive: Drive): Promise<void> => {
    const { secret, token } = drive
    const { signal } = cleanups
    if (settings.pendingCleanup === 'never') return
    if (settings.pendingCleanup === 'later') await nap(settings.pendingCleanupMs, signal)
    const version = secret.versions.get(token)
    if (signal.aborted || version?.stages.has(CURRENT) !== true || !version.stages.delete(PENDING)) return
    store.changed(secret)
  }

  const succeed = (drive: Drive): void => {
    const { secret } = drive
    if (secret.rotation !== undefined) secret.rotation.lastRotatedAt = now()
    store.changed(secret)
    void cleanUpPending(drive)
    end(drive, 'succeeded')
  }

  /** @returns whether all four steps succeeded and AWSCURRENT moved. */
  const sequence = async (drive: Drive): Promise<boolean> => {
    for (const name of rotationSteps) {
      if (drive.isOver || !(await step(drive, name))) return false
    }
    return drive.secret.versions.get(drive.token)?.stages.has(CURRENT) === true
  }

  const mayRedrive = (drive: Drive): boolean => {
    const { secret, token } = drive
    if (store.find(secret.arn) !== secret || secret.deletionAt !== undefined) return false
    const stages = secret.versions.get(token)?.stages
    return settings.redriveUnlabelled || stages?.has(PENDING) === true || stages?.has(CURRENT) === true
  }

  const driveAll = async (drive: Drive): Promise<void> => {
    for (let redrives = 0; !drive.isOver; redrives += 1) {
      await inTurn(drive.secret, async () => {
        if (drive.isOver) return
        if (redrives > 0 && !mayRedrive(drive)) end(drive, 'failed')
        else if ((await sequence(drive)) && !drive.isOver) succeed(drive)
      })
      if (drive.isOver) return
      if (redrives >= settings.redriveCount) end(drive, 'failed')
      else await nap(settings.redriveSpacingMs, drive.interrupt.signal)
    }
  }

  const driveTest = async (drive: Drive): Promise<void> => {
    const { secret, token } = drive
    const passed = await inTurn(secret, () => step(drive, 'testSecret'))
    if (secret.versions.get(token)?.stages.has(CURRENT) !== true) secret.versions.delete(token)
    store.changed(secret)
    end(drive, passed ? 'test-succeeded' : 'test-failed')
  }

  const begin = (secret: Secret, token: string): Drive => {
    const drive: Drive = {
      secret,
      token,
      lambdaArn: secret.rotation?.lambdaArn ?? '',
      rotationToken: randomUUID(),
      interrupt: new AbortController(),
      isOver: false,
    }
    drives.add(drive)
    return drive
  }

  const run = (drive: Drive, work: (drive: Drive) => Promise<void>): void => {
    // After the reply: RotateSecret answers before the first step runs.
    setImmediate(() => {
      void work(drive).finally(() => {
        drives.delete(drive)
        if (drives.size > 0) return
        for (const wake of waiters.splice(0)) wake()
      })
    })
  }

  const registerPending = (secret: Secret, token: string): SecretVersion => {
    const version = secret.versions.get(token) ?? addVersion(secret, token, { value: undefined, at: now() })
    moveLabel(secret, PENDING, version)
    store.changed(secret)
    return version
  }

  return {
    rotate: (secret, token) => {
      registerPending(secret, token)
      const drive = begin(secret, token)
      note(drive, 'started')
      run(drive, driveAll)
    },
    test: (secret, token) => {
      const version = registerPending(secret, token)
      if (settings.dryRunValue === 'current') version.value = versionWith(secret, CURRENT)?.value
      run(begin(secret, token), driveTest)
    },
    isDriving: (secret, token) =>
      [...drives].some((drive) => drive.secret === secret && drive.token === token && !drive.isOver),
    abandon: (secret, newVersionId) => {
      for (const drive of drives) {
        if (drive.secret !== secret || drive.token === newVersionId || drive.isOver) continue
        secret.versions.get(drive.token)?.stages.delete(PENDING)
        end(drive, 'abandoned')
      }
    },
    cancel: (secret) => {
      for (const drive of drives) if (drive.secret === secret) end(drive, 'abandoned')
    },
    outcomes: () => outcomes,
    idle: () =>
      new Promise((resolve) => {
        if (drives.size === 0) resolve()
        else waiters.push(resolve)
      }),
    stop: () => {
      for (const drive of drives) end(drive)
      cleanups.abort()
      cleanups = new AbortController()
    },
    clear: () => {
      outcomes = []
    },
  }
}
