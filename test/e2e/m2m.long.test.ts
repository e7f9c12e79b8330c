// Each command of `m2m` as a process, on a laptop, over HTTP: what it prints for people and for machines, its exit code, what it refuses, and
// that nothing it ever says, or makes a function say, holds a secret.

import { randomBytes } from 'node:crypto'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { letRead, storeByHand } from '../fakes/laptop.ts'
import { type Cli, isPainted, openCli, type Ran } from './cli.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

/** Random throughout, so that no fragment of it stands anywhere for another reason. */
const random = (): string => `Qz${randomBytes(32).toString('base64url')}`
const HOUR_MS = 3_600_000

let cli: Cli
let sdk: SecretsManagerClient
const m2m = (...args: readonly string[]) => cli.run(args)

beforeAll(async () => {
  cli = await openCli()
  sdk = new SecretsManagerClient({
    endpoint: cli.laptop.address.aws,
    region: 'us-east-1',
    credentials: credentialsOf('break-glass'),
  })
  cli.mark('project secret', cli.laptop.address.project_secret)
  cli.file(
    'clients.yaml',
    `clients:
  - { name: billing, description: Reads invoices, scopes: [read:invoices], tags: { team: payments } }
  - { name: payroll, description: Pays people, scopes: [write:salaries], tags: { team: people } }
  - { name: reports, description: Reads all, scopes: [read:invoices, read:people], tags: { team: payments } }
`,
  )
  expect(await m2m('apply', 'clients.yaml', '--yes')).toMatchObject({ code: 0 })
  await cli.laptop.aws.idle()
})
afterAll(async () => {
  sdk.destroy()
  expect(cli.leaks()).toEqual([])
  await cli.close()
})

const secretOf = (name: string) => cli.laptop.aws.peek(`m2m/laptop/${name}`)
const currentOf = (
  name: string,
): { readonly id: string; readonly client_id: string; readonly client_secret: string } => {
  const version = secretOf(name)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
  return { id: version?.id ?? '', ...JSON.parse(version?.value ?? '{}') }
}
const accepts = (name: string, value: string): boolean => cli.laptop.stytch.accepts(currentOf(name).client_id, value)

interface Results {
  readonly results: readonly { readonly name: string; readonly outcome: string; readonly why?: string }[]
}
const outcomes = (ran: Ran): Readonly<Record<string, string>> =>
  Object.fromEntries(ran.json<Results>().results.map(({ name, outcome }) => [name, outcome]))

describe('list', () => {
  test('shows people a table and a tally, and machines everything that metadata tells', async () => {
    const [text, json] = await Promise.all([m2m('list'), m2m('list', '--json')])

    expect(text.code).toBe(0)
    const lines = text.stdout.trim().split('\n')
    expect(lines[0]).toMatch(/^CLIENT +STATE +AGE +NEXT ROTATION$/)
    expect(lines.slice(1, 4).map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ['billing', 'settled'],
      ['payroll', 'settled'],
      ['reports', 'settled'],
    ])
    expect(lines.at(-1)).toBe('3 clients: 3 settled')
    expect(json.json()).toEqual({
      stage: 'laptop',
      clients: expect.any(Array),
      counts: { matched: 3, retired: 0, held: 0, foreign: 0 },
    })
    const [first] = json.json<{ clients: readonly object[] }>().clients
    expect(first).toEqual({
      name: 'billing',
      secretName: 'm2m/laptop/billing',
      secretArn: secretOf('billing')?.arn,
      clientId: currentOf('billing').client_id,
      state: 'settled',
      rotationEnabled: true,
      last: { intent: 'register', askedAt: expect.stringMatching(/^20/), versionId: currentOf('billing').id },
      pendingVersionId: null,
      overlapUntil: null,
      rotatedAt: expect.stringMatching(/^20/),
      nextRotationAt: expect.stringMatching(/^20/),
      isOverdue: false,
      periodHours: 720,
      overlapHours: 24,
      held: null,
      owner: { stackId: 'cli', resource: 'default' },
      onRemoval: 'retain',
      scopes: ['read:invoices'],
      tags: { team: 'payments' },
    })
  })

  test.each([
    [
      ['--tag', 'team=payments'],
      ['billing', 'reports'],
    ],
    [['--scope', 'read:people'], ['reports']],
    [
      ['--scope', 'read:people', '--scope', 'write:salaries'],
      ['payroll', 'reports'],
    ],
    [['--tag', 'team=payments', '--scope', 'read:people'], ['reports']],
    [['--held'], []],
    [['--state', 'stuck'], []],
  ])('chooses by %j', async (options, expected) => {
    const { clients } = (await m2m('list', '--json', ...options)).json<{ clients: readonly { name: string }[] }>()

    expect(clients.map(({ name }) => name)).toEqual(expected)
  })
})

