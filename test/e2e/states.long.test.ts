// Whoever is called at night and finds one of these states: what `m2m status`, `list` and `doctor` say of it, and how `m2m incident NAME --wait`
// ends it, on terminals of 80 and 120 columns. No line is wider than its terminal.
import {
  CancelRotateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { widthOf } from '../../bin/terminal/fold.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { credentialsOf, type Person } from '../../lambda/local/iam/people.ts'
import { storeByHand } from '../fakes/laptop.ts'
import { LAPTOP_EVIDENCE } from '../fakes/laptop-names.ts'
import { openCli } from './cli.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const WIDTHS = [80, 120] as const
const ROWS = [
  'dash',
  'back',
  'gone',
  'idle',
  'asleep',
  'cold',
  'slow',
  'bus',
  'stuck',
  'cut',
  'before',
  'odd',
  'plain',
] as const
type RowName = (typeof ROWS)[number]
const MINUTE_MS = 60_000
const env = { M2M_EVIDENCE_BUCKET: LAPTOP_EVIDENCE }

/** A laptop with these clients, and what happens to them besides. */
const openSeat = async (names: readonly string[]) => {
  const cli = await openCli({ asyncRetryMs: 200 })
  const { aws: endpoint, region } = cli.laptop.address
  const client = new SecretsManagerClient({
    endpoint,
    region,
    credentials: credentialsOf('break-glass'),
  })
  const lines = names.map((name) => `  - { name: ${name}, description: ${name}, scopes: [read:a] }`)
  cli.file('clients.yaml', `clients:\n${lines.join('\n')}\n`)
  expect(await cli.run(['apply', 'clients.yaml', '--yes'])).toMatchObject({ code: 0 })
  await cli.laptop.aws.idle()
  const secretOf = (name: string) => cli.laptop.aws.peek(`m2m/laptop/${name}`)
  const textOf = (name: string): string =>
    secretOf(name)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value ?? '{}'
  const secretValue = (name: string): string => (JSON.parse(textOf(name)) as { client_secret: string }).client_secret
  const clientIdOf = (name: string): string => secretOf(name)?.tags['m2m:client-id'] ?? ''
  return {
    cli,
    client,
    secretOf,
    textOf,
    secretValue,
    clientIdOf,
    isAccepted: (name: string, value: string): boolean => cli.laptop.stytch.accepts(clientIdOf(name), value),
    close: async () => {
      expect(cli.leaks()).toEqual([])
      client.destroy()
      await cli.close()
    },
  }
}
type Seat = Awaited<ReturnType<typeof openSeat>>

/** As it stands on the terminal: what is drawn over is gone. */
const seen = (said: string): string =>
  said
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape character that begins them
    .replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, '')

/** The same without the line breaks that the width made. */
const flat = (said: string): string => seen(said).replaceAll(/\s+/g, ' ')

const widest = (said: string): number => Math.max(...said.split(/\r\n|\r|\n/).map(widthOf))

interface Sitting {
  readonly stdin?: string
  readonly as?: Person
}

const onTerminal = async ({ cli }: Seat, args: readonly string[], columns: number, sitting: Sitting = {}) => {
  const ran = await cli.run(args, { columns, env, ...sitting })
  expect(widest(ran.stdout), ran.stdout).toBeLessThanOrEqual(columns)
  const said = flat(ran.stdout.replaceAll(/\r(?!\n)/g, '\n'))
  return { code: ran.code, said, text: flat(ran.stdout), lines: seen(ran.stdout).trimEnd().split('\n') }
}

