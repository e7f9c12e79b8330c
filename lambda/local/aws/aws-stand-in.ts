// The AWS stand-in: Secrets Manager, EventBridge's PutEvents and a little of S3 on one loopback address, for the AWS SDK's own endpoint
// variables. It rotates by calling whatever `invoke` it is given and checks no signature. Who may do what it enforces if it is given rights.
// Tests and the laptop make one; production code never sees it.

import { setTimeout as realSleep } from 'node:timers/promises'
import { defined } from '../../core/base/defined.ts'
import { statementsOf } from '../iam/policy.ts'
import type { Rights } from '../iam/rights.ts'
import { createDraws } from '../stand-in/draws.ts'
import { createLatency, type Sleep } from '../stand-in/latency.ts'
import {
  type ControlRoute,
  createStandInServer,
  type Operation,
  type StandInReply,
  type StandInRequest,
  type StandInServer,
} from '../stand-in/server.ts'
import type { World } from '../stand-in/world.ts'
import { createServiceActs } from './access/own-acts.ts'
import { createStandInGuard } from './access/stand-in-guard.ts'
import type { DeadLetter } from './async-invocations.ts'
import type { TableItem } from './attributes.ts'
import { type Concurrency, type Throttled, throttledResult } from './concurrency.ts'
import { createDeliveries, type Deliveries, type Undelivered } from './deliveries.ts'
import type { DurableExecution } from './durable-execution.ts'
import { type BusEvent, createEventBus } from './event-bus.ts'
import { createEventHistory } from './event-history.ts'
import { createFunctionAdmin } from './function-admin.ts'
import { targetReader } from './function-target.ts'
import { type FunctionVersions, LATEST } from './function-versions.ts'
import type { Functions, InvocationResult } from './functions.ts'
import { createKeys, type Keys, type KmsKey, type KmsKeyInput } from './kms-operations.ts'
import { createLambdaApi } from './lambda-api.ts'
import { listOperations } from './list-operations.ts'
import type { AwsContext } from './operations.ts'
import { createParameters } from './parameter-operations.ts'
import { type PeekedSecret, peekAt } from './peek.ts'
import { policyOperations } from './policy-operations.ts'
import { awsVendor } from './protocol.ts'
import { createQueryRoute } from './query-protocol.ts'
import { createQueues, type QueuedMessage } from './queues.ts'
import { createQuotas } from './quotas.ts'
import { getRandomPassword } from './random-password.ts'
import { replicaOperations } from './replica-operations.ts'
import { createReplication, signedFor } from './replication.ts'
import { createRoles } from './roles.ts'
import { createRotationDriver, type Invoke, type RotationOutcome } from './rotation-driver.ts'
import { rotationOperations } from './rotation-operations.ts'
import { createRules, type Rules } from './rules.ts'
import { createS3Api } from './s3-api.ts'
import type { ObjectLock } from './s3-lock.ts'
import { createSecretList } from './secret-list.ts'
import { secretOperations } from './secret-operations.ts'
import { createSecretStore } from './secret-store.ts'
import { type ChooseView, createSecretViews } from './secret-views.ts'
import { type AwsService, type AwsSettings, defaultSettings, settingsFaults } from './settings.ts'
import { createSts } from './sts-api.ts'
import { createTables, type TableInput } from './table-operations.ts'
import { accessKeyIn, sessionOfKey, trailEvent } from './trail.ts'
import { valueOperations } from './value-operations.ts'
import { createVersionQuota } from './version-quota.ts'
import { createWatching, type LastingParts, type Message, type Watching, type WatchingInput } from './watching.ts'

