// A detector's seat at the laptop: the real intake and identify handlers in processes of their own, a door that hands them raw bytes as
// an HTTP API does, GitHub's REST API played for one alert, and deliveries signed as the detectors sign them.

import { createHmac, createVerify, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { createGateStore } from '../../lambda/adapters/aws/gate-store.ts'
import { createSignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { GATE_KEYS } from '../../lambda/core/rotation/record-keys.ts'
import { writeIdentifyEnv } from '../../lambda/env/identify.ts'
import { writeIntakeEnv } from '../../lambda/env/intake.ts'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { LAPTOP_PREFIX } from '../../lambda/local/laptop/deployment.ts'
import { awsEnvironment } from '../../lambda/local/laptop/laptop.ts'
import { type Lambda, startLambda } from '../../lambda/local/runner/lambda-runner.ts'
import { LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import type { Desk } from './desk.ts'
import { repository } from './spawned.ts'

export const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${repository}test/fixtures/leaks/${name}.json`, 'utf8')) as Record<string, unknown>

const keyOf = (): string => randomBytes(24).toString('base64url')
export const keys = {
  github: { current: keyOf(), previous: keyOf() },
  gitguardian: { current: keyOf() },
  plain: { current: keyOf() },
} as const

const hmac = (key: string, ...parts: readonly (string | Uint8Array)[]): string => {
  const signing = createHmac('sha256', key)
  for (const part of parts) signing.update(part)
  return `sha256=${signing.digest('hex')}`
}

export interface Delivery {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

const nowSeconds = (): string => String(Math.floor(Date.now() / 1000))

export const fromGithub = (
  body: string,
  { key = keys.github.current as string, event = 'secret_scanning_alert' } = {},
): Delivery => ({
  headers: { 'x-github-event': event, 'x-hub-signature-256': hmac(key, body), 'content-type': 'application/json' },
  body,
})

export const fromGitguardian = (
  body: string,
  { key = keys.gitguardian.current as string, at = nowSeconds() } = {},
): Delivery => ({
  headers: { timestamp: at, 'gitguardian-signature': hmac(`${at}${key}`, body), 'content-type': 'application/json' },
  body,
})

export const plainly = (
  body: string | Uint8Array,
  { key = keys.plain.current as string, at = nowSeconds() } = {},
): Delivery => ({
  headers: { 'x-m2m-timestamp': at, 'x-m2m-signature': hmac(key, `${at}.`, body), 'content-type': 'application/json' },
  body,
})

const readAll = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** What an HTTP API makes of a request, payload format 2.0; the body as bytes, in base64. */
const toEvent = (message: IncomingMessage, body: Buffer): object => ({
  version: '2.0',
  routeKey: 'POST /leaks',
  rawPath: '/leaks',
  headers: message.headers,
  requestContext: { http: { method: message.method, path: '/leaks', sourceIp: '127.0.0.1' } },
  body: body.toString('base64'),
  isBase64Encoded: true,
})

const openDoor = async (intake: Lambda): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const server = createServer((message, response) => {
    void readAll(message).then(async (body) => {
      const result = await intake.invoke(toEvent(message, body))
      const reply = result.ok ? (result.value as { statusCode: number; body: string }) : undefined
      response.writeHead(reply?.statusCode ?? 500, { 'content-type': 'application/json' })
      response.end(reply?.body ?? '{"message":"Internal Server Error"}')
    })
  })
  return { url: await listen(server), close: () => close(server) }
}

export const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const APP_ID = '312845'

const isAppJwt = (token: string): boolean => {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const { iss, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>
  const now = Date.now() / 1000
  const isTimely = Number(iat) <= now && Number(exp) > now && Number(exp) - Number(iat) <= 600
  const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
  return iss === APP_ID && isTimely && verify.verify(publicKey, Buffer.from(signature, 'base64url'))
}

export interface GithubStandIn {
  readonly url: string
  /** What was asked, in order: `METHOD path`. */
  readonly asked: readonly string[]
  /** Every credential that was shown or given out. */
  readonly tokens: ReadonlySet<string>
  /** The value that the one alert holds. */
  holds(value: string | undefined): void
  /** Answers everything with this status from now on. */
  failsWith(status: number | undefined): void
  close(): Promise<void>
}

/** GitHub's REST API, as far as an App needs it to read one alert. */
const playGithub = async (): Promise<GithubStandIn> => {
  const asked: string[] = []
  const installationToken = `ghs_${randomBytes(20).toString('hex')}`
  const tokens = new Set<string>()
  let value: string | undefined
  let failure: number | undefined
  const answer = (path: string, token: string, body: string): readonly [number, object] => {
    if (failure !== undefined) return [failure, { message: 'no' }]
    if (path === '/app/installations/37512345/access_tokens') {
      if (!isAppJwt(token)) return [401, { message: 'Bad credentials' }]
      const { repositories, permissions } = JSON.parse(body) as Record<string, unknown>
      const isNarrow =
        JSON.stringify([repositories, permissions]) === '[["billing-job"],{"secret_scanning_alerts":"read"}]'
      return isNarrow ? [201, { token: installationToken }] : [422, { message: 'too wide' }]
    }
    if (path === '/repos/octo-org/billing-job/installation') {
      return isAppJwt(token) ? [200, { id: 37512345 }] : [401, { message: 'Bad credentials' }]
    }
    if (path !== '/repos/octo-org/billing-job/secret-scanning/alerts/42') return [404, { message: 'Not Found' }]
    if (token !== installationToken) return [401, { message: 'Bad credentials' }]
    return [200, { ...fixture('github-alert-reply'), secret: value }]
  }
  const server = createServer((message, response) => {
    void readAll(message).then((body) => {
      asked.push(`${message.method} ${message.url}`)
      const token = message.headers.authorization?.replace('Bearer ', '') ?? ''
      tokens.add(token)
      const [status, reply] = answer(message.url ?? '', token, body.toString('utf8'))
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
    })
  })
  return {
    url: await listen(server),
    asked,
    tokens,
    holds: (held) => {
      value = held
    },
    failsWith: (status) => {
      failure = status
    },
    close: () => close(server),
  }
}

const SIGNING = 'm2m-intake/test/signing'
/** What a deployment before the records table kept the gate in. */
export const FORMER_GATE = 'm2m-intake/test/gate'
const APP = 'm2m-intake/test/github-app'
const IDENTIFY = 'm2m-test-identify'

export interface LeakSeat {
  readonly github: GithubStandIn
  readonly intake: Lambda
  readonly identify: Lambda
  post(delivery: Delivery): Promise<{ readonly status: number; readonly text: string }>
  /** @returns the status. */
  deliver(delivery: Delivery): Promise<number>
  /** Replaces the signing keys. */
  sign(by: object): Promise<void>
  gate(): Record<string, unknown>
  setGate(gate: object): Promise<void>
  close(): Promise<void>
}

export interface LeakSeatSettings {
  readonly maxPerHour?: number
  /** @default - one without rules: what is reported is looked at, and nothing is revoked meanwhile */
  readonly bus?: string
  readonly onLog?: (line: string) => void
}

export const openLeakSeat = async (desk: Desk, settings: LeakSeatSettings = {}): Promise<LeakSeat> => {
  const { maxPerHour = 10, bus = 'm2m-leaks', onLog = (line) => desk.log.push(line) } = settings
  const { client, laptop } = desk
  const github = await playGithub()
  const create = (Name: string, value: object) =>
    client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await create(SIGNING, keys)
  await create(APP, { app_id: APP_ID, private_key: pem })
  // One of its own, since the laptop's searches no more than sixty times a minute; reached by Lambda's API on an address of its own.
  const identify = startLambda({
    modulePath: `${repository}lambda/handlers/on-identify.ts`,
    functionName: IDENTIFY,
    timeoutMs: 60_000,
    maxEnvironments: 2,
    env: {
      ...awsEnvironment(laptop.address.aws),
      ...writeIdentifyEnv({
        stytch: { projectId: laptop.address.project_id, baseUrl: laptop.address.stytch },
        secretNamePrefix: LAPTOP_PREFIX,
        searchesPerMinute: 1000,
        refused: WITHOUT_LAG.refused,
      }),
    },
    onLog,
  })
  const invoking = createAwsStandIn({
    world: laptop.world,
    functions: {
      exists: () => true,
      invoke: ({ event, clientContext }) => identify.invoke(event, { clientContext }),
    },
  })
  const intake = startLambda({
    modulePath: `${repository}lambda/handlers/on-leak-report.ts`,
    functionName: 'm2m-test-intake',
    timeoutMs: 60_000,
    env: {
      ...awsEnvironment(laptop.address.aws),
      ...writeIntakeEnv({
        signingSecretId: SIGNING,
        records: { table: LAPTOP_RECORDS },
        formerGateId: FORMER_GATE,
        githubAppSecretId: APP,
        githubUrl: github.url,
        maxPerHour,
        watched: ['stytch_m2m_client_secret'],
        identifyFunctionName: IDENTIFY,
        eventBus: bus,
        lambdaEndpoint: await invoking.listen(0),
      }),
    },
    onLog,
  })
  const door = await openDoor(intake)
  const put = async (SecretId: string, value: object): Promise<void> => {
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }))
  }
  const send = async ({ headers, body }: Delivery) => {
    const response = await fetch(door.url, { method: 'POST', headers, body: body as string })
    return { status: response.status, text: await response.text() }
  }
  return {
    github,
    intake,
    identify,
    post: send,
    deliver: async (delivery) => (await send(delivery)).status,
    sign: (by) => put(SIGNING, by),
    gate: () => {
      const items = laptop.aws.tableItems(LAPTOP_RECORDS).filter(({ pk }) => pk?.S?.startsWith(GATE_KEYS) === true)
      return JSON.parse(items[0]?.gate?.S ?? '{}') as Record<string, unknown>
    },
    setGate: async (gate) => {
      const call = createSignedCall(client, { service: 'dynamodb', endpoint: laptop.address.aws })
      const store = createGateStore({ call, table: LAPTOP_RECORDS, wait: async () => {} })
      const from = (await store.read())?.version
      const isSet = await store.swap({ from, to: { text: JSON.stringify(gate), version: randomUUID() } })
      if (!isSet) throw new Error('somebody else changed the gate')
    },
    close: async () => {
      await door.close()
      await Promise.all([intake.close(), identify.close()])
      await invoking.close()
      await github.close()
    },
  }
}
