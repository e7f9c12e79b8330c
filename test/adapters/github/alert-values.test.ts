// GitHub's REST API over HTTP, as an App meets it: which requests are sent, in which order, with what rights; and that no failure
// repeats anything of a reply.
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAlertValues, readGithubApp } from '../../../lambda/adapters/github/alert-values.ts'
import { makeAppJwt } from '../../../lambda/adapters/github/app.ts'
import { readPrivateKey } from '../../../lambda/adapters/github/private-key.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const aws = useAws()
const NOW = Date.parse('2026-10-05T09:12:31Z')
const APP = 'm2m-intake/test/github-app'
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

interface Asked {
  readonly what: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

let server: Server
let baseUrl: string
let asked: Asked[]
let replies: Readonly<Record<string, readonly [status: number, body: unknown]>>

beforeAll(async () => {
  server = createServer((message, response) => {
    const parts: Buffer[] = []
    message.on('data', (part: Buffer) => parts.push(part))
    message.on('end', () => {
      const what = `${message.method} ${message.url}`
      asked.push({ what, headers: message.headers, body: Buffer.concat(parts).toString('utf8') })
      const [status, body] = replies[what] ?? [404, { message: 'Not Found' }]
      response.writeHead(status, { location: 'https://elsewhere.example/' })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(async () => {
  asked = []
  replies = {
    'POST /app/installations/7/access_tokens': [201, { token: 'installation-token' }],
    'GET /repos/octo-org/billing-job/secret-scanning/alerts/42': [200, { secret: ' leaked-value\n' }],
    'GET /repos/octo-org/billing-job/installation': [200, { id: 7 }],
  }
  await aws
    .sdk()
    .secrets.send(
      new CreateSecretCommand({ Name: APP, SecretString: JSON.stringify({ app_id: '312845', private_key: pem }) }),
    )
})
afterAll(() => server.close())

const place = { repository: 'octo-org/billing-job', alertNumber: 42, installationId: 7 }
const values = (appSecretId: string | undefined = APP) =>
  createAlertValues({ client: aws.sdk().secrets, appSecretId, baseUrl, now: () => NOW })
const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('no failure'),
    (error: unknown) => error as Error,
  )

describe('an alert', () => {
  test('is read by a token of its installation, for its repository, to read alerts', async () => {
    const value = await values().fetch(place)

    expect(value?.reveal()).toBe('leaked-value')
    expect(asked.map(({ what }) => what)).toEqual([
      'POST /app/installations/7/access_tokens',
      'GET /repos/octo-org/billing-job/secret-scanning/alerts/42',
    ])
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      repositories: ['billing-job'],
      permissions: { secret_scanning_alerts: 'read' },
    })
    expect(asked[1]?.headers.authorization).toBe('Bearer installation-token')
  })

  test('finds its installation by its repository', async () => {
    const { installationId: _, ...unnamed } = place

    await values().fetch(unnamed)

    expect(asked[0]?.what).toBe('GET /repos/octo-org/billing-job/installation')
  })

  test.each([{}, { secret: '' }, { secret: '  ' }, { secret: 7 }])(
    'without a usable value has none: %j',
    async (body) => {
      replies = { ...replies, 'GET /repos/octo-org/billing-job/secret-scanning/alerts/42': [200, body] }

      expect(await values().fetch(place)).toBeUndefined()
    },
  )
})

describe('what fails', () => {
  test.each([
    ['the token', 'POST /app/installations/7/access_tokens', 401],
    ['the token', 'POST /app/installations/7/access_tokens', 302],
    ['the alert', 'GET /repos/octo-org/billing-job/secret-scanning/alerts/42', 404],
    ['the alert', 'GET /repos/octo-org/billing-job/secret-scanning/alerts/42', 500],
  ])('%s: %s answered with %d', async (_, what, status) => {
    replies = { ...replies, [what]: [status, { message: 'canary' }] }

    const failure = await failureOf(values().fetch(place))

    expect(failure).toMatchObject({ code: 'ALERT_NOT_FETCHED', message: expect.stringContaining(`HTTP ${status}`) })
    expect(failure.message).not.toContain('canary')
  })

  test.each([
    ['POST /app/installations/7/access_tokens', {}],
    ['POST /app/installations/7/access_tokens', 'canary'],
    ['GET /repos/octo-org/billing-job/secret-scanning/alerts/42', 'canary'],
  ])('%s answered with %j', async (what, body) => {
    replies = { ...replies, [what]: [200, body] }

    const failure = await failureOf(values().fetch(place))

    expect(failure).toMatchObject({ code: 'ALERT_NOT_FETCHED' })
    expect(failure.message).not.toContain('canary')
  })

  test('a server that is not there', async () => {
    const nowhere = createAlertValues({
      client: aws.sdk().secrets,
      appSecretId: APP,
      baseUrl: 'http://127.0.0.1:9',
      now: () => NOW,
    })

    expect(await failureOf(nowhere.fetch(place))).toMatchObject({ code: 'ALERT_NOT_FETCHED' })
  })

  test('an App that is not configured: nothing is asked', async () => {
    const none = createAlertValues({ client: aws.sdk().secrets, appSecretId: undefined, baseUrl, now: () => NOW })

    expect(await failureOf(none.fetch(place))).toMatchObject({ code: 'ALERT_NOT_FETCHED' })
    expect(asked).toEqual([])
  })

  test.each([
    ['no JSON', 'canary'],
    ['no key', JSON.stringify({ app_id: '1', private_key: 'canary' })],
    ['no id', JSON.stringify({ private_key: pem })],
  ])('a secret that holds %s names itself, and quotes nothing', async (_, SecretString) => {
    const Name = 'm2m-intake/test/malformed'
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name, SecretString }))

    const failure = await failureOf(values(Name).fetch(place))

    expect(failure).toMatchObject({ code: 'ALERT_NOT_FETCHED', message: expect.stringContaining(Name) })
    expect(failure.message).not.toMatch(/canary|BEGIN/)
  })
})

describe("the App's own JWT", () => {
  let [header, claims, signature] = ['', '', '']
  beforeAll(async () => {
    const jwt = await makeAppJwt({ appId: '312845', key: privateKey }, NOW)
    ;[header = '', claims = '', signature = ''] = jwt.split('.')
  })
  const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))

