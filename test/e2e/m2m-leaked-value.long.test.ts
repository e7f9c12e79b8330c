// `m2m incident --leaked-value-stdin` over what people paste: alive, revoked meanwhile, in other encodings, of two clients, a token, the
// project's own secret, and nothing of ours. Nothing of a text is ever shown.
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { leakTexts } from '../core/intake/leak-texts.ts'
import { LAPTOP_EVIDENCE, LAPTOP_PROJECT_SECRET } from '../fakes/laptop-names.ts'
import { type Cli, openCli, type Ran } from './cli.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

let cli: Cli
let unreadable = ''
const env = { M2M_EVIDENCE_BUCKET: LAPTOP_EVIDENCE }
const m2m = (args: readonly string[], stdin: string | Uint8Array): Promise<Ran> =>
  cli.run(['incident', '--leaked-value-stdin', ...args], { env, stdin })

beforeAll(async () => {
  cli = await openCli({ asyncRetryMs: 200 }, { hasProjectSecret: true })
  cli.file(
    'clients.yaml',
    `clients:
  - { name: alpha, description: First, scopes: [read:a] }
  - { name: beta, description: Second, scopes: [read:a] }
`,
  )
  expect(await cli.run(['apply', 'clients.yaml', '--yes'])).toMatchObject({ code: 0 })
  const client = new SecretsManagerClient({
    endpoint: cli.laptop.address.aws,
    region: cli.laptop.address.region,
    credentials: credentialsOf('break-glass'),
  })
  unreadable = 'm2m/laptop/by-hand'
  await client.send(new CreateSecretCommand({ Name: unreadable, SecretString: 'to be filled in' }))
  client.destroy()
  await cli.laptop.aws.idle()
})
/** A search function takes ten a minute. */
beforeEach(() => cli.laptop.world.clock.advance(60_000))
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  await cli.close()
})

const versionsOf = (secretName: string) => cli.laptop.aws.peek(secretName)?.versions ?? []
const textUnder = (secretName: string, label: string): Readonly<Record<string, string>> =>
  JSON.parse(versionsOf(secretName).find(({ stages }) => stages.includes(label))?.value ?? '{}')
const secretOf = (name: string): string => textUnder(`m2m/laptop/${name}`, 'AWSCURRENT').client_secret ?? ''
const clientIdOf = (name: string): string => cli.laptop.aws.peek(`m2m/laptop/${name}`)?.tags['m2m:client-id'] ?? ''
const stateOfAll = () => ['alpha', 'beta'].map((name) => versionsOf(`m2m/laptop/${name}`).map(({ id }) => id))
const textOf = (form: string, name: string): string =>
  leakTexts[form]?.({ value: secretOf(name), clientId: clientIdOf(name) }) ?? ''

const cases = ['a .env', "a shell's history", 'a line of a log', 'a curl', 'YAML, folded'] as const

describe('a value that is alive', () => {
  test.each(cases)('in %s is whose it is, and would be revoked', async (form) => {
    const before = stateOfAll()

    const ran = await m2m(['--dry-run', '--json'], textOf(form, 'alpha'))

    expect(ran.code).toBe(0)
    expect(ran.json<object>()).toMatchObject({
      dryRun: true,
      clients: [{ secretName: 'm2m/laptop/alpha' }],
      counts: { matched: 1, retired: 0, held: 0, foreign: 0 },
      found: [{ kind: 'secret', name: 'm2m/laptop/alpha', clientId: clientIdOf('alpha'), state: 'alive', since: null }],
      searched: 3,
      unreadable: [unreadable],
    })
    expect(stateOfAll()).toEqual(before)
  })

  test('of two clients in one text is both of theirs, and asks how', async () => {
    const text = `A=${secretOf('alpha')}\nB=${secretOf('beta')}\n`

    const ran = await m2m([], text)

    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(/A secret of m2m\/laptop\/alpha .*: alive\./)
    expect(ran.stderr).toMatch(/A secret of m2m\/laptop\/beta .*: alive\./)
    expect(ran.stderr).toContain('--immediate')
  })

  test('is revoked; and reported once more it is dead since then, and nothing is rotated', async () => {
    const texts = [textOf('a .env', 'alpha'), textOf('a line of a log', 'alpha'), textOf('a curl', 'alpha')] as const
    const [first, second, third] = texts
    const revoked = await m2m(['--wait', '--json'], first)
    expect(revoked.code).toBe(0)
    expect(revoked.json<object>()).toMatchObject({ found: [{ state: 'alive' }], clients: [{ state: 'settled' }] })
    const before = stateOfAll()

    for (const text of [
      second,
      encodeURIComponent(third),
      Buffer.from(`\ufeff${first}`, 'utf16le'),
      Buffer.from(`\ufeff${second}`, 'utf16le').swap16(),
    ]) {
      const ran = await m2m(['--wait', '--json'], text)
      expect(ran.code).toBe(0)
      expect(ran.json<object>()).toMatchObject({
        outcome: 'dead',
        clients: [{ name: 'm2m/laptop/alpha', outcome: 'deadAlready', since: expect.stringMatching(/^20/) }],
        found: [{ kind: 'secret', name: 'm2m/laptop/alpha', state: 'dead', since: expect.stringMatching(/^20/) }],
      })
    }
    expect(stateOfAll()).toEqual(before)
    const words = await m2m([], first)
    expect(words.stdout).toMatch(/A secret of m2m\/laptop\/alpha .*: dead since 20.*refuses it already/)
    expect(words.stdout).toContain('Nothing was revoked.')
  })
})

