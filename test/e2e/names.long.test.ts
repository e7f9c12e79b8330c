// Names that only a whole ARN or the name itself finds (`billing-worker`), and names with a dot (`reports.v2`), through everything on a
// laptop: declared in a file, rotated, read and vended, each by its name.
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTokenClient } from '../../lambda/client/index.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { type Cli, openCli } from './cli.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const names = ['billing-worker', 'reports.v2'] as const

let cli: Cli
let operator: Operator
beforeAll(async () => {
  cli = await openCli()
  operator = createOperator(cli.laptop.address)
  const file = cli.file(
    'clients.yaml',
    JSON.stringify({ clients: names.map((name) => ({ name, description: `Runs ${name}`, scopes: ['read:reports'] })) }),
  )
  const applied = await cli.run(['apply', file, '--yes'])
  expect([applied.code, applied.stderr]).toEqual([0, expect.any(String)])
})
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  operator.secretsManager.destroy()
  await cli.close()
})

const currentOf = (name: string): string | undefined =>
  cli.laptop.aws.peek(`m2m/laptop/${name}`)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id

describe.each(names)('%s', (name) => {
  it('is rotated by its name', async () => {
    const before = currentOf(name)

    const rotated = await cli.run(['rotate', name, '--yes', '--wait'])

    expect(rotated).toMatchObject({ code: 0 })
    expect(before).toBeDefined()
    expect(currentOf(name)).not.toBe(before)
  })

  it('is looked at by its name, its full name and its ARN', async () => {
    const arn = cli.laptop.aws.peek(`m2m/laptop/${name}`)?.arn ?? ''

    for (const given of [name, `m2m/laptop/${name}`, arn]) {
      const status = await cli.run(['status', given])
      expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining(name) })
    }
  })

  it('is read by its name, and the value is one that Stytch accepts', async () => {
    const { SecretString: text = '{}' } = await operator.secretsManager.send(
      new GetSecretValueCommand({ SecretId: `m2m/laptop/${name}` }),
    )
    const { client_id: clientId, client_secret: value } = JSON.parse(text) as Record<string, string>

    expect(cli.laptop.stytch.accepts(clientId ?? '', value ?? '')).toBe(true)
    expect(await cli.run(['token', name], { as: 'break-glass' })).toMatchObject({ code: 0 })
  })

  it('is vended by its name', async () => {
    const { vend: url, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = cli.laptop.address
    const client = createTokenClient({ url, region, credentials: { accessKeyId, secretAccessKey }, timeoutMs: 20_000 })

    const { scopes } = await client.token({ client: name, scopes: ['read:reports'] })

    expect(scopes).toEqual(['read:reports'])
  })
})

it('a partial ARN that Secrets Manager cannot find is refused, with what to give', async () => {
  const arn = cli.laptop.aws.peek('m2m/laptop/billing-worker')?.arn ?? ''

  const { code, stderr } = await cli.run(['status', arn.slice(0, -7)])

  expect(code).toBe(2)
  expect(stderr).toContain('give the complete one, or the name')
})

it('a name that is none is refused, with what to write', async () => {
  const { code, stderr } = await cli.run(['status', 'Reports V2'])

  expect(code).toBe(2)
  expect(stderr).toContain('write "reports-v2"')
})
