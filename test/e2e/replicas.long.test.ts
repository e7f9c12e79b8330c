// A replica that has failed, as an operator of the laptop meets it: the sweep leaves the overlap open and reports it, `status`, `doctor` and
// `settle` say so, and --anyway ends the overlap all the same. Every command is a process, every function one of its own.

import { ReplicateSecretToRegionsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { type Cli, openCli } from './cli.ts'
import { PATIENCE_MS } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const NORTH = 'eu-north-1'
const HOUR_MS = 3_600_000
const why = 'The key does not let it'

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
  cli.file('clients.yaml', 'clients:\n  - { name: billing, description: Reads invoices, scopes: [read:invoices] }\n')
  expect(await m2m('apply', 'clients.yaml', '--yes')).toMatchObject({ code: 0 })
  await cli.laptop.aws.idle()
})
afterAll(async () => {
  sdk.destroy()
  expect(cli.leaks()).toEqual([])
  await cli.close()
})

const NAME = 'm2m/laptop/billing'
const originOfCurrent = () =>
  cli.laptop.aws
    .peek(NAME)
    ?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    ?.id.split('-')[0]
const slots = () => {
  const version = cli.laptop.aws.peek(NAME)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
  const { client_id: clientId } = JSON.parse(version?.value ?? '{}') as { client_id: string }
  return cli.laptop.stytch.slots(clientId)
}
const notices = () => cli.laptop.aws.events().filter(({ detailType }) => detailType === 'Settle Refusing')

test('status, doctor, settle and rotate name a failed replica, and the overlap gives way to a person alone', async () => {
  const AddReplicaRegions = [{ Region: NORTH }]
  await sdk.send(new ReplicateSecretToRegionsCommand({ SecretId: NAME, AddReplicaRegions }))
  expect((await m2m('status', 'billing')).stdout).toMatch(/replicas +eu-north-1 InSync/)
  expect(await m2m('doctor')).toMatchObject({ code: 0 })
  cli.laptop.aws.configure({ replicaFailure: { [NORTH]: why } })
  expect(await m2m('rotate', 'billing', '--wait')).toMatchObject({ code: 0 })

  const status = await m2m('status', 'billing', '--json')
  expect(status.json()).toMatchObject({ clients: [{ replicas: [{ region: NORTH, status: 'Failed', message: why }] }] })
  const doctor = await m2m('doctor', '--json')
  expect(doctor.code).toBe(1)
  expect(doctor.json<{ findings: readonly object[] }>().findings).toContainEqual(
    expect.objectContaining({ kind: 'replica', weight: 'broken', subject: 'billing' }),
  )
  const settle = await m2m('settle', 'billing', '--yes', '--wait')
  expect(settle.code).not.toBe(0)
  expect(settle.stderr).toMatch(/replica does not have the new value yet \(eu-north-1 Failed\)/)
  expect(await m2m('rotate', 'billing', '--yes', '--wait')).not.toMatchObject({ code: 0 })
  expect([originOfCurrent(), slots()?.nextLastFour]).toEqual(['rotate', expect.any(String)])

  expect(await m2m('settle', 'billing', '--anyway', '--yes', '--wait')).toMatchObject({ code: 0 })
  expect([originOfCurrent(), slots()?.nextLastFour]).toEqual(['settle', null])
})

test('the sweep leaves the overlap open, and reports it', async () => {
  expect(await m2m('rotate', 'billing', '--wait')).toMatchObject({ code: 0 })

  // To the first sweep after the overlap: it reports what has begun since the one before.
  cli.laptop.world.clock.advance(24.25 * HOUR_MS)
  await vi.waitFor(() => expect(notices()).not.toEqual([]), { timeout: PATIENCE_MS, interval: 50 })

  expect(notices()[0]?.detail).toMatchObject({ secretName: NAME, replicas: [{ region: NORTH, status: 'Failed' }] })
  expect([originOfCurrent(), slots()?.nextLastFour]).toEqual(['rotate', expect.any(String)])
})