test('an access token is its client’s until it expires, and its secret is not revoked for it', async () => {
  const { access_token: token = '' } = (await (
    await fetch(String(textUnder('m2m/laptop/beta', 'AWSCURRENT').token_url), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientIdOf('beta'),
        client_secret: secretOf('beta'),
      }),
    })
  ).json()) as { access_token?: string }
  const before = stateOfAll()

  const ran = await m2m(['--json'], `Authorization: Bearer ${cli.mark('the token', token)}`)

  expect(ran.code).toBe(1)
  expect(ran.json<object>()).toMatchObject({
    outcome: 'failed',
    clients: [],
    found: [
      {
        kind: 'accessToken',
        name: 'm2m/laptop/beta',
        clientId: clientIdOf('beta'),
        state: 'alive',
        until: expect.stringMatching(/^20/),
      },
    ],
  })
  expect(stateOfAll()).toEqual(before)
})

test('nothing of ours is nobody’s, with how many were searched and which could not be read', async () => {
  const ran = await m2m(['--json'], 'password = hunter2hunter2hunter2')

  expect(ran.code).toBe(2)
  expect(ran.json<object>()).toMatchObject({ outcome: 'nobody', found: [], searched: 3, unreadable: [unreadable] })
  expect(ran.stderr).toMatch(/nobody: none of the 3 secrets searched holds any part of it/)
  expect(ran.stderr).toContain(unreadable)
  expect(`${ran.stdout}${ran.stderr}`).not.toContain('hunter2')
})

test.each<[string, string | Uint8Array, RegExp]>([
  ['nothing', '', /holds no secret/],
  ['too little', 'abc', /holds no secret/],
  ['too much', 'x'.repeat(256 * 1024 + 1), /262145 bytes, and 262144 are searched/],
])('%s on stdin is refused', async (_, stdin, words) => {
  expect(await m2m([], stdin)).toMatchObject({ code: 2, stderr: expect.stringMatching(words) })
})

describe('the project’s own secret', () => {
  const projectSecret = (): string => textUnder(LAPTOP_PROJECT_SECRET, 'AWSCURRENT').secret ?? ''
  const accepts = (value: string): boolean => cli.laptop.stytch.projectSecrets.accepts(value)

  test('is named, and replaced after a yes alone', async () => {
    const leaked = cli.mark('the project secret', projectSecret())
    const text = `STYTCH_SECRET=${leaked}\n`

    const refused = await m2m([], text)
    expect(refused.code).toBe(4)
    expect(refused.stderr).toMatch(/The project's own secret .*: alive/)
    expect([accepts(leaked), projectSecret() === leaked]).toEqual([true, true])

    const ran = await m2m(['--yes', '--wait', '--json'], text)

    expect(ran.code).toBe(0)
    expect(ran.json<object>()).toMatchObject({
      clients: [{ secretName: LAPTOP_PROJECT_SECRET, state: 'settled' }],
      found: [{ kind: 'projectSecret', name: LAPTOP_PROJECT_SECRET, state: 'alive' }],
    })
    expect([accepts(leaked), accepts(projectSecret())]).toEqual([false, true])
    const again = await m2m(['--yes', '--json'], text)
    expect(again.code).toBe(0)
    expect(again.json<object>()).toMatchObject({
      found: [{ kind: 'projectSecret', state: 'dead', since: expect.stringMatching(/^20/) }],
    })
  })
})
