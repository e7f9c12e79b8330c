// What the fronts of the laptop's two APIs answer when there are more requests than their stages or their functions take, as API Gateway does.
import { afterEach, describe, expect, test } from 'vitest'
import { createSignedRequest } from '../../../lambda/client/signed-request.ts'
import { throttledResult } from '../../../lambda/local/aws/concurrency.ts'
import type { InvocationResult } from '../../../lambda/local/aws/functions.ts'
import { createLeakFront, HTTP_API_PATH } from '../../../lambda/local/laptop/leak-front.ts'
import {
  createVendFront,
  type ServedApi,
  type ServedRoute,
  type VendFront,
  type VendFrontInput,
} from '../../../lambda/local/vend-front/front.ts'

const route = { apiId: 'api', stage: '$default', method: 'POST', path: '/leaks' }
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const identity = { apiId: 'api', stage: 'v1', accountId: '000000000000', accessKeyId: keys.accessKeyId, userArn: 'arn' }
const vended: InvocationResult = { ok: true, value: { statusCode: 200, headers: {}, body: '{}' } }
/** As lib/vend/vendor.ts has them. */
const later = (status: number) => ({ status, headers: { 'retry-after': '1' }, body: '{"error":"later"}' })

let fronts: VendFront[] = []
afterEach(() => Promise.all(fronts.splice(0).map((front) => front.close())))

type Opened = Pick<ServedApi, 'throttle' | 'responses'> &
  Pick<VendFrontInput, 'throttledIntegration' | 'realNow'> &
  Partial<Pick<ServedRoute, 'invoke'>>

type OpenedFront = Omit<Opened, 'invoke'> & Pick<ServedApi, 'routes'>

const openFront = async ({ throttle, responses, routes, ...more }: OpenedFront) => {
  const api: ServedApi = { identity, routes, throttle, responses }
  const front = createVendFront({ keys, region: 'us-east-1', apis: () => [api], ...more })
  fronts = [...fronts, front]
  return createSignedRequest({ url: await front.listen(0), credentials: keys, region: 'us-east-1' })
}

const open = async ({ invoke = async () => vended, ...more }: Opened = {}) => {
  const send = await openFront({ ...more, routes: [{ method: 'POST', resource: '/clients/{client}/token', invoke }] })
  return async () => {
    const reply = await send({ method: 'POST', path: '/clients/orders/token', body: '{}' })
    return { status: reply.status, after: reply.headers.get('retry-after'), body: await reply.text() }
  }
}

describe('the vendor’s API', () => {
  test('asks for a signature on the routes that have IAM authorisation, and on no others', async () => {
    const signed = { method: 'POST', resource: '/clients', invoke: async () => vended }
    const front = createVendFront({
      keys,
      region: 'us-east-1',
      apis: () => [{ identity, routes: [signed, { ...signed, resource: '/leaks', isSigned: false }] }],
    })
    fronts = [...fronts, front]
    const url = await front.listen(0)
    const statusOf = async (path: string) => (await fetch(`${url}${path}`, { method: 'POST', body: '{}' })).status

    expect([await statusOf('/clients'), await statusOf('/leaks')]).toEqual([403, 200])
  })

  test('lets its burst in at once, and then what its rate allows', async () => {
    let now = 0
    let invocations = 0
    const ask = await open({
      throttle: { ratePerSecond: 2, burst: 3 },
      realNow: () => now,
      invoke: async () => {
        invocations += 1
        return vended
      },
    })
    const statuses = async (count: number) => {
      const all: number[] = []
      for (let nth = 0; nth < count; nth += 1) all.push((await ask()).status)
      return all
    }

    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
    now += 500
    expect(await statuses(2)).toEqual([200, 429])
    now += 60_000
    expect(await statuses(4)).toEqual([200, 200, 200, 429])
    expect(invocations).toBe(7)
  })

  test('keeps apart what a route of its own limit takes', async () => {
    const front = await openFront({
      throttle: { ratePerSecond: 1, burst: 1 },
      realNow: () => 0,
      routes: [
        { method: 'POST', resource: '/clients/{client}/token', invoke: async () => vended },
        {
          ...{ method: 'GET', resource: '/revocations', invoke: async () => vended },
          read: async () => ({ status: 200, headers: {}, body: 'list' }),
          throttle: { ratePerSecond: 1, burst: 3 },
        },
      ],
    })
    const list = async () => (await front({ method: 'GET', path: '/revocations' })).status
    const token = async () => (await front({ method: 'POST', path: '/clients/orders/token', body: '{}' })).status

    expect([await list(), await list(), await list(), await list()]).toEqual([200, 200, 200, 429])
    expect([await token(), await token()]).toEqual([200, 429])
  })

  test('answers in API Gateway’s words, or in its own', async () => {
    const throttle = { ratePerSecond: 1, burst: 0 }
    const plain = await open({ throttle })
    const own = await open({ throttle, responses: { THROTTLED: later(429) } })

    expect(await plain()).toEqual({ status: 429, after: null, body: '{"message":"Too Many Requests"}' })
    expect(await own()).toEqual({ status: 429, after: '1', body: '{"error":"later"}' })
  })

  test.each([
    ['INTEGRATION_FAILURE', 504, 503],
    ['THROTTLED', 429, 429],
    ['DEFAULT_5XX', 500, 500],
  ] as const)('answers for a function without room as %s', async (type, status, customised) => {
    const more = { invoke: async () => throttledResult, throttledIntegration: () => type }
    const plain = await open(more)
    const own = await open({ ...more, responses: { INTEGRATION_FAILURE: later(503), THROTTLED: later(429) } })

    expect((await plain()).status).toBe(status)
    expect((await own()).status).toBe(customised)
  })

  test('answers 502 for a function that failed, whatever its own answers are', async () => {
    const ask = await open({
      invoke: async () => ({ ok: false, errorType: 'Error', errorMessage: 'broken' }),
      responses: { INTEGRATION_FAILURE: later(503) },
    })

    expect((await ask()).status).toBe(502)
  })
})

describe('the intake’s API', () => {
  const request = {
    ...{ method: 'POST', path: `${HTTP_API_PATH}/leaks`, query: new URLSearchParams(), headers: {}, body: '[]' },
    connection: {},
    address: '127.0.0.1',
  }
  const answer = async (front: ReturnType<typeof createLeakFront>) => (await front(request)?.run())?.status

  test('throttles as its stage does', async () => {
    const front = createLeakFront({
      route,
      invoke: async () => ({ ok: true, value: { statusCode: 202 } }),
      throttle: { ratePerSecond: 1, burst: 1 },
      realNow: () => 0,
    })

    expect([await answer(front), await answer(front)]).toEqual([202, 429])
  })

  test('is unavailable while its function has no room', async () => {
    expect(await answer(createLeakFront({ route, invoke: async () => throttledResult }))).toBe(503)
  })
})
