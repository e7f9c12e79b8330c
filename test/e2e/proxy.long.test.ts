// The command line in a network that reaches AWS through a proxy: it goes where HTTPS_PROXY says, as the AWS CLI does, and never says the
// proxy's password.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { childEnv } from '../child-env.ts'
import { repository } from './spawned.ts'

const run = promisify(execFile)
const password = 'canary-proxy-password'
let asked: string[] = []
const proxy = createServer()
proxy.on('connect', ({ url = '' }, socket) => {
  asked.push(url)
  socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
})
beforeAll(() => new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve)))
beforeEach(() => {
  asked = []
})
afterAll(() => new Promise((resolve) => void proxy.close(resolve)))

interface Failed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const m2m = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Failed> => {
  const { port } = proxy.address() as AddressInfo
  const settings = {
    HTTPS_PROXY: `http://ada:${password}@127.0.0.1:${port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'x',
    M2M_STAGE: 'prod',
    ...env,
  }
  const ended = run(process.execPath, ['bin/m2m.ts', ...args], { cwd: repository, env: childEnv(settings) })
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (failed: Failed) => failed,
  )
}

test.each([
  { args: ['list'], service: 'lambda' },
  { args: ['freeze'], service: 'ssm' },
  { args: ['incident', 'billing', '--direct', '--yes'], service: 'secretsmanager' },
])('m2m $args asks AWS through the proxy, and says that it failed without its password', async ({ args, service }) => {
  const { code, stdout, stderr } = await m2m(args, {})

  expect(asked).toContain(`${service}.eu-central-1.amazonaws.com:443`)
  expect(code).toBeGreaterThan(0)
  expect(stderr).toContain('ERR_PROXY_TUNNEL')
  expect(stdout + stderr).not.toContain(password)
})

test('what NO_PROXY names is asked directly', async () => {
  const { code } = await m2m(['freeze'], { NO_PROXY: '127.0.0.1', AWS_ENDPOINT_URL: 'https://127.0.0.1:9' })

  expect(asked).toEqual([])
  expect(code).toBeGreaterThan(0)
})

test('stand-ins, which speak plain HTTP, are asked directly', async () => {
  await m2m(['freeze'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' })

  expect(asked).toEqual([])
})