describe.each(WIDTHS)('at %i columns', (columns) => {
  let seat: Seat
  const named = (row: RowName): string => `${row}${columns}`
  const m2m = (args: readonly string[], stdin = '') => onTerminal(seat, args, columns, { stdin })
  const incident = (row: RowName, ...more: readonly string[]) => m2m(['incident', named(row), '--wait', ...more])
  const status = async (row: RowName): Promise<string> => (await m2m(['status', named(row)])).text
  const lineOf = async (row: RowName): Promise<string | undefined> =>
    (await m2m(['list', '--check'])).lines.find((line) => line.startsWith(named(row)))

  beforeAll(async () => {
    seat = await openSeat(ROWS.map(named))
  })
  afterEach(() => {
    seat.cli.laptop.aws.faults.clear()
    seat.cli.laptop.stytch.server.faults.clear()
    seat.cli.laptop.stytch.configure({ inactiveClientMayRotate: true })
  })
  afterAll(() => seat.close())

  const expectReplaced = async (row: RowName): Promise<void> => {
    const ran = await incident(row)
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.lines.at(-1)).toMatch(/^Incident INC-\S+: what leaked is dead\.$/)
    expect(ran.text).toMatch(/dead in \d+\.\d s, refused \d+ times/)
    expect(seat.isAccepted(named(row), seat.secretValue(named(row)))).toBe(true)
  }

  test('a colleague rotated and completed in the dashboard', async () => {
    const { dashboard } = seat.cli.laptop.stytch
    dashboard.rotateStart(seat.clientIdOf(named('dash')))
    dashboard.rotateComplete(seat.clientIdOf(named('dash')))

    expect(await status('dash')).toMatch(/DEAD: Stytch refuses AWSCURRENT, found 20\S+ \S+ m2m incident dash/)
    expect(await lineOf('dash')).toMatch(/ dead /)
    expect((await m2m(['doctor'])).text).toMatch(/DEAD: Stytch refuses AWSCURRENT.*m2m incident dash/)
    await expectReplaced('dash')
  })

  test('the value before was put back by hand after a settle', async () => {
    const older = seat.textOf(named('back'))
    await seat.cli.run(['rotate', named('back'), '--yes', '--wait'])
    await seat.cli.run(['settle', named('back'), '--yes', '--wait'])
    await storeByHand(seat.cli.laptop, `m2m/laptop/${named('back')}`, older)

    expect(await status('back')).toContain('DEAD: Stytch refuses AWSCURRENT')
    expect(await lineOf('back')).toMatch(/ dead /)
    await expectReplaced('back')
  })

  test('the client is deleted at Stytch', async () => {
    seat.cli.laptop.stytch.dashboard.remove(seat.clientIdOf(named('gone')))

    expect(await status('gone')).toMatch(/DEAD: Stytch knows no such client.*register it again/)
    expect(await lineOf('gone')).toMatch(/ gone /)
    const ran = await incident('gone')
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.text).toMatch(/dead already: Stytch refused everything before; the client is gone: .* declare it again/)
    expect(ran.lines.at(-1)).toMatch(/^Incident INC-\S+: what leaked is dead\.$/)
  })

  test('the client is inactive, and Stytch rotates it all the same', async () => {
    const leaked = seat.secretValue(named('idle'))
    seat.cli.laptop.stytch.dashboard.setStatus(seat.clientIdOf(named('idle')), 'inactive')

    expect(await status('idle')).toMatch(
      /inactive at Stytch: every value is refused; not by this stage's commands, as far as is recorded; tokens .* end within an hour/,
    )
    expect(await lineOf('idle')).toMatch(/ inactive /)
    const ran = await incident('idle')
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.text).toMatch(/refused.*by slots: the client is inactive/)
    seat.cli.laptop.stytch.dashboard.setStatus(seat.clientIdOf(named('idle')), 'active')
    expect(seat.isAccepted(named('idle'), leaked)).toBe(false)
  })

  test('the client is inactive, and Stytch does not rotate it', async () => {
    seat.cli.laptop.stytch.configure({ inactiveClientMayRotate: false })
    seat.cli.laptop.stytch.dashboard.setStatus(seat.clientIdOf(named('asleep')), 'inactive')

    const ran = await incident('asleep')

    expect(ran).toMatchObject({ code: 1 })
    expect(ran.text).toMatch(/ALIVE: when activated/)
    expect(ran.text).not.toMatch(/activate (it|the client)/)
    expect(ran.lines.slice(-3).join(' ')).toMatch(/NOTHING of what leaked.*--id INC-/)
  })

  test('a freeze of everything', async () => {
    expect(await m2m(['freeze', 'all'], 'y\n')).toMatchObject({ code: 0 })
    const frozen = /rotations are frozen \(all\) by assumed-role\/\S+, since 20\d\d-\d\d-\d\d \d\d:\d\dZ/
    const leaked = seat.secretValue(named('cold'))

    expect(await status('cold')).toMatch(frozen)
    expect((await m2m(['list'])).text).toMatch(frozen)
    expect((await m2m(['doctor'])).text).toMatch(frozen)
    const ran = await incident('cold')
    expect(await m2m(['freeze', 'off'])).toMatchObject({ code: 0 })
    expect(ran).toMatchObject({ code: 4 })
    expect(ran.text).toMatch(frozen)
    expect(ran.text).toContain('m2m freeze off')
    expect(seat.secretValue(named('cold'))).toBe(leaked)
    await expectReplaced('cold')
  })

  test('Stytch answers 500', async () => {
    seat.cli.laptop.stytch.server.faults.add({ op: '*', kind: 'error', status: 500, count: 1_000_000 })

    expect(await status('slow')).toMatch(/state settled at Stytch not known: .*500/)
    expect(await m2m(['list'])).toMatchObject({ code: 0 })
    expect(await m2m(['doctor'])).toMatchObject({ code: 1, text: expect.stringMatching(/500/) })
    const leaked = seat.secretValue(named('slow'))
    const running = seat.cli.start(['incident', named('slow'), '--wait', '--id', `INC-SLOW-${columns}`], {
      columns,
      env,
    })
    await until(() => flat(running.said()).includes('Waiting: Stytch'), 'what is waited for')
    expect(seat.isAccepted(named('slow'), leaked)).toBe(true)
    running.type('\u0003')
    const ran = await running.ended
    const text = flat(ran.stdout)

    expect(ran.code).toBe(130)
    expect(text).toMatch(/^Incident INC-/)
    expect(text).toMatch(/Waiting: Stytch does not answer as it should \(.*500.*\), \d+ s\. It continues by itself/)
    expect(text).toContain(
      `the incident function continues without you. m2m incident follow INC-SLOW-${columns} m2m/laptop/${named('slow')} looks again`,
    )
    expect(widest(ran.stdout)).toBeLessThanOrEqual(columns)

    const following = seat.cli.start(['incident', 'follow', `INC-SLOW-${columns}`, named('slow')], { columns, env })
    await until(() => flat(following.said()).includes('Waiting: Stytch'), 'what is waited for')
    seat.cli.laptop.stytch.server.faults.clear()
    const back = await following.ended

    expect(back.code, back.stdout).toBe(0)
    expect(flat(back.stdout)).toContain('What was in the way is gone.')
    expect(flat(back.stdout).trim()).toMatch(/what leaked is (dead|refused by Stytch; the sweep confirms it)\.$/)
    expect(seat.isAccepted(named('slow'), leaked)).toBe(false)
    expect(seat.isAccepted(named('slow'), seat.secretValue(named('slow')))).toBe(true)
  })

  test('the bus refuses PutEvents', async () => {
    const leaked = seat.secretValue(named('bus'))
    seat.cli.laptop.aws.faults.add({ op: 'PutEvents', kind: 'error', status: 403, count: 100_000 })

    expect((await m2m(['doctor'])).text).toMatch(
      /bus m2m-laptop it takes no report of a leak from assumed-role\/\S+ \(events:PutEvents: AccessDenied/,
    )
    const ran = await incident('bus')

    expect(ran).toMatchObject({ code: 0 })
    expect(ran.text).toMatch(/bus denies events:PutEvents/)
    expect(ran.text).toMatch(/did not take the report of assumed-role\/\S+ \(events:PutEvents: AccessDenied/)
    expect(ran.text).toMatch(/carried out from here, as with --direct; no event announces/)
    expect(ran.lines.at(-1)).toMatch(/what leaked is dead\.$/)
    expect(seat.isAccepted(named('bus'), leaked)).toBe(false)
  })

  /** A rotation of twenty minutes ago, of which nothing came: Stytch did not answer. */
  const leaveOver = async (row: RowName, isCancelled: boolean): Promise<void> => {
    const { faults } = seat.cli.laptop.stytch.server
    const secretArn = seat.secretOf(named(row))?.arn ?? ''
    const failures = () => seat.cli.laptop.stytch.server.calls().filter((call) => call.status === 503).length
    const earlier = failures()
    faults.add({ op: 'Token', kind: 'error', status: 503, count: 1000 })
    const askedAt = Date.now() - 20 * MINUTE_MS
    const token = makeRequestToken({ origin: 'rotate', askedAt, secretArn, about: row, attempt: 1 })
    await seat.client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
    await until(() => failures() > earlier, 'a token that is not given')
    if (isCancelled) await seat.client.send(new CancelRotateSecretCommand({ SecretId: secretArn }))
    await seat.cli.laptop.aws.idle()
    faults.clear()
  }

  test('a rotation is stuck, since its function was killed', async () => {
    await leaveOver('stuck', false)

    expect(await status('stuck')).toMatch(
      /state stuck .*stuck since 20\S+ \S+; driven again by the sweep, at 20\S+ \S+ at the latest; m2m incident stuck\d+ --wait/,
    )
    expect(await lineOf('stuck')).toMatch(/ stuck /)
    expect((await m2m(['doctor'])).text).toMatch(/stuck/)
    await expectReplaced('stuck')
  })

  test('CancelRotateSecret in the middle', async () => {
    await leaveOver('cut', true)

    expect(await status('cut')).toMatch(/state stuck .*stuck since 20.* rotation off: .*m2m apply/)
    expect((await m2m(['doctor'])).text).toMatch(
      /cut\d+ nothing rotates it: rotation is off → m2m apply, .* once the sweep has ended/,
    )
    expect(await lineOf('cut')).toMatch(/ (stuck|off) /)
    const cut = named('cut')
    // Without those of the other rows, which may be left alone.
    seat.cli.file('cut.yaml', `clients:\n  - { name: ${cut}, description: ${cut}, scopes: [read:a] }\n`)
    const refused = await m2m(['apply', 'cut.yaml', '--yes'])
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.text).toMatch(/cannot be scheduled while a rotation of it has not ended .* then run this again/)
    await expectReplaced('cut')
    const applied = await m2m(['apply', 'cut.yaml', '--yes'])
    expect(applied, applied.text).toMatchObject({ code: 0 })
    expect(await status('cut')).not.toMatch(/rotation off|stuck since/)
  })

  test('a value is malformed', async () => {
    const [now, odd] = [seat.textOf(named('odd')), named('odd')]
    const SecretId = `m2m/laptop/${odd}`
    const broken = JSON.stringify({ ...(JSON.parse(now) as object), client_id: 7 })
    await storeByHand(seat.cli.laptop, SecretId, broken)

    expect(await status('odd')).toMatch(/value a planned rotation refuses it: client_id .*docs\/secret-format\.md/)
    await storeByHand(seat.cli.laptop, SecretId, now)
    expect(await status('odd')).not.toContain('refuses it')
  })

  test('a selection that matches nobody', async () => {
    const ran = await m2m(['incident', '--tag', 'team=nobody', '--immediate', '--wait'])

    expect(ran).toMatchObject({ code: 2 })
    expect(ran.text).toMatch(/nobody: no client .* is selected/)
    expect(await m2m(['rotate', '--tag', 'team=nobody'])).toMatchObject({
      code: 2,
      text: expect.stringMatching(/nobody:/),
    })
  })

  test('what leaked is the value before AWSCURRENT, in its overlap', async () => {
    const leaked = seat.secretValue(named('before'))
    expect(await seat.cli.run(['rotate', named('before'), '--yes', '--wait'])).toMatchObject({ code: 0 })

    expect(await status('before')).toMatch(/overlap until 20/)
    const ran = await incident('before')
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.text).toMatch(/is in its overlap: if only the value before leaked, m2m settle \S+ alone would do/)
    expect(ran.lines.at(-1)).toMatch(/what leaked is dead\.$/)
    expect(seat.isAccepted(named('before'), leaked)).toBe(false)
  })

  test('a command that is repeated with the same reason asks whether it is the same incident', async () => {
    const first = await incident('plain', '--reason', 'in a ticket')
    const [, id = ''] = /^Incident (INC-\S+);/.exec(first.text) ?? []
    const nobody = await seat.cli.run(['incident', named('plain'), '--wait', '--reason', 'in a ticket'], { env })
    const joined = await m2m(['incident', named('plain'), '--wait', '--reason', 'in a ticket'], 'y\n')
    const another = await incident('plain', '--reason', 'in a ticket', '--new')

    expect(nobody).toMatchObject({ code: 4, stdout: '' })
    expect(nobody.stderr).toContain(`--id ${id}`)
    expect(nobody.stderr).toContain('--new')
    expect(joined.text).toContain(`Incident ${id}: what leaked is dead.`)
    expect(another.text).not.toContain(id)
    expect(another).toMatchObject({ code: 0 })
  })

  test('a hold bears the caller’s name as AWS knows it, and none where that is not known', async () => {
    const { cli, secretOf } = seat
    const by = async (): Promise<string | undefined> => {
      const held = await cli.run(['hold', named('plain')], { env: { M2M_OPERATOR: '' } })
      expect(held).toMatchObject({ code: 0 })
      const found = secretOf(named('plain'))?.tags['m2m:held-by']
      await cli.run(['release', named('plain')])
      return found
    }

    expect(await by()).toBe('assumed-role/operator/operator')
    cli.laptop.aws.faults.add({ op: 'GetCallerIdentity', kind: 'error', status: 500, count: 10 })
    expect(await by()).toBeUndefined()
  })

  test('without a terminal there are plain lines', async () => {
    const ran = await seat.cli.run(['incident', named('plain'), '--wait'], { env })

    expect(ran.code).toBe(0)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is wanted
    expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F]/)
    expect(ran.stderr).toMatch(/dead in \d+\.\d s, refused \d+ times/)
  })
})

