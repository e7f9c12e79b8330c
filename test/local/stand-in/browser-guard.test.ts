// A page of another site that a user visits must reach neither a stand-in's switches nor what the AWS stand-in does for whoever asks.
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { createStytchStandIn } from '../../../lambda/local/stytch/stytch-stand-in.ts'

const world = createWorld()
const invoked: unknown[] = []
const aws = createAwsStandIn({
  world,
  buckets: ['evidence'],
  functions: {
    exists: () => true,
    invoke: async ({ event }) => {
      invoked.push(event)
      return { ok: true }
    },
  },
  route: ({ path }) =>
    path === '/door' ? { op: 'Door', subject: null, isOpen: true, run: () => ({ status: 200, body: {} }) } : undefined,
})
const stytch = createStytchStandIn({ world, projectId: 'project-test-1', projectSecret: 'secret-test-1' })
const ports = { aws: 0, stytch: 0 }

beforeAll(async () => {
  ports.aws = Number(new URL(await aws.listen(0)).port)
  ports.stytch = Number(new URL(await stytch.server.listen(0)).port)
})
afterAll(() => Promise.all([aws.close(), stytch.server.close()]))

/** Not fetch, which sets Host and Origin itself. */
const ask = (at: 'aws' | 'stytch', path: string, { method = 'POST', ...headers }: Record<string, string>) =>
  new Promise<number>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: ports[at], method, path, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject).end(method === 'POST' ? '{}' : undefined)
  })

const places = [
  ['aws', '/_stand-in/reset'],
  ['aws', '/_stand-in/settings'],
  ['stytch', '/_stand-in/reset'],
  ['aws', '/2015-03-31/functions/any/invocations'],
  ['aws', '/'],
] as const

describe.each(places)('at %s %s', (at, path) => {
  test.each([
    ['a name that somebody else has pointed here', { host: 'evil.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['another site', { origin: 'http://evil.example' }],
    ['a frame without an origin', { origin: 'null' }],
  ])('no answer for %s', async (_who, headers: Record<string, string>) => {
    const target = { 'x-amz-target': 'secretsmanager.ListSecrets' }

    expect(await ask(at, path, { ...target, ...headers })).toBe(403)
    expect(invoked).toEqual([])
  })

  test('an answer for programs, and for pages that came from here', async () => {
    const target = { 'x-amz-target': 'secretsmanager.ListSecrets' }

    expect(await ask(at, path, target)).toBe(200)
    expect(await ask(at, path, { ...target, host: `localhost:${ports[at]}` })).toBe(200)
    expect(await ask(at, path, { ...target, origin: `http://127.0.0.1:${ports[at]}` })).toBe(200)
    invoked.splice(0)
  })
})

test('a refused call is not counted, and S3 and the lists answer no other site either', async () => {
  world.reset()

  expect(await ask('aws', '/evidence?list-type=2', { method: 'GET', origin: 'http://evil.example' })).toBe(403)
  expect(aws.calls()).toEqual([])
})

test('what checks its callers by itself is open to all', async () => {
  expect(await ask('aws', '/door', { host: 'tunnel.example', origin: 'https://tunnel.example' })).toBe(200)
})