describe('rotate, settle and rollback', () => {
  test('replace a value, keep the one before, end it, and go back to it', async () => {
    const before = currentOf('billing').client_secret

    const rotated = await m2m('rotate', 'billing', '--wait', '--json')
    const during = currentOf('billing').client_secret
    const bothWork = accepts('billing', before) && accepts('billing', during)
    const back = await m2m('rollback', 'billing', '--wait')
    const afterBack = currentOf('billing').client_secret
    const settled = await m2m('settle', 'billing', '--wait', '--yes')

    expect(rotated).toMatchObject({ code: 0 })
    expect(rotated.json()).toEqual({
      stage: 'laptop',
      intent: 'rotate',
      results: [
        {
          name: 'billing',
          clientId: currentOf('billing').client_id,
          outcome: 'done',
          requestToken: expect.stringMatching(/^rotate-\d{13}-/),
        },
      ],
      counts: { matched: 1, retired: 0, held: 0, foreign: 0 },
    })
    expect(bothWork).toBe(true)
    expect(back.stdout).toBe('CLIENT   ROLLBACK\nbilling  done\n')
    expect(afterBack).toBe(before)
    expect(settled.code).toBe(0)
    expect([accepts('billing', before), accepts('billing', during)]).toEqual([true, false])
  })

  test('ask first where an overlap would end early, and nobody here means no', async () => {
    await m2m('rotate', 'payroll', '--wait')
    const state = currentOf('payroll')

    const [again, settle] = [await m2m('rotate', 'payroll'), await m2m('settle', 'payroll')]
    const dry = await m2m('rotate', 'payroll', '--dry-run')

    expect(again).toMatchObject({ code: 4, stdout: '' })
    expect(again.stderr).toMatch(/payroll: its overlap is open until .*, and a rotation ends it now/)
    expect(settle).toMatchObject({ code: 4, stdout: '' })
    expect(dry.stdout).toMatch(/payroll {2}would be asked for {2}its overlap is open/)
    expect(currentOf('payroll')).toEqual(state)
    expect(outcomes(await m2m('settle', 'payroll', '--yes', '--wait', '--json'))).toEqual({ payroll: 'done' })
  })

  test('do nothing twice, and say why not', async () => {
    const settled = await m2m('settle', 'payroll', '--wait')
    const back = await m2m('rollback', 'payroll')

    expect(settled).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do  it is settled') })
    expect(back).toMatchObject({ code: 4, stderr: expect.stringContaining('the value before is refused by Stytch') })
  })

  test('of many ask once, go through all, and name each', async () => {
    const unsure = await m2m('rotate', '--tag', 'team=payments')

    const sure = await m2m('rotate', '--tag', 'team=payments', '--yes', '--wait', '--json')

    expect(unsure).toMatchObject({ code: 4, stderr: expect.stringContaining('rotate 2 clients in stage laptop?') })
    expect(outcomes(sure)).toEqual({ billing: 'done', reports: 'done' })
    expect(outcomes(await m2m('settle', '--all', '--yes', '--wait', '--json'))).toEqual({
      billing: 'done',
      payroll: 'skipped',
      reports: 'done',
    })
  })

  test('that Stytch makes fail are told as not finished, with where to look', async () => {
    cli.file('doomed.yaml', 'set: doomed\nclients:\n  - { name: doomed, description: Will not rotate }\n')
    await m2m('apply', 'doomed.yaml')
    await cli.laptop.aws.idle()
    cli.laptop.stytch.server.faults.add({ op: 'RotateStart', kind: 'error', status: 400, count: 50 })

    const { code, stdout } = await m2m('rotate', 'doomed', '--wait', '--timeout', '2')

    expect(code).toBe(1)
    expect(stdout).toMatch(/doomed {2}(refused|not finished) .*\/aws\/lambda\/m2m-laptop-rotation/)
    cli.laptop.stytch.server.faults.clear()
    await cli.laptop.aws.idle()
  })

  test.each([
    [['rotate'], /no clients were chosen: name them, or give one of --tag, --scope, --all/],
    [['rotate', 'billing', '--all'], /chosen in more than one way/],
    [['rotate', 'nobody'], /there is no client "nobody" in stage laptop; see m2m list/],
    [['rollback'], /missing required argument 'client'/],
    [['rotate', 'billing', '--timeout', '0'], /expected an integer from 1 to 3600/],
    [['list', '--tag', 'team'], /expected key=value/],
    [['list', '--state', 'odd'], /Allowed choices are settled/],
    [['rotte', 'billing'], /unknown command 'rotte'/],
  ])('%j is refused with exit 2 and says what is wrong', async (args, why) => {
    const { code, stdout, stderr } = await cli.run(args)

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(why)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe('hold and release', () => {
  test('keep planned rotations and settles away, and say who holds', async () => {
    const held = await m2m('hold', 'billing', '--json')
    const listed = await m2m('list', '--held')
    const [rotate, settle] = [await m2m('rotate', 'billing'), await m2m('settle', 'billing', '--anyway')]
    const again = await m2m('hold', 'billing')
    const released = await m2m('release', '--all', '--yes')

    expect(held.json()).toEqual({
      stage: 'laptop',
      action: 'hold',
      results: [{ name: 'billing', outcome: 'held' }],
      counts: { matched: 1, retired: 0, held: 0, foreign: 0 },
    })
    expect(listed.stdout).toMatch(/billing .* held by ada\n1 client: 1 held\n$/)
    expect(rotate).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/it is held since .* by ada; m2m release \S+ first/),
    })
    expect(settle.code).toBe(4)
    expect(again.stdout).toMatch(/billing {2}held already/)
    expect(released.stdout).toMatch(/billing {2}released\n/)
    expect(secretOf('billing')?.tags).not.toHaveProperty('m2m:held')
  })
})

describe('adopt', () => {
  const seed = (clientId: string): string => {
    const value = cli.mark(`value of ${clientId}`, random())
    cli.laptop.stytch.seed({ clientId, secret: value, clientName: clientId, scopes: ['read:legacy'] })
    return value
  }
  const store = (name: string, text: string) => sdk.send(new CreateSecretCommand({ Name: name, SecretString: text }))

  test('takes the value in use from stdin, rotates nothing, and holds it until it is released', async () => {
    const value = seed('legacy-one')

    const adopted = await cli.run(['adopt', 'legacy_one', '--client-id', 'legacy-one', '--json'], {
      stdin: `${value}\n`,
    })
    const status = (await m2m('status', 'legacy_one', '--json')).json<{ clients: readonly object[] }>().clients[0]
    const rotate = await m2m('rotate', 'legacy_one')
    await m2m('release', 'legacy_one')
    const after = await m2m('rotate', 'legacy_one', '--wait', '--json')

    expect(adopted.code).toBe(0)
    expect(adopted.json()).toEqual({
      stage: 'laptop',
      results: [
        { name: 'legacy_one', clientId: 'legacy-one', outcome: 'adopted', secretArn: secretOf('legacy_one')?.arn },
      ],
      left: 0,
    })
    expect(status).toMatchObject({
      state: 'held',
      last: { intent: 'adopt' },
      held: { by: 'ada' },
      stytch: { currentLastFour: value.slice(-4), nextLastFour: null },
    })
    expect(rotate.code).toBe(4)
    expect(outcomes(after)).toEqual({ legacy_one: 'done' })
    expect(accepts('legacy_one', value)).toBe(true)
  })

  test('refuses what Stytch refuses, and what is another secret’s, with nothing changed', async () => {
    seed('legacy-two')
    const wrong = cli.mark('a wrong value', random())

    const refused = await cli.run(['adopt', 'legacy_two', '--client-id', 'legacy-two'], { stdin: wrong })
    const taken = await cli.run(['adopt', 'again', '--client-id', currentOf('billing').client_id], { stdin: wrong })
    const empty = await cli.run(['adopt', 'legacy_two', '--client-id', 'legacy-two'], { stdin: '' })

    expect(refused).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^m2m: .*nothing was changed: Stytch refuses/),
    })
    expect(taken).toMatchObject({ code: 4, stderr: expect.stringMatching(/bound to .*m2m\/laptop\/billing/) })
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringMatching(/stdin holds no client secret/) })
    expect(secretOf('legacy_two')).toBeUndefined()
    expect(cli.laptop.stytch.trustedMetadata('legacy-two')).toEqual({})
  })

  test('keeps a lost value alive beside a new one, until it is released and settled', async () => {
    const value = seed('legacy-lost')

    const args = ['adopt', 'legacy_lost', '--client-id', 'legacy-lost', '--rotate', '--json']
    const denied = await m2m(...args)
    const adopted = await cli.run(args, { as: 'break-glass' })
    const again = await cli.run(args, { as: 'break-glass' })
    const current = currentOf('legacy_lost').client_secret
    const held = await m2m('settle', 'legacy_lost', '--yes')
    const bothWork = accepts('legacy_lost', value) && accepts('legacy_lost', current)
    await m2m('release', 'legacy_lost')
    await m2m('settle', 'legacy_lost', '--yes', '--wait')

    expect(denied).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^m2m: Calling m2m-laptop-clients for adopt failed with AccessDeniedException; take the break-glass role\. You are assumed-role\/operator\/operator\.\n$/,
      ),
    })
    expect([outcomes(adopted), outcomes(again)]).toEqual([{ legacy_lost: 'rotated' }, { legacy_lost: 'already' }])
    expect(held.code).toBe(4)
    expect(bothWork).toBe(true)
    expect([accepts('legacy_lost', value), accepts('legacy_lost', current)]).toEqual([false, true])
  })

  test('of many copies each from its own secret, names what fails, and goes on the next time', async () => {
    const values = ['legacy-a', 'legacy-b', 'legacy-c'].map(seed)
    // Whoever adopts copies the values by a right of their own.
    letRead(cli.laptop, 'operator', 'old/*')
    await store('old/a', JSON.stringify({ client_id: 'legacy-a', client_secret: values[0], host: 'db' }))
    await store('old/b', values[1] ?? '')
    await store('old/c', cli.mark('a value that is not c’s', random()))
    cli.file(
      'old.csv',
      'name,client_id,from_secret,overlap\na,legacy-a,old/a,6h\nb,legacy-b,old/b,\nc,legacy-c,old/c,\n',
    )

    const rehearsed = await m2m('adopt', '--csv', 'old.csv', '--dry-run', '--json')
    expect(rehearsed.code).toBe(3)
    expect(outcomes(rehearsed)).toEqual({ a: 'wouldAdopt', b: 'wouldAdopt', c: 'failed' })
    expect(rehearsed.json()).toMatchObject({ dryRun: true, takesSeconds: 1 })
    expect([secretOf('a'), cli.laptop.stytch.trustedMetadata('legacy-a')]).toEqual([undefined, {}])

    const unsure = await m2m('adopt', '--csv', 'old.csv')
    const first = await m2m('adopt', '--csv', 'old.csv', '--yes', '--json')
    const second = await m2m('adopt', '--csv', 'old.csv', '--yes', '--json')

    expect(unsure).toMatchObject({ code: 4, stderr: expect.stringContaining('Adopt 3 clients into stage laptop?') })
    expect(first.code).toBe(3)
    expect(outcomes(first)).toEqual({ a: 'adopted', b: 'adopted', c: 'failed' })
    expect(outcomes(second)).toEqual({ a: 'already', b: 'already', c: 'failed' })
    expect(secretOf('a')?.tags).toMatchObject({ 'm2m:overlap': '6h', 'm2m:held-by': 'ada' })
    expect(JSON.parse(secretOf('a')?.versions[0]?.value ?? '{}')).not.toHaveProperty('host')
  })

  test('a dry run finds what is not there, at either side', async () => {
    cli.file('absent.csv', 'name,client_id,from_secret\nx,legacy-absent,old/absent\n')

    const [source, client] = [
      await m2m('adopt', '--csv', 'absent.csv', '--dry-run'),
      await cli.run(['adopt', 'y', '--client-id', 'legacy-absent', '--dry-run'], {
        stdin: cli.mark('a value of nobody', random()),
      }),
    ]

    expect([source.code, client.code]).toEqual([1, 1])
    expect(source.stdout).toMatch(/old\/absent/)
    expect(client.stdout).toMatch(/Stytch knows no such client/)
  })

  test('takes no value from a CSV, and repeats none', async () => {
    const value = cli.mark('a value in a CSV', random())
    cli.file('leak.csv', `name,client_id,client_secret\nx,legacy-x,${value}\n`)

    const { code, stderr } = await m2m('adopt', '--csv', 'leak.csv', '--yes')

    expect(code).toBe(2)
    expect(stderr).toMatch(/has a column that looks like a value/)
    expect(stderr).not.toContain(value.slice(0, 8))
  })

  test.each([
    [['adopt'], /give either a name with --client-id, or --csv/],
    [['adopt', 'x'], /--client-id is missing/],
    [['adopt', 'X!', '--client-id', 'y'], /name is malformed/],
    [['adopt', 'x', '--client-id', 'y', '--rotate', '--from-secret', 'z'], /give one of the two/],
  ])('%j is refused with exit 2', async (args, why) => {
    expect(await cli.run(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(why) })
  })
})

