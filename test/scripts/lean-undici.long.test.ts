// What is left of undici in a lean bundle against the whole of it: the same requests to the same servers, plain and over TLS, come to the
// same. Fails when undici's files move away from under scripts/lean-undici.ts, or do something else than they did.
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Metafile } from 'esbuild'
import { Client } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerByUndici } from '../../lambda/adapters/cloudformation/answer-by-undici.ts'
import { createSend, type HttpCall } from '../../lambda/adapters/stytch/http.ts'
import { selfSignedCertificate } from '../../lambda/local/stytch/self-signed-certificate.ts'
import { bundleFunction } from '../../scripts/bundle.ts'
import { childEnv } from '../child-env.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
// Inside of the repository, so that the entry finds undici; the bundle finds it in itself.
const root = realpathSync(mkdtempSync(join(repository, 'node_modules', '.m2m-lean-')))
let metafile: Metafile
let plain: Server
let secure: Http2SecureServer
let versions: string[] = []

const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  versions.push(message.httpVersion)
  const { url, method, headers } = message
  const echo = { url, method, body: Buffer.concat(parts).toString(), type: headers['content-type'], host: headers.host }
  const path = url?.split('?')[0]
  if (path === '/reset') message.socket.destroy()
  else if (path === '/silent') return
  else if (path === '/html') response.writeHead(502, { 'content-type': 'text/html' }).end('<html>')
  else if (path === '/empty') response.writeHead(204).end()
  else if (path === '/throttled') response.writeHead(429, { 'retry-after': '7' }).end('{"error":"slow"}')
  else if (path === '/cut') {
    response.writeHead(200, { 'content-length': '1000' }).write('{"half":')
    setImmediate(() => message.socket.destroy())
  } else if (path === '/chunks') {
    response.writeHead(200)
    for (let at = 0; at < 2000; at += 1) response.write(at === 0 ? '{"a":"' : 'ä'.repeat(50))
    response.end('"}')
  } else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(echo))
}

const listen = async (server: Server | Http2SecureServer): Promise<void> => {
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
}
const originOf = (server: Server | Http2SecureServer, scheme: string): string =>
  `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const der = selfSignedCertificate(publicKey, privateKey).toString('base64')
  const cert = `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  plain = createServer((message, response) => void answer(message, response))
  // Speaks HTTP/2 to whoever asks for it.
  secure = createSecureServer({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert, allowHTTP1: true })
  secure.on('request', (message, response) => void answer(message as never, response as never))
  await Promise.all([listen(plain), listen(secure)])
  writeFileSync(
    join(root, 'on-vend.ts'),
    `import { createSend } from '../../lambda/adapters/stytch/http.ts'
export const handler = async (calls) => Promise.all(calls.map(({ timeoutMs, url, ...call }) => createSend({ timeoutMs })({ ...call, url: new URL(url) })))
`,
  )
  metafile = (await bundleFunction(join(root, 'on-vend.ts'), join(root, 'out'))).metafile
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
  plain.closeAllConnections()
  plain.close()
  secure.close()
})

interface Asked extends Omit<HttpCall, 'url'> {
  readonly url: string
  readonly timeoutMs: number
}

const call = (url: string, more: Partial<Asked> = {}): Asked => ({
  method: 'GET',
  headers: {},
  timeoutMs: 4_000,
  url,
  ...more,
})

/** By the bundle, in a process of its own that takes any certificate. */
const byBundle = async (calls: readonly Asked[]): Promise<unknown> => {
  const code = `const { handler } = await import(${JSON.stringify(join(root, 'out/index.mjs'))})
process.stdout.write(JSON.stringify(await handler(${JSON.stringify(calls)})), () => process.exit(0))`
  const env = childEnv({ NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' })
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { env })
  return JSON.parse(stdout)
}
const byTheWhole = (calls: readonly Asked[]): Promise<unknown> =>
  Promise.all(calls.map(({ timeoutMs, url, ...one }) => createSend({ timeoutMs })({ ...one, url: new URL(url) })))

const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } } as const

