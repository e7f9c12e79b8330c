// `m2m apply` as a process, on a laptop: a fleet made, made again without a change, killed half way and gone on with, throttled by both
// services, changed and retired; and a file that is not in order changes nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import { type Cli, isPainted, openCli } from './cli.ts'
import { PUBLISHING } from './publishing.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const FLEET = 60

let cli: Cli
beforeAll(async () => {
  cli = await openCli()
})
beforeEach(async () => {
  await cli.laptop.aws.idle()
  cli.laptop.world.reset()
})
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  await cli.close()
})

const nameOf = (at: number): string => `client_${String(at).padStart(3, '0')}`
const fleet = (number = FLEET): string => `defaults:
  tags: { team: payments }
clients:
${Array.from({ length: number }, (_, at) => `  - { name: ${nameOf(at)}, description: Client ${at}, scopes: [read:things, "write:${at}"] }`).join('\n')}
`
const fleetFile = (number?: number): string => cli.file('clients.yaml', fleet(number))

const apply = (...options: readonly string[]) =>
  cli.run(['apply', 'clients.yaml', '--yes', '--concurrency', '4', ...options])

interface Applied {
  readonly plan: {
    readonly create: readonly string[]
    readonly update: readonly { readonly secretName: string; readonly differences: readonly unknown[] }[]
    readonly retire: readonly { readonly secretName: string; readonly onRemoval: string }[]
    readonly refused: readonly unknown[]
    readonly notListed: readonly string[]
    readonly unchanged: number
  }
  readonly applied: {
    readonly done: number
    readonly failed: readonly { readonly secretName: string; readonly why: string }[]
    readonly left: number
  } | null
}

/** Each secret is a live client's, bound to it, rotating; and Stytch has no client beside them. */
const expectWhole = async (number: number): Promise<void> => {
  await cli.laptop.aws.idle()
  const { stytch, aws } = cli.laptop
  const ids = new Set<string>()
  for (let at = 0; at < number; at += 1) {
    const secret = aws.peek(`m2m/laptop/${nameOf(at)}`)
    const value = JSON.parse(secret?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value ?? '{}')
    expect(stytch.accepts(value.client_id, value.client_secret)).toBe(true)
    expect(stytch.trustedMetadata(value.client_id)?.managed_by).toBe(secret?.arn)
    expect(secret?.rotation?.isEnabled).toBe(true)
    expect(secret?.tags).toMatchObject({ 'm2m:client-id': value.client_id, team: 'payments', 'm2m:stack': 'cli' })
    ids.add(value.client_id)
  }
  expect(ids.size).toBe(number)
  expect(new Set(stytch.clientIds())).toEqual(ids)
}

test('a fleet is planned, made, and then there is nothing left to do', async () => {
  fleetFile()

  const planned = await cli.run(['apply', 'clients.yaml', '--dry-run', '--json'])
  const before = cli.laptop.stytch.clientIds()
  const made = await apply('--json')
  const again = await apply()

  expect(planned.code).toBe(0)
  expect(planned.json<Applied>()).toMatchObject({ applied: null, plan: { unchanged: 0, refused: [], notListed: [] } })
  expect(planned.json<Applied>().plan.create).toHaveLength(FLEET)
  expect(before).toEqual([])
  expect(made.code).toBe(0)
  expect(made.json<Applied>().applied).toMatchObject({ done: FLEET, failed: [], left: 0 })
  expect(again).toMatchObject({ code: 0, stdout: `no changes: ${FLEET} unchanged\n` })
  await expectWhole(FLEET)
})

test('killed in the middle, the next run goes on with what is there', async () => {
  fleetFile()
  const first = cli.start(['apply', 'clients.yaml', '--yes', '--concurrency', '4'])
  await vi.waitUntil(() => cli.laptop.stytch.clientIds().length >= 12, { timeout: 60_000, interval: 10 })
  first.kill('SIGKILL')
  const killed = await first.ended
  const left = cli.laptop.stytch.clientIds().length

  const second = await apply('--json')
  const third = await apply()

  expect(killed.signal).toBe('SIGKILL')
  expect(left).toBeLessThan(FLEET)
  expect(second.code).toBe(0)
  expect(second.json<Applied>().applied?.failed).toEqual([])
  expect(third.stdout).toBe(`no changes: ${FLEET} unchanged\n`)
  await expectWhole(FLEET)
})

