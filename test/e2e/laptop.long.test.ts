// `npm run laptop` as a user starts it: what it prints and where it listens, its routes, and that nothing of it is left, however
// it ends. The only tests that use the default ports, which they share with whatever else runs on the machine.
import { createServer } from 'node:net'
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { LaptopAddress } from '../../lambda/local/laptop/address.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { callsOf, get, plan, post } from './control.ts'
import { PUBLISHING } from './publishing.ts'
import { descendantsOf, endAll, laptopPath, leftOf, type Spawned, spawnCommand, until } from './spawned.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

const anyPorts = ['--stytch-port', '0', '--aws-port', '0']

interface Started {
  readonly child: Spawned
  readonly address: LaptopAddress
}

const spawnLaptop = (...options: readonly string[]): Spawned => spawnCommand({ args: [laptopPath, ...options] })

const startLaptop = async (...options: readonly string[]): Promise<Started> => {
  const child = spawnLaptop(...options)
  return { child, address: JSON.parse(await child.printed(/^.*\n/)) as LaptopAddress }
}

const portOf = (origin: string): number => Number(new URL(origin).port)

/** Holds a port. @returns its number and the release; undefined when it is taken. */
const hold = (port: number): Promise<{ readonly port: number; release(): Promise<void> } | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        release: () => new Promise((released) => server.close(() => released())),
      })
    })
  })

const isTaken = async (port: number): Promise<boolean> => {
  const held = await hold(port)
  await held?.release()
  return held === undefined
}

const allTaken = async (from: number, before: number): Promise<boolean> => {
  for (let port = from; port < before; port += 1) if (!(await isTaken(port))) return false
  return true
}

/** A laptop whose function is in the middle of a rotation, with that function's processes. */
const startInMidRotation = async () => {
  const started = await startLaptop(...anyPorts)
  const operator = createOperator(started.address)
  const { secretArn } = await operator.register('busy', [])
  await plan(started.address.stytch, { op: 'RotateStart', kind: 'delay', delay_ms: 4500 })
  const asked = operator.rotate(secretArn, 'rotate').catch(() => 'broken off')
  await until(
    async () => (await callsOf(started.address.stytch)).some(({ op }) => op === 'RotateStart'),
    'the start at Stytch',
  )
  return { ...started, operator, asked, functions: descendantsOf(started.child.pid) }
}

afterAll(endAll)

/** Stored again after a reset. */
const HAND_MADE = ['m2m-intake/laptop/signing', 'stytch/m2m-laptop']

