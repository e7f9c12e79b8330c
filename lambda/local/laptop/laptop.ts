// The laptop: both stand-ins, on which the template of a deployment is deployed as CloudFormation would; its functions are the real handlers, in
// processes of their own with two addresses changed (architecture §5). For `npm run laptop`, `npm start` and the end-to-end tests. It opens
// loopback ports only and keeps nothing.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defined } from '../../core/base/defined.ts'
import { publishingKeyAlias } from '../../core/revocations/document.ts'
import type { StageSecrets } from '../../core/secret/stage-secrets.ts'
import { type AwsStandIn, createAwsStandIn } from '../aws/aws-stand-in.ts'
import type { FunctionSettings, MadeFunction } from '../aws/functions.ts'
import type { AwsSettings } from '../aws/settings.ts'
import { people } from '../iam/people.ts'
import type { PolicyDocument } from '../iam/policy.ts'
import { createRights, type Identity, type Rights } from '../iam/rights.ts'
import type { Lambda } from '../runner/lambda-runner.ts'
import { createIdentities } from '../stack/identities.ts'
import { leftOutOf, notPlayed, stackPlayers } from '../stack/players/all.ts'
import { documentOf } from '../stack/policies.ts'
import { createStack, type Stack } from '../stack/stack.ts'
import type { StageSettings } from '../stack/stage-settings.ts'
import { createWorld, type World } from '../stand-in/world.ts'
import type { StytchStandIn } from '../stytch/stand-in-api.ts'
import { createStytchStandIn } from '../stytch/stytch-stand-in.ts'
import { createAnswers } from './answers.ts'
import { createDeployedFunctions, type DeployedCode } from './deployed-functions.ts'
import { BOOTSTRAPPED, readStage } from './deployed-stage.ts'
import { LAPTOP_REGION, LAPTOP_SLUGS, type LaptopChoices, laptopConfig, VEND_CLIENT } from './deployment.ts'
import { unpackZip } from './deployment-package.ts'
import { writeFirstList } from './first-list.ts'
import { createFronts } from './fronts.ts'
import { createFunctionHost } from './function-host.ts'
import { createHandMade } from './hand-made.ts'
import { HTTP_API_PATH } from './leak-front.ts'
import { listen } from './listen.ts'
import { createScheduler } from './scheduler.ts'

export interface LaptopInput extends LaptopChoices {
  /** 0 = any free one. Absent: 4010, or the next free one. */
  readonly stytchPort?: number | undefined
  /** 0 = any free one. Absent: 4566, or the next free one. */
  readonly awsPort?: number | undefined
  readonly awsSettings?: Partial<AwsSettings>
  /** Further functions that the AWS stand-in may call, by name: the path of the module that exports each one's `handler`. */
  readonly functions?: Readonly<Record<string, string>>
  /** As `functions`, of which each invocation is a durable execution; called by the alias `live` or version 1. */
  readonly durableFunctions?: Readonly<Record<string, string>>
  /** Lets the periodic campaign begin every day, as a deployment's does. @default false */
  readonly hasCampaignSchedule?: boolean
  /** Evaluates every call: functions call as their roles, everybody else by an access key id of lambda/local/iam/people.ts. @default false */
  readonly hasRights?: boolean
  /** A configuration as `m2m` in cdk.json, in place of the laptop's own. */
  readonly config?: unknown
  /** Who calls besides the functions, and what they may; the stack's roles and policies are added. @default - everybody may do everything */
  readonly rights?: Rights
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
  /** Name of the secret that holds the project secret, where that is rotated as well. */
  readonly project_secret_name?: string
  /** Name of the event bus, for PutEvents at `aws`. */
  readonly bus: string
  /** Where the leak intake takes deliveries. */
  readonly leaks: string
  /** Where tokens are vended: POST /clients/{client}/token, signed for execute-api in the Region. */
  readonly vend: string
  /** A client that may be vended. */
  readonly vend_client: string
  /** By whose key ids calls are made, where rights are enforced. Any secret key is taken, but at `vend`. */
  readonly identities?: Readonly<
    Record<string, { readonly access_key_id: string; readonly secret_access_key: string; readonly arn: string }>
  >
  /** Of the key that signs the list of revocations, for verifiers to pin: as `aws kms get-public-key` prints it. */
  readonly revocations_public_key: string
  /** The only pair that `vend` accepts. */
  readonly access_key_id: string
  readonly secret_access_key: string
}

