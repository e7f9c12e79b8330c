// The life of stages on one laptop, with rights on: a configuration of one's own is started with everybody whom it names; another configuration is
// applied as an update, which says what it does and is rolled back as a whole when it fails; and a second stage stands beside the first, of which
// neither sees anything.
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createTokenClient } from '../../lambda/client/index.ts'
import { stackFileOf } from '../../lambda/local/laptop/assemblies.ts'
import { type Cli, openCli, type Ran } from './cli.ts'
import { get, post } from './control.ts'
import { type Delivery, plainly } from './leak-seat.ts'
import { applyTo, client, OWN_ACCOUNT, OWN_REGION, ownConfig, ownRole } from './own-config.ts'
import { endAll, laptopPath, spawnCommand } from './spawned.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 900_000 })

const first = ownConfig('shop')
let cli: Cli

beforeAll(async () => {
  cli = await openCli({}, { config: first })
})
afterAll(async () => {
  endAll()
  await cli?.close()
})
beforeEach(() => {
  cli.laptop.stytch.server.faults.clear()
})

const as = (accessKeyId: string, stage: string, ...args: readonly string[]): Promise<Ran> =>
  cli.run(args, { env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_REGION: OWN_REGION, M2M_STAGE: stage, M2M_OPERATOR: '' } })

const secretsManagerAs = async <Value>(
  accessKeyId: string,
  act: (sm: SecretsManagerClient) => Promise<Value>,
): Promise<Value> => {
  const sm = new SecretsManagerClient({
    endpoint: cli.laptop.address.aws,
    region: OWN_REGION,
    credentials: { accessKeyId, secretAccessKey: 'x' },
  })
  try {
    return await act(sm)
  } finally {
    sm.destroy()
  }
}
const refusalOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'allowed',
    (error: unknown) => (error as Error).name,
  )

const currentOf = (secretId: string): readonly [string, string] => {
  const held = cli.laptop.aws.peek(secretId)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
  const { client_id: id = '', client_secret: secret = '' } = JSON.parse(held?.value ?? '{}') as Record<string, string>
  return [id, secret]
}
const isAlive = (secretId: string): boolean => cli.laptop.stytch.accepts(...currentOf(secretId))

const deliver = async (url: string, signingSecret: string, make: (key: string) => Delivery): Promise<number> => {
  const stored = cli.laptop.aws.peek(signingSecret)?.versions[0]?.value ?? '{}'
  const { headers, body } = make((JSON.parse(stored) as { plain: { current: string } }).plain.current)
  return (await fetch(url, { method: 'POST', headers, body: String(body) })).status
}

/** What `npm run laptop -- --deploy FILE` prints. */
const deploy = async (name: string, config: unknown) => {
  const port = new URL(cli.laptop.address.aws).port
  const file = cli.file(name, JSON.stringify({ context: { m2m: config } }))
  const child = spawnCommand({ args: [laptopPath, '--deploy', file, '--aws-port', port] })
  const { code } = await child.ended
  return { code, stdout: child.stdout(), stderr: child.stderr() }
}

