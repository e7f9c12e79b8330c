// The deployed handlers in this process, with the laptop's settings and both stand-ins over HTTP: for tests of what the functions write into
// their logs. Each line is kept with the log group that it would stand in.
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Context } from 'aws-lambda'
import { vi } from 'vitest'
import { proofKeyAlias } from '../../lambda/core/rotation/proof.ts'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { connectBusRules } from '../../lambda/local/aws/bus-rules.ts'
import type { InvocationResult } from '../../lambda/local/aws/functions.ts'
import {
  LAPTOP_BUS,
  LAPTOP_EVIDENCE,
  LAPTOP_RECORDS,
  LAPTOP_STAGE,
  LIVE,
  laptopFunctions,
  laptopRules,
} from '../../lambda/local/laptop/functions.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'
import type { LogLine } from './logs-insights.ts'
import { PROJECT_ID, PROJECT_SECRET } from './stand-ins.ts'

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

  const stytch = createStytchStandIn({ world, projectId: PROJECT_ID, projectSecret: PROJECT_SECRET })
  const aws = createAwsStandIn({
    world,
    buckets: [LAPTOP_EVIDENCE],
    tables: [LAPTOP_RECORDS],
    keys: [{ alias: proofKeyAlias(LAPTOP_STAGE) }],
    settings: { redriveCount: 0, asyncRetryMs: 20 },
    invoke,
    functions: {
      exists: (functionArn) => handlers.has(partOf(functionArn)),
      isDurable: (functionArn) => functionArn === arnOf('campaign'),
      settingsOf: () => ({ aliases: [LIVE] }),
      invoke: ({ functionArn, event }) => invoke(functionArn, event),
    },
  })
  const [stytchUrl, awsUrl] = await Promise.all([stytch.server.listen(0), aws.listen(0)])
  const [{ arn: proofKeyArn } = { arn: '' }] = aws.keys()
  const stand = {
    stytch: { projectId: PROJECT_ID, projectSecret: { kind: 'given', secret: PROJECT_SECRET }, baseUrl: stytchUrl },
    slugs: stytch.workspace.slugs,
    proofKeyArn,
    arnOf,
    vendUrl: 'https://vend.example',
  } as const
  const surroundings = {
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'canary-own-key',
  }
  for (const [name, value] of Object.entries(surroundings)) vi.stubEnv(name, value)
  for (const { part, env } of laptopFunctions(stand)) {
    const load = modules[part]
    if (load === undefined) continue
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    handlers.set(part, (await load()).handler as Handler)
  }
  connectBusRules(
    aws,
    { busName: LAPTOP_BUS, accountId: ACCOUNT, region: REGION },
    laptopRules({ arnOf }).filter(({ functionArn }) => handlers.has(partOf(functionArn))),
  )
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
    project_id: PROJECT_ID,
    project_secret: PROJECT_SECRET,
    rotation_lambda_arn: arnOf('rotation'),
    bus: LAPTOP_BUS,
    leaks: '',
    vend: '',
    vend_client: '',
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
      const authorization = `Basic ${Buffer.from(`${PROJECT_ID}:${PROJECT_SECRET}`).toString('base64')}`
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