/** What a deployment of the laptop changes of a function; what it does not name stays. */
export interface FunctionChange {
  /** Absolute path of a module that exports `handler`. */
  readonly modulePath?: string
  /** Beside what the function was given before, or in place of it. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ConfiguredFunction {
  readonly part: string
  /** Of lambda/handlers. */
  readonly handler: string
  readonly env: Readonly<Record<string, string>>
}

export interface Laptop {
  /** Which secrets are its stage's. */
  readonly stage: StageSecrets
  /** By which names its parts are found. */
  readonly settings: StageSettings
  readonly address: LaptopAddress
  readonly world: World
  readonly stytch: StytchStandIn
  readonly aws: AwsStandIn
  readonly rotation: Lambda
  /** The stack that stands: its resources and outputs, and the types for which nothing stands. */
  readonly stack: Pick<Stack, 'resources' | 'outputs'> & { leftOut(): readonly string[] }
  /** Of each function that the template configures. */
  configured(): readonly ConfiguredFunction[]
  /** The processes of a part's function, as it is deployed now. */
  lambda(part: string): Lambda
  /**
   * A deployment of one function: publishes the next version of a part's and moves its alias there. Executions that have begun go on with the
   * code that they began on. @returns the version's number
   */
  deploy(part: string, changes: FunctionChange): string
  close(): Promise<void>
}

/** For the functions that a test brings along. */
const TIMEOUT_MS = 30_000
const TICK_MS = 1000
const VEND_PORT = 4020
/** The alias by which a durable function is called. */
const LIVE = 'live'
const PROJECT_SECRET_BYTES = 26

/** What a process needs to reach the AWS stand-in, as somebody who is a stranger where rights are enforced. */
export const awsEnvironment = (aws: string, region = LAPTOP_REGION): Record<string, string> => ({
  AWS_ENDPOINT_URL: aws,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: 'laptop',
  AWS_SECRET_ACCESS_KEY: 'laptop',
})

const shownIdentity = ({ accessKeyId, principalArn: arn }: Identity) =>
  [accessKeyId, { access_key_id: accessKeyId, secret_access_key: 'x', arn }] as const

