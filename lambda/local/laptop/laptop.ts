// The laptop: both stand-ins, joined to the real rotation handler, which runs in processes of its own with two addresses changed
// (architecture §5). For `npm run laptop`, `npm start` and the end-to-end tests. It opens loopback ports only and keeps nothing.
import { randomBytes, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { type AwsStandIn, createAwsStandIn } from '../aws/aws-stand-in.ts'
import type { AwsSettings } from '../aws/settings.ts'
import { type InvokeResult, type Lambda, startLambda } from '../runner/lambda-runner.ts'
import type { StandInServer } from '../stand-in/server.ts'
import { createWorld, type World } from '../stand-in/world.ts'
import { createStytchStandIn, type StytchStandIn } from '../stytch/stytch-stand-in.ts'
import { LAPTOP_STAGE, laptopFunctions } from './functions.ts'

export interface LaptopInput {
  /** 0 = any free one. Absent: 4010, or the next free one. */
  readonly stytchPort?: number | undefined
  /** 0 = any free one. Absent: 4566, or the next free one. */
  readonly awsPort?: number | undefined
  readonly awsSettings?: Partial<AwsSettings>
  /** Further functions that the AWS stand-in may call, by name: the path of the module that exports each one's `handler`. */
  readonly functions?: Readonly<Record<string, string>>
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
}

export interface Laptop {
  readonly address: LaptopAddress
  readonly world: World
  readonly stytch: StytchStandIn
  readonly aws: AwsStandIn
  readonly rotation: Lambda
  close(): Promise<void>
}

const REGION = 'us-east-1'
const ACCOUNT_ID = '000000000000'
/** For the functions that a test brings along. */
const TIMEOUT_MS = 30_000
const TICK_MS = 1000
const PORTS_TRIED = 50

/** The handler's module beside this one: source where types are stripped, the build where it is installed. */
const handlerPath = (name: string): string => {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(`../../handlers/${name}${extension}`, import.meta.url))
}

const isTaken = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'EADDRINUSE'

interface Listening {
  readonly asked: number | undefined
  readonly preferred: number
  readonly option: string
}

/** The port asked for, or else the first free one from the default on. */
const listen = async (server: StandInServer, { asked, preferred, option }: Listening): Promise<string> => {
  if (asked !== undefined) {
    return server.listen(asked).catch((cause: unknown) => {
      throw isTaken(cause)
        ? new Error(`${option} ${asked} is taken; name another, or 0 for any free one`, { cause })
        : cause
    })
  }
  for (let port = preferred; port < preferred + PORTS_TRIED; port += 1) {
    try {
      return await server.listen(port)
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
  return server.listen(0)
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
  const { stytchPort, awsPort, awsSettings, functions: more = {}, onLog } = input
  const world = createWorld()
  const projectId = `project-test-${randomUUID()}`
  const projectSecret = `secret-test-${randomBytes(26).toString('base64url')}=`
  const arnOf = (part: string): string => functionArnOf(functionNameOf(part))
  const rotationArn = arnOf('rotation')
  const functions = new Map<string, Lambda>()

  const invoke = async (arn: string, event: unknown, invokedArn?: string): Promise<InvokeResult> =>
    (await functions.get(arn)?.invoke(event, invokedArn)) ?? {
      ok: false,
      errorType: 'ResourceNotFoundException',
      errorMessage: `Function not found: ${arn}`,
    }

  const stytch = createStytchStandIn({ world, projectId, projectSecret })
  const aws = createAwsStandIn({
    world,
    region: REGION,
    accountId: ACCOUNT_ID,
    ...(awsSettings === undefined ? {} : { settings: awsSettings }),
    invoke,
    functions: {
      exists: (arn) => functions.has(arn),
      invoke: ({ functionArn, qualifier, event }) =>
        invoke(functionArn, event, qualifier === undefined ? undefined : `${functionArn}:${qualifier}`),
    },
  })
  const functionOf = (arn: string): Lambda => {
    const found = functions.get(arn)
    if (found === undefined) throw new Error(`The laptop has no function ${arn}.`)
    return found
  }
  const closeServers = async (): Promise<void> => {
    await Promise.all([stytch.server.close(), aws.close()])
  }

  let stytchUrl: string
  let awsUrl: string
  try {
    stytchUrl = await listen(stytch.server, { asked: stytchPort, preferred: 4010, option: '--stytch-port' })
    awsUrl = await listen(aws, { asked: awsPort, preferred: 4566, option: '--aws-port' })
  } catch (error) {
    await closeServers()
    throw error
  }

  const stytchEnv = { projectId, projectSecret: { kind: 'given', secret: projectSecret }, baseUrl: stytchUrl } as const
  const start = (
    functionName: string,
    what: { readonly modulePath: string; readonly timeoutMs: number; readonly env: Readonly<Record<string, string>> },
  ): void => {
    const functionArn = functionArnOf(functionName)
    const env = { ...awsEnvironment(awsUrl), ...what.env }
    functions.set(functionArn, startLambda({ ...what, env, functionName, functionArn, onLog }))
  }
  for (const { part, handler, ...what } of laptopFunctions({ stytch: stytchEnv, arnOf })) {
    start(functionNameOf(part), { ...what, modulePath: handlerPath(handler) })
  }
  for (const [functionName, modulePath] of Object.entries(more)) {
    start(functionName, { modulePath, timeoutMs: TIMEOUT_MS, env: {} })
  }
  // Scheduled rotations, by the shared clock.
  const ticking = setInterval(() => aws.tick(), TICK_MS)
  ticking.unref()

  return {
    world,
    stytch,
    aws,
    rotation: functionOf(rotationArn),
    address: {
      stytch: stytchUrl,
      aws: awsUrl,
      project_id: projectId,
      project_secret: projectSecret,
      region: REGION,
      account_id: ACCOUNT_ID,
      rotation_lambda_arn: rotationArn,
    },
    close: async () => {
      clearInterval(ticking)
      aws.stopDrives()
      await Promise.all([...functions.values()].map((lambda) => lambda.close()))
      await closeServers()
    },
  }
}