export interface AwsStandInInput {
  readonly world: World
  /** @default - us-east-1 */
  readonly region?: string
  /** @default - 000000000000 */
  readonly accountId?: string
  /** @default - none, so every rotation fails */
  readonly invoke?: Invoke
  /** What Lambda's own API, on the same address, may invoke. @default - none */
  readonly functions?: Functions
  /** DynamoDB's tables. @default - none */
  readonly tables?: readonly TableInput[]
  /** KMS keys, made at the start and kept over a reset. @default - alias/stand-in, which signs */
  readonly keys?: readonly KmsKeyInput[]
  /** S3 buckets that are there from the start. @default - none */
  readonly buckets?: readonly string[]
  /** What notifies people and calls functions by time. @default - nothing */
  readonly watching?: WatchingInput
  /** What else answers on this address; undefined = not its own. @default - nothing */
  readonly route?: (request: StandInRequest) => Operation | undefined
  /** Further routes under /_stand-in/, by name. @default - none */
  readonly control?: Readonly<Record<string, ControlRoute>>
  /** By the shared clock; see `Vendor`. @default false */
  readonly datesReplies?: boolean
  /** Who calls, and what they may: every call is then somebody's, and evaluated. @default - everybody may do everything */
  readonly rights?: Rights | undefined
  /** What secrets' ARNs end in: six characters. @default - random ones */
  readonly secretSuffix?: () => string
  /** Lets the schedules of secrets start rotations by themselves, with the first call after they are due. @default true */
  readonly runsSchedules?: boolean
  readonly settings?: Partial<AwsSettings>
  /** How redrives, late cleanups and the settings' latencies wait. @default - real time */
  readonly sleep?: Sleep
  /** What quotas are counted on, milliseconds. @default - real time */
  readonly quotaNow?: () => number
  /** Of the draws that make reads stale. The same seed and the same calls: the same replies. @default - 1 */
  readonly drawSeed?: number
  /** Says for each look at a secret how old it is, before any draw: so that a test can play every stale read there is. @default - none */
  readonly chooseView?: ChooseView
}

export interface AwsResources extends LastingParts {
  /** @param lock the default retention of Object Lock */
  addBucket(name: string, lock?: ObjectLock): void
  /** @returns false: it holds objects. */
  removeBucket(name: string): boolean
  addTable(table: TableInput): void
  removeTable(name: string): void
  readonly addKey: Keys['add']
  readonly changeKey: Keys['change']
  readonly removeKey: Keys['remove']
  addQueue(arn: string): void
  removeQueue(arn: string): void
  readonly putRule: Rules['put']
  readonly removeRule: Rules['remove']
}

export interface SeedSecretInput {
  readonly name: string
  readonly text: string
  /** Of the version that becomes AWSCURRENT. */
  readonly versionId: string
  readonly tags: Readonly<Record<string, string>>
  /** Turns rotation on, without the dry run that AWS makes. @default - it stays off */
  readonly rotationFunctionArn?: string
}

export interface AwsStandIn extends StandInServer {
  /** Adds a managed secret without a call. @returns its ARN. */
  seed(input: SeedSecretInput): string
  /** A secret as it is, without a call; undefined when there is none. */
  peek(secretId: string): PeekedSecret | undefined
  /** Every secret, as `peek` shows it. */
  peekAll(): readonly PeekedSecret[]
  /** How many writes a secret has had, its creation included: the counter that `chooseView` counts back from. */
  writesOf(secretId: string): number
  /** KMS's, without their private halves. */
  keys(): readonly KmsKey[]
  settings(): Readonly<AwsSettings>
  /** @throws TypeError naming every setting that is wrong; then nothing changes. */
  configure(changes: Partial<AwsSettings>): void
  /** Starts the scheduled rotations that are due by the shared clock, as any call does where schedules run. @returns how many */
  tick(): number
  rotationOutcomes(): readonly RotationOutcome[]
  /** Resolves when no drive is under way, waits between redrives included. */
  idle(): Promise<void>
  /** No further step of any rotation; a step under way ends by itself. */
  stopDrives(): void
  events(): readonly BusEvent[]
  /** SNS's subscriptions and Scheduler's schedules, as somebody else changes them. */
  readonly watching: Pick<Watching, 'confirmSubscriptions' | 'setReachable' | 'setSchedule' | 'scheduleState'>
  /** What lies in a bucket: key → text. */
  objects(bucket: string): Readonly<Record<string, string>>
  /** Invokes a function as API Gateway does: synchronously, and within what concurrency leaves. */
  invokeFunction(functionArn: string, event: unknown): Promise<InvocationResult>
  /** Hands an event to a function as EventBridge would: asynchronously, with Lambda's own retries. */
  sendToFunction(functionArn: string, event: unknown): void
  /** As EventBridge Scheduler calls the target of a schedule, with the rights of its role. */
  readonly sendFromSchedule: Deliveries['fromSchedule']
  /** What services could not hand on to one another. */
  undelivered(): readonly Undelivered[]
  /** What asynchronous invocations left behind. */
  deadLetters(): readonly DeadLetter[]
  /** Versions and aliases of functions, as a deployment makes and moves them. What has begun keeps its own. */
  readonly versions: FunctionVersions
  /** Of durable functions, in the order of their start. */
  durableExecutions(): readonly DurableExecution[]
  /** @returns the undo */
  onEvent(listener: (event: BusEvent) => void): () => void
  /** What lies in a table of DynamoDB's. */
  tableItems(table: string): readonly TableItem[]
  /** What stands in the account whatever is called: a stack makes, changes and removes it, and a reset empties it. */
  readonly resources: AwsResources
  /** Published on SNS's topics; the newest thousand. */
  messages(): readonly Message[]
  /** What lies in a queue of SQS's, by its ARN. */
  queued(queueArn: string): readonly QueuedMessage[]
}