describe('npm run laptop', () => {
  let laptop: Started

  beforeAll(async () => {
    laptop = await startLaptop(...anyPorts)
  })
  afterEach(async () => {
    await post(laptop.address.aws, 'reset')
  })

  it('prints one JSON object with its addresses as the first line of stdout', () => {
    const { address } = laptop

    const keys = Object.keys(address)

    expect(keys).toEqual([
      'stytch',
      'aws',
      'project_id',
      'project_secret',
      'region',
      'account_id',
      'rotation_lambda_arn',
      'bus',
      'leaks',
      'vend',
      'vend_client',
      'identities',
      'revocations_public_key',
      'access_key_id',
      'secret_access_key',
      'page',
    ])
    expect(address).toMatchObject({
      stytch: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      aws: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      project_id: expect.stringMatching(/^project-test-[0-9a-f-]{36}$/),
      region: 'us-east-1',
      rotation_lambda_arn: `arn:aws:lambda:us-east-1:${address.account_id}:function:m2m-laptop-rotation`,
      bus: 'm2m-laptop',
      leaks: `${address.aws}/_laptop/leaks`,
    })
  })

  it('names on that line by whose key ids calls are made, each with any secret key', () => {
    const { identities, account_id } = laptop.address
    const identity = (name: string, account = account_id) => ({
      access_key_id: name,
      secret_access_key: 'x',
      arn: `arn:aws:iam::${account}:role/${name}`,
    })
    const ours = ['admin', 'break-glass', 'operator', 'security', 'power-user', 'reader', 'stranger']

    expect(identities).toEqual({
      ...Object.fromEntries(ours.map((name) => [name, identity(name)])),
      'other-account-reader': identity('other-account-reader', '111111111111'),
    })
  })

  it('is empty after a reset, but for what people store by hand', async () => {
    const { aws, stytch } = laptop.address
    await post(aws, 'reset')
    const client = new SecretsManagerClient({
      endpoint: aws,
      region: 'us-east-1',
      credentials: { accessKeyId: 'admin', secretAccessKey: 'x' },
    })

    const { SecretList: secrets } = await client.send(new ListSecretsCommand({}))
    const { body: clients } = await get(stytch, 'clients')

    expect(secrets?.map(({ Name }) => Name).toSorted()).toEqual(HAND_MADE)
    expect(clients).toEqual({ clients: [] })
    client.destroy()
  })

  it('takes any AWS credentials with --rights off, and names nobody', async () => {
    const open = await startLaptop(...anyPorts, '--page-port', '0', '--rights', 'off')
    const client = new SecretsManagerClient({
      endpoint: open.address.aws,
      region: open.address.region,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x', sessionToken: 'y' },
    })

    const { Name: name } = await client.send(new GetSecretValueCommand({ SecretId: 'm2m/laptop/reports' }))

    expect([name, open.address.identities]).toEqual(['m2m/laptop/reports', undefined])
    client.destroy()
    open.child.kill('SIGTERM')
    await open.child.ended
  })

  it.each(['stytch', 'aws'] as const)('empties both stand-ins on a reset of %s', async (which) => {
    const { address } = laptop
    const operator = createOperator(address)
    await operator.register(`reset_${which}`, [])

    const { status } = await post(address[which], 'reset')

    const { SecretList: secrets } = await operator.secretsManager.send(new ListSecretsCommand({}))
    expect(status).toBe(200)
    expect(secrets?.map(({ Name }) => Name).toSorted()).toEqual(HAND_MADE)
    expect((await get(address.stytch, 'clients')).body).toEqual({ clients: [] })
    expect(await callsOf(address.stytch)).toEqual([])
    const operations = (await callsOf(address.aws)).map(({ op }) => op)
    expect(operations.filter((op) => !PUBLISHING.includes(op))).toEqual(['ListSecrets'])
    operator.secretsManager.destroy()
  })

  it.each([
    ['stytch', 'aws'],
    ['aws', 'stytch'],
  ] as const)('moves the clock of both when that of %s is advanced', async (one, other) => {
    const { address } = laptop
    const before = Date.now()
    await post(address[one], 'clock', { advance_seconds: 86_400 })

    const { body } = await post(address[other], 'clock', { advance_seconds: 0 })

    const { now } = body as { now: number }
    expect(now - before).toBeGreaterThanOrEqual(86_400_000)
    expect(now - before).toBeLessThan(86_460_000)
  })

  it('plays a fault for the n-th call from now, and lists every call without secrets', async () => {
    const { address } = laptop
    const operator = createOperator(address)
    const { secretArn, clientId } = await operator.register('faulty', [])
    const { clientSecret } = await operator.read(secretArn)
    const readOnce = () =>
      operator.secretsManager.send(new GetSecretValueCommand({ SecretId: secretArn })).then(
        () => 'read',
        (error: unknown) => (error as Error).name,
      )

    // The SDK tries twice, so two failures in a row reach its caller.
    await plan(address.aws, { op: 'GetSecretValue', nth: 2, count: 2, kind: 'error', status: 500 })
    const reads = [await readOnce(), await readOnce(), await readOnce()]

    const calls = { aws: await callsOf(address.aws), stytch: await callsOf(address.stytch) }
    expect(reads).toEqual(['read', 'InternalServiceError', 'read'])
    const statuses = calls.aws.filter(({ op }) => op === 'GetSecretValue').map(({ status }) => status)
    expect(statuses.slice(-4)).toEqual([200, 500, 500, 200])
    // The sweep may still be at what the day that was skipped made due.
    const asked = calls.aws.filter(({ op }) => !['GetParameter', 'ListSecrets', ...PUBLISHING].includes(op))
    expect(asked[0]).toEqual({
      op: 'DescribeSecret',
      subject: 'm2m/laptop/faulty',
      at: expect.any(Number),
      status: 400,
    })
    expect(calls.stytch.map(({ op, status }) => [op, status])).toEqual([
      ['CreateClient', 200],
      ['UpdateClient', 200],
    ])
    expect(calls.stytch[1]?.subject).toBe(clientId)
    expect(JSON.stringify(calls)).not.toContain(clientSecret)
    operator.secretsManager.destroy()
  })

  it('says what is wrong with a malformed fault or clock, and which route it does not know', async () => {
    const { stytch } = laptop.address

    const fault = await post(stytch, 'faults', { kind: 'sparks', nth: 0 })
    const clock = await post(stytch, 'clock', { advance_seconds: -1 })
    const route = await get(stytch, 'secrets')

    expect(fault).toMatchObject({ status: 400, body: { error: expect.stringMatching(/op: .*kind: .*nth: /) } })
    expect(clock).toMatchObject({ status: 400, body: { error: 'advance_seconds: expected a number from 0' } })
    expect(route.status).toBe(404)
  })
})