describe('the same call comes to the same', () => {
  test.each<[string, (origin: string) => Asked]>([
    ['a GET', (origin) => call(`${origin}/path?a=1&b=%20x`)],
    ['a POST with a body', (origin) => call(`${origin}/token`, { ...form, body: 'a=1&secret=ä' })],
    ['a POST with an empty body', (origin) => call(`${origin}/token`, { ...form, body: '' })],
    ['a DELETE', (origin) => call(`${origin}/x`, { method: 'DELETE' })],
    ['a throttle', (origin) => call(`${origin}/throttled`)],
    ['HTML', (origin) => call(`${origin}/html`)],
    ['no content', (origin) => call(`${origin}/empty`)],
    ['many chunks', (origin) => call(`${origin}/chunks`)],
    ['a reset', (origin) => call(`${origin}/reset`)],
    ['half an answer', (origin) => call(`${origin}/cut`)],
    ['silence', (origin) => call(`${origin}/silent`, { timeoutMs: 200 })],
    ['nobody there', () => call('http://127.0.0.1:9/')],
    ['no such host', () => call('http://nobody.invalid/')],
  ])('%s', async (_what, make) => {
    const asked = [make(originOf(plain, 'http'))]

    expect(await byBundle(asked)).toEqual(await byTheWhole(asked))
  })

  test('for many calls at once', async () => {
    const asked = Array.from({ length: 20 }, (_, at) => call(`${originOf(plain, 'http')}/at/${at}`))

    expect(await byBundle(asked)).toEqual(await byTheWhole(asked))
  })
})

test('over TLS it speaks HTTP/1.1, also to a server that would rather speak HTTP/2', async () => {
  versions = []
  const asked = [call(`${originOf(secure, 'https')}/token`, { ...form, body: 'a=1' })]

  expect(await byBundle(asked)).toMatchObject([{ arrived: true, status: 200, json: { body: 'a=1', method: 'POST' } }])
  expect(versions).toEqual(['1.1'])
})

test('a certificate that nobody vouches for is refused', async () => {
  const code = `const { handler } = await import(${JSON.stringify(join(root, 'out/index.mjs'))})
console.log(JSON.stringify(await handler([${JSON.stringify(call(`${originOf(secure, 'https')}/token`))}])))
process.exit(0)`
  const env = childEnv()
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { env })

  expect(JSON.parse(stdout)).toMatchObject([{ arrived: false }])
})

test('an answer to CloudFormation arrives as it does by the whole: a PUT without a content type, its body bounded', async () => {
  const seen: unknown[] = []
  const server = createServer((message, response) => {
    let body = ''
    message.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    message.on('end', () => {
      const { host: _its, ...headers } = message.headers
      seen.push({ method: message.method, url: message.url, headers, body })
      response.writeHead(200).end('taken')
    })
  })
  await listen(server)
  const answer = {
    url: `${originOf(server, 'http')}/answer?signature=1`,
    stackId: 'stack',
    requestId: 'request',
    logicalId: 'logical',
    physicalId: 'physical',
    outcome: { succeeded: true, attributes: { Arn: 'arn:ä' } },
  } as const
  const { metafile: of } = await bundleFunction(
    'lambda/adapters/cloudformation/answer-by-undici.ts',
    join(root, 'answer'),
    {
      isForLaptop: true,
    },
  )
  const code = `const { answerByUndici } = await import(${JSON.stringify(join(root, 'answer/index.mjs'))})
await answerByUndici(${JSON.stringify(answer)})
process.exit(0)`
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    env: childEnv(),
  })
  await answerByUndici(answer)
  server.closeAllConnections()
  server.close()

  expect(Object.keys(of.inputs).some((path) => path.includes('undici/lib/api/api-request.js'))).toBe(true)
  expect(seen).toHaveLength(2)
  expect(seen[0]).toEqual(seen[1])
  expect(seen[0]).toMatchObject({ method: 'PUT', headers: { 'content-type': '' } })
})

describe('what is left', () => {
  test('is the very function that undici gives its dispatchers', () => {
    const require = createRequire(import.meta.url)

    expect(Client.prototype.request).toBe(require('undici/lib/api/api-request.js'))
  })

  test('is less than a third of undici, and holds neither HTTP/2, nor fetch, nor a second parser', () => {
    const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
    const undici = inputs.filter(([path]) => path.includes('node_modules/undici/'))
    const bytes = undici.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)

    expect(bytes).toBeLessThan(250_000)
    for (const [path, { bytesInOutput }] of undici) {
      if (/client-h2|\/web\/|llhttp-wasm|milo/.test(path)) expect(bytesInOutput).toBeLessThan(300)
    }
  })

  test('is of one byte a character, and asks for no `require`', async () => {
    const { code } = await bundleFunction('lambda/handlers/on-vend.ts', join(root, 'vend'))

    expect(code.some((byte) => byte > 127)).toBe(false)
    expect(Buffer.from(code).toString()).not.toContain('createRequire')
  })
})
