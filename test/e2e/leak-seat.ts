// A detector's seat at the laptop: a door that hands the deployed intake raw bytes as an HTTP API does, GitHub's REST API played for one alert, and
// deliveries signed as the detectors sign them.

import { createHmac, createVerify, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createGateStore } from '../../lambda/adapters/aws/gate-store.ts'
import { createSignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { GATE_KEYS } from '../../lambda/core/rotation/record-keys.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { laptopConfig } from '../../lambda/local/laptop/deployment.ts'
import type { Lambda } from '../../lambda/local/runner/lambda-runner.ts'
import { LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import { type Desk, openDesk } from './desk.ts'
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

const SIGNING = 'm2m-intake/laptop/signing'
const APP = 'm2m-intake/laptop/github-app'

/** The laptop's own deployment, whose intake reads GitHub's alerts as well. */
const config = () => {
  const { incidents, ...more } = laptopConfig()
  return {
    ...more,
    incidents: { ...(incidents as object), intake: { signingSecretName: SIGNING, githubAppSecretName: APP } },
  }
}

export interface LeakSeat {
  readonly desk: Desk
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
  /** Whether incidents are carried out; else what is reported is looked at, and nothing is revoked meanwhile. @default false */
  readonly isCarriedOut?: boolean
}

/** As whoever may: what starts the incident function. */
const stopIncidents = async ({ laptop }: Desk): Promise<void> => {
  const { aws: endpoint, region, bus } = laptop.address
  const client = new EventBridgeClient({ endpoint, region, credentials: credentialsOf('admin') })
  const incident = laptop.settings.functionArn('incident')
  const rules = laptop.stack
    .resources()
    .filter(({ type, properties }) => type === 'AWS::Events::Rule' && JSON.stringify(properties).includes(incident))
  if (rules.length === 0) throw new Error('no rule starts the incident function')
  for (const { name } of rules) {
    await client.send(new DisableRuleCommand({ EventBusName: bus, Name: name.split('|').at(-1) }))
  }
  client.destroy()
}

/** The deployed intake and search, of a desk of their own. */
export const openLeakSeat = async (settings: LeakSeatSettings = {}): Promise<LeakSeat> => {
  const { maxPerHour = 10, isCarriedOut = false } = settings
  const desk = await openDesk({}, undefined, { config: config() })
  const { laptop } = desk
  const { aws: endpoint, region } = laptop.address
  if (!isCarriedOut) await stopIncidents(desk)
  const github = await playGithub()
  // Those who store the secrets that a stage finds; and the intake, whose gate it is.
  const admin = new SecretsManagerClient({ endpoint, region, credentials: credentialsOf('admin') })
  const own = new SecretsManagerClient({ endpoint, region, credentials: credentialsOf('m2m-laptop-intake-us-east-1') })
  const put = async (SecretId: string, value: object): Promise<void> => {
    await admin.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }))
  }
  await put(SIGNING, keys)
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const app = JSON.stringify({ app_id: APP_ID, private_key: pem })
  await admin.send(new CreateSecretCommand({ Name: APP, SecretString: app }))
  // A deployment's sixty searches a minute, and GitHub's own address, are none for a test.
  laptop.deploy('identify', { env: { M2M_SEARCHES_PER_MINUTE: '1000' } })
  laptop.deploy('intake', { env: { M2M_GITHUB_URL: github.url, M2M_INTAKE_PER_HOUR: String(maxPerHour) } })
  const intake = laptop.lambda('intake')
  const door = await openDoor(intake)
  const send = async ({ headers, body }: Delivery) => {
    const response = await fetch(door.url, { method: 'POST', headers, body: body as string })
    return { status: response.status, text: await response.text() }
  }
  return {
    desk,
    github,
    intake,
    identify: laptop.lambda('identify'),
    post: send,
    deliver: async (delivery) => (await send(delivery)).status,
    sign: (by) => put(SIGNING, by),
    gate: () => {
      const items = laptop.aws.tableItems(LAPTOP_RECORDS).filter(({ pk }) => pk?.S?.startsWith(GATE_KEYS) === true)
      return JSON.parse(items[0]?.gate?.S ?? '{}') as Record<string, unknown>
    },
    setGate: async (gate) => {
      const call = createSignedCall(own, { service: 'dynamodb', endpoint })
      const store = createGateStore({ call, table: LAPTOP_RECORDS, wait: async () => {} })
      const from = (await store.read())?.version
      const isSet = await store.swap({ from, to: { text: JSON.stringify(gate), version: randomUUID() } })
      if (!isSet) throw new Error('somebody else changed the gate')
    },
    close: async () => {
      await door.close()
      await github.close()
      for (const client of [admin, own]) client.destroy()
      await desk.close()
    },
  }
}
