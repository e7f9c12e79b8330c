// The laptop: both stand-ins, joined to the real rotation handler, which runs in processes of its own with two addresses changed
// (architecture §5). For `npm run laptop`, `npm start` and the end-to-end tests. It opens loopback ports only and keeps nothing.

import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defined } from '../../core/base/defined.ts'
import { INTAKE_THROTTLE } from '../../core/intake/door-limits.ts'
import type { Bounds } from '../../core/rotation/bounds.ts'
import { proofKeyAlias } from '../../core/rotation/proof.ts'
import type { StageSecrets } from '../../core/secret/stage-secrets.ts'
import type { StytchEnv } from '../../env/stytch.ts'
import { type AwsStandIn, createAwsStandIn } from '../aws/aws-stand-in.ts'
import { connectBusRules } from '../aws/bus-rules.ts'
import type { FunctionSettings, MadeFunction } from '../aws/functions.ts'
import type { AwsSettings } from '../aws/settings.ts'
import { roleOfKey } from '../aws/trail.ts'
import type { Lambda } from '../runner/lambda-runner.ts'
import { createWorld, type World } from '../stand-in/world.ts'
import type { StytchStandIn } from '../stytch/stand-in-api.ts'
import { createStytchStandIn } from '../stytch/stytch-stand-in.ts'
import type { VendFrontInput } from '../vend-front/front.ts'
import { createDeployedFunctions, type DeployedCode, type Deployment } from './deployed-functions.ts'
import { unpackZip } from './deployment-package.ts'
import {
  LAPTOP_BUS,
  LAPTOP_EVIDENCE,
  LAPTOP_PREFIX,
  LAPTOP_RECORDS,
  LAPTOP_STAGE,
  LIVE,
  laptopFunctions,
  laptopRules,
  laptopWatching,
} from './functions.ts'
import { createLeakFront, LEAK_PATH } from './leak-front.ts'
import { listen } from './listen.ts'
import { LAPTOP_PROJECT_SECRET, storeProjectSecret } from './project-secret.ts'
import { createScheduler, type ScheduledFunction } from './scheduler.ts'
import { createLaptopVend, registerVendClient, VEND_CLIENT, VEND_PORT } from './vend.ts'

export interface LaptopInput {
  /** 0 = any free one. Absent: 4010, or the next free one. */
  readonly stytchPort?: number | undefined
  /** 0 = any free one. Absent: 4566, or the next free one. */
  readonly awsPort?: number | undefined
  readonly awsSettings?: Partial<AwsSettings>
  /** Further functions that the AWS stand-in may call, by name: the path of the module that exports each one's `handler`. */
  readonly functions?: Readonly<Record<string, string>>
  /** As `functions`, of which each invocation is a durable execution; called by the alias `live` or version 1. */
  readonly durableFunctions?: Readonly<Record<string, string>>
  /** Registers the client that the address names as one that may be vended. @default false */
  readonly hasVendClient?: boolean
  /** Keeps the project secret where a deployment has it, so that it can be rotated: the functions read it there. @default false */
  readonly hasProjectSecret?: boolean
  /** Lets the periodic campaign begin every day, as a deployment's does. @default false */
  readonly hasCampaignSchedule?: boolean
  /** Lets overlaps wait for proof that consumers have moved: reads are reported as CloudTrail reports them. @default false */
  readonly hasAdoptionProof?: boolean
  /** Beside `m2m/laptop/`, for secrets that are adopted where they are. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  /** How many calls a second campaigns and incidents take for what Stytch grants. @default - no limit */
  readonly stytchCallsPerSecond?: number
  /** How the vendor's API throttles, and what it answers by itself. @default - it throttles nothing, and answers as API Gateway does */
  readonly vendApi?: Pick<VendFrontInput, 'throttle' | 'responses'>
  /** How far the stand-ins are taken to be behind, once they are set to be. @default - not at all, so that nothing waits */
  readonly bounds?: Bounds
  /** Every line that a handler's process writes. */
  readonly onLog: (line: string) => void
}

/** The first line of `npm run laptop`. */
export interface LaptopAddress {
  readonly stytch: string
  readonly aws: string
  readonly project_id: string
  readonly project_secret: string
  readonly region: string
  readonly account_id: string
  readonly rotation_lambda_arn: string
  /** Name of the secret that holds the project secret, when the laptop keeps it there. */
  readonly project_secret_name?: string
  /** Name of the event bus, for PutEvents at `aws`. */
  readonly bus: string
  /** Where the leak intake takes deliveries. */
  readonly leaks: string
  /** Where tokens are vended: POST /clients/{client}/token, signed for execute-api in the Region. */
  readonly vend: string
  /** A client that may be vended. */
  readonly vend_client: string
  /** The only pair that `vend` accepts. */
  readonly access_key_id: string
  readonly secret_access_key: string
}

