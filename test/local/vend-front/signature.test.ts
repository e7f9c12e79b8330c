// The check of signatures against those who sign: AWS's own signer, curl, and our call without a client. And that it refuses whatever
// was changed after signing.
import { execFile, spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAwsJson } from '../../../lambda/adapters/vend/signed-json.ts'
import { Sha256 } from '../../../lambda/core/vend/sha256.ts'
import { type SignatureCheck, type SignedRequest, signatureFault } from '../../../lambda/local/vend-front/signature.ts'

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const check = (more: Partial<SignatureCheck> = {}): SignatureCheck => ({
  keys,
  region: 'us-east-1',
  service: 'execute-api',
  now: Date.now(),
  ...more,
})

const sign = async (path: string, body: string, method = 'POST', query: Record<string, string> = {}) => {
  const signer = new SignatureV4({
    service: 'execute-api',
    region: 'us-east-1',
    credentials: keys,
    sha256: Sha256,
  })
  const { headers } = await signer.sign({
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path,
    query,
    headers: { host: '127.0.0.1:4020', 'content-type': 'application/json' },
    body,
  })
  const text = new URLSearchParams(query).toString()
  return { method, url: text === '' ? path : `${path}?${text}`, headers, body: Buffer.from(body) }
}

describe('a signature of the SDK', () => {
  test.each([
    ['/clients/orders/token', '{"scopes":["a"]}', 'POST', {}],
    ['/clients/orders/token', '', 'POST', {}],
    ['/revocations', '', 'GET', { b: '2', a: 'x y/z' }],
    ['/clients/a%20b/token', '{}', 'POST', {}],
    ['/.well-known/oauth-authorization-server', '', 'GET', {}],
  ])('over %s is what it should be', async (path, body, method, query) => {
    expect(signatureFault(await sign(path, body, method, query as Record<string, string>), check())).toBeUndefined()
  })

  test.each<[string, (request: SignedRequest) => SignedRequest]>([
    [
      'a header of AWS’s that was not signed',
      (request) => ({ ...request, headers: { ...request.headers, 'x-amz-target': 'x' } }),
    ],
    ['the client', (request) => ({ ...request, url: '/clients/other/token' })],
    ['the method', (request) => ({ ...request, method: 'GET' })],
    ['the query', (request) => ({ ...request, url: `${request.url}?x=1` })],
    ['the body', (request) => ({ ...request, body: Buffer.from('{"scopes":["b"]}') })],
    ['the host', (request) => ({ ...request, headers: { ...request.headers, host: 'elsewhere' } })],
    ['the content type', (request) => ({ ...request, headers: { ...request.headers, 'content-type': 'text/plain' } })],
    [
      'the signature',
      (request) => ({
        ...request,
        headers: {
          ...request.headers,
          authorization: String(request.headers.authorization).replace(/.$/, (last) => (last === '0' ? '1' : '0')),
        },
      }),
    ],
  ])('does not hold when %s was changed', async (_what, change) => {
    const request = await sign('/clients/orders/token', '{"scopes":["a"]}')

    expect(signatureFault(change(request), check())?.type).toBe('InvalidSignatureException')
  })

  test.each<[string, Partial<SignatureCheck>, string]>([
    ['another key', { keys: { ...keys, accessKeyId: 'AKIDOTHER' } }, 'UnrecognizedClientException'],
    ['another secret', { keys: { ...keys, secretAccessKey: 'other' } }, 'InvalidSignatureException'],
    ['another Region', { region: 'eu-west-1' }, 'InvalidSignatureException'],
    ['another service', { service: 's3' }, 'InvalidSignatureException'],
    ['ten minutes later', { now: Date.now() + 600_000 }, 'InvalidSignatureException'],
    ['ten minutes earlier', { now: Date.now() - 600_000 }, 'InvalidSignatureException'],
  ])('does not hold for %s', async (_what, more, type) => {
    expect(signatureFault(await sign('/clients/orders/token', '{}'), check(more))?.type).toBe(type)
  })

  test.each(['x-amz-date', 'x-amz-content-sha256'])('does not hold where %s is sent and not signed', async (name) => {
    const { headers, ...request } = await sign('/clients/orders/token', '{}')
    const authorization = headers.authorization?.replace(/SignedHeaders=[^,]+/, (list) => list.replace(`;${name}`, ''))

    const fault = signatureFault({ ...request, headers: { [name]: 'x', ...headers, authorization } }, check())

    expect(fault).toMatchObject({ type: 'InvalidSignatureException', message: expect.stringContaining(name) })
  })

  test('of a session is not ours: the pair has no token', async () => {
    const request = await sign('/clients/orders/token', '{}')

    const fault = signatureFault({ ...request, headers: { ...request.headers, 'x-amz-security-token': 't' } }, check())

    expect(fault?.type).toBe('UnrecognizedClientException')
  })

  test.each([
    [undefined, 'MissingAuthenticationTokenException'],
    ['', 'IncompleteSignatureException'],
    ['Bearer abc', 'IncompleteSignatureException'],
    ['AWS4-HMAC-SHA256 Credential=a', 'IncompleteSignatureException'],
  ])('is missed: %j', async (authorization, type) => {
    const request = await sign('/clients/orders/token', '{}')

    expect(signatureFault({ ...request, headers: { ...request.headers, authorization } }, check())?.type).toBe(type)
  })
})

describe('over the wire', () => {
  let server: Server
  let origin = ''
  let faults: (string | undefined)[] = []
  let service = 'execute-api'
  beforeAll(async () => {
    server = createServer((message, response) => {
      const parts: Buffer[] = []
      message.on('data', (part: Buffer) => parts.push(part))
      message.on('end', () => {
        const { method = '', url = '', headers } = message
        const request = { method, url, headers: headers as Record<string, string>, body: Buffer.concat(parts) }
        faults.push(signatureFault(request, check({ service }))?.message)
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    await new Promise<void>((done) => {
      server.listen(0, '127.0.0.1', done)
    })
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const hasCurl = spawnSync('curl', ['--aws-sigv4', 'aws:amz:us-east-1:execute-api', '--version']).status === 0

  test.skipIf(!hasCurl)('what curl signs is what it should be', async () => {
    faults = []
    const args = [
      '-s',
      '--aws-sigv4',
      'aws:amz:us-east-1:execute-api',
      '-u',
      `${keys.accessKeyId}:${keys.secretAccessKey}`,
    ]
    // Not synchronously: the server is in this very process.
    const run = (...more: readonly string[]) => promisify(execFile)('curl', [...args, ...more])

    await run(`${origin}/clients/orders/token`, '-H', 'content-type: application/json', '-d', '{"scopes":["a"]}')
    await run(`${origin}/revocations`)

    expect(faults).toEqual([undefined, undefined])
  })

  test('what our call without a client signs is what it should be', async () => {
    faults = []
    service = 'secretsmanager'
    const place = { region: 'us-east-1', credentials: keys, endpoint: origin }
    const call = createAwsJson(place, { name: 'secretsmanager', target: 'secretsmanager' })

    await call('DescribeSecret', { SecretId: 'm2m/test/ördérs' }, 4_000)

    expect(faults).toEqual([undefined])
    service = 'execute-api'
  })
})
