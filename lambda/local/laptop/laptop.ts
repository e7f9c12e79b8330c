// The laptop: both stand-ins, on which the template of a deployment is deployed as CloudFormation would; its functions are the real handlers, in
// processes of their own with two addresses changed (architecture §5). For `npm run laptop`, `npm start` and the end-to-end tests. It opens
// loopback ports only and keeps nothing.

import { randomBytes } from 'node:crypto'
import { defined } from '../../core/base/defined.ts'
import type { StageSecrets } from '../../core/secret/stage-secrets.ts'
import { type AwsStandIn, createAwsStandIn } from '../aws/aws-stand-in.ts'
import type { AwsSettings } from '../aws/settings.ts'
import { people } from '../iam/people.ts'
import { createRights, type Identity, type Rights } from '../iam/rights.ts'
import type { Lambda } from '../runner/lambda-runner.ts'
import { createAccountNames } from '../stack/account-names.ts'
import type { Stack } from '../stack/stack.ts'
import type { StackFile } from '../stack/stack-file.ts'
import type { StageSettings } from '../stack/stage-settings.ts'
import { createWorld, type World } from '../stand-in/world.ts'
import type { StytchStandIn } from '../stytch/stand-in-api.ts'
import { createStytchStandIn } from '../stytch/stytch-stand-in.ts'
import { addressOf, type LaptopAddress } from './address.ts'
import { createAnswers } from './answers.ts'
import { stackFileOf } from './assemblies.ts'
import { createBroughtFunctions, LIVE } from './brought-functions.ts'
import { createDeployedFunctions } from './deployed-functions.ts'
import { type DeployedStage, stageOf } from './deployed-stage.ts'
import { LAPTOP_REGION, LAPTOP_SLUGS, type LaptopChoices, laptopConfig, VEND_CLIENT } from './deployment.ts'
import { createDeployments, type Deployments } from './deployments.ts'
import { createHandMade } from './hand-made.ts'
import { listen } from './listen.ts'
import { createRunningStage, type RunningStage, type StageHost } from './running-stage.ts'
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
  /**
   * Evaluates every call: functions call as their roles, everybody else by an access key id of lambda/local/iam/people.ts. Without it, everybody may
   * do everything. @default true
   */
  readonly hasRights?: boolean
  /** A configuration as `m2m` in cdk.json, in place of the laptop's own. */
  readonly config?: unknown
  /** What a synthesis has made of one already, in its place. */
  readonly stackFile?: StackFile
  /** Where the code of a bundle lies, by the bundle's name. @default - the source, or the build */
  readonly moduleOf?: (bundle: string) => string
  /**
   * Origin that custom resources answer at, for functions that take none of the laptop's own. What is sent there has to arrive at the
   * AWS stand-in. @default - the AWS stand-in
   */
  readonly answersAt?: string
  /** Every line that a handler's process writes. */
  readonly onLog: (line: string) => void
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
  /** Where its code lies. */
  readonly modulePath: string
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
  /** Who calls, and what was decided; undefined: everybody may do everything. */
  readonly rights: Rights | undefined
  readonly rotation: Lambda
  /** The stack that it started with, as it stands: its resources and outputs, and the types for which nothing stands. */
  readonly stack: Pick<Stack, 'resources' | 'outputs'> & { leftOut(): readonly string[] }
  /** All that stand, the first of them the one that it started with. */
  stages(): readonly { readonly name: string; readonly resources: Stack['resources'] }[]
  /** Applies what was synthesised of another configuration, or of another stage. */
  readonly update: Deployments['begin']
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

const TICK_MS = 1000
export const AWS_PORT = 4566
const VEND_PORT = 4020
const PROJECT_SECRET_BYTES = 26

const campaignScheduleOf = ({ stage }: StageSettings): string => `m2m-${stage}-campaign`