describe('a configuration of one’s own', () => {
  test('is started in its account and Region, with an identity for everybody whom it names', () => {
    const { account_id, region, identities = {}, vend_client } = cli.laptop.address

    expect([account_id, region, vend_client]).toEqual([OWN_ACCOUNT, OWN_REGION, 'billing'])
    expect(Object.entries(identities).map(([key, { arn }]) => [key, arn])).toEqual([
      ['admin', ownRole('admin')],
      ['break-glass', ownRole('breaker')],
      ['operator', ownRole('shop-operators')],
      ['pay', ownRole('pay')],
      ['order', ownRole('order')],
      ['security', ownRole('soc')],
      ['power-user', ownRole('power-user')],
      ['reader', ownRole('billing-task')],
      ['other-account-reader', 'arn:aws:iam::111111111111:role/other-account-reader'],
      ['stranger', ownRole('stranger')],
    ])
  })

  test('lets each set declare its own clients, and no other’s', async () => {
    const file = (set: string, name = 'desk'): string =>
      cli.file(
        `${set}-${name}.json`,
        JSON.stringify({
          set,
          clients: [client(`${set}-${name}`, { readers: [ownRole(`${set}-task`)] })],
        }),
      )

    const pay = await as('pay', 'shop', 'apply', file('pay'), '--yes')
    const order = await as('order', 'shop', 'apply', file('order'), '--yes')
    const foreign = await as('order', 'shop', 'apply', file('pay', 'other'), '--yes')

    expect([pay.code, order.code], `${pay.stderr}${order.stderr}`).toEqual([0, 0])
    expect(foreign.code).not.toBe(0)
    expect(cli.laptop.aws.peek('m2m/shop/pay-other')).toBeUndefined()
    expect([isAlive('m2m/shop/pay-desk'), isAlive('m2m/shop/order-desk')]).toEqual([true, true])
  })

  test('vends tokens, and takes deliveries that its detectors have signed', async () => {
    const { vend: url, leaks, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = cli.laptop.address
    const body = JSON.stringify({ alertId: 'one', value: 'x'.repeat(44) })

    const { accessToken } = await createTokenClient({
      url,
      region: OWN_REGION,
      credentials: { accessKeyId, secretAccessKey },
      timeoutMs: 60_000,
    }).token({ client: 'billing', scopes: ['read:things'] })
    const signed = await deliver(leaks, 'm2m-intake/shop/signing', (key) => plainly(body, { key }))
    const forged = await deliver(leaks, 'm2m-intake/shop/signing', () => plainly(body))

    expect(accessToken.split('.')).toHaveLength(3)
    expect([signed, forged]).toEqual([202, 401])
  })

  test('with faults is refused by a list of all of them, and changes nothing', async () => {
    const ran = await deploy('faulty.json', { ...first, stage: 'Shop!', oops: 1, clients: [{ name: 'A' }] })

    expect([ran.code, ran.stdout]).toEqual([2, ''])
    for (const fault of ['m2m.stage is', 'm2m.oops is', 'clients[0].name is', 'clients[0].description is']) {
      expect(ran.stderr).toContain(fault)
    }
    expect((await get(cli.laptop.address.aws, 'deploy')).body).toEqual({ deployment: null })
  })
})

describe('another configuration', () => {
  const withLedger = { ...first, clients: [client('billing'), client('ledger')] }

  test('is applied while the laptop runs, with a line for each change; clients keep their values', async () => {
    const before = currentOf('m2m/shop/billing')

    const ran = await deploy('ledger.json', withLedger)

    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stdout).toMatch(/^m2m-shop: 1 created, \d+ changed; \d+ unchanged\n/)
    expect(ran.stdout).toMatch(/^ {2}\+ Custom::M2mClient \w+ \(m2m\/shop\/ledger\)$/m)
    expect(ran.stdout).toMatch(/^ {2}~ Custom::M2mClient \w+ \(m2m\/shop\/billing\): Consumers/m)
    expect(ran.stdout).toMatch(/m2m-shop is updated\.\n$/)
    expect(currentOf('m2m/shop/billing')).toEqual(before)
    expect([isAlive('m2m/shop/billing'), isAlive('m2m/shop/ledger')]).toEqual([true, true])
  })

  test('that is the same changes nothing', async () => {
    expect(await deploy('again.json', withLedger)).toEqual({ code: 0, stdout: 'm2m-shop: no changes.\n', stderr: '' })
  })

  test('that Stytch refuses is rolled back to the one before, with which everything goes on', async () => {
    const stood = cli.laptop.stack.resources()
    await post(cli.laptop.address.stytch, 'faults', { op: 'CreateClient', kind: 'error', status: 400, count: 99 })
    const clients = [client('billing', { scopes: ['read:more'] }), client('ledger'), client('refused')]

    const ran = await deploy('refused.json', { ...withLedger, clients, operators: [ownRole('others')] })

    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/^m2m-shop: Clientrefused\w+ \(Custom::M2mClient\): .*HTTP 400/)
    expect(ran.stderr).toMatch(/Rolled back to the configuration before; put back as before: .*Clientbilling/)
    expect(ran.stderr).toMatch(/removed again: Clientrefused/)
    expect(cli.laptop.stack.resources()).toEqual(stood)
    expect(cli.laptop.aws.peek('m2m/shop/refused')).toBeUndefined()
    cli.laptop.stytch.server.faults.clear()
    const rotated = await as('operator', 'shop', 'rotate', 'billing', '--wait', '--yes')
    expect(rotated.code, `${rotated.stdout}${rotated.stderr}`).toBe(0)
    expect(isAlive('m2m/shop/billing')).toBe(true)
  })

  test('that lists a client no more removes it as its onRemoval says, once the rest has succeeded', async () => {
    const ended = await applyTo(cli.laptop, {
      ...withLedger,
      clients: [client('billing'), client('ledger', { onRemoval: 'retain' }), client('gone', { onRemoval: 'delete' })],
    })
    const value = currentOf('m2m/shop/gone')

    const { status, events } = await applyTo(cli.laptop, { ...withLedger, clients: [client('new')] })

    expect([ended.status, status]).toEqual(['UPDATE_COMPLETE', 'UPDATE_COMPLETE'])
    const order = events.filter(({ type }) => type === 'Custom::M2mClient').map((one) => `${one.status} ${one.id}`)
    expect(order.map((line) => line.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'CREATE_COMPLETE Clientnew',
      'DELETE_COMPLETE Clientgone',
      'DELETE_COMPLETE Clientledger',
      'DELETE_COMPLETE Clientbilling',
    ])
    expect(cli.laptop.stytch.accepts(...value)).toBe(false)
    expect([isAlive('m2m/shop/ledger'), isAlive('m2m/shop/billing')]).toEqual([true, true])
  })

  test.each([
    ['account', { environment: { account: '210987654321', region: OWN_REGION } }, 'its account is 210987654321'],
    ['Region', { environment: { account: OWN_ACCOUNT, region: 'eu-west-1' } }, 'its Region is eu-west-1'],
    [
      'Stytch project',
      {
        stytch: { projectId: 'project-test-22222222-2222-4222-8222-222222222222', projectSecretName: 'stytch/m2m-x' },
      },
      'its Stytch project is project-test-2222',
    ],
  ])('of another %s is refused', async (_what, changes, says) => {
    // Whose roles would have to be of that account.
    const nobody = {
      breakGlass: { noneBecause: 'a test of what is refused' },
      operators: [],
      sets: {},
      incidents: {},
      clients: [],
    }

    await expect(applyTo(cli.laptop, { ...first, ...nobody, ...changes })).rejects.toThrow(says)
  })

  test('is refused while another deployment is under way', async () => {
    const file = await stackFileOf(withLedger)
    const { ended } = await cli.laptop.update(file)

    await expect(cli.laptop.update(file)).rejects.toMatchObject({ status: 409 })
    expect((await ended).status).toBe('UPDATE_COMPLETE')
  })

  test.each([['https://evil.example'], ['http://127.0.0.1:1']])('is taken from no page of %s', async (origin) => {
    const response = await fetch(`${cli.laptop.address.aws}/_stand-in/deploy`, {
      method: 'POST',
      headers: { origin },
      body: '{}',
    })

    expect(response.status).toBe(403)
  })
})

