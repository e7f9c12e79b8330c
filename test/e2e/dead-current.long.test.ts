// A dead AWSCURRENT on the laptop, by the deployed functions: a colleague completes a rotation in the dashboard, or somebody puts an older
// value back, and the next sweep reports it; `m2m status` and `m2m doctor` say DEAD at once. Nothing is changed by asking.
import { DeleteSecretCommand, RestoreSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { SweepSummary } from '../../lambda/core/sweep/sweep.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { storeByHand } from '../fakes/laptop.ts'
import { type Cli, openCli } from './cli.ts'
import { callsOf } from './control.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

let cli: Cli
let client: SecretsManagerClient

beforeAll(async () => {
  cli = await openCli({ asyncRetryMs: 200 })
  const { aws: endpoint, region } = cli.laptop.address
  client = new SecretsManagerClient({ endpoint, region, credentials: credentialsOf('break-glass') })
  cli.file(
    'clients.yaml',
    `clients:
  - { name: alpha, description: First, scopes: [read:a] }
  - { name: beta, description: Second, scopes: [read:a] }
  - { name: gamma, description: Third, scopes: [read:b] }
`,
  )
  expect(await cli.run(['apply', 'clients.yaml', '--yes'])).toMatchObject({ code: 0 })
  await cli.laptop.aws.idle()
})
afterAll(async () => {
  expect(cli.leaks()).toEqual([])
  client.destroy()
  await cli.close()
})

const secretOf = (name: string) => cli.laptop.aws.peek(`m2m/laptop/${name}`)
const clientIdOf = (name: string): string => secretOf(name)?.tags['m2m:client-id'] ?? ''
const textOf = (name: string): string =>
  secretOf(name)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value ?? ''
const deadOnBus = (name: string) =>
  cli.laptop.aws
    .events()
    .filter(
      ({ detailType, resources }) => detailType === 'Secret Dead' && resources.includes(secretOf(name)?.arn ?? ''),
    )
const sweepNow = async (): Promise<SweepSummary> => {
  const ran = await cli.laptop.lambda('sweep').invoke({})
  if (!ran.ok) throw new Error(`the sweep failed: ${JSON.stringify(ran)}`)
  return ran.value as SweepSummary
}
/** Everything that a check could have changed. */
const world = () =>
  JSON.stringify(
    ['alpha', 'beta', 'gamma'].map((name) => [
      secretOf(name)?.versions.map(({ id, stages, value }) => [id, stages, value]),
      secretOf(name)?.tags,
      cli.laptop.stytch.slots(clientIdOf(name)),
      cli.laptop.stytch.trustedMetadata(clientIdOf(name)),
    ]),
  )

interface StatusJson {
  readonly clients: readonly {
    readonly state: string
    readonly check: { readonly found: string; readonly why: string }
  }[]
}
const statusOf = async (name: string) => (await cli.run(['status', name, '--json'])).json<StatusJson>().clients[0]

test('what lives is checked, and nobody is told', async () => {
  const before = world()

  expect(await sweepNow()).toMatchObject({ checked: 3, secretsDead: 0, checksLeft: 0, failed: 0 })
  expect(await statusOf('alpha')).toMatchObject({ state: 'settled', check: { found: 'fits' } })

  expect(world()).toBe(before)
  const { stytch } = cli.laptop.address
  const seen = (await callsOf(stytch)).length
  expect(await sweepNow()).toMatchObject({ checked: 3, secretsDead: 0 })
  // Each value is known by now: one search for all of them.
  expect((await callsOf(stytch)).slice(seen).map(({ op }) => op)).toEqual(['SearchClients'])
})

test('a secret that is scheduled for deletion while its client lives is reported, listed and found', async () => {
  const client = new SecretsManagerClient({
    endpoint: cli.laptop.address.aws,
    region: cli.laptop.address.region,
    credentials: credentialsOf('break-glass'),
  })
  await client.send(new DeleteSecretCommand({ SecretId: 'm2m/laptop/gamma', RecoveryWindowInDays: 7 }))
  await sweepNow()
  const doctor = await cli.run(['doctor', '--json'])
  const listed = await cli.run(['list', '--state', 'deleted', '--json'])

  expect(deadOnBus('gamma').at(-1)).toMatchObject({ detail: { found: 'deleted' } })
  expect(doctor.json<{ findings: readonly object[] }>().findings).toContainEqual(
    expect.objectContaining({ kind: 'deleted', weight: 'broken', subject: 'gamma' }),
  )
  expect(listed.json<object>()).toMatchObject({ clients: [{ name: 'gamma', state: 'deleted' }] })
  // Whoever knows of a leak is not told that there is no such client.
  for (const args of [
    ['incident', 'gamma', '--wait'],
    ['rotate', 'gamma'],
  ]) {
    expect(await cli.run(args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /gamma is scheduled for deletion.* restore-secret --secret-id m2m\/laptop\/gamma, then repeat/,
      ),
    })
  }
  await client.send(new RestoreSecretCommand({ SecretId: 'm2m/laptop/gamma' }))
  client.destroy()
})