export const startLaptop = async (input: LaptopInput): Promise<Laptop> => {
  const { stytchPort, awsPort, awsSettings, functions: more = {}, durableFunctions: moreDurable = {}, onLog } = input
  const { stackFile, place, settings } = await readStage(input.config ?? laptopConfig(input))
  const { account: accountId, region } = place
  const { projectId, functionArn: arnOf } = settings
  const functionArnOf = (functionName: string): string =>
    `arn:aws:lambda:${region}:${accountId}:function:${functionName}`
  const world = createWorld()
  const projectSecret = `secret-test-${randomBytes(PROJECT_SECRET_BYTES).toString('base64url')}=`
  const rotationArn = arnOf('rotation')
  const functions = createDeployedFunctions({
    clockOffsetMs: () => world.clock.now() - Date.now(),
    coldStartMs: () => aws.settings().coldStartMs,
    onLog,
  })
  const configured = new Map<string, FunctionSettings>()
  const durable = new Set<string>()
  const invoke = functions.invokeLatest
  const urls = { stytch: '', aws: '', vend: '' }
  /** A function's access key id is its role's name. */
  const sweepKey = `m2m-${settings.stage}-sweep-${region}`

  const stytch = createStytchStandIn({ world, projectId, projectSecret, slugs: settings.slugs ?? LAPTOP_SLUGS })
  const answers = createAnswers(() => urls.aws)
  const fronts = createFronts({
    region,
    accountId,
    invoke: (functionArn, event) => aws.invokeFunction(functionArn, event),
    throttledIntegration: () => aws.settings().throttledIntegration,
    httpEndpoint: () => `${urls.aws}${HTTP_API_PATH}`,
    restEndpoint: () => urls.vend,
    awsEndpoint: () => urls.aws,
    readerKeyId: sweepKey,
  })
  const templateFunctions = createFunctionHost({
    functions,
    aws: () => aws,
    environmentOf: (env) => {
      const stage = { ...awsEnvironment(urls.aws, region), ...env }
      const reached = Object.entries(stage).map(([name, value]) => [name, atFront(value)] as const)
      return {
        ...Object.fromEntries(reached),
        // The stand-in serves both of Stytch's addresses.
        STYTCH_BASE_URL: urls.stytch,
        STYTCH_MANAGEMENT_URL: urls.stytch,
      }
    },
  })
  /** The address of a REST API is the front's here. */
  const atFront = (text: string): string =>
    text.replace(/^https:\/\/[a-z0-9]{10}\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\/\w+)?$/, urls.vend)
  const own = input.hasRights === true ? createRights({ account: accountId, identities: [] }) : undefined
  const rights = input.rights ?? own
  let admitted: readonly Identity[] = []
  /** What an operator attaches is known once the stack stands. */
  const admit = (operatorPolicies: readonly PolicyDocument[]): void => {
    const everybody = people({
      account: accountId,
      region,
      operatorPolicies,
      busArn: `arn:aws:events:${region}:${accountId}:event-bus/${settings.bus}`,
      identifyArns: [arnOf('identify')],
      secretArns: [`arn:aws:secretsmanager:${region}:${accountId}:secret:${settings.secretNamePrefix}*`],
      keyArns: [`arn:aws:kms:${region}:${accountId}:key/*`],
    })
    for (const one of everybody) own?.add(one)
    admitted = everybody
  }
  admit([])
  const aws: AwsStandIn = createAwsStandIn({
    world,
    region,
    accountId,
    keys: [],
    ...defined({ settings: awsSettings, rights }),
    invoke,
    functions: {
      exists: functions.exists,
      isDurable: (arn) => durable.has(arn) || templateFunctions.isDurable(arn),
      settingsOf: (arn) => templateFunctions.settingsOf(arn) ?? configured.get(arn) ?? {},
      invoke: functions.invoke,
      all: functions.all,
      create: (made) => makeFunction(made),
      remove: (arn) => {
        durable.delete(arn)
        functions.remove(arn)
      },
    },
    route: (request) => answers.route(request) ?? fronts.route(request),
  })
  const closeServers = async (): Promise<void> => {
    await Promise.all([stytch.server.close(), aws.close(), fronts.rest.close()])
  }
  try {
    urls.stytch = await listen(stytch.server, { asked: stytchPort, preferred: 4010, option: '--stytch-port' })
    urls.aws = await listen(aws, { asked: awsPort, preferred: 4566, option: '--aws-port' })
    // No option of its own: any free port with any of the others.
    urls.vend = await listen(fronts.rest, { asked: awsPort === 0 ? 0 : undefined, preferred: VEND_PORT, option: '' })
  } catch (error) {
    await closeServers()
    throw error
  }

  const start = (functionName: string, what: DeployedCode): void => {
    const arn = functionArnOf(functionName)
    // By its key the trail knows whose call it is.
    const env = { ...awsEnvironment(urls.aws, region), AWS_ACCESS_KEY_ID: functionName, ...what.env }
    functions.add(arn, { ...what, env })
    functions.publish(arn, '1')
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
    const modulePath = join(directory, `${handler.split('.')[0]}.js`)
    start(functionArn.split(':')[6] ?? '', { modulePath, timeoutMs, env: {} })
  }
  for (const functionName of Object.keys(moreDurable)) {
    durable.add(functionArnOf(functionName))
    configured.set(functionArnOf(functionName), { aliases: [LIVE] })
  }
  for (const [functionName, modulePath] of Object.entries({ ...more, ...moreDurable })) {
    start(functionName, { modulePath, timeoutMs: TIMEOUT_MS, env: {} })
  }

  const campaignSchedule = `m2m-${settings.stage}-campaign`
  const scheduler = createScheduler({
    now: world.clock.now,
    send: aws.sendToFunction,
    isPaused: (name) =>
      aws.watching.scheduleState(name) !== 'ENABLED' ||
      (name === campaignSchedule && input.hasCampaignSchedule !== true),
  })
  const handMade = createHandMade({
    aws,
    awsUrl: () => urls.aws,
    region,
    projectSecret,
    workspaceKey: stytch.workspace.key,
  })
  const stack = createStack({
    place,
    players: stackPlayers({
      place,
      resources: aws.resources,
      functions: templateFunctions,
      schedules: scheduler,
      apis: fronts,
      answers,
      secrets: handMade,
      identities: createIdentities(place, rights),
      bundleOf: (key) => stackFile.bundles[key] ?? key,
    }),
    notPlayed: (type) => type in notPlayed,
    parameters: BOOTSTRAPPED,
  })
  const publishingKey = () => aws.keys().find(({ alias }) => alias === publishingKeyAlias(settings.stage))
  /** As the stack's first sweep does. */
  const beginList = async (): Promise<void> => {
    const { M2M_REVOCATIONS_BUCKET: bucket } = functions.codeOf(arnOf('sweep')).env
    const keyArn = publishingKey()?.arn
    if (bucket === undefined || keyArn === undefined) return
    await writeFirstList({ aws: urls.aws, region, accessKeyId: sweepKey, publication: { keyArn, bucket }, onLog })
  }
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
  try {
    handMade.store(settings)
    await stack.deploy(stackFile.template)
    admit(
      stack
        .resources()
        .filter(({ type }) => type === 'AWS::IAM::ManagedPolicy')
        .map(({ properties }) => documentOf(properties.PolicyDocument)),
    )
    await beginList()
    if (input.hasVendClient === true) {
      await handMade.tagDefaults(`${settings.secretNamePrefix}${VEND_CLIENT.name}`, VEND_CLIENT.defaults)
    }
    // As people follow the link in the mail.
    aws.watching.confirmSubscriptions()
  } catch (error) {
    await close()
    throw error
  }
  world.onReset(scheduler.restart)
  world.onReset(() => void beginList().catch(() => onLog('the list of revocations could not be written again')))
  world.onReset(() => void handMade.restore().catch(() => onLog('the project secret could not be stored again')))

  return {
    world,
    stytch,
    aws,
    settings,
    stack: { ...stack, leftOut: () => leftOutOf(stackFile.template) },
    configured: () =>
      templateFunctions.all().map(({ functionArn, bundle }) => ({
        part: functionArn.slice(arnOf('').length),
        handler: bundle,
        env: functions.codeOf(functionArn).env,
      })),
    rotation: functions.latest(rotationArn),
    lambda: (part) => functions.latest(arnOf(part)),
    deploy: (part, { modulePath, env }) => {
      const arn = arnOf(part)
      const before = functions.codeOf(arn)
      functions.change(arn, { ...defined({ modulePath }), env: { ...before.env, ...env } })
      const version = templateFunctions.publish(arn)
      aws.versions.point(arn, LIVE, version)
      return version
    },
    stage: { secretNamePrefix: settings.secretNamePrefix, extraPrefixes: settings.extraPrefixes },
    address: {
      stytch: urls.stytch,
      aws: urls.aws,
      project_id: projectId,
      project_secret: projectSecret,
      region,
      account_id: accountId,
      rotation_lambda_arn: rotationArn,
      ...(settings.workspaceKey === undefined ? {} : { project_secret_name: settings.projectSecret }),
      bus: settings.bus,
      leaks: `${urls.aws}${HTTP_API_PATH}/leaks`,
      vend: urls.vend,
      vend_client: VEND_CLIENT.name,
      ...(own === undefined ? {} : { identities: Object.fromEntries(admitted.map(shownIdentity)) }),
      revocations_public_key: publishingKey()?.publicKey ?? '',
      access_key_id: fronts.keys.accessKeyId,
      secret_access_key: fronts.keys.secretAccessKey,
    },
    close,
  }
}
