// The deployed handlers in this process, with the laptop's settings and both stand-ins over HTTP: for tests of what the functions write into
// their logs. Each line is kept with the log group that it would stand in.
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Context } from 'aws-lambda'
import { vi } from 'vitest'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import type { InvocationResult } from '../../lambda/local/aws/functions.ts'
import { BOOTSTRAPPED, readStage } from '../../lambda/local/laptop/deployed-stage.ts'
import { LAPTOP_STAGE } from '../../lambda/local/laptop/deployment.ts'
import type { FunctionInput, StackHost } from '../../lambda/local/stack/host.ts'
import { createIdentities } from '../../lambda/local/stack/identities.ts'
import { notPlayed, stackPlayers } from '../../lambda/local/stack/players/all.ts'
import { createStack } from '../../lambda/local/stack/stack.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'
import type { LogLine } from './logs-insights.ts'
import { PROJECT_SECRET } from './stand-ins.ts'

type Handler = (event: unknown, context: Context) => Promise<unknown>

const REGION = 'us-east-1'
const ACCOUNT = '000000000000'
const arnOf = (part: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:m2m-${LAPTOP_STAGE}-${part}`
const partOf = (functionArn: string): string => (functionArn.split(':')[6] ?? '').slice(`m2m-${LAPTOP_STAGE}-`.length)
/** As the stack names it. */
export const logGroupOf = (part: string): string => `/aws/lambda/m2m-${LAPTOP_STAGE}-${part}`

/** Secrets Manager's words for the rotation function are another import for each: a static one, so that the bundler of the tests sees it. */
const modules: Readonly<Record<string, () => Promise<{ readonly handler: unknown }>>> = {
  rotation: () => import('../../lambda/handlers/on-rotation.ts'),
  incident: () => import('../../lambda/handlers/on-incident.ts'),
  sweep: () => import('../../lambda/handlers/on-sweep.ts'),
  campaign: () => import('../../lambda/handlers/on-campaign.ts'),
  archive: () => import('../../lambda/handlers/on-archive.ts'),
  vendor: () => import('../../lambda/handlers/on-vend.ts'),
}

/** To be closed by the caller. */
export const startFunctionsInside = async () => {
  const realNow = Date.now.bind(Date)
  let aheadMs = 0
  // One clock for the stand-ins and the handlers, as the laptop's processes have it.
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs)
  const world = createWorld()
  const group = new AsyncLocalStorage<string>()
  const lines: LogLine[] = []
  const handlers = new Map<string, Handler>()

  const call = (part: string, event: unknown, functionArn = arnOf(part)): Promise<unknown> => {
    const handler = handlers.get(part)
    if (handler === undefined) throw new Error(`there is no ${part}`)
    const deadline = Date.now() + 300_000
    const context = {
      awsRequestId: randomUUID(),
      functionVersion: '1',
      functionName: `m2m-${LAPTOP_STAGE}-${part}`,
      invokedFunctionArn: functionArn,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    }
    return group.run(logGroupOf(part), () => handler(event, context as Context))
  }
  const invoke = async (functionArn: string, event: unknown): Promise<InvocationResult> => {
    try {
      return { ok: true, value: await call(partOf(functionArn), event, functionArn) }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error('unknown')
      return { ok: false, errorType: name, errorMessage: message }
    }
  }

  const { stackFile, place, settings } = await readStage()
  const { projectId } = settings
  const stytch = createStytchStandIn({ world, projectId, projectSecret: PROJECT_SECRET })
  const aws = createAwsStandIn({
    world,
    keys: [],
    settings: { redriveCount: 0, asyncRetryMs: 20 },
    invoke,
    functions: {
      exists: (functionArn) => handlers.has(partOf(functionArn)),
      isDurable: (functionArn) => functionArn === arnOf('campaign'),
      settingsOf: () => ({ aliases: ['live'] }),
      invoke: ({ functionArn, event }) => invoke(functionArn, event),
    },
  })
  const [stytchUrl, awsUrl] = await Promise.all([stytch.server.listen(0), aws.listen(0)])
  const surroundings = {
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'canary-own-key',
  }
  for (const [name, value] of Object.entries(surroundings)) vi.stubEnv(name, value)
  const configured: FunctionInput[] = []
  let answer: (body: unknown) => void = () => undefined
  const host: StackHost = {
    place,
    resources: aws.resources,
    functions: {
      put: (input) => void configured.push(input),
      remove: () => undefined,
      publish: () => '1',
      pointAlias: () => undefined,
      removeAlias: () => undefined,
      configureEvents: () => undefined,
      // The registrar is none of the functions that run here: what a stage asks of it is taken for done.
      send: (_functionArn, request) => {
        answer({ ...request, Status: 'SUCCESS', PhysicalResourceId: 'done' })
        return new Promise(() => undefined)
      },
    },
    // Nothing here is called by time, or by its API.
    schedules: { put: () => undefined, remove: () => undefined },
    apis: { put: () => undefined, remove: () => undefined, endpointOf: () => 'https://api.example' },
    answers: {
      open: () => {
        const { promise, resolve } = Promise.withResolvers<unknown>()
        answer = resolve
        return { url: '', answered: promise, close: () => undefined }
      },
      wait: async () => undefined,
    },
    secrets: { rotate: async () => undefined, stopRotating: async () => undefined },
    identities: createIdentities(place, undefined),
    bundleOf: (key) => stackFile.bundles[key] ?? key,
  }
  const secret = { project_id: projectId, secret: PROJECT_SECRET }
  aws.seed({ name: settings.projectSecret, text: JSON.stringify(secret), versionId: randomUUID(), tags: {} })
  const players = stackPlayers(host)
  const stack = createStack({ place, players, notPlayed: (type) => type in notPlayed, parameters: BOOTSTRAPPED })
  await stack.deploy(stackFile.template)
  for (const { functionArn, env } of configured) {
    const load = modules[partOf(functionArn)]
    if (load === undefined) continue
    const { AWS_ACCESS_KEY_ID: _itsRoles, ...own } = env
    for (const [name, value] of Object.entries({ ...own, STYTCH_BASE_URL: stytchUrl })) vi.stubEnv(name, value)
    handlers.set(partOf(functionArn), (await load()).handler as Handler)
  }
  const writing = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    const log = group.getStore() ?? 'nobody'
    for (const message of String(text).split('\n')) if (message !== '') lines.push({ log, at: Date.now(), message })
    return true
  })
  const address = {
    aws: awsUrl,
    stytch: stytchUrl,
    region: REGION,
    account_id: ACCOUNT,
    project_id: projectId,
    project_secret: PROJECT_SECRET,
    rotation_lambda_arn: arnOf('rotation'),
    bus: settings.bus,
    leaks: '',
    vend: '',
    vend_client: '',
    revocations_public_key: '',
    access_key_id: 'any',
    secret_access_key: 'any',
  }
  const operator = createOperator(address)
  const systems = new SSMClient({
    endpoint: awsUrl,
    region: REGION,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
  return {
    aws,
    /** Of the vendor's API, as requests name it. */
    apiId: configured.find(({ functionArn }) => partOf(functionArn) === 'vendor')?.env.M2M_API_ID ?? '',
    /** Of the one clock. */
    advance: (ms: number): void => {
      aheadMs += ms
    },
    operator,
    call,
    putParameter: async (Name: string, Value: string): Promise<void> => {
      await systems.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }))
    },
    deleteClient: async (clientId: string): Promise<void> => {
      const authorization = `Basic ${Buffer.from(`${projectId}:${PROJECT_SECRET}`).toString('base64')}`
      await fetch(`${stytchUrl}/v1/m2m/clients/${clientId}`, { method: 'DELETE', headers: { authorization } })
    },
    lines: (): readonly LogLine[] => lines,
    close: async (): Promise<void> => {
      writing.mockRestore()
      clock.mockRestore()
      vi.unstubAllEnvs()
      aws.stopDrives()
      operator.secretsManager.destroy()
      systems.destroy()
      await Promise.all([stytch.server.close(), aws.close()])
    },
  }
}