test.each(WIDTHS)('two of twenty are retired: all means eighteen, on %i columns', async (columns) => {
  const names = Array.from({ length: 20 }, (_none, at) => `client-${at + 10}`)
  const seat = await openSeat(names)
  const retired = ['client-10', 'client-11']
  for (const name of retired) {
    const Tags = [{ Key: 'm2m:retired', Value: new Date().toISOString() }]
    await seat.client.send(new TagResourceCommand({ SecretId: `m2m/laptop/${name}`, Tags }))
  }
  const leaked = names.map((name) => [name, seat.secretValue(name)] as const)

  expect((await onTerminal(seat, ['list'], columns)).text).toMatch(/20 clients: 18 settled, 2 retired/)
  const line = ['incident', '--all', '--expected-count', '18', '--immediate', '--break-glass', '--wait']
  const ran = await onTerminal(seat, line, columns, { stdin: 'y\n', as: 'break-glass' })

  expect(ran).toMatchObject({ code: 0 })
  expect(ran.text).toMatch(/clients 18 matched, 2 retired and left out/)
  expect(ran.said).toMatch(/Revoke 18 clients of stage laptop at once/)
  expect(ran.lines.at(-1)).toMatch(/what leaked is dead \(18 of 18 clients\)\.$/)
  expect(ran.lines.length).toBeLessThan(40)
  for (const [name, value] of leaked) expect(seat.isAccepted(name, value)).toBe(retired.includes(name))
  await seat.close()
})