test('a colleague rotates and completes in the dashboard: the next sweep reports it, and status says DEAD', async () => {
  const { dashboard } = cli.laptop.stytch
  dashboard.rotateStart(clientIdOf('alpha'))
  dashboard.rotateComplete(clientIdOf('alpha'))
  const before = world()

  expect(await sweepNow()).toMatchObject({ checked: 3, secretsDead: 1 })

  expect(deadOnBus('alpha')).toMatchObject([
    { source: 'm2m.sweep', detail: { secretName: 'm2m/laptop/alpha', clientId: clientIdOf('alpha'), found: 'dead' } },
  ])
  const shown = await cli.run(['status', 'alpha'])
  expect(shown.stdout).toMatch(/DEAD: Stytch refuses AWSCURRENT/)
  expect(shown.stdout).toContain('m2m incident alpha')
  expect(await statusOf('alpha')).toMatchObject({ state: 'dead', check: { found: 'dead' } })
  const listed = await cli.run(['list', '--state', 'dead', '--json'])
  expect(listed.json<object>()).toMatchObject({ clients: [{ name: 'alpha', state: 'dead' }], notChecked: [] })
  expect((await cli.run(['list', '--check'])).stdout).toMatch(/alpha +dead /)
  const doctor = await cli.run(['doctor', '--json'])
  expect(doctor.json<{ findings: readonly object[] }>().findings).toContainEqual(
    expect.objectContaining({ kind: 'dead', weight: 'broken', subject: 'alpha' }),
  )
  expect(world()).toBe(before)
})

test('an older value put back by hand: the next sweep reports it, and does not wait for a settle', async () => {
  const older = textOf('beta')
  expect(await cli.run(['rotate', 'beta', '--yes'])).toMatchObject({ code: 0 })
  expect(await cli.run(['settle', 'beta', '--yes'])).toMatchObject({ code: 0 })
  await cli.laptop.aws.idle()
  expect(textOf('beta')).not.toBe(older)
  await storeByHand(cli.laptop, 'm2m/laptop/beta', older)

  expect(await sweepNow()).toMatchObject({ secretsDead: 2 })

  expect(deadOnBus('beta')).toMatchObject([{ detail: { found: 'dead' } }])
  expect(await statusOf('beta')).toMatchObject({ state: 'dead' })
})

test('a client that was deleted is gone, and one that is inactive is said to be so', async () => {
  cli.laptop.stytch.dashboard.setStatus(clientIdOf('gamma'), 'inactive')
  expect(await sweepNow()).toMatchObject({ clientsInactive: 1, secretsDead: 2 })
  expect(await statusOf('gamma')).toMatchObject({ state: 'inactive' })

  cli.laptop.stytch.dashboard.remove(clientIdOf('gamma'))
  expect(await sweepNow()).toMatchObject({ clientsInactive: 0, secretsDead: 3 })
  expect(deadOnBus('gamma')).toMatchObject([{ detail: { found: 'deleted' } }, { detail: { found: 'gone' } }])
  expect(await statusOf('gamma')).toMatchObject({ state: 'gone' })
})

test('an incident replaces a dead value, and the next sweep finds it alive', async () => {
  expect(await cli.run(['incident', 'alpha', '--reason', 'dead', '--id', 'INC-9', '--wait'])).toMatchObject({ code: 0 })
  await cli.laptop.aws.idle()

  expect(await sweepNow()).toMatchObject({ secretsDead: 2 })
  expect(await statusOf('alpha')).toMatchObject({ state: 'settled', check: { found: 'fits' } })
})