/** What a process needs to reach the AWS stand-in as whoever has this access key id. */
export const awsEnvironment = (aws: string, accessKeyId: string, region = LAPTOP_REGION): Record<string, string> => ({
  AWS_ENDPOINT_URL: aws,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: 'x',
})

export const startLaptop = async (input: LaptopInput): Promise<Laptop> => {
  const { stytchPort, awsPort, awsSettings, onLog } = input
  const first = stageOf(input.stackFile ?? (await stackFileOf(input.config ?? laptopConfig(input))))
  const { account: accountId, region } = first.place
  const { projectId } = first.settings
  const world = createWorld()
  const projectSecret = `secret-test-${randomBytes(PROJECT_SECRET_BYTES).toString('base64url')}=`
  const functions = createDeployedFunctions({
    clockOffsetMs: () => world.clock.now() - Date.now(),
    coldStartMs: () => aws.settings().coldStartMs,
    onLog,
  })
  const brought = createBroughtFunctions({
    functions,
    functionArnOf: (name) => `arn:aws:lambda:${region}:${accountId}:function:${name}`,
    environmentOf: (name) => awsEnvironment(urls.aws, name, region),
  })
  const urls = { stytch: '', aws: '' }
  /** By their stacks' names. */
  const stages = new Map<string, RunningStage>()
  const findIn = <Found>(find: (stage: RunningStage) => Found | undefined): Found | undefined => {
    for (const stage of opened) {
      const found = find(stage)
      if (found !== undefined) return found
    }
    return undefined
  }

  const stytch = createStytchStandIn({
    world,
    projectId,
    projectSecret,
    slugs: first.settings.slugs ?? LAPTOP_SLUGS,
  })
  const answers = createAnswers(() => input.answersAt ?? urls.aws)
  const rights = input.hasRights !== false ? createRights({ account: accountId, identities: [] }) : undefined
  let admitted: readonly Identity[] = []
  /** What an operator attaches is known once the stack stands. */
  const admit = (): void => {
    const everybody = people(...opened.map((stage) => stage.people()))
    for (const { accessKeyId } of admitted) rights?.remove(accessKeyId)
    for (const one of everybody) rights?.add(one)
    admitted = everybody
  }
  const aws: AwsStandIn = createAwsStandIn({
    world,
    region,
    accountId,
    keys: [],
    ...defined({ settings: awsSettings, rights }),
    invoke: functions.invokeLatest,
    functions: {
      exists: functions.exists,
      isDurable: (arn) => brought.isDurable(arn) || opened.some((stage) => stage.functions.isDurable(arn)),
      settingsOf: (arn) => findIn((stage) => stage.functions.settingsOf(arn)) ?? brought.settingsOf(arn),
      invoke: functions.invoke,
      all: functions.all,
      create: brought.create,
      remove: brought.remove,
    },
    route: (request) => answers.route(request) ?? findIn((stage) => stage.fronts.route(request)),
    control: { deploy: (request) => deployments.route(request) },
    datesReplies: true,
  })

  const scheduler = createScheduler({
    now: world.clock.now,
    send: ({ name, targetArn, roleArn, deadLetterArn }, event) => {
      const sourceArn = `arn:aws:scheduler:${region}:${accountId}:schedule/default/${name}`
      aws.sendFromSchedule({ sourceArn, targetArn, roleArn, ...defined({ deadLetterArn }) }, event)
    },
    isPaused: (name) =>
      aws.watching.scheduleState(name) !== 'ENABLED' ||
      (input.hasCampaignSchedule !== true && opened.some((stage) => name === campaignScheduleOf(stage.settings()))),
  })
  const handMade = createHandMade({
    aws,
    awsUrl: () => urls.aws,
    region,
    projectSecret,
    workspaceKey: stytch.workspace.key,
  })
  const host: StageHost = {
    urls,
    aws: () => aws,
    functions,
    schedules: scheduler,
    answers,
    secrets: handMade,
    rights,
    names: createAccountNames(),
    awsEnvironment: (accessKeyId, at) => awsEnvironment(urls.aws, accessKeyId, at),
    ...defined({ moduleOf: input.moduleOf }),
  }
  /** All that listen, the first of them the laptop's own, whether or not their stacks stand yet. */
  const opened: RunningStage[] = []
  const open = async (stage: DeployedStage): Promise<RunningStage> => {
    const made = createRunningStage({ stage, host, isFirst: opened.length === 0 })
    // No option of its own: any free port with any of the others.
    await made.listen({ asked: awsPort === 0 ? 0 : undefined, preferred: VEND_PORT, option: '' })
    const close = async (): Promise<void> => {
      opened.splice(opened.indexOf(running), 1)
      await made.close()
    }
    const running = { ...made, close }
    opened.push(running)
    return running
  }
  const settle = async (): Promise<void> => {
    admit()
    // As people follow the link in the mail.
    aws.watching.confirmSubscriptions()
  }
  const deployments = createDeployments({
    stages,
    home: { account: accountId, region, projectId },
    open,
    prepare: ({ settings }) => handMade.store(settings),
    settle,
    onLog,
  })

  const closeServers = async (): Promise<void> => {
    await Promise.all([stytch.server.close(), aws.close(), ...[...opened].map((stage) => stage.close())])
  }
  const opening = async (): Promise<RunningStage> => {
    try {
      urls.stytch = await listen(stytch.server, { asked: stytchPort, preferred: 4010, option: '--stytch-port' })
      urls.aws = await listen(aws, { asked: awsPort, preferred: AWS_PORT, option: '--aws-port' })
      return await open(first)
    } catch (error) {
      await closeServers()
      throw error
    }
  }
  const main = await opening()
  stages.set(first.place.name, main)
  admit()

  brought.start(input.functions ?? {}, { isDurable: false })
  brought.start(input.durableFunctions ?? {}, { isDurable: true })

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
    brought.clean()
  }
  try {
    handMade.store(first.settings)
    await main.deploy(first.stackFile)
    await settle()
    if (input.hasVendClient === true) {
      await handMade.tagDefaults(`${main.settings().secretNamePrefix}${VEND_CLIENT.name}`, VEND_CLIENT.defaults)
    }
  } catch (error) {
    await close()
    throw error
  }
  world.onReset(scheduler.restart)
  world.onReset(() => {
    for (const stage of stages.values()) {
      void stage.renewList().catch(() => onLog('the list of revocations could not be written again'))
    }
  })
  world.onReset(() => void handMade.restore().catch(() => onLog('the project secret could not be stored again')))

  const arnOf = (part: string): string => main.settings().functionArn(part)
  return {
    world,
    stytch,
    aws,
    rights,
    get settings() {
      return main.settings()
    },
    stack: { ...main.stack, leftOut: main.leftOut },
    stages: () => [...stages].map(([name, { stack }]) => ({ name, resources: stack.resources })),
    update: deployments.begin,
    configured: () =>
      main.functions.all().map(({ functionArn, bundle }) => ({
        part: functionArn.slice(arnOf('').length),
        handler: bundle,
        modulePath: functions.codeOf(functionArn).modulePath,
        env: functions.codeOf(functionArn).env,
      })),
    get rotation() {
      return functions.latest(arnOf('rotation'))
    },
    lambda: (part) => functions.latest(arnOf(part)),
    deploy: (part, { modulePath, env }) => {
      const arn = arnOf(part)
      const before = functions.codeOf(arn)
      functions.change(arn, { ...defined({ modulePath }), env: { ...before.env, ...env } })
      const version = main.functions.publish(arn)
      aws.versions.point(arn, LIVE, version)
      return version
    },
    get stage() {
      const { secretNamePrefix, extraPrefixes } = main.settings()
      return { secretNamePrefix, extraPrefixes }
    },
    get address() {
      return addressOf({ urls, projectSecret, stage: main, identities: rights === undefined ? undefined : admitted })
    },
    close,
  }
}