const noFunctions: Functions = {
  exists: () => false,
  invoke: async () => ({ ok: false, errorType: 'ResourceNotFoundException', errorMessage: 'There are no functions.' }),
}

const json = (status: number, body: object): StandInReply => ({ status, body })

/** What another service of AWS's invokes counts as everybody's invocations do. */
const withinConcurrency =
  <Event, Result>(concurrency: Concurrency, invoke: (functionArn: string, event: Event) => Promise<Result>) =>
  async (functionArn: string, event: Event): Promise<Result | Throttled> => {
    const admission = concurrency.enter(functionArn, 'synchronous')
    if (admission.isThrottled) return throttledResult
    try {
      return await invoke(functionArn, event)
    } finally {
      admission.leave()
    }
  }

/** Secrets Manager itself invokes a rotation function, so that the function's policy has to let it. */
const permitted =
  (mayRotate: ((functionArn: string, secretArn: string) => boolean) | undefined, invoke: Invoke): Invoke =>
  async (functionArn, event) => {
    if (mayRotate?.(functionArn, event.SecretId) !== false) return invoke(functionArn, event)
    return { ok: false, errorType: 'AccessDeniedException', errorMessage: 'The function does not permit it.' }
  }

export const createAwsStandIn = (input: AwsStandInInput): AwsStandIn => {
  const { world, region = 'us-east-1', accountId = '000000000000' } = input
  const now = world.clock.now
  const { quotaNow = () => performance.now() } = input
  const initial: AwsSettings = { ...defaultSettings, ...input.settings }
  const settings: AwsSettings = { ...initial }
  const initialFaults = settingsFaults(initial)
  if (initialFaults.length > 0) throw new TypeError(initialFaults.join('; '))

  input.rights?.configure(settings)
  const store = createSecretStore({ now, region, accountId, suffix: input.secretSuffix })
  const replication = createReplication({ store, region, now, settings })
  const list = createSecretList(store, now, settings)
  const queues = createQueues(now)
  const { rights } = input
  const place = { region, accountId }
  const acts = createServiceActs(rights, place)
  const lambda = createLambdaApi({
    functions: input.functions ?? noFunctions,
    region,
    accountId,
    now,
    quotaNow,
    settings,
    sleep: input.sleep ?? ((ms, signal) => realSleep(ms, undefined, { signal })),
    deliver: (way, text, attributes) => deliveries.fromFunction(way, text, attributes),
    refusesChained: (functionArn, resource) => {
      const { roleArn } = input.functions?.settingsOf?.(functionArn) ?? {}
      const role = roleArn === undefined ? undefined : acts.roleOf(roleArn, functionArn.split(':')[6] ?? '')
      return role && acts.refusedToRole({ role, action: 'lambda:InvokeFunction', resource })
    },
  })
  const watching = createWatching(input.watching ?? {}, {
    ...place,
    now,
    onAlarm: (way, text) => deliveries.fromAlarm(way, text),
    onMessage: (way, text) => deliveries.fromTopic(way, text),
  })
  const deliveries = createDeliveries({
    ...{ acts, now, queues, publish: watching.publish, invoke: lambda.send },
    scheduleGroupArn: `arn:aws:scheduler:${region}:${accountId}:schedule-group/default`,
  })
  const draws = createDraws(input.drawSeed)
  const tables = createTables(input.tables ?? [], {
    now,
    ageMs: () =>
      settings.staleReadShare > 0 && draws.next() < settings.staleReadShare ? draws.next() * settings.staleReadMs : 0,
  })
  const keys = createKeys({ keys: input.keys ?? [{ alias: 'alias/stand-in' }], region, accountId })
  const guard =
    rights &&
    createStandInGuard({
      ...{ rights, store, settings, keys, place },
      partitionKeyOf: tables.partitionKeyOf,
      isObjectAbsent: (bucket, key) => s3.isAbsent(bucket, key),
    })
  const invoke = input.invoke && permitted(guard?.mayRotate, withinConcurrency(lambda.concurrency, input.invoke))
  const driver = createRotationDriver({ store, now, settings, invoke, sleep: input.sleep })
  const bus = createEventBus(now, settings)
  const history = createEventHistory({ region, accountId, outcomes: () => driver.outcomes() })
  const roles = createRoles({ accountId, now })
  const admin = createFunctionAdmin({
    functions: input.functions ?? noFunctions,
    functionArnOf: (text) => targetReader(region, accountId)(text).functionArn,
    roleMadeAt: roles.roleMadeAt,
    settings,
    now,
    onPermit: (functionArn, statement) => {
      const before = rights?.resourcePolicy(functionArn) ?? { Statement: [] }
      const Statement = [...statementsOf(before), statement]
      rights?.setResourcePolicy(functionArn, { Version: '2012-10-17', Statement })
    },
  })
  const views = createSecretViews({ store, now, settings, draws, chooseView: input.chooseView })
  const countVersion = createVersionQuota(settings, now)
  const permissions = {
    mayInvoke: guard?.mayRotate ?? admin.mayBeRotatedBy,
    ...defined({ refusesToRead: guard?.refusesToRead }),
  }
  const context: AwsContext = { store, now, settings, driver, views, countVersion, ...permissions }
  const rotation = rotationOperations(context)
  const s3 = createS3Api({ buckets: input.buckets ?? [], now })

  const parameters = createParameters({ now, region, accountId })

  const rules = createRules({
    ...place,
    deliver: ({ arn, deadLetterArn }, text, sourceArn) =>
      deliveries.fromRule({ sourceArn, targetArn: arn, deadLetterArn }, text),
  })
  for (const [busName, names] of Object.entries(input.watching?.rules ?? {})) {
    for (const name of names) rules.put({ busName, name, pattern: { source: ['none'] }, targets: [] })
  }
  bus.onEvent(rules.handle)
  const query = createQueryRoute([...watching.query, roles.query, createSts({ accountId, identify: rights?.identify })])
  const latency = createLatency(input.sleep)
  const configure = (changes: Partial<AwsSettings>): void => {
    const faults = settingsFaults(changes)
    if (faults.length > 0) throw new TypeError(faults.join('; '))
    Object.assign(settings, changes)
    rights?.configure(settings)
    list.lagChanged()
    views.settingsChanged()
  }

  const settingsRoute = (request: StandInRequest): StandInReply => {
    if (request.method !== 'POST') return json(200, settings)
    try {
      configure(JSON.parse(request.body) as Partial<AwsSettings>)
    } catch (error) {
      return json(400, { error: error instanceof TypeError ? error.message : 'expected a JSON body' })
    }
    return json(200, settings)
  }

  const secrets = secretOperations(context)
  const secretsManager = {
    ...secrets,
    ...valueOperations(context),
    ...listOperations(context, list),
    ...rotation.operations,
    ...policyOperations(context),
    ...replicaOperations(context, region),
    GetRandomPassword: getRandomPassword,
  }
  const replicas = replication.connect(context, secretsManager)
  const vendor = awsVendor(
    {
      secretsManager,
      replicasFor: ({ authorization }) => replicas.operationsIn(signedFor(authorization)),
      eventBridge: { ...bus.operations, ...rules.operations },
      systemsManager: parameters.operations,
      dynamoDb: tables.operations,
      kms: keys.operations,
      cloudTrail: history.operations,
      ...(input.runsSchedules === false ? {} : { catchUp: rotation.tick }),
      asOneWrite: store.asOneWrite,
      callerOf: ({ authorization }) =>
        guard?.identify(authorization).arn ?? sessionOfKey(accountId, accessKeyIn(authorization)),
      onCall: (operation, body, headers) => {
        const trailed = { operation, body, headers, at: now(), caller: guard?.identify(headers.authorization) }
        history.called(trailed)
        const event = trailEvent({ region, accountId }, trailed)
        if (event === undefined) return
        rules.handleOnDefault(event)
      },
    },
    createQuotas(settings, quotaNow),
  )
  const seed = ({ name, text, versionId, tags, rotationFunctionArn }: SeedSecretInput): string => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    return store.asOneWrite(() => {
      const caller = sessionOfKey(accountId, 'seed')
      secrets.CreateSecret?.({ Name: name, SecretString: text, ClientRequestToken: versionId, Tags }, caller)
      const secret = store.get(name)
      if (rotationFunctionArn === undefined) return secret.arn
      const rules = { AutomaticallyAfterDays: 60 }
      const never = { lastRotatedAt: undefined, firedAt: undefined }
      secret.rotation = { isEnabled: true, lambdaArn: rotationFunctionArn, rules, configuredAt: now(), ...never }
      store.changed(secret)
      return secret.arn
    })
  }

  const ofService = (service: AwsService, operation: Operation | undefined): Operation | undefined =>
    operation === undefined ? undefined : { ...operation, service }
  const latencyOf = ({ service }: Operation): number => settings.latencyMs[service as AwsService] ?? 0

  const route = (request: StandInRequest): Operation =>
    ofService('lambda', admin.route(request) ?? lambda.route(request)) ??
    query.route(request) ??
    input.route?.(request) ??
    watching.route(request) ??
    ofService('s3', s3.route(request)) ??
    vendor.route(request)

  const server = createStandInServer(world, {
    ...vendor,
    isGuarded: true,
    datesReplies: input.datesReplies === true,
    route: (request) => {
      const operation = route(request)
      return guard === undefined ? operation : guard.guarded(request, operation)
    },
    delay: (operation) => latency.wait(latencyOf(operation)),
    faultReply: (fault, operation) =>
      query.faultReply(fault, operation) ?? s3.faultReply(fault, operation) ?? vendor.faultReply(fault, operation),
    control: {
      'dead-letters': () => json(200, { deadLetters: lambda.deadLetters() }),
      settings: settingsRoute,
      events: () => json(200, { events: bus.events() }),
      rotations: () => json(200, { rotations: driver.outcomes() }),
      keys: () => json(200, { keys: keys.all() }),
      messages: () => json(200, { messages: watching.messages() }),
      queues: () => json(200, { queues: queues.all() }),
      undelivered: () => json(200, { undelivered: deliveries.undelivered() }),
      ...input.control,
    },
  })

  world.onReset(() => {
    driver.stop()
    driver.clear()
    lambda.clear()
    admin.clear()
    roles.clear()
    history.clear()
    s3.clear()
    store.clear()
    replicas.clear()
    list.clear()
    bus.clear()
    watching.clear()
    rules.reset()
    queues.clear()
    deliveries.clear()
    parameters.clear()
    tables.clear()
    views.clear()
    draws.restart()
    Object.assign(settings, initial)
    rights?.configure(settings)
    list.lagChanged()
  })

  return {
    ...server,
    close: async () => {
      driver.stop()
      lambda.clear()
      latency.end()
      await server.close()
    },
    peek: (secretId) => {
      const secret = store.find(secretId)
      return secret === undefined ? undefined : peekAt(secret)
    },
    seed,
    peekAll: () => [...store.all()].map(peekAt),
    writesOf: views.writes,
    keys: keys.all,
    settings: () => settings,
    configure,
    tick: rotation.tick,
    rotationOutcomes: driver.outcomes,
    idle: driver.idle,
    stopDrives: driver.stop,
    events: bus.events,
    watching,
    objects: s3.objects,
    invokeFunction: withinConcurrency<unknown, InvocationResult>(lambda.concurrency, (functionArn, event) =>
      (input.functions ?? noFunctions).invoke({ functionArn, qualifier: undefined, version: LATEST, event }),
    ),
    sendToFunction: lambda.send,
    sendFromSchedule: deliveries.fromSchedule,
    undelivered: deliveries.undelivered,
    deadLetters: lambda.deadLetters,
    versions: lambda.versions,
    durableExecutions: lambda.durable.all,
    onEvent: bus.onEvent,
    tableItems: tables.items,
    resources: {
      ...watching.lasting,
      addBucket: s3.addBucket,
      removeBucket: s3.removeBucket,
      addTable: tables.add,
      removeTable: tables.remove,
      addKey: keys.add,
      changeKey: keys.change,
      removeKey: keys.remove,
      addQueue: queues.add,
      removeQueue: queues.remove,
      putRule: rules.put,
      removeRule: rules.remove,
    },
    messages: watching.messages,
    queued: queues.messages,
  }
}