test('stopped by Ctrl-C, what was begun is finished, and the exit code says that there is more', async () => {
  fleetFile()
  const first = cli.start(['apply', 'clients.yaml', '--yes', '--concurrency', '2'])
  await vi.waitUntil(() => cli.laptop.stytch.clientIds().length >= 4, { timeout: 60_000, interval: 10 })
  first.kill('SIGINT')
  const stopped = await first.ended
  const [clients, bound] = [
    cli.laptop.stytch.clientIds(),
    cli.laptop.stytch.clientIds().map((id) => cli.laptop.stytch.trustedMetadata(id)?.managed_by),
  ]

  const rest = await apply('--json')

  expect(stopped.code).toBe(130)
  expect(stopped.stderr).toContain('Stopping: what has started finishes.')
  expect(stopped.stdout).toMatch(/\d+ done in [^,]+, \d+ not started\. Run the command again to continue\./)
  expect(bound.every((arn) => typeof arn === 'string')).toBe(true)
  expect(rest.json<Applied>().applied?.done).toBe(FLEET - clients.length)
  await expectWhole(FLEET)
})

test('throttled by both services, it slows down and comes through', async () => {
  fleetFile(20)
  cli.laptop.aws.configure({ enforceQuotas: true })
  cli.laptop.stytch.server.faults.add({ op: 'CreateClient', nth: 3, count: 6, kind: 'throttle' })
  cli.laptop.aws.faults.add({ op: 'PutResourcePolicy', nth: 4, count: 6, kind: 'throttle' })
  cli.laptop.aws.faults.add({ op: 'CreateSecret', nth: 5, kind: 'drop_reply' })

  const { code, stdout } = await apply()

  expect(stdout).toMatch(/20 done in /)
  expect(code).toBe(0)
  cli.laptop.aws.faults.clear()
  await expectWhole(20)
})

