// A signed request without a client: the address, and the signature that AWS's own client makes for the same request; and what the freeze
// and the rotation function's steps make of the replies, over HTTP.
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFreeze } from '../../../lambda/adapters/aws/freeze.ts'
import { createInvoke } from '../../../lambda/adapters/aws/invoke.ts'
import { createRotationSteps } from '../../../lambda/adapters/aws/rotation-steps.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { explainRefusal } from '../../../lambda/core/rotation/refusal.ts'
import { listenWhileTesting } from './listening.ts'

interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }
  | 'never'
  | 'cut'

const received: Received[] = []
let answers: Answer[] = []

const server = createServer(async (message, response) => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  const { method, url: path, headers } = message
  received.push({ method, path, headers, body: Buffer.concat(parts).toString('utf8') })
  const answer = answers.shift() ?? { status: 500, body: '{}' }
  if (answer === 'never') return
  if (answer === 'cut') {
    response.destroy()
    return
  }
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1', ...answer.headers })
  response.end(answer.body)
})

const origin = listenWhileTesting(server)
beforeEach(() => {
  received.length = 0
  answers = []
})

const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'canary-key', sessionToken: 'canary-session' }
const config = { region: 'eu-west-1', credentials }
const base = new SecretsManagerClient(config)
const ssm = () => createSignedCall(base, { service: 'ssm', endpoint: origin() })
const lambda = () => createInvoke(createSignedCall(base, { service: 'lambda', endpoint: origin() }))
const value = (text: string): Answer => ({ status: 200, body: JSON.stringify({ Parameter: { Value: text } }) })
const refusal = (type: string, status = 400): Answer => ({ status, body: JSON.stringify({ __type: type }) })

const faultOf = async (call: Promise<unknown>): Promise<Fault> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Fault) return error
  throw new Error(`expected a Fault, got ${String(error)}`)
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What AWS makes of a request to see whether its signature is right (Signature Version 4); written from AWS's description. */
const signatureOf = ({ method = '', path = '', headers, body }: Received): string => {
  const names = /SignedHeaders=([^,]+),/.exec(headers.authorization ?? '')?.[1] ?? ''
  const [, date = '', region = '', service = ''] =
    /Credential=(\S+),/.exec(headers.authorization ?? '')?.[1]?.split('/') ?? []
  const canonicalHeaders = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, path, '', canonicalHeaders.join(''), names, sha256(body)].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const parts = [date, region, service, 'aws4_request']
  const key = parts.reduce<string | Buffer>(
    (so, part) => createHmac('sha256', so).update(part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  )
  return createHmac('sha256', key).update(toSign).digest('hex')
}
const signatureIn = ({ headers }: Received): string | undefined =>
  /Signature=([0-9a-f]+)/.exec(headers.authorization ?? '')?.[1]

describe('the request', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is signed as AWS’s own client signs it', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 2, 12, 30), toFake: ['Date'] })
    answers = [value('off'), value('off')]
    const client = new SSMClient({ ...config, endpoint: origin() })
    await client.send(new GetParameterCommand({ Name: '/m2m/test/freeze' }))
    await createFreeze(ssm(), '/m2m/test/freeze').read()
    const [theirs, ours] = received

    const scope = (headers: IncomingHttpHeaders | undefined) =>
      /Credential=(\S+),/.exec(headers?.authorization ?? '')?.[1]
    expect(scope(ours?.headers)).toBe('AKIAEXAMPLE/20261102/eu-west-1/ssm/aws4_request')
    expect(scope(ours?.headers)).toBe(scope(theirs?.headers))
    expect([ours?.method, ours?.path, ours?.body]).toEqual([theirs?.method, theirs?.path, theirs?.body])
    for (const name of ['x-amz-target', 'content-type', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256']) {
      expect(ours?.headers[name]).toBe(theirs?.headers[name])
    }
    client.destroy()
  })

  test('is dated by AWS’s clock, as a client’s calls have found it', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 2, 12, 30), toFake: ['Date'] })
    answers = [{ status: 200, headers: { date: 'Mon, 02 Nov 2026 15:30:00 GMT' }, body: '{}' }, value('off')]
    const client = new SSMClient({ ...config, endpoint: origin() })
    await client.send(new GetParameterCommand({ Name: '/m2m/test/freeze' }))
    const call = createSignedCall(base, { service: 'ssm', endpoint: origin() }, client.config)
    await createFreeze(call, '/m2m/test/freeze').read()

    expect(received[1]?.headers['x-amz-date']).toBe('20261102T153000Z')
    client.destroy()
  })

  test('has a signature that AWS would find right, and says no key', async () => {
    answers = [value('off'), { status: 200, body: 'null' }, value('off')]
    const client = new SSMClient({ ...config, endpoint: origin() })
    await client.send(new GetParameterCommand({ Name: '/m2m/test/freeze' }))
    await createRotationSteps(lambda(), 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-test-rotation').ask({
      step: 'testSecret',
      secretId: 'arn:x',
      requestToken: 'settle-1793622600000-00000000000000000000000000000000',
      timeoutMs: 20_000,
    })
    await createFreeze(ssm(), '/m2m/test/freeze').read()

    // The first one is AWS's own client's: it shows that this reading of the signature is right.
    expect(received).toHaveLength(3)
    for (const one of received) expect(signatureIn(one)).toBe(signatureOf(one))
    expect(JSON.stringify(received)).not.toContain('canary-key')
    client.destroy()
  })

  test.each([
    ['eu-west-1', 'ssm.eu-west-1.amazonaws.com'],
    ['cn-north-1', 'ssm.cn-north-1.amazonaws.com.cn'],
  ])('goes to AWS’s own address in %s', async (region, host) => {
    const seen: { hostname?: string; protocol?: string; headers?: Record<string, string> }[] = []
    const client = new SecretsManagerClient({
      ...config,
      region,
      requestHandler: {
        handle: async (request: object) => {
          seen.push(request)
          throw new Error('not sent')
        },
        updateHttpClientConfig: () => {},
        httpHandlerConfigs: () => ({}),
      },
    })

    await faultOf(createFreeze(createSignedCall(client, { service: 'ssm' }), '/m2m/test/freeze').read())

    expect(seen[0]).toMatchObject({ hostname: host, protocol: 'https:', headers: { host } })
  })
})