describe('a second stage', () => {
  beforeAll(async () => {
    expect((await applyTo(cli.laptop, first)).reason).toBeUndefined()
    const ran = await deploy('lab.json', ownConfig('lab', { sets: {}, clients: [client('billing'), client('probe')] }))
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stdout).toMatch(/m2m-lab is deployed\.\n\{"vend":"http:/)
  })

  test('has an operator of its own, who sees its clients and nothing of the other stage', async () => {
    const listed = async (who: string, stage: string) => {
      const ran = await as(who, stage, 'list', '--json')
      return ran.code === 0
        ? ran.json<{ clients: readonly { name: string }[] }>().clients.map(({ name }) => name)
        : ran.code
    }

    expect(await listed('lab-operators', 'lab')).toEqual(['billing', 'probe'])
    expect(await listed('operator', 'shop')).toContain('ledger')
    const describeAs = (who: string, SecretId: string) =>
      refusalOf(secretsManagerAs(who, (sm) => sm.send(new DescribeSecretCommand({ SecretId }))))
    expect([
      await describeAs('lab-operators', 'm2m/lab/billing'),
      await describeAs('lab-operators', 'm2m/shop/billing'),
      await describeAs('operator', 'm2m/lab/billing'),
    ]).toEqual(['allowed', 'AccessDeniedException', 'AccessDeniedException'])
  })

  test('shares nothing that has a name with the first', () => {
    const named = (stage: string): readonly string[] =>
      cli.laptop
        .stages()
        .filter(({ name }) => name === `m2m-${stage}`)
        .flatMap(({ resources }) => resources())
        .filter(({ type }) => /Bucket$|Table$|EventBus$|Key$|Role$|Function$|Queue$|Rule$|Topic$|Schedule$/.test(type))
        .map(({ type, name }) => `${type} ${name}`)
    const [shop, lab] = [new Set(named('shop')), named('lab')]

    expect(lab.length).toBeGreaterThan(50)
    expect(lab.filter((one) => shop.has(one))).toEqual([])
  })

  test('rotates and revokes its own client of the same name, and the first’s is untouched', async () => {
    const before = currentOf('m2m/shop/billing')
    const leaked = currentOf('m2m/lab/billing')

    const rotated = await as('lab-operators', 'lab', 'rotate', 'probe', '--wait', '--yes')
    const revoked = await as('lab-operators', 'lab', 'incident', 'billing', '--id', 'LAB-1', '--reason', 'a', '--wait')

    expect([rotated.code, revoked.code], `${rotated.stderr}${revoked.stderr}`).toEqual([0, 0])
    expect(cli.laptop.stytch.accepts(...leaked)).toBe(false)
    expect(currentOf('m2m/shop/billing')).toEqual(before)
    expect(isAlive('m2m/shop/billing')).toBe(true)
    const told = cli.laptop.aws.events().filter(({ detail }) => JSON.stringify(detail).includes('LAB-1'))
    expect(new Set(told.map(({ busName }) => busName))).toEqual(new Set(['m2m-lab']))
  })

  test('cannot be read by the first’s functions, nor rotated by them', async () => {
    const by = (part: string) => `m2m-shop-${part}-${OWN_REGION}`
    const SecretId = 'm2m/lab/billing'
    const read = await refusalOf(
      secretsManagerAs(by('clients'), (sm) => sm.send(new GetSecretValueCommand({ SecretId }))),
    )
    const rotated = await refusalOf(
      secretsManagerAs(by('sweep'), (sm) => sm.send(new RotateSecretCommand({ SecretId }))),
    )

    expect([read, rotated]).toEqual(['AccessDeniedException', 'AccessDeniedException'])
  })

  test('that fails leaves nothing behind, and can be tried again', async () => {
    await post(cli.laptop.address.stytch, 'faults', { op: 'CreateClient', kind: 'error', status: 400, count: 99 })
    const third = ownConfig('third', { sets: {} })

    const failed = await applyTo(cli.laptop, third)
    cli.laptop.stytch.server.faults.clear()
    const again = await applyTo(cli.laptop, third)

    expect([failed.status, again.status]).toEqual(['ROLLBACK_COMPLETE', 'CREATE_COMPLETE'])
  })
})
