// A company whose consumers read `legacy/billing`: the secret is adopted where it is, by the command line, and goes through rotation, settle,
// incident, vending's search and closing without a consumer that changes. Over HTTP, on a laptop with that prefix opened.
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { roleIdentity } from '../../lambda/local/iam/people.ts'
import { roleArnOf } from '../../lambda/local/laptop/deployment.ts'
import { LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import { type Cli, openCli, type Ran } from './cli.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const VALUE = 'Qz-in-use-0f9e8d7c6b5a49382716-value'
const CLIENT = 'legacy-billing'
const NAME = 'legacy/billing'
const TEXT = `{ "id": "${CLIENT}",\n  "stytchSecret": "${VALUE}", "retries": 3.0 }`
const HOUR_MS = 3_600_000
const DENIED = roleArnOf('invoices')

let cli: Cli
let sdk: SecretsManagerClient
const m2m = (...args: readonly string[]): Promise<Ran> => cli.run(args)

const sdkOf = (accessKeyId: string): SecretsManagerClient =>
  new SecretsManagerClient({
    endpoint: cli.laptop.address.aws,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'x' },
  })

beforeAll(async () => {
  cli = await openCli({}, { extraPrefixes: ['legacy/'], hasAdoptionProof: true })
  // Another team's roles, with policies of their own.
  const own = (Action: readonly string[], ...names: readonly string[]) => ({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action,
      Resource: names.map((name) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`),
    },
  })
  for (const [accessKeyId, policy] of [
    ['owner', own(['secretsmanager:*'], 'legacy/*', 'elsewhere/*')],
    ['invoices', own(['secretsmanager:GetSecretValue'], `${NAME}-??????`)],
  ] as const) {
    cli.laptop.rights?.add(roleIdentity({ accessKeyId, roleArn: roleArnOf(accessKeyId), identityPolicies: [policy] }))
  }
  sdk = sdkOf('owner')
  cli.mark('the value in use', VALUE)
  cli.laptop.stytch.seed({ clientId: CLIENT, secret: VALUE, clientName: 'Legacy', scopes: ['read:invoices'] })
  // Under the stage's key, as its owner has to put it before: the rotation function may use no other.
  const { KeyArn: KmsKeyId } = cli.laptop.stack.outputs()
  await sdk.send(new CreateSecretCommand({ Name: NAME, SecretString: TEXT }))
  await sdk.send(new UpdateSecretCommand({ SecretId: NAME, KmsKeyId }))
  await sdk.send(new CreateSecretCommand({ Name: 'legacy/database', SecretString: '{"password":"theirs"}' }))
  await sdk.send(new CreateSecretCommand({ Name: 'elsewhere/billing', SecretString: TEXT }))
})
afterAll(async () => {
  sdk.destroy()
  expect(cli.leaks()).toEqual([])
  await cli.close()
})

const current = () =>
  cli.laptop.aws.peek(NAME)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value ?? ''
const fieldOf = (text: string): string => String((JSON.parse(text) as { stytchSecret: string }).stytchSecret)

describe('a secret outside of every prefix', () => {
  test.each([
    [['rotate', 'elsewhere/billing', '--yes']],
    [['status', 'elsewhere/billing']],
    [['adopt', 'billing', '--in-place', '--secret', 'elsewhere/billing']],
    [['incident', 'elsewhere/billing', '--reason', 'a test', '--yes']],
  ])('%j is refused in one sentence, and nothing is asked about it', async (args) => {
    const ran = await m2m(...args)

    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain('secret elsewhere/billing is outside of this stage')
    expect(ran.stderr).toContain('add "elsewhere/" to "extraPrefixes" and deploy')
    const asked = cli.laptop.aws.calls().filter(({ subject }) => String(subject).includes('elsewhere/'))
    expect(asked.map(({ op }) => op)).toEqual(['CreateSecret'])
  })
})

test('one that was never adopted is no client, and is in no list', async () => {
  const status = await m2m('status', 'legacy/database')
  const list = await m2m('list', '--json')

  expect(status.stderr).toContain('secret legacy/database is not managed: it was never adopted')
  expect(list.stdout).not.toContain('database')
})

test('is adopted where it is, after a look that says everything', async () => {
  const looked = await m2m('adopt', 'payroll', '--in-place', '--secret', NAME)
  const misread = await m2m('adopt', 'billing', '--in-place', '--secret', NAME)
  const would = await m2m(
    'adopt',
    'billing',
    '--in-place',
    '--secret',
    NAME,
    '--field',
    'client_id=id',
    '--field',
    'client_secret=stytchSecret',
    '--dry-run',
  )
  const before = cli.laptop.aws.peek(NAME)

  const adopted = await m2m(
    'adopt',
    'billing',
    '--in-place',
    '--secret',
    NAME,
    '--field',
    'client_id=id',
    '--field',
    'client_secret=stytchSecret',
    '--json',
  )
  await cli.laptop.aws.idle()

  expect(looked.stderr).toContain('it cannot be called payroll: call it billing, or legacy/billing')
  expect(misread.stderr).toContain('client_id is missing')
  expect(misread.stderr).toContain('client_secret is missing')
  expect([would.code, would.stdout]).toEqual([0, expect.stringContaining('would be adopted')])
  expect(before?.tags).toEqual({})
  expect(adopted.json()).toMatchObject({ results: [{ name: 'billing', clientId: CLIENT, outcome: 'adopted' }] })
  expect(current()).toBe(TEXT)
})

test('is found by its short name, its full name, and in every list', async () => {
  // Who reads a value does so with a right of his own.
  const read = await cli.run(['status', 'billing', '--read', '--json'], { as: 'break-glass' })
  const byShort = read.json<{ clients: readonly object[] }>()
  const doctor = await m2m('doctor', '--json')

  expect(byShort.clients).toMatchObject([
    { name: 'legacy/billing', clientId: CLIENT, position: 'settled', held: { by: 'ada' } },
  ])
  expect((await m2m('status', NAME)).code).toBe(0)
  expect((await m2m('list', '--json')).json<{ clients: readonly object[] }>().clients).toMatchObject([{ name: NAME }])
  const kinds = doctor.json<{ findings: readonly { kind: string }[] }>().findings.map(({ kind }) => kind)
  expect(kinds).toContain('reading')
  // Its owner's names are no fault of it.
  expect(kinds).not.toContain('value')
})

test('is released where it is, rotated and settled: its consumers find the new value under their own name', async () => {
  const released = await m2m('release', 'billing', '--json')
  expect(current()).toBe(TEXT)

  const rotated = await m2m('rotate', NAME, '--yes', '--wait')
  const next = fieldOf(current())
  cli.mark('the next value', next)

  expect([released.code, rotated.code, rotated.stderr]).toEqual([0, 0, expect.any(String)])
  expect(next).not.toBe(VALUE)
  expect(cli.laptop.stytch.accepts(CLIENT, next)).toBe(true)
  // Nothing but the value differs, not even a space.
  expect(current()).toBe(TEXT.replace(VALUE, next))

  expect((await m2m('settle', 'billing', '--yes', '--wait')).code).toBe(0)
  expect(current()).toBe(TEXT.replace(VALUE, next))
  expect(cli.laptop.stytch.accepts(CLIENT, VALUE)).toBe(false)
})

test('the sweep settles it as any other', async () => {
  await m2m('rotate', 'billing', '--yes', '--wait')
  const next = fieldOf(current())
  cli.mark('the value after', next)
  cli.laptop.world.clock.advance((24 + 72 + 2) * HOUR_MS)
  await until(() => {
    const id = cli.laptop.aws.peek(NAME)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id ?? ''
    return id.startsWith('settle-')
  }, 'the sweep’s settle')

  expect(fieldOf(current())).toBe(next)
})

test('who reads it is seen, and it is closed to all others', async () => {
  const consumer = sdkOf('invoices')
  await consumer.send(new GetSecretValueCommand({ SecretId: NAME }))
  consumer.destroy()
  await until(
    () => cli.laptop.aws.tableItems(LAPTOP_RECORDS).some(({ sk }) => sk?.S === DENIED),
    'the record of the read',
  )

  const open = await m2m('readers', 'billing', '--json')
  const closed = await m2m('readers', 'billing', '--close', '--reader', DENIED, '--yes', '--json')
  const after = await m2m('readers', NAME, '--json')

  expect(open.json()).toMatchObject({
    isOpen: true,
    admitted: [],
    seen: expect.arrayContaining([expect.objectContaining({ principal: DENIED })]),
  })
  expect(closed.json()).toMatchObject({ isOpen: false, closedTo: [DENIED] })
  expect(after.json()).toMatchObject({ isOpen: false, admitted: [DENIED] })
  expect((await m2m('doctor', '--json')).stdout).not.toContain('reading it is open')
})

test('a leak of its value is found and revoked', async () => {
  const leaked = fieldOf(current())

  const ran = await cli.run(
    ['incident', '--leaked-value-stdin', '--reason', 'in a ticket', '--yes', '--wait', '--json'],
    {
      stdin: leaked,
    },
  )

  expect(ran.stderr + ran.stdout).toContain('legacy/billing')
  expect(cli.laptop.stytch.accepts(CLIENT, leaked)).toBe(false)
  expect(cli.laptop.stytch.accepts(CLIENT, fieldOf(current()))).toBe(true)
  cli.mark('the value after the leak', fieldOf(current()))
})

test('is given back to its owner, whose consumers read on', async () => {
  await m2m('settle', 'billing', '--yes', '--wait')
  const value = current()

  const would = await m2m('adopt', 'billing', '--in-place', '--undo', '--dry-run')
  const done = await m2m('adopt', NAME, '--in-place', '--undo', '--yes', '--json')

  expect([would.code, would.stdout]).toEqual([0, expect.stringContaining('would be given back')])
  expect(done.json()).toMatchObject({ secretName: NAME, outcome: 'givenBack', ownersStatements: 0 })
  expect([current(), cli.laptop.aws.peek(NAME)?.tags]).toEqual([value, {}])
  expect((await m2m('status', NAME)).stderr).toContain('it was never adopted')
  expect((await m2m('adopt', NAME, '--in-place', '--undo', '--yes')).code).not.toBe(0)
  expect((await m2m('adopt', NAME, '--undo')).code).toBe(2)
})
