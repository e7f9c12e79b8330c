// The command line on a laptop that evaluates every call: whoever operates the stage, and whoever breaks the glass, each rotate, settle and revoke a client
// with the policies that the template makes, and nothing else; a stranger is denied in the words of AWS.
import { GetSecretValueCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Person } from '../../lambda/local/iam/people.ts'
import { LAPTOP_EVIDENCE } from '../fakes/laptop-names.ts'
import { type Cli, openCli, type Ran } from './cli.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const NAME = 'm2m/laptop/reports'
let cli: Cli

const as = (who: Person, ...args: readonly string[]): Promise<Ran> =>
  cli.run(args, { as: who, env: { M2M_OPERATOR: '', M2M_EVIDENCE_BUCKET: LAPTOP_EVIDENCE } })

const current = () => cli.laptop.aws.peek(NAME)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
const credentials = (): readonly [string, string] => {
  const { client_id, client_secret } = JSON.parse(current()?.value ?? '{}') as Record<string, string>
  return [client_id ?? '', client_secret ?? '']
}

beforeAll(async () => {
  cli = await openCli({}, { hasVendClient: true })
})
afterAll(() => cli.close())

describe.each(['operator', 'break-glass'] as const)('%s', (who) => {
  test('rotates a client, and settles it', async () => {
    const before = credentials()

    const rotated = await as(who, 'rotate', 'reports', '--wait', '--yes')
    const during = current()?.id
    const overlapping = cli.laptop.stytch.accepts(...before)
    const settled = await as(who, 'settle', 'reports', '--wait', '--yes')
    const status = await as(who, 'status', 'reports', '--json')

    expect([rotated.code, settled.code, status.code], `${rotated.stderr}${settled.stderr}${status.stderr}`).toEqual([
      0, 0, 0,
    ])
    expect([during, overlapping]).toEqual([expect.stringMatching(/^rotate-/), true])
    expect(status.json()).toMatchObject({ clients: [{ state: 'settled' }] })
    expect(cli.laptop.stytch.accepts(...before)).toBe(false)
    expect(cli.laptop.stytch.accepts(...credentials())).toBe(true)
  })

  test('revokes what leaked until it is proven dead, and reads the proof', async () => {
    const leaked = credentials()

    const ran = await as(who, 'incident', 'reports', '--id', `INC-${who}`, '--reason', 'a drill', '--wait', '--json')
    const shown = await as(who, 'incident', 'show', `INC-${who}`, '--json')

    expect(ran.code, ran.stderr).toBe(0)
    // By the bus, and not by what the caller may do himself.
    expect(ran.stderr).not.toContain('carried out from here')
    expect(ran.json()).toMatchObject({ outcome: 'dead', clients: [{ name: NAME, outcome: 'dead' }] })
    expect(cli.laptop.stytch.accepts(...leaked)).toBe(false)
    expect(shown.code, shown.stderr).toBe(0)
  })
})

test.each([
  ['rotate', ['rotate', 'reports', '--wait', '--yes']],
  ['incident', ['incident', 'reports', '--id', 'INC-stranger', '--reason', 'a drill', '--wait', '--yes']],
  ['list', ['list']],
])('m2m %s is denied to a stranger, who learns as whom; nothing changes', async (_command, args) => {
  const before = current()?.id

  const ran = await as('stranger', ...args)

  expect(ran.code).not.toBe(0)
  expect(ran.stderr).toContain('AccessDeniedException')
  expect(ran.stderr).toContain('assumed-role/stranger/stranger')
  expect(current()?.id).toBe(before)
})

const clientOf = (accessKeyId: string): SecretsManagerClient => {
  const { aws: endpoint, region } = cli.laptop.address
  return new SecretsManagerClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey: 'x' } })
}

test('a value is read by those whom its policy lists, and by nobody else', async () => {
  const read = async (accessKeyId: string): Promise<string> => {
    const client = clientOf(accessKeyId)
    const reply = client.send(new GetSecretValueCommand({ SecretId: NAME }))
    const said = await reply.then(
      ({ Name = '' }) => Name,
      (error: Error) => error.name,
    )
    client.destroy()
    return said
  }

  for (const one of ['reader', 'break-glass']) expect([one, await read(one)]).toEqual([one, NAME])
  for (const one of ['stranger', 'operator', 'security', 'power-user', 'admin', 'AKIAIOSFODNN7EXAMPLE']) {
    expect([one, await read(one)]).toEqual([one, 'AccessDeniedException'])
  }
})

test('a stranger’s own calls are denied in the words of AWS', async () => {
  const client = clientOf('stranger')

  await expect(client.send(new RotateSecretCommand({ SecretId: NAME }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(
      /^User: arn:aws:sts::000000000000:assumed-role\/stranger\/stranger is not authorized to perform: secretsmanager:RotateSecret on resource: /,
    ),
  })
  client.destroy()
})