  test('is RS256, of this App, valid from a minute ago for less than ten', () => {
    expect(decode(header)).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(decode(claims)).toEqual({ iss: '312845', iat: NOW / 1000 - 60, exp: NOW / 1000 + 540 })
  })

  test('is signed by its key', () => {
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)

    expect(verify.verify(publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string
  const jwk = privateKey.export({ format: 'jwk' })

  test.each([
    ['PKCS#1', pkcs1],
    ['PKCS#8', pem],
    ['with a line end too many, and none', `\n${pkcs1.trim()}`],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['with its line ends written as \\n', pkcs1.replaceAll('\n', '\\n')],
    ['with spaces where its line ends were', pkcs1.replaceAll('\n', ' ')],
    ['in base64', Buffer.from(pkcs1).toString('base64')],
    ['in base64, in lines', Buffer.from(pem).toString('base64').replaceAll(/.{76}/g, '$&\n')],
  ])('is read as %s', (_form, text) => {
    const key = readPrivateKey(text)

    expect(key.ok && key.value.export({ format: 'jwk' })).toEqual(jwk)
  })

  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const encrypted = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' } as const
  test.each([
    ['nothing', '', 'it holds no whole PEM'],
    ['a text', 'canary', 'it holds no whole PEM'],
    ['cut off', pem.slice(0, 900), 'it holds no whole PEM'],
    ['garbled', pem.replace(/\n.{64}\n/, '\n'), 'its PEM cannot be read'],
    ['a key of another kind', curve.export({ type: 'pkcs8', format: 'pem' }) as string, 'it is no RSA key'],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }) as string, 'its PEM is no private key'],
    [
      'encrypted',
      privateKey.export({ type: 'pkcs8', ...encrypted }) as string,
      'it is encrypted: store it without a passphrase',
    ],
    [
      'encrypted PKCS#1',
      privateKey.export({ type: 'pkcs1', ...encrypted }) as string,
      'it is encrypted: store it without a passphrase',
    ],
  ])('is refused with its reason: %s', (_what, text, why) => {
    expect(readPrivateKey(text)).toEqual({ ok: false, refusal: why })
  })

  test('stands in a secret whose every fault is named, under its field', () => {
    expect(readGithubApp('\uFEFF{"APP_ID":312845}')).toEqual({
      ok: false,
      refusal: ['app_id is missing; found APP_ID: rename it to app_id', 'private_key is missing'],
    })
    expect(readGithubApp('{"app_id":"","private_key":"canary"}')).toEqual({
      ok: false,
      refusal: ['app_id is malformed: expected a non-empty string', 'private_key is malformed: it holds no whole PEM'],
    })
    expect(readGithubApp(pem)).toMatchObject({
      ok: false,
      refusal: [expect.stringMatching(/^the value is not a JSON object: /)],
    })
    expect(readGithubApp(`${JSON.stringify({ app_id: 312845, privateKey: pkcs1 })}\n`)).toMatchObject({
      ok: true,
      value: { appId: '312845' },
    })
  })
})
