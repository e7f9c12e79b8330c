// CancelRotateSecret in the middle of a rotation: rotation is off, AWSPENDING stands, and Secrets Manager does nothing more. What becomes of
// such a leftover, on the laptop: by the sweep, by an incident, and by the commands of the runbook.
import { readFileSync } from 'node:fs'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  CancelRotateSecretCommand,
  DescribeSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { type Cli, openCli } from './cli.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const MINUTE_MS = 60_000
let cli: Cli
let operator: Operator
let client: SecretsManagerClient
let lambda: LambdaClient
/** Who may start a sweep besides the scheduler. */
let admins: LambdaClient

beforeAll(async () => {
  // Secrets Manager's own repetition would come after the test.
  cli = await openCli({ redriveSpacingMs: 3_600_000, asyncRetryMs: 200 })
  const { aws: endpoint, region } = cli.laptop.address
  const config = { endpoint, region, credentials: credentialsOf('operator') }
  operator = createOperator(cli.laptop.address, guardingOf(cli.laptop))
  client = new SecretsManagerClient(config)
  lambda = new LambdaClient(config)
  // One sweep at a time: a second is throttled while the scheduled one runs.
  admins = new LambdaClient({ ...config, credentials: credentialsOf('admin'), maxAttempts: 20 })
})
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  for (const one of [client, lambda, admins, operator.secretsManager]) one.destroy()
  await cli.close()
})

interface Leftover {
  readonly name: string
  readonly secretArn: string
  readonly clientId: string
  readonly before: string
  readonly token: string
}

const holderOf = (secretArn: string, label: string): string | undefined =>
  cli.laptop.aws.peek(secretArn)?.versions.find(({ stages }) => stages.includes(label))?.id
const valueUnder = (secretArn: string, label: string): string => {
  const text = cli.laptop.aws.peek(secretArn)?.versions.find(({ stages }) => stages.includes(label))?.value ?? '{}'
  return (JSON.parse(text) as { client_secret: string }).client_secret
}

/** A rotation that was cancelled while Stytch did not answer this operation. */
const cancelled = async (name: string, op: 'Token' | 'GetClient'): Promise<Leftover> => {
  const { secretArn, clientId } = await operator.register(name, ['read:things'])
  const before = valueUnder(secretArn, 'AWSCURRENT')
  const { faults } = cli.laptop.stytch.server
  const failures = () => cli.laptop.stytch.server.calls().filter((call) => call.op === op && call.status === 503).length
  const earlier = failures()
  faults.add({ op, kind: 'error', status: 503, count: 1000 })
  const askedAt = cli.laptop.world.clock.now()
  const token = makeRequestToken({ origin: 'rotate', askedAt, secretArn, about: name, attempt: 1 })
  await client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
  await until(() => failures() > earlier, `a ${op} that fails`)
  await operator.secretsManager.send(new CancelRotateSecretCommand({ SecretId: secretArn }))
  await cli.laptop.aws.idle()
  faults.clear()
  return { name: `m2m/laptop/${name}`, secretArn, clientId, before, token }
}

const sweep = async (): Promise<unknown> => {
  const scheduledAt = new Date(cli.laptop.world.clock.now()).toISOString()
  const { Payload, FunctionError } = await admins.send(
    new InvokeCommand({ FunctionName: 'm2m-laptop-sweep', Payload: Buffer.from(JSON.stringify({ scheduledAt })) }),
  )
  expect(FunctionError).toBeUndefined()
  return JSON.parse(Buffer.from(Payload ?? []).toString('utf8'))
}

test('leaves rotation off, with its function, and AWSPENDING on the version', async () => {
  const { secretArn, token } = await cancelled('described', 'Token')

  const described = await client.send(new DescribeSecretCommand({ SecretId: secretArn }))

  expect(described).toMatchObject({
    RotationEnabled: false,
    RotationLambdaARN: cli.laptop.address.rotation_lambda_arn,
    VersionIdsToStages: { [token]: ['AWSPENDING'] },
  })
})

describe('the sweep', () => {
  test('has one whose value Stytch accepts finished', async () => {
    const { secretArn, clientId, before, token } = await cancelled('finished', 'Token')
    cli.laptop.world.clock.advance(11 * MINUTE_MS)

    await sweep()

    expect(holderOf(secretArn, 'AWSCURRENT')).toBe(token)
    expect(cli.laptop.stytch.accepts(clientId, valueUnder(secretArn, 'AWSCURRENT'))).toBe(true)
    expect(cli.laptop.stytch.accepts(clientId, before)).toBe(true)
  })

  test('has one that stored no value cleared', async () => {
    const { secretArn, clientId, before, token } = await cancelled('cleared', 'GetClient')
    cli.laptop.world.clock.advance(11 * MINUTE_MS)

    await sweep()

    expect(holderOf(secretArn, 'AWSPENDING')).not.toBe(token)
    expect(valueUnder(secretArn, 'AWSCURRENT')).toBe(before)
    expect(cli.laptop.stytch.accepts(clientId, before)).toBe(true)
  })
})

test.each(['Token', 'GetClient'] as const)('an incident ends it and replaces the value: cut at %s', async (op) => {
  const { name, secretArn, clientId, before, token } = await cancelled(`leaked-${op.toLowerCase()}`, op)
  cli.laptop.world.clock.advance(2 * MINUTE_MS + 1000)

  const ran = await cli.run(['incident', name, '--reason', 'a test', '--wait', '--json'])

  expect(ran.stderr).not.toContain('Error')
  expect(ran.code).toBe(0)
  expect(cli.laptop.stytch.accepts(clientId, before)).toBe(false)
  expect(cli.laptop.stytch.accepts(clientId, valueUnder(secretArn, 'AWSCURRENT'))).toBe(true)
  expect(holderOf(secretArn, 'AWSCURRENT')).toMatch(/^settle-/)
  expect(holderOf(secretArn, 'AWSPENDING')).not.toBe(token)
})

test('the commands of the runbook finish it', async () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8')
  const [, steps = ''] = /^(step \w+Secret(?:; step \w+Secret)*) /m.exec(runbook) ?? []
  const [, payload = ''] = /^step\(\) \{ aws lambda invoke .* --payload "(.*)" \/dev\/stdout; \}$/m.exec(runbook) ?? []
  const { secretArn, token } = await cancelled('by-hand', 'Token')

  const asked = steps.split('; ').map((step) => step.replace('step ', ''))
  expect(asked).toEqual(['testSecret', 'finishSecret'])
  for (const step of asked) {
    const text = payload
      .replaceAll('\\"', '"')
      .replace('$1', step)
      .replace('$SECRET', secretArn)
      .replace('$STUCK', token)
    const { FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: cli.laptop.address.rotation_lambda_arn, Payload: Buffer.from(text) }),
    )
    expect(FunctionError).toBeUndefined()
  }

  expect(holderOf(secretArn, 'AWSCURRENT')).toBe(token)
})
