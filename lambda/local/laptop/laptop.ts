// The laptop: both stand-ins, joined to the real rotation handler, which runs in processes of its own with two addresses changed
// (architecture §5). For `npm run laptop`, `npm start` and the end-to-end tests. It opens loopback ports only and keeps nothing.
import { randomBytes, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { writeRotationEnv } from '../../env.ts'
import { type AwsStandIn, createAwsStandIn } from '../aws/aws-stand-in.ts'
import type { AwsSettings } from '../aws/settings.ts'
import { type Lambda, startLambda } from '../runner/lambda-runner.ts'
import type { StandInServer } from '../stand-in/server.ts'
import { createWorld, type World } from '../stand-in/world.ts'
import { createStytchStandIn, type StytchStandIn } from '../stytch/stytch-stand-in.ts'

export interface LaptopInput {
  /** 0 = any free one. Absent: 4010, or the next free one. */
  readonly stytchPort?: number | undefined
  /** 0 = any free one. Absent: 4566, or the next free one. */
  readonly awsPort?: number | undefined
  readonly awsSettings?: Partial<AwsSettings>
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
const ROTATION_FUNCTION = 'm2m-rotation'
const EVENT_BUS = 'm2m'
/** The function's timeout as deployed (architecture §3). */
const TIMEOUT_MS = 30_000
const TICK_MS = 1000
const PORTS_TRIED = 50

/** The handler's module beside this one: source where types are stripped, the build where it is installed. */
const handlerPath = (name: string): string => {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(`../../handlers/${name}${extension}`, import.meta.url))
}

const isTaken = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'EADDRINUSE'

/** The port asked for, or else the first free one from the default on. */
const listen = async (server: StandInServer, asked: number | undefined, preferred: number): Promise<string> => {
  if (asked !== undefined) return server.listen(asked)
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

export const startLaptop = async ({ stytchPort, awsPort, awsSettings, onLog }: LaptopInput): Promise<Laptop> => {
  const world = createWorld()
  const projectId = `project-test-${randomUUID()}`
  const projectSecret = `secret-test-${randomBytes(26).toString('base64url')}=`
  const rotationArn = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${ROTATION_FUNCTION}`
  const functions = new Map<string, Lambda>()

  const stytch = createStytchStandIn({ world, projectId, projectSecret })
  const aws = createAwsStandIn({
    world,
    region: REGION,
    accountId: ACCOUNT_ID,
    ...(awsSettings === undefined ? {} : { settings: awsSettings }),
    invoke: async (arn, event) =>
      (await functions.get(arn)?.invoke(event)) ?? {
        ok: false,
        errorType: 'ResourceNotFoundException',
        errorMessage: `Function not found: ${arn}`,
      },
  })
  const closeServers = async (): Promise<void> => {
    await Promise.all([stytch.server.close(), aws.close()])
  }

  let stytchUrl: string
  let awsUrl: string
  try {
    stytchUrl = await listen(stytch.server, stytchPort, 4010)
    awsUrl = await listen(aws, awsPort, 4566)
  } catch (error) {
    await closeServers()
    throw error
  }

  const stytchEnv = { projectId, projectSecret: { kind: 'given', secret: projectSecret }, baseUrl: stytchUrl } as const
  const rotation = startLambda({
    modulePath: handlerPath('on-rotation'),
    functionName: ROTATION_FUNCTION,
    functionArn: rotationArn,
    timeoutMs: TIMEOUT_MS,
    env: { ...awsEnvironment(awsUrl), ...writeRotationEnv({ stytch: stytchEnv, eventBus: EVENT_BUS }) },
    onLog,
  })
  functions.set(rotationArn, rotation)
  // Scheduled rotations, by the shared clock.
  const ticking = setInterval(() => aws.tick(), TICK_MS)
  ticking.unref()

  return {
    world,
    stytch,
    aws,
    rotation,
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
      await rotation.close()
      await closeServers()
    },
  }
}
