// `m2m incident` as somebody types it at three in the morning, about one client or whoever holds a leaked value: what it refuses, and the report
// that it ends with. Many at once, and without the bus: m2m-incident-many.long.test.ts.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createGateStore } from '../../lambda/adapters/aws/gate-store.ts'
import { createSignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import type { Cli } from './cli.ts'
import { createIncidentSeat, type Reported } from './incident-seat.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const seat = createIncidentSeat()
const { env, secretValue, clientIdOf, isAccepted } = seat
let cli: Cli
const m2m = (args: readonly string[], stdin = '') => cli.run(['incident', ...args], { env, stdin })

beforeAll(async () => {
  cli = await seat.open()
})
afterAll(seat.close)

describe('m2m incident', () => {
  test('prove says of a client that was never revoked that no proof is stored', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    cli.file('proofs.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString())

    expect(await m2m(['prove', 'beta', '--public-key', 'proofs.pem'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('No revoke of m2m/laptop/beta is known, and no proof is stored.'),
    })
  })

  test('of one client waits until the leaked value is proven dead, and shows the report', async () => {
    const leaked = secretValue('alpha')

    const ran = await m2m(['alpha', '--id', 'INC-1', '--reason', 'in a public gist', '--wait', '--json'])
    const json = ran.json<Reported & { report: { outcome: string } }>()

    expect(ran.code).toBe(0)
    expect(json).toMatchObject({ incidentId: 'INC-1', clients: [{ state: 'settled' }], report: { outcome: 'proven' } })
    expect(json).toMatchObject({
      outcome: 'dead',
      clients: [
        {
          name: 'm2m/laptop/alpha',
          clientId: clientIdOf('alpha'),
          outcome: 'dead',
          reason: null,
          since: expect.stringMatching(/^20/),
          proof: { refusals: expect.any(Number), firstRefusedAt: expect.stringMatching(/^20/), signed: true },
        },
      ],
      counts: { matched: 1, retired: 0, held: 0, foreign: 0 },
    })
    expect(isAccepted('alpha', leaked)).toBe(false)
    expect(isAccepted('alpha', secretValue('alpha'))).toBe(true)

    const shown = await m2m(['show', 'INC-1'])
    expect((await m2m(['show', 'INC-1', '--json'])).json<object>()).toMatchObject({
      proven: ['m2m/laptop/alpha'],
      unproven: [],
    })
    expect(shown.code).toBe(0)
    expect(shown.stdout).toContain('in a public gist')
    expect(shown.stdout).toContain('invalid_client')
  })

  test('says whether the signed proof is stored, which prove --again adds another to', async () => {
    const ran = await m2m(['beta', '--id', 'INC-SIGNED', '--wait', '--json'])
    const proof = { refusals: expect.any(Number), firstRefusedAt: expect.stringMatching(/^20/), signed: true }
    expect(ran.json<object>()).toMatchObject({ clients: [{ secretName: 'm2m/laptop/beta', proof }] })
    const shown = await m2m(['show', 'INC-SIGNED', '--json'])
    expect(shown.json<object>()).toMatchObject({ clients: [{ proof: { ...proof, requestToken: expect.any(String) } }] })

    const again = await m2m(['prove', 'beta', '--again', '--json'])

    expect(again.code).toBe(0)
    // The settle's, the one that the waiting command had made to confirm it, and this one.
    expect(again.json<object>()).toMatchObject({
      isProven: true,
      answer: { outcome: 'refused', signed: 'stored' },
      proofs: [{ valid: true }, { valid: true }, { valid: true }],
    })
    expect((await m2m(['prove', 'beta', '--again'])).stdout).toMatch(
      /^Asked now: Stytch refused what was revoked, \d+ times/,
    )
  })

  test('says that a client without a settled revoke owes no proof, and which role may ask where the caller may not', async () => {
    expect((await m2m(['prove', 'gamma', '--again'])).stdout).toContain('there was nothing to try')

    cli.laptop.aws.faults.add({ op: 'Invoke', kind: 'error', status: 403 })
    const denied = await m2m(['prove', 'beta', '--again'])

    expect(denied.code).toBe(4)
    expect(denied.stderr).toContain('attach the operator policy')
  })

  test('finds out whose a leaked value is', async () => {
    const leaked = secretValue('gamma')

    expect(await m2m(['--leaked-value-stdin', '--wait'], leaked)).toMatchObject({ code: 0 })
    expect(isAccepted('gamma', leaked)).toBe(false)
  })

  test('of a value that Stytch refuses already says that, and revokes nothing', async () => {
    const { secretArn } = { secretArn: cli.laptop.aws.peek('m2m/laptop/gamma')?.arn ?? '' }
    const dead = secretValue('gamma', 'AWSPREVIOUS')
    cli.laptop.stytch.dashboard.rotateStart(clientIdOf('gamma'))
    cli.laptop.stytch.dashboard.rotateComplete(clientIdOf('gamma'))

    const ran = await m2m(['--leaked-value-stdin'], dead)

    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('refuses it already')
    expect(await m2m([secretArn, '--wait'])).toMatchObject({ code: 0 })
  })

  test('of an unknown value says so, and changes nothing', async () => {
    const before = secretValue('gamma')

    const ran = await m2m(['--leaked-value-stdin'], 'nobodys-value-1234')

    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain('nobody: none of the 3 secrets searched holds any part of it')
    expect(secretValue('gamma')).toBe(before)
  })
})

describe('refused, and nothing is changed', () => {
  test.each<[string, readonly string[], number, RegExp]>([
    ['no client selected', [], 2, /no client was selected/],
    ['a tag that nobody has', ['--tag', 'team=three'], 2, /^m2m: nobody: .*\(0 matched\)/],
    ['chosen in two ways', ['alpha', '--tag', 'team=one'], 2, /more than one way/],
    ['many without saying how', ['alpha', 'beta'], 2, /--immediate .* --grace/],
    ['many without a yes', ['alpha', 'beta', '--immediate'], 4, /add --yes/],
    ['both ways at once', ['alpha', '--grace', '15m', '--immediate'], 2, /exclude each other/],
    ['a grace that is too short', ['alpha', '--grace', '5s'], 2, /60s to 24h/],
    ['all without a count', ['--all'], 2, /--expected-count/],
    ['all with a count that is off', ['--all', '--expected-count', '40'], 4, /there are 3/],
    ['a client that is not there', ['nobody'], 2, /no client "nobody"/],
    ['a client id that no secret holds', ['--client-id', 'm2m-client-test-x'], 2, /no managed secret holds/],
  ])('%s', async (_, args, code, words) => {
    const before = ['alpha', 'beta', 'gamma'].map((name) => secretValue(name))

    const ran = await m2m(args)

    expect(ran.code).toBe(code)
    expect(ran.stderr).toMatch(words)
    expect(['alpha', 'beta', 'gamma'].map((name) => secretValue(name))).toEqual(before)
  })

  test('a selection that matches nobody is an outcome of its own', async () => {
    const ran = await m2m(['--tag', 'team=three', '--wait', '--json'])

    expect(ran.code).toBe(2)
    expect(ran.json<object>()).toMatchObject({
      outcome: 'nobody',
      clients: [],
      counts: { matched: 0, retired: 0, held: 0, foreign: 0 },
    })
  })

  test('a dry run names whom it would be about', async () => {
    const before = secretValue('beta')
    const ran = await m2m(['beta', '--dry-run'])

    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout).toContain('m2m/laptop/beta')
    expect(secretValue('beta')).toBe(before)
  })
})

describe('release', () => {
  const leak = (incidentId: string) => ({ incidentId, clientId: `client-of-${incidentId}`, reference: 'r', at: 1 })
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    credentials: credentialsOf('m2m-laptop-intake-us-east-1'),
  })
  afterAll(() => client.destroy())
  const store = () =>
    createGateStore({
      call: createSignedCall(client, { service: 'dynamodb', endpoint: cli.laptop.address.aws }),
      table: LAPTOP_RECORDS,
      wait: async () => {},
    })
  const hold = async (...held: readonly object[]): Promise<void> => {
    const text = JSON.stringify({ state: 'held', recent: [], held })
    await store().swap({ from: (await store().read())?.version, to: { text, version: randomUUID() } })
  }
  const reported = (): readonly string[] =>
    cli.laptop.aws
      .events()
      .filter(({ source, detailType }) => source === 'm2m.security' && detailType === 'Secret Leak Reported')
      .map(({ detail }) => String((detail as Record<string, unknown>).incidentId))

  test('without an intake finds an open gate', async () => {
    expect(await m2m(['release'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('The intake holds nothing; it is open.'),
    })
  })

  test('shows what is held and changes nothing, when it is a dry run', async () => {
    await hold(leak('held-1'))
    const ran = await m2m(['release', '--dry-run', '--json'])

    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ dryRun: true, held: [{ incidentId: 'held-1' }] })
    expect(reported()).not.toContain('held-1')
    expect((await store().read())?.text).toContain('held-1')
  })

  test('says of a shut gate that remembers nothing that it is shut', async () => {
    await hold()

    expect((await m2m(['release', '--dry-run'])).stdout).toContain('is shut and remembers no leak')
  })

  test('reports what is held, and opens the intake', async () => {
    await hold(leak('held-2'), leak('held-3'))
    const ran = await m2m(['release', '--json'])

    expect(ran.code).toBe(0)
    expect(reported()).toEqual(expect.arrayContaining(['held-2', 'held-3']))
    expect((await store().read())?.text).toBe('{"state":"open","recent":[],"held":[]}')
  })

  test('from a table that is not there changes nothing, and says so to whoever may know', async () => {
    const args = ['incident', 'release', '--records-table', 'm2m-laptop-gone']
    const ran = await cli.run(args, { as: 'admin', env })
    const denied = await cli.run(args, { env })

    expect([ran.code, denied.code]).toEqual([1, 1])
    const advice = "check the table's name, and the caller's rights to it"
    expect(ran.stderr).toContain(`GetItem of the table m2m-laptop-gone failed: ResourceNotFoundException; ${advice}`)
    expect(denied.stderr).toContain(`GetItem of the table m2m-laptop-gone failed: AccessDeniedException; ${advice}`)
  })
})

test('of a client that is deleted at Stytch says that it was dead already, and rotates nothing', async () => {
  const before = secretValue('beta')
  cli.laptop.stytch.dashboard.remove(clientIdOf('beta'))

  for (const way of [[], ['--direct']]) {
    const ran = await m2m(['beta', '--id', `INC-GONE${way.length}`, '--wait', '--json', ...way])

    expect(ran.json<Reported>().clients.map(({ state }) => state)).toEqual(['deadAlready'])
    expect(ran.json<object>()).toMatchObject({ outcome: 'dead', clients: [{ outcome: 'deadAlready', reason: null }] })
    expect(ran.code).toBe(0)
  }
  const shown = await m2m(['show', 'INC-GONE0', '--json'])
  // Nothing was rotated, and so nothing is signed: the incident function's word is shown as its word.
  expect(shown).toMatchObject({ code: 3 })
  expect(shown.json<object>()).toMatchObject({
    outcome: 'notProven',
    proven: [],
    unproven: [{ what: 'm2m/laptop/beta', why: expect.stringContaining('nothing was rotated') }],
    clients: [{ outcome: 'deadAlready' }],
  })
  expect(secretValue('beta')).toBe(before)
})