export interface Laptop {
  /** Which secrets are its stage's. */
  readonly stage: StageSecrets
  readonly address: LaptopAddress
  readonly world: World
  readonly stytch: StytchStandIn
  readonly aws: AwsStandIn
  readonly rotation: Lambda
  /** The processes of a part's function, as it is deployed now. */
  lambda(part: string): Lambda
  /**
   * A deployment: publishes the next version of a part's function and moves its alias there. Executions that have begun go on with the
   * code that they began on. @returns the version's number
   */
  deploy(part: string, changes: Deployment): string
  close(): Promise<void>
}

const REGION = 'us-east-1'
const ACCOUNT_ID = '000000000000'
/** For the functions that a test brings along. */
const TIMEOUT_MS = 30_000
const TICK_MS = 1000

/** The handler's module beside this one: source where types are stripped, the build where it is installed. */
const handlerPath = (name: string): string => {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(`../../handlers/${name}${extension}`, import.meta.url))
}

/** What a process needs to reach the AWS stand-in; any credentials are accepted there. */
export const awsEnvironment = (aws: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: aws,
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'laptop',
  AWS_SECRET_ACCESS_KEY: 'laptop',
})

/** The ARN of a function on the laptop. */
export const functionArnOf = (functionName: string): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`

const functionNameOf = (part: string): string => `m2m-${LAPTOP_STAGE}-${part}`

export const startLaptop = async (input: LaptopInput): Promise<Laptop> => {
  const { stytchPort, awsPort, awsSettings, functions: more = {}, durableFunctions: moreDurable = {}, onLog } = input
  const world = createWorld()
  const projectId = `project-test-${randomUUID()}`
  const projectSecret = `secret-test-${randomBytes(26).toString('base64url')}=`
  const arnOf = (part: string): string => functionArnOf(functionNameOf(part))
  const rotationArn = arnOf('rotation')
  const functions = createDeployedFunctions({
    clockOffsetMs: () => world.clock.now() - Date.now(),
    coldStartMs: () => aws.settings().coldStartMs,
    onLog,
  })
  const configured = new Map<string, FunctionSettings>()
  const durable = new Set<string>()
  const invoke = functions.invokeLatest

  const stytch = createStytchStandIn({ world, projectId, projectSecret })
  const aws = createAwsStandIn({
    world,
    region: REGION,
    accountId: ACCOUNT_ID,
    buckets: [LAPTOP_EVIDENCE],
    tables: [LAPTOP_RECORDS],
    keys: [{ alias: proofKeyAlias(LAPTOP_STAGE) }],
    watching: laptopWatching,
    ...defined({ settings: awsSettings }),
    invoke,
    functions: {
      exists: functions.exists,
      isDurable: (arn) => durable.has(arn),
      settingsOf: (arn) => configured.get(arn) ?? {},
      invoke: functions.invoke,
      all: functions.all,
      create: (made) => makeFunction(made),
      remove: (arn) => {
        durable.delete(arn)
        functions.remove(arn)
      },
    },
    route: createLeakFront({
      invoke: (event) => aws.invokeFunction(arnOf('intake'), event),
      throttle: { ratePerSecond: INTAKE_THROTTLE.rateLimit, burst: INTAKE_THROTTLE.burstLimit },
    }),
  })
  const vend = createLaptopVend({
    region: REGION,
    accountId: ACCOUNT_ID,
    stage: LAPTOP_STAGE,
    invoke: (event) => aws.invokeFunction(arnOf('vendor'), event),
    throttledIntegration: () => aws.settings().throttledIntegration,
    ...input.vendApi,
  })
  const closeServers = async (): Promise<void> => {
    await Promise.all([stytch.server.close(), aws.close(), vend.front.close()])
  }

  let stytchUrl: string
  let awsUrl: string
  let vendUrl: string
  try {
    stytchUrl = await listen(stytch.server, { asked: stytchPort, preferred: 4010, option: '--stytch-port' })
    awsUrl = await listen(aws, { asked: awsPort, preferred: 4566, option: '--aws-port' })
    // No option of its own: any free port with any of the others.
    vendUrl = await listen(vend.front, { asked: awsPort === 0 ? 0 : undefined, preferred: VEND_PORT, option: '' })
  } catch (error) {
    await closeServers()
    throw error
  }

  const stytchEnv: StytchEnv = {
    projectId,
    projectSecret:
      input.hasProjectSecret === true
        ? { kind: 'stored', secretId: LAPTOP_PROJECT_SECRET }
        : { kind: 'given', secret: projectSecret },
    baseUrl: stytchUrl,
  }
  const start = (functionName: string, what: DeployedCode): void => {
    // By its key the trail knows whose call it is.
    const env = { ...awsEnvironment(awsUrl), AWS_ACCESS_KEY_ID: functionName, ...what.env }
    functions.add(functionArnOf(functionName), { ...what, env })
  }
  const packages: string[] = []
  /** Of a package that was sent to CreateFunction. */
  function makeFunction({ functionArn, zip, handler, timeoutMs, isDurable }: MadeFunction): void {
    const directory = mkdtempSync(join(tmpdir(), 'm2m-function-'))
    packages.push(directory)
    unpackZip(zip, directory)
    if (isDurable) {
      durable.add(functionArn)
      configured.set(functionArn, { aliases: [LIVE] })
    }
    start(functionArn.split(':')[6] ?? '', {
      modulePath: join(directory, `${handler.split('.')[0]}.js`),
      timeoutMs,
      env: {},
    })
  }
  const [{ arn: proofKeyArn } = { arn: '' }] = aws.keys()
  const schedules: ScheduledFunction[] = []
  for (const { part, handler, everyMinutes, scheduledInput, durable: lasting, ...what } of laptopFunctions({
    stytch: stytchEnv,
    slugs: stytch.workspace.slugs,
    stytchCallsPerSecond: input.stytchCallsPerSecond,
    bounds: input.bounds,
    hasCampaignSchedule: input.hasCampaignSchedule,
    ...(input.hasAdoptionProof === true ? { rotationRole: roleOfKey(ACCOUNT_ID, functionNameOf('rotation')) } : {}),
    proofKeyArn,
    arnOf,
    vendUrl,
    extraPrefixes: input.extraPrefixes,
  })) {
    if (lasting !== undefined) {
      durable.add(arnOf(part))
      configured.set(arnOf(part), { aliases: [LIVE], timeoutMs: what.timeoutMs, ...lasting })
    }
    start(functionNameOf(part), { ...what, modulePath: handlerPath(handler) })
    if (everyMinutes !== undefined) {
      const input = scheduledInput === undefined ? {} : { input: scheduledInput }
      // A durable function is called by its alias.
      const functionArn = lasting === undefined ? arnOf(part) : `${arnOf(part)}:${LIVE}`
      schedules.push({ functionArn, everyMs: everyMinutes * 60_000, ...input })
    }
  }
  for (const functionName of Object.keys(moreDurable)) {
    durable.add(functionArnOf(functionName))
    configured.set(functionArnOf(functionName), { aliases: [LIVE] })
  }
  for (const [functionName, modulePath] of Object.entries({ ...more, ...moreDurable })) {
    start(functionName, { modulePath, timeoutMs: TIMEOUT_MS, env: {} })
  }
  if (input.hasAdoptionProof === true) aws.onTrailedRead((event) => aws.sendToFunction(arnOf('reads'), event))
  const rules = laptopRules({ arnOf }).filter(({ functionArn }) => functions.exists(functionArn))
  connectBusRules(aws, { busName: LAPTOP_BUS, accountId: ACCOUNT_ID, region: REGION }, rules)
  const scheduler = createScheduler({ schedules, now: world.clock.now, send: aws.sendToFunction })
  world.onReset(scheduler.restart)
  // Scheduled rotations and functions, by the shared clock.
  const ticking = setInterval(() => {
    aws.tick()
    scheduler.tick()
  }, TICK_MS)
  ticking.unref()
  const close = async (): Promise<void> => {
    clearInterval(ticking)
    aws.stopDrives()
    await functions.close()
    await closeServers()
    for (const directory of packages) rmSync(directory, { recursive: true, force: true })
  }
  const place = { aws: awsUrl, stytch: stytchUrl, region: REGION, projectId, projectSecret }
  const keepProjectSecret = async (): Promise<void> => {
    const { key: workspaceKey } = stytch.workspace
    await storeProjectSecret({ ...place, workspaceKey, rotationFunctionArn: arnOf('project-rotation') })
  }
  const furnish = async (): Promise<void> => {
    if (input.hasProjectSecret === true) {
      await keepProjectSecret()
      // Whoever empties the laptop wants to go on with it, and its functions read the project secret there.
      world.onReset(() => void keepProjectSecret().catch(() => onLog('the project secret could not be stored again')))
    }
    if (input.hasVendClient === true) {
      await registerVendClient({ ...place, secretNamePrefix: LAPTOP_PREFIX, rotationFunctionArn: rotationArn })
    }
  }
  await furnish().catch(async (error: unknown) => {
    await close()
    throw error
  })

  return {
    world,
    stytch,
    aws,
    rotation: functions.latest(rotationArn),
    lambda: (part) => functions.latest(arnOf(part)),
    deploy: (part, changes) => {
      const version = aws.publishVersion(arnOf(part), LIVE)
      functions.deploy(arnOf(part), version, changes)
      return version
    },
    stage: { secretNamePrefix: LAPTOP_PREFIX, extraPrefixes: input.extraPrefixes },
    address: {
      stytch: stytchUrl,
      aws: awsUrl,
      project_id: projectId,
      project_secret: projectSecret,
      region: REGION,
      account_id: ACCOUNT_ID,
      rotation_lambda_arn: rotationArn,
      ...(input.hasProjectSecret === true ? { project_secret_name: LAPTOP_PROJECT_SECRET } : {}),
      bus: LAPTOP_BUS,
      leaks: `${awsUrl}${LEAK_PATH}`,
      vend: vendUrl,
      vend_client: VEND_CLIENT.name,
      access_key_id: vend.keys.accessKeyId,
      secret_access_key: vend.keys.secretAccessKey,
    },
    close,
  }
}
