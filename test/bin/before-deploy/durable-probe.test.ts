// How Lambda answers where it has no durable functions, by an HTTP server that answers as it does.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createAwsAccount, createClients } from '../../../bin/before-deploy/aws-account.ts'

let answer: { status: number; type: string; message: string }
const server = createServer((_request, response) => {
  response.writeHead(answer.status, { 'x-amzn-errortype': answer.type, 'content-type': 'application/json' })
  response.end(JSON.stringify({ Message: answer.message, message: answer.message }))
})
const around = { account: '1', region: 'eu-west-1', partition: 'aws', urlSuffix: 'amazonaws.com', stackName: 'x' }

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const UNKNOWN = 'Unable to determine service/operation name to be authorized'
test.each([
  [404, 'ResourceNotFoundException', 'Function not found', true],
  [403, 'AccessDeniedException', UNKNOWN, false],
  [404, 'UnknownOperationException', '', false],
])('%i %s "%s" says %s', async (status, type, message, has) => {
  answer = { status, type, message }
  const clients = createClients('eu-west-1')

  expect(await createAwsAccount({ clients, around, endpointOf: () => undefined }).hasDurableFunctions()).toBe(has)
})

test('a plain denial says neither', async () => {
  answer = { status: 403, type: 'AccessDeniedException', message: 'User: x is not authorized to perform: lambda:L' }
  const clients = createClients('eu-west-1')

  await expect(
    createAwsAccount({ clients, around, endpointOf: () => undefined }).hasDurableFunctions(),
  ).rejects.toMatchObject({
    action: 'lambda:ListDurableExecutionsByFunction',
    errorName: 'AccessDeniedException',
  })
})
