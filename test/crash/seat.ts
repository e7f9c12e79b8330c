// A seat for one secret and one client: both stand-ins over real HTTP, the production use cases and adapters, and a gate at every
// outside call, where a rotation can be killed. A killed execution never runs another line: its call stays unanswered for ever.

import { randomUUID } from 'node:crypto'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createEvents } from '../../lambda/adapters/aws/events.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { createSend, type Send } from '../../lambda/adapters/stytch/http.ts'
import { driveAgain } from '../../lambda/core/drive/drive-again.ts'
import type { RotationSteps } from '../../lambda/core/drive/rotation-steps.ts'
import { type Bounds, WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import type { Freeze } from '../../lambda/core/rotation/freeze.ts'
import type { Issuer } from '../../lambda/core/rotation/issuer.ts'
import { readStepEvent } from '../../lambda/core/rotation/read-step-event.ts'
import { noRecords } from '../../lambda/core/rotation/records.ts'
import type { Rotation } from '../../lambda/core/rotation/rotation.ts'
import { runStep } from '../../lambda/core/rotation/run-step.ts'
import { noProofs } from '../../lambda/core/rotation/sign-proof.ts'
import { STUCK_AFTER_MS } from '../../lambda/core/secret/is-stuck.ts'
import { makeRequestToken, type Origin, readRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { type AwsStandIn, createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import type { InvokeOutcome, RotationEvent } from '../../lambda/local/aws/rotation-driver.ts'
import type { ChooseView } from '../../lambda/local/aws/secret-views.ts'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import type { Caller } from '../../lambda/local/iam/people.ts'
import type { StandInServer } from '../../lambda/local/stand-in/server.ts'
import { createWorld, type World } from '../../lambda/local/stand-in/world.ts'
import type { ChooseNode } from '../../lambda/local/stytch/nodes.ts'
import type { ChooseGetView } from '../../lambda/local/stytch/stale-gets.ts'
import type { StytchStandIn } from '../../lambda/local/stytch/stand-in-api.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'
import { type CrashKind, m2m, PROJECT_ID, PROJECT_SECRET } from './kinds.ts'
import { BUS, callingAs, ROTATION_ARN, SECRET_PREFIX, templateRights } from './template-rights.ts'
import { createVirtualTime, type VirtualTime } from './virtual-time.ts'

const ROTATION_ROLE = 'm2m-laptop-rotation-us-east-1'
/** When time stands still, this is where. */
const VIRTUAL_START_MS = Date.UTC(2026, 0, 5)
/** Long: on a busy machine a late reply must not look like a lost one. */
const TIMEOUT_MS = 5000
/** Short, so that a reply that is held back costs no test its time; the waits between tries are faked. */
const HASTY_TIMEOUT_MS = 250

export type Verdict = 'go' | 'hang'
/** Called around every outside call of every execution; `hang` ends the execution there, a promise holds it up until it is kept. */
export type Gate = (phase: 'before' | 'after', op: string) => Verdict | Promise<Verdict>

export interface Execution {
  readonly event: RotationEvent
  readonly gate: Gate
  /** Ends the promise that the caller waits on, since the execution itself never ends. */
  readonly onHang: () => void
  /** The function's time, on the fake clock. */
  readonly timeMs?: number
}

export interface SeatOptions {
  /** The clock moves only by what is waited for, and whoever waits at once waits together. @default - real time, and waits add to it */
  readonly isVirtual?: boolean
  /** Of what the stand-ins draw. @default - theirs */
  readonly drawSeed?: number
}

export interface Seat {
  readonly kind: CrashKind
  readonly world: World
  /** Set while time is virtual. */
  readonly time: VirtualTime | undefined
  /** What a call takes, in virtual time. */
  latencyMs: { readonly aws: number; readonly stytch: number }
  /** How old a reply is, and which of Stytch's nodes gives it; undefined as the stand-ins' settings say. */
  chooseView: ChooseView
  chooseGetView: ChooseGetView
  chooseNode: ChooseNode
  readonly stytch: StytchStandIn
  /** Where the kind's issuer answers: Stytch's server, but for a kind that is another vendor's. */
  readonly vendor: StandInServer
  readonly aws: AwsStandIn
  /** As break-glass: whoever registers, asks and meddles here. */
  readonly client: SecretsManagerClient
  /** For clients of Secrets Manager and the bus with a handler of their own, whose calls are this one's. */
  awsConfig(caller: Caller): {
    readonly endpoint: string
    readonly region: string
    readonly maxAttempts: number
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  readonly http: NodeHttpHandler
  /** Where the stand-ins listen, for those who bring a client of their own. */
  readonly urls: { readonly stytch: string; readonly aws: string }
  readonly issuer: Issuer
  readonly secrets: Secrets
  /** Runs one step in process, with a gate. Never rejects. */
  execute(execution: Execution): Promise<InvokeOutcome>
  /** What RotateSecret drives; set by each run. */
  onInvoke: (event: RotationEvent) => Promise<InvokeOutcome>
  /** The subject's secret, once it is stored. */
  arn: string
  /** Off, unless a test says otherwise; it is no outside call of a run. */
  freeze: Freeze
  bounds: Bounds
  /** Whether an execution's calls time out after 250 ms, which stand for five seconds: only where replies are held back on purpose. */
  isHasty: boolean
  /** Breaks a rule on purpose, to test the tests; leaves every port as it is unless set. */
  tamper: (rotation: Rotation, event: RotationEvent) => Rotation
  /** Everything that came out in log lines and error messages. */
  readonly output: string[]
  close(): Promise<void>
}

/**
 * What each client would look up in the environment and in files, which costs as much as a call. Every step has clients of its own, as its
 * retries must not live off another's.
 */
const sdkSettings = {
  retryMode: 'standard',
  defaultsMode: 'legacy',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: 'crash',
} as const

const never = <Value>(): Promise<Value> => new Promise(() => {})

/** A passage that an execution takes on every outside call; once hung, all its calls hang. */
export const createPassage = ({ gate, onHang }: Pick<Execution, 'gate' | 'onHang'>) => {
  let isHung = false
  const pass = async (phase: 'before' | 'after', op: string, drop = (): void => {}): Promise<void> => {
    if (!isHung && (await gate(phase, op)) === 'go') return
    isHung = true
    drop()
    onHang()
    await never()
  }
  /** @param drop frees what a reply holds that nobody will read. */
  return async <Value>(op: string, call: () => Promise<Value>, drop?: (reply: Value) => void): Promise<Value> => {
    await pass('before', op)
    let reply: Value
    try {
      reply = await call()
    } catch (error) {
      await pass('after', op)
      throw error
    }
    await pass('after', op, () => drop?.(reply))
    return reply
  }
}

export type Passage = ReturnType<typeof createPassage>

/** @param travel how long the way takes, before the call has any effect. */
export const gatedHandler = (handler: NodeHttpHandler, passage: Passage, travel = async (): Promise<void> => {}) => ({
  metadata: handler.metadata,
  handle: async (...args: Parameters<NodeHttpHandler['handle']>) => {
    await travel()
    const target = args[0].headers['x-amz-target'] ?? ''
    const op = target.slice(target.indexOf('.') + 1)
    // A body that nobody reads keeps its connection, and sixteen of them all that there are, until they time out.
    return passage(
      op,
      () => handler.handle(...args),
      ({ response }) => response.body?.resume(),
    )
  },
})

export const createSeat = async (
  awsSettings: Partial<AwsSettings> = {},
  kind: CrashKind = m2m,
  { isVirtual = false, drawSeed }: SeatOptions = {},
): Promise<Seat> => {
  const world = isVirtual ? createWorld(() => VIRTUAL_START_MS) : createWorld()
  const time = isVirtual ? createVirtualTime(world.clock) : undefined
  if (time !== undefined) world.onReset(time.clear)
  const draws = drawSeed === undefined ? {} : { drawSeed }
  const output: string[] = []
  const seat = {
    onInvoke: async (_event: RotationEvent): Promise<InvokeOutcome> => ({
      ok: false,
      errorType: 'Unset',
      errorMessage: 'no run is under way',
    }),
    latencyMs: { aws: 0, stytch: 0 },
    chooseView: (() => undefined) as ChooseView,
    chooseGetView: (() => undefined) as ChooseGetView,
    chooseNode: (() => undefined) as ChooseNode,
    freeze: { read: async () => 'off' } as Freeze,
    bounds: WITHOUT_LAG as Bounds,
    /** The subject's secret. */
    arn: '',
    isHasty: false,
    tamper: (rotation: Rotation, _event: RotationEvent): Rotation => rotation,
  }
  const stytch = createStytchStandIn({
    world,
    projectId: PROJECT_ID,
    projectSecret: PROJECT_SECRET,
    chooseView: (call) => seat.chooseGetView(call),
    chooseNode: (nth) => seat.chooseNode(nth),
    ...draws,
  })
  const aws = createAwsStandIn({
    world,
    settings: { redriveCount: 0, redriveSpacingMs: 0, ...awsSettings },
    // Whatever is rotated here, a suite has asked for.
    runsSchedules: false,
    invoke: (_arn, event) => seat.onInvoke(event),
    sleep: time?.sleep ?? (async () => {}),
    rights: templateRights,
    chooseView: (call) => seat.chooseView(call),
    ...draws,
  })
  const stytchUrl = await stytch.server.listen(0)
  const awsUrl = await aws.listen(0)
  const other = await kind.start?.(world)
  const httpWithin = (ms: number): NodeHttpHandler =>
    new NodeHttpHandler({
      requestTimeout: ms,
      throwOnRequestTimeout: true,
      socketTimeout: ms,
      connectionTimeout: ms,
      httpAgent: { maxSockets: 16, keepAlive: true },
    })
  const lineWithin = (ms: number) => ({ http: httpWithin(ms), send: createSend({ timeoutMs: ms }) })
  const [patient, hasty] = [lineWithin(TIMEOUT_MS), lineWithin(HASTY_TIMEOUT_MS)]
  const awsConfig = (caller: Caller) => ({
    endpoint: awsUrl,
    region: 'us-east-1',
    maxAttempts: 2,
    ...callingAs(caller),
    ...sdkSettings,
  })
  // Whoever asks for rotations is patient: asked twice, RotateSecret is refused because of itself.
  const client = new SecretsManagerClient({ ...awsConfig('break-glass'), requestHandler: httpWithin(TIMEOUT_MS) })

  const connect = (sendCall: Send, remainingMs: () => number, wait: (ms: number) => Promise<void>) =>
    kind.issuer({
      baseUrl: other?.url ?? stytchUrl,
      stytch,
      send: sendCall,
      timing: { remainingMs, wait },
      secretArn: () => seat.arn,
    })

  const execute = async ({ event, gate, onHang, timeMs = 30_000 }: Execution): Promise<InvokeOutcome> => {
    const actor = time?.begin()
    const endAsKilled = (): void => {
      actor?.end()
      onHang()
    }
    // A call that went out beside one that fails may outlive its execution; on Lambda it is frozen with it.
    let isOver = false
    const gateWhileItRuns: Gate = (phase, op) => (isOver ? 'go' : gate(phase, op))
    const passage = createPassage({ gate: gateWhileItRuns, onHang: endAsKilled })
    const travel = async (ms: number): Promise<void> => {
      if (ms > 0) await actor?.wait(ms)
    }
    const { http, send } = seat.isHasty ? hasty : patient
    let waitedMs = 0
    const startedAt = Date.now()
    const virtualStart = world.clock.now()
    // Where 250 ms stand for five seconds, so does all the time that passes.
    const pace = seat.isHasty ? TIMEOUT_MS / HASTY_TIMEOUT_MS : 1
    const spentMs = () =>
      time === undefined ? waitedMs + (Date.now() - startedAt) * pace : world.clock.now() - virtualStart
    const remainingMs = () => timeMs - spentMs()
    const wait = async (ms: number): Promise<void> => {
      if (actor !== undefined) return actor.wait(ms)
      waitedMs += ms
      world.clock.advance(ms)
    }
    const gatedSend: Send = async (call) => {
      await travel(seat.latencyMs.stytch)
      return passage(kind.op(call.url.pathname, call.method), () => send(call))
    }
    const gated = {
      ...awsConfig(ROTATION_ROLE),
      requestHandler: gatedHandler(http, passage, () => travel(seat.latencyMs.aws)),
    }
    const request = readStepEvent(event)
    try {
      if (!request.ok) return { ok: false, errorType: 'RotationRefused', errorMessage: 'malformed event' }
      const rotation: Rotation = {
        issuer: connect(gatedSend, remainingMs, wait),
        form: kind.form,
        secrets: createSecrets(new SecretsManagerClient(gated)),
        events: createEvents(new EventBridgeClient(gated), BUS, 'm2m.rotation'),
        freeze: seat.freeze,
        records: noRecords,
        proofs: noProofs,
        timing: { now: world.clock.now, remainingMs, wait },
        journal: { note: (entry) => output.push(JSON.stringify(entry)) },
        bounds: seat.bounds,
      }
      await runStep(seat.tamper(rotation, event), request.value)
      return { ok: true }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error('unknown')
      output.push(`${name}: ${message}`)
      return { ok: false, errorType: name, errorMessage: message }
    } finally {
      isOver = true
      actor?.end()
    }
  }

  return Object.assign(seat, {
    kind,
    world,
    time,
    stytch,
    vendor: other?.server ?? stytch.server,
    aws,
    client,
    awsConfig,
    http: patient.http,
    urls: { stytch: stytchUrl, aws: awsUrl },
    issuer: connect(
      patient.send,
      () => 30_000,
      async () => {},
    ),
    secrets: createSecrets(client),
    execute,
    output,
    close: async () => {
      aws.stopDrives()
      client.destroy()
      await Promise.all([stytch.server.close(), other?.server.close(), aws.close()])
    },
  })
}

export interface Subject {
  readonly secretArn: string
  readonly clientId: string
}

/** A settle's is about what carries AWSCURRENT now. */
export const tokenFor = (seat: Seat, secretArn: string, origin: Origin): string => {
  const about = (origin === 'settle' ? idUnder(seat, secretArn, 'AWSCURRENT') : undefined) ?? randomUUID()
  return makeRequestToken({ origin, askedAt: seat.world.clock.now(), secretArn, about, attempt: 1 })
}

export const textWith = m2m.text

/** A registered secret: bound client, value stored, rotation on. */
export const register = async (seat: Seat): Promise<Subject> => {
  const { clientId, secret } = seat.kind.seed(seat.stytch)
  const name = `${SECRET_PREFIX}${randomUUID()}`
  const created = await seat.client.send(
    new CreateSecretCommand({
      Name: name,
      ClientRequestToken: tokenFor(seat, name, 'register'),
      SecretString: seat.kind.text(clientId, secret),
    }),
  )
  const secretArn = created.ARN ?? ''
  seat.arn = secretArn
  await seat.issuer.bind(clientId, secretArn)
  const invoke = seat.onInvoke
  seat.onInvoke = async () => ({ ok: true })
  await seat.client.send(
    new RotateSecretCommand({
      SecretId: secretArn,
      RotationLambdaARN: ROTATION_ARN,
      RotationRules: { AutomaticallyAfterDays: 60 },
      RotateImmediately: false,
    }),
  )
  await seat.aws.idle()
  seat.onInvoke = invoke
  return { secretArn, clientId }
}

/** The client secret under a label, as tests see it; undefined when none is there. */
export const valueUnder = (seat: Seat, secretArn: string, label: string): string | undefined => {
  const text = seat.aws.peek(secretArn)?.versions.find(({ stages }) => stages.includes(label))?.value
  if (text === undefined) return undefined
  return (JSON.parse(text) as Record<string, string>)[seat.kind.valueField]
}

export const idUnder = (seat: Seat, secretArn: string, label: string): string | undefined =>
  seat.aws.peek(secretArn)?.versions.find(({ stages }) => stages.includes(label))?.id

export const isCurrentAccepted = (seat: Seat, { secretArn, clientId }: Subject): boolean => {
  const value = valueUnder(seat, secretArn, 'AWSCURRENT')
  return value !== undefined && seat.kind.accepts(seat.stytch, clientId, value)
}

/** Every stored value that Stytch accepts now. */
export const acceptedValues = (seat: Seat, { secretArn, clientId }: Subject): readonly string[] => {
  const texts = seat.aws.peek(secretArn)?.versions.flatMap(({ value }) => (value === undefined ? [] : [value])) ?? []
  const values = texts.map((text) => (JSON.parse(text) as Record<string, string>)[seat.kind.valueField] ?? '')
  return [...new Set(values)].filter((value) => seat.kind.accepts(seat.stytch, clientId, value))
}

/** Stored values that Stytch accepts and no labelled version holds. */
export const hiddenValues = (seat: Seat, subject: Subject): readonly string[] => {
  const labels = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS']
  const shown = new Set(labels.map((label) => valueUnder(seat, subject.secretArn, label)))
  return acceptedValues(seat, subject).filter((value) => !shown.has(value))
}

/** Asks for a rotation and waits for the end of its drive. @returns the request token. */
export const rotateSecret = async (seat: Seat, { secretArn }: Subject, origin: Origin): Promise<string> => {
  const token = tokenFor(seat, secretArn, origin)
  await seat.client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
  await seat.aws.idle()
  return token
}

/** AWSPENDING on another version than AWSCURRENT's. */
export const stuckToken = (seat: Seat, { secretArn }: Pick<Subject, 'secretArn'>): string | undefined => {
  const pending = idUnder(seat, secretArn, 'AWSPENDING')
  return pending === idUnder(seat, secretArn, 'AWSCURRENT') ? undefined : pending
}

/** The rotation function, as sweep, campaign and incident ask it for a step: by whatever runs the seat's steps now. */
export const stepsThrough = (seat: Seat): RotationSteps => ({
  ask: async ({ step, secretId, requestToken }) => {
    const event = { Step: step, SecretId: secretId, ClientRequestToken: requestToken }
    const outcome = await seat.onInvoke(event)
    if (outcome.ok) return 'done'
    return outcome.errorType === 'RotationRefused' ? 'refused' : 'failed'
  },
})

/**
 * As the sweep ends a stuck rotation, once it counts as stuck: the rotation function drives it again, and alone takes AWSPENDING away.
 * @returns the token that was stuck; undefined: none was.
 */
export const driveStuck = async (seat: Seat, subject: Subject): Promise<string | undefined> => {
  const versionId = stuckToken(seat, subject)
  if (versionId === undefined) return undefined
  seat.world.clock.advance(STUCK_AFTER_MS)
  const stuck = { versionId, origin: readRequestToken(versionId).origin }
  const driving = { secrets: seat.secrets, steps: stepsThrough(seat), timing: { remainingMs: () => 600_000 } }
  await driveAgain(driving, { secretArn: subject.secretArn, stuck })
  return versionId
}

/** As an operator clears a stuck rotation by hand. @returns the cleared token, if one was stuck. */
export const clearStuck = async (seat: Seat, { secretArn }: Subject): Promise<string | undefined> => {
  const pending = stuckToken(seat, { secretArn })
  if (pending === undefined) return undefined
  await seat.client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretArn,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: pending,
    }),
  )
  return pending
}

/** An operator stores a value by hand, which moves AWSCURRENT. */
export const putByHand = async (seat: Seat, { secretArn, clientId }: Subject, secret: string): Promise<void> => {
  await seat.client.send(
    new PutSecretValueCommand({ SecretId: secretArn, SecretString: seat.kind.text(clientId, secret) }),
  )
}

/** Runs steps undisturbed, and in no hurry: a busy machine must not cost a step its time. */
export const undisturbed =
  (seat: Seat) =>
  (event: RotationEvent): Promise<InvokeOutcome> =>
    seat.execute({ event, gate: () => 'go', onHang: () => {}, timeMs: 600_000 })