describe("the laptop's ports", () => {
  it('are the defaults, or else the next free ones', async () => {
    const first = await startLaptop()
    const second = await startLaptop()

    const ports = [first, second].map(({ address }) => ({ stytch: portOf(address.stytch), aws: portOf(address.aws) }))

    for (const { stytch, aws } of ports) {
      expect(stytch).toBeGreaterThanOrEqual(4010)
      expect(aws).toBeGreaterThanOrEqual(4566)
      // The next free one: there is no other before it.
      expect(await allTaken(4010, stytch)).toBe(true)
      expect(await allTaken(4566, aws)).toBe(true)
    }
    expect(ports[1]?.stytch).toBeGreaterThan(ports[0]?.stytch ?? 0)
    expect(ports[1]?.aws).toBeGreaterThan(ports[0]?.aws ?? 0)
    for (const { child } of [first, second]) child.kill('SIGTERM')
    await Promise.all([first.child.ended, second.child.ended])
  })

  it.each(['--stytch-port', '--aws-port'])(
    'are not exchanged for others when %s asks for a taken one',
    async (option) => {
      const held = await hold(0)

      const child = spawnLaptop(...anyPorts, option, String(held?.port))
      const ending = await child.ended

      expect(ending).toEqual({ code: 1, signal: null })
      expect(child.stdout()).toBe('')
      expect(child.stderr()).toContain(`${option} ${held?.port} is taken`)
      await held?.release()
    },
  )

  it('are refused when malformed, all faults at once', async () => {
    const child = spawnLaptop('--stytch-port', 'high', '--aws-port', '70000', '--region', 'eu-west-1', 'now')

    const ending = await child.ended

    expect(ending).toEqual({ code: 2, signal: null })
    expect(child.stdout()).toBe('')
    for (const fault of ['--stytch-port', '--aws-port', '--region', '"now"']) expect(child.stderr()).toContain(fault)
    expect(child.stderr()).not.toMatch(/^\s+at /m)
  })

  it('are refused when an option has no value', async () => {
    const child = spawnLaptop('--aws-port')

    const ending = await child.ended

    expect(ending.code).toBe(2)
    expect(child.stderr()).toContain('--aws-port: expected a port')
  })
})

describe('the end of the laptop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'comes within seconds of a %s, with exit 0 and no process left',
    async (signal) => {
      const { child, operator, asked, functions } = await startInMidRotation()
      const signalledAt = Date.now()

      child.kill(signal)
      const ending = await child.ended

      expect(ending).toEqual({ code: 0, signal: null })
      expect(Date.now() - signalledAt).toBeLessThan(20_000)
      expect(functions.length).toBeGreaterThan(0)
      expect(await leftOf(functions)).toEqual([])
      expect(child.stdout().split('\n')).toHaveLength(2)
      operator.secretsManager.destroy()
      await asked
    },
  )

  it('leaves no process behind when the laptop is killed', async () => {
    const { child, operator, asked, functions } = await startInMidRotation()

    child.kill('SIGKILL')
    const ending = await child.ended

    expect(ending).toEqual({ code: null, signal: 'SIGKILL' })
    expect(functions.length).toBeGreaterThan(0)
    expect(await leftOf(functions)).toEqual([])
    operator.secretsManager.destroy()
    await asked
  })

  it('is quiet: after whole rotations stdout still holds the one line, and stderr tells each step', async () => {
    const { child, address } = await startLaptop(...anyPorts)
    const operator = createOperator(address)
    const { secretArn } = await operator.register('quiet', [])
    await operator.rotate(secretArn, 'rotate')
    await operator.rotate(secretArn, 'settle')

    child.kill('SIGTERM')
    await child.ended

    expect(child.stdout()).toBe(`${JSON.stringify(address)}\n`)
    const done = child
      .stderr()
      .split('\n')
      .filter((line) => line.includes('"outcome":"done"') && line.includes(secretArn))
    expect(done).toHaveLength(9)
    operator.secretsManager.destroy()
  })
})