describe('token', () => {
  test('prints the token and nothing else, of the scopes asked for', async () => {
    const [plain, json] = [
      await cli.run(['token', 'reports', '--scopes', 'read:people'], { as: 'break-glass' }),
      await cli.run(['token', 'reports', '--json'], { as: 'break-glass' }),
    ]

    const [, payload = ''] = plain.stdout.split('.')
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/) })
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).toMatchObject({
      sub: currentOf('reports').client_id,
      scope: 'read:people',
    })
    expect(json.json()).toEqual({
      accessToken: expect.stringMatching(/^eyJ/),
      expiresInSeconds: 3600,
      clientId: currentOf('reports').client_id,
    })
  })
})

describe('freeze', () => {
  test('stops planned rotations at their beginning until it is lifted', async () => {
    const [off, dry] = [await m2m('freeze'), await m2m('freeze', 'planned', '--dry-run')]
    const planned = await m2m('freeze', 'planned', '--json')
    const rotate = await m2m('rotate', 'billing')
    const all = await m2m('freeze', 'all')
    const doctor = await m2m('doctor', '--json')
    const lifted = await m2m('freeze', 'off')

    expect(off.stdout).toMatch(/^off: /)
    expect(dry.stdout).toMatch(/^off; would be planned: /)
    expect(planned.json()).toEqual({
      stage: 'laptop',
      freeze: 'planned',
      by: 'arn:aws:sts::000000000000:assumed-role/operator/operator',
      since: expect.stringMatching(/^20\d\d-/),
      before: 'off',
      parameter: '/m2m/laptop/freeze',
    })
    expect(rotate).toMatchObject({ code: 4, stderr: expect.stringContaining('rotations are frozen (planned)') })
    expect(all).toMatchObject({ code: 4, stderr: expect.stringContaining('revokes included?') })
    expect(doctor.json<{ findings: readonly { kind: string }[] }>().findings.map(({ kind }) => kind)).toContain(
      'freeze',
    )
    expect(lifted.stdout).toMatch(/^off: /)
    expect(await m2m('freeze', 'sometimes')).toMatchObject({ code: 2 })
  })
})