describe('the freeze', () => {
  const read = () => createFreeze(ssm(), '/m2m/test/freeze').read()

  test.each(['off', 'planned', 'all'])('is %s when the parameter says so', async (state) => {
    answers = [value(state)]

    expect(await read()).toBe(state)
    expect(received[0]?.body).toBe('{"Name":"/m2m/test/freeze"}')
  })

  test.each(['ParameterNotFound', 'com.amazonaws.ssm#ParameterNotFound'])(
    'is off where there is none: %s',
    async (type) => {
      answers = [refusal(type)]

      expect(await read()).toBe('off')
    },
  )

  test.each<[string, Answer]>([
    ['a slip', value('On')],
    ['nothing', value('')],
    ['no parameter', { status: 200, body: '{}' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['a denial', refusal('AccessDeniedException')],
  ])('is unreadable when the answer is %s, and is not asked for again', async (_what, answer) => {
    answers = [answer, value('off')]

    const fault = await faultOf(read())

    expect(fault).toMatchObject({ code: 'FREEZE_UNREADABLE', retryable: true })
    expect(fault.message).toContain('/m2m/test/freeze')
    expect(received).toHaveLength(1)
  })

  test.each<[string, Answer]>([
    ['throttles', refusal('ThrottlingException')],
    ['is down', refusal('InternalServerError', 500)],
    ['does not answer', 'never'],
    ['breaks off', 'cut'],
  ])('is asked for once more when the service %s', async (_what, answer) => {
    answers = [answer, value('planned')]

    expect(await read()).toBe('planned')
  })

  test('is unreadable when the service is down for longer', async () => {
    answers = ['never', 'never']
    const startedAt = Date.now()

    expect(await faultOf(read())).toMatchObject({ code: 'FREEZE_UNREADABLE' })
    expect(Date.now() - startedAt).toBeLessThan(20_000)
  })
})

describe('a step of the rotation function', () => {
  const asked = {
    step: 'finishSecret',
    secretId: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/test/orders-AbCdEf',
    requestToken: 'rotate-1793622600000-00000000000000000000000000000000',
    timeoutMs: 20_000,
  } as const
  const ask = (timeoutMs: number = asked.timeoutMs) =>
    createRotationSteps(lambda(), 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-test-rotation').ask({
      ...asked,
      timeoutMs,
    })
  const failed = (errorType: string, errorMessage: string): Answer => ({
    status: 200,
    headers: { 'x-amz-function-error': 'Unhandled' },
    body: JSON.stringify({ errorType, errorMessage, trace: ['canary'] }),
  })

  test('is asked for as Secrets Manager asks', async () => {
    answers = [{ status: 200, body: 'null' }]

    expect(await ask()).toBe('done')
    expect(received[0]).toMatchObject({
      method: 'POST',
      path: '/2015-03-31/functions/m2m-test-rotation/invocations',
      headers: { 'x-amz-invocation-type': 'RequestResponse' },
    })
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      Step: 'finishSecret',
      SecretId: asked.secretId,
      ClientRequestToken: asked.requestToken,
    })
  })

  test.each([
    ['RotationRefused', `Rotation of x refused: ${explainRefusal({ reason: 'pendingMissing' })}.`, 'refused'],
    ['RotationRefused', `Rotation of x refused: ${explainRefusal({ reason: 'currentMoved' })}.`, 'refused'],
    ['Fault', 'Stytch is down', 'failed'],
    ['Sandbox.Timedout', 'Task timed out after 30.00 seconds', 'failed'],
  ])('that throws %s, %s: %s', async (type, message, expected) => {
    answers = [failed(type, message)]

    expect(await ask()).toBe(expected)
  })

  test.each<[string, Answer, RegExp]>([
    [
      'is throttled',
      { status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException:http' }, body: '{}' },
      /TooManyRequests/,
    ],
    [
      'is not there',
      { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: '{}' },
      /ResourceNotFound/,
    ],
    ['is denied', { status: 403, body: '{}' }, /status 403/],
    ['does not answer', 'never', /./],
    ['breaks off', 'cut', /./],
  ])('of a function that %s was not run', async (_what, answer, expected) => {
    answers = [answer]

    const fault = await faultOf(ask(answer === 'never' ? 500 : undefined))

    expect(fault).toMatchObject({ code: 'STEP_NOT_RUN', retryable: true })
    expect(fault.message).toMatch(expected)
    expect(fault.message).not.toContain('canary')
  })
})
