// The leak intake with the rights that the template gives it, on a stage that never had one before: its gate is in the records table, and the
// secret that held it in earlier versions does not exist.
import { createHmac } from 'node:crypto'
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { type Cli, openCli } from './cli.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const KEY = 'a-key-for-this-laptop'
const NAME = 'm2m/laptop/reports'
let cli: Cli

const currentValue = (): string =>
  cli.laptop.aws.peek(NAME)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value ?? ''

const deliver = async (alert: object): Promise<{ readonly status: number; readonly text: string }> => {
  const body = JSON.stringify(alert)
  const at = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', KEY).update(`${at}.${body}`).digest('hex')
  const response = await fetch(cli.laptop.address.leaks, {
    method: 'POST',
    body,
    headers: { 'x-m2m-timestamp': at, 'x-m2m-signature': `sha256=${signature}` },
  })
  return { status: response.status, text: await response.text() }
}

beforeAll(async () => {
  cli = await openCli({}, { hasVendClient: true })
  const aws = new SecretsManagerClient({
    endpoint: cli.laptop.address.aws,
    region: 'us-east-1',
    credentials: credentialsOf('admin'),
  })
  const SecretString = JSON.stringify({ plain: { current: KEY } })
  await aws.send(new PutSecretValueCommand({ SecretId: 'm2m-intake/laptop/signing', SecretString }))
})
afterAll(() => cli.close())

test('a signed delivery of a leaked value revokes it', async () => {
  const { client_id: clientId, client_secret: value } = JSON.parse(currentValue()) as Record<string, string>

  const delivered = await deliver({ alertId: 'TICKET-17', value })

  expect(delivered.status, delivered.text).toBe(202)
  await vi.waitFor(() => expect(cli.laptop.stytch.accepts(clientId ?? '', value ?? '')).toBe(false), {
    timeout: 60_000,
    interval: 200,
  })
})

test('an operator can look at the gate and release it', async () => {
  const env = { M2M_OPERATOR: '' }

  const looked = await cli.run(['incident', 'release', '--dry-run'], { env })
  const released = await cli.run(['incident', 'release'], { env })

  expect([looked.code, released.code], `${looked.stderr}${released.stderr}`).toEqual([0, 0])
})