describe('deactivate and activate', () => {
  test('throw Stytch’s own switch, once somebody has said yes', async () => {
    const value = currentOf('payroll').client_secret

    const unsure = await m2m('deactivate', 'payroll')
    const stillWorks = accepts('payroll', value)
    const off = await cli.run(['deactivate', 'payroll', '--yes'], { as: 'break-glass' })
    const offWorks = accepts('payroll', value)
    const doctor = await m2m('doctor')
    const on = await cli.run(['activate', 'payroll', '--yes', '--json'], { as: 'break-glass' })

    expect(unsure).toMatchObject({ code: 4, stderr: expect.stringContaining('Everything that uses it stops.') })
    expect(off).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^payroll is inactive; the list of revocations refuses its tokens; where that is not read they end by 20\S+ \S+\n$/,
      ),
    })
    expect([stillWorks, offWorks, accepts('payroll', value)]).toEqual([true, false, true])
    expect(doctor).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/broken +payroll +it is inactive at Stytch/),
    })
    expect(on.json()).toEqual({
      stage: 'laptop',
      name: 'payroll',
      clientId: currentOf('payroll').client_id,
      isActive: true,
    })
  })
})

describe('status', () => {
  test('of the stage is a tally', async () => {
    const { code, stdout } = await m2m('status')
    const json = (await m2m('status', '--json')).json<Readonly<Record<string, unknown>>>()

    expect(code).toBe(0)
    expect(stdout).toMatch(/^laptop\nclients +\d+ clients\n/)
    expect(json).toMatchObject({ stage: 'laptop', projectId: cli.laptop.address.project_id, freeze: 'off', overdue: 0 })
  })

  test('of a client is all that can be told of it; with its values, where it stands', async () => {
    await m2m('rotate', 'reports', '--wait', '--yes')

    const reading = (...more: readonly string[]) =>
      cli.run(['status', 'reports', '--read', ...more], { as: 'break-glass' })
    const { stdout } = await reading()
    const [seen] = (await reading('--json')).json<{ clients: readonly object[] }>().clients

    for (const word of [
      'state',
      'position',
      'at Stytch',
      'overlap',
      'age',
      'next rotation',
      'last',
      'held',
      'scopes',
      'declared',
    ]) {
      expect(stdout).toMatch(new RegExp(`^${word} `, 'm'))
    }
    expect(stdout).toMatch(/^overlap +until .* \(in 23 h/m)
    expect(seen).toMatchObject({ state: 'overlap', position: 'overlap', issuedAt: expect.stringMatching(/^20/) })
  })
})

test('a rotation keeps each byte of a value that is not its own', async () => {
  const current = currentOf('reports')
  const lines = [
    '{',
    `  "client_id": "${current.client_id}",`,
    `  "client_secret": "${current.client_secret}",`,
    `  "project_id": "${cli.laptop.address.project_id}", "token_url" : "https://example.com/token",`,
    '  "account": 1234567890123456789, "rate": 1.0,',
    '  "2024": "b", "1": "a"',
    '}',
    '',
  ].join('\r\n')
  await storeByHand(cli.laptop, 'm2m/laptop/reports', lines)
  await cli.laptop.aws.idle()

  await m2m('rotate', 'reports', '--wait', '--yes')
  const rotated = secretOf('reports')?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value ?? ''
  const { client_secret: value } = currentOf('reports')

  expect(value).not.toBe(current.client_secret)
  expect(rotated).toBe(
    lines
      .replace(current.client_secret, value)
      .replace('/token",', `/token", "issued_at" : "${JSON.parse(rotated).issued_at}",`),
  )
})

describe('doctor', () => {
  test('finds what is wrong at either side, with what to do, and changes nothing', async () => {
    const value = cli.mark('an unheld value', random())
    cli.laptop.stytch.seed({ clientId: 'nobody-holds-me', secret: value })
    cli.laptop.stytch.seed({
      clientId: 'never-stored',
      secret: cli.mark('a value that was never stored', random()),
      trustedMetadata: {
        registered_for: 'm2m/laptop/late',
        registered_at: new Date(Date.now() - HOUR_MS).toISOString(),
      },
    })
    const gone = currentOf('a').client_id
    cli.laptop.stytch.dashboard.remove(gone)
    const before = cli.laptop.aws.peek('m2m/laptop/billing')

    const { code, stdout } = await m2m('doctor')
    const json = (await m2m('doctor', '--json')).json<{ findings: readonly { kind: string; subject: string }[] }>()

    expect(code).toBe(1)
    expect(json.findings.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual(
      expect.arrayContaining(['clientGone a', 'clientUnheld nobody-holds-me', 'clientUnheld never-stored']),
    )
    expect(json.findings.filter(({ kind }) => ['permission', 'projectSecret'].includes(kind))).toEqual([])
    expect(stdout).toMatch(/broken +a +its client legacy-a is gone at Stytch\n +→ delete the secret/)
    expect(cli.laptop.aws.peek('m2m/laptop/billing')).toEqual(before)
    cli.laptop.stytch.dashboard.remove('nobody-holds-me')
    cli.laptop.stytch.dashboard.remove('never-stored')
  })

  test('names the fields of a value that somebody stored otherwise, which no planned rotation touches', async () => {
    const { client_id, client_secret: value } = currentOf('reports')
    const before = cli.laptop.stytch.accepts(client_id, value)
    const text = secretOf('reports')?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value ?? ''
    const put = (text: string) => storeByHand(cli.laptop, 'm2m/laptop/reports', text)
    await put(JSON.stringify({ clientId: client_id, clientSecret: value }))

    const doctor = await m2m('doctor')
    const status = await m2m('status', 'reports')
    const rotate = await m2m('rotate', 'reports', '--wait', '--yes', '--json')
    await put(text)
    await cli.laptop.aws.idle()

    expect(doctor.code).toBe(1)
    expect(doctor.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'broken reports a planned rotation refuses its value: client_id is missing; found clientId: rename it to client_id; client_secret is missing; found clientSecret: rename it to client_secret; project_id is missing; token_url is missing',
    )
    expect(status.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'value a planned rotation refuses it: client_id is missing; found clientId: rename it to client_id; client_secret is missing',
    )
    expect(status.stdout).toContain('Stytch accepts AWSCURRENT')
    expect(outcomes(rotate)).not.toEqual({ reports: 'switched' })
    expect([before, cli.laptop.stytch.accepts(client_id, value)]).toEqual([true, true])
    expect((await m2m('doctor')).stdout).not.toContain('a planned rotation refuses its value')
  })

  test('says when the project secret does not work', async () => {
    cli.laptop.stytch.server.faults.add({ op: 'Whoami', kind: 'error', status: 401, count: 8 })

    const { code, stdout } = await m2m('doctor')
    cli.laptop.stytch.server.faults.clear()

    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`broken +${cli.laptop.address.project_id} `))
  })
})