describe('what changes', () => {
  const file = (rest: string): string => cli.file('clients.yaml', `clients:\n${rest}`)

  test('is shown as it is and as it is to be, and only that is changed', async () => {
    file('  - { name: one, description: One, scopes: [a] }\n  - { name: two, description: Two, scopes: [a] }\n')
    await apply()
    file(
      '  - { name: one, description: One, scopes: [a, b], overlap: 6h }\n  - { name: two, description: Two, scopes: [a] }\n',
    )

    const { stdout, code } = await apply()

    expect(code).toBe(0)
    expect(stdout).toContain('~ one\n    scopes: a → a b\n')
    expect(stdout).toContain('tag m2m:overlap: (none) → 6h')
    expect(stdout).toContain('1 to change, 1 unchanged')
    expect(isPainted(stdout)).toBe(false)
  })

  test('what leaves the list is kept unless retiring is asked for, and another set’s is nobody else’s', async () => {
    file('  - { name: one, description: One }\n  - { name: old, description: Old, onRemoval: deactivate }\n')
    await apply()
    cli.file('others.yaml', 'set: others\nclients:\n  - { name: theirs, description: Theirs }\n')
    await cli.run(['apply', 'others.yaml', '--yes'])
    file('  - { name: one, description: One }\n')
    // A sweep, which reads each new value once.
    cli.laptop.world.clock.advance(16 * 60_000)
    const isRead = () =>
      cli.laptop.aws.tableItems(LAPTOP_RECORDS).some(({ pk }) => pk?.S?.includes('secret:m2m/laptop/old-') === true)
    await vi.waitFor(() => expect(isRead()).toBe(true), { timeout: 60_000, interval: 100 })
    await cli.laptop.aws.idle()
    cli.laptop.world.clock.advance(9 * 86_400_000)

    const kept = await apply()
    const unasked = await cli.run(['apply', 'clients.yaml', '--retire'])
    const planned = await cli.run(['apply', 'clients.yaml', '--retire', '--dry-run', '--json'])
    const retired = await apply('--retire', '--json')
    const again = await apply('--retire')

    expect(kept.stdout).toContain('Not listed any more, and kept: old;')
    expect(unasked).toMatchObject({ code: 4, stderr: expect.stringContaining('add --yes') })
    expect(planned.json<Applied>().plan).toMatchObject({
      retire: [{ secretName: 'm2m/laptop/old', onRemoval: 'deactivate' }],
      unchanged: 1,
    })
    expect(retired.json<Applied>().applied).toMatchObject({ done: 1, failed: [] })
    expect(again.stdout).toBe('no changes: 1 unchanged\n')
    const old = cli.laptop.aws.peek('m2m/laptop/old')
    const value = JSON.parse(old?.versions[0]?.value ?? '{}')
    expect(cli.laptop.stytch.accepts(value.client_id, value.client_secret)).toBe(false)
    expect(old).toMatchObject({ rotation: { isEnabled: false }, tags: { 'm2m:retired': expect.any(String) } })
    expect(cli.laptop.aws.peek('m2m/laptop/theirs')?.tags['m2m:retired']).toBeUndefined()
  })

  test('a client that a stack declares is left alone, and the exit code says so', async () => {
    file('  - { name: one, description: One }\n')
    await apply()
    const { TagResourceCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
    const sdk = new SecretsManagerClient({
      endpoint: cli.laptop.address.aws,
      region: 'us-east-1',
      credentials: credentialsOf('break-glass'),
    })
    await sdk.send(
      new TagResourceCommand({
        SecretId: 'm2m/laptop/one',
        Tags: [{ Key: 'm2m:stack', Value: 'arn:aws:cloudformation:x' }],
      }),
    )
    sdk.destroy()
    file('  - { name: one, description: Mine }\n')

    const { code, stdout } = await apply()

    expect(code).toBe(4)
    expect(stdout).toContain('! one  left alone: stack arn:aws:cloudformation:x declares it; remove it there first')
  })
})

describe('a file that is not in order', () => {
  test('is told with every fault and its line, and neither service is asked for anything', async () => {
    cli.file(
      'bad.yaml',
      `clients:
  - name: Billing
    description: d
    scopes: ["a b"]
  - { name: fine, description: d, onRemoval: explode }
  - { name: fine, description: d, when: now }
`,
    )
    const callsOf = () => cli.laptop.aws.calls().filter(({ op }) => !PUBLISHING.includes(op))
    const calls = callsOf().length

    const { code, stdout, stderr } = await cli.run(['apply', 'bad.yaml', '--yes'])

    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.split('\n').filter((line) => line.startsWith('  bad.yaml:'))).toHaveLength(5)
    for (const place of [
      'bad.yaml:2:5 clients[0].name',
      'bad.yaml:4:14 clients[0].scopes[0]',
      'bad.yaml:5:',
      'bad.yaml:6:',
    ]) {
      expect(stderr).toContain(place)
    }
    expect(callsOf()).toHaveLength(calls)
  })

  test.each([
    ['no such file', ['apply', 'nowhere.yaml'], /nowhere\.yaml cannot be read \(ENOENT\)/],
    ['no stage', ['apply', 'clients.yaml', '--stage', 'Prod!'], /the stage "Prod!" is malformed/],
    ['a rate that is none', ['apply', 'clients.yaml', '--stytch-rate', 'fast'], /expected an integer from 1 to 1000/],
    ['an option that is none', ['apply', 'clients.yaml', '--force'], /unknown option '--force'/],
  ])('%s', async (_what, args, why) => {
    fleetFile(1)

    const { code, stdout, stderr } = await cli.run(args)

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(why)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('may come by stdin as well', async () => {
    const { code, stdout } = await cli.run(['apply', '-', '--yes'], { stdin: fleet(1) })

    expect(code).toBe(0)
    expect(stdout).toMatch(/1 done/)
  })
})