describe('whoever runs it', () => {
  test('gets no colours where stdout is no terminal, whatever the environment would like', async () => {
    const painted = await cli.run(['list'], { env: { FORCE_COLOR: '3', COLORTERM: 'truecolor' } })
    const plain = await cli.run(['list', '--no-color'], { env: { NO_COLOR: '1' } })

    expect([painted, plain].map(({ stdout, stderr }) => isPainted(stdout + stderr))).toEqual([false, false])
  })

  test('is told in one line what is missing: stage, Region, credentials, the stage itself', async () => {
    const nothing = {
      AWS_REGION: '',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      HOME: '/nowhere',
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    const [stage, region, credentials, other] = await Promise.all([
      cli.run(['list'], { env: { M2M_STAGE: '' } }),
      cli.run(['list'], { env: nothing }),
      cli.run(['list'], { env: { ...nothing, AWS_REGION: 'eu-west-1' } }),
      cli.run(['list', '--stage', 'prod']),
    ])

    expect(stage).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^m2m: no stage was given: add --stage, or set M2M_STAGE[^\n]*\n$/),
    })
    expect(region).toMatchObject({ code: 2, stderr: expect.stringMatching(/^m2m: no AWS Region was found[^\n]*\n$/) })
    expect(credentials).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^m2m: no AWS credentials were found[^\n]*\n$/),
    })
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^m2m: Calling m2m-prod-clients .*AccessDeniedException; see whether the stage is right; [^\n]*\n$/,
      ),
    })
  })

  test('sees a stack on request only', async () => {
    const [plain, debug] = await Promise.all([
      m2m('list', '--stage', 'prod'),
      m2m('list', '--stage', 'prod', '--debug'),
    ])

    expect(plain.stderr).not.toMatch(/^\s+at /m)
    expect(debug.stderr).toMatch(/^\s+at /m)
  })
})
