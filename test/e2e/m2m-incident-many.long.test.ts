// `m2m incident` about several clients: by the bus and without it, all of a stage, with a grace, and beside a retired one.
import { SecretsManagerClient, TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Cli } from './cli.ts'
import { createIncidentSeat, type Reported } from './incident-seat.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const seat = createIncidentSeat()
const { env, secretValue, isAccepted } = seat
let cli: Cli
const m2m = (args: readonly string[], stdin = '') => cli.run(['incident', ...args], { env, stdin })
const asBreakGlass = (...args: readonly string[]) =>
  cli.run(['incident', ...args, '--break-glass'], { env, as: 'break-glass' })

beforeAll(async () => {
  cli = await seat.open()
})
afterAll(seat.close)

describe('m2m incident', () => {
  test('without the bus carries the revokes out by itself', async () => {
    const leaked = [secretValue('alpha'), secretValue('beta')]
    const reports = (): number =>
      cli.laptop.aws.events().filter(({ detailType }) => detailType === 'Secret Leak Reported').length
    const before = reports()

    const ran = await m2m(['--tag', 'team=one', '--immediate', '--yes', '--direct', '--json'])

    expect(ran.code).toBe(0)
    expect(ran.json<Reported>().clients.map(({ state }) => state)).toEqual(['settled', 'settled'])
    expect(leaked.map((value, at) => isAccepted(at === 0 ? 'alpha' : 'beta', value))).toEqual([false, false])
    expect(reports()).toBe(before)
  })

  test('goes through while the bus takes nothing, and the proofs are stored without it', async () => {
    const leaked = secretValue('gamma')
    cli.laptop.aws.faults.add({ op: 'PutEvents', kind: 'error', status: 500, count: 1000 })

    const ran = await m2m(['gamma', '--yes', '--direct', '--json'])
    cli.laptop.aws.faults.clear()

    expect(ran.code).toBe(0)
    expect(ran.json<Reported>().clients.map(({ state }) => state)).toEqual(['settled'])
    expect(isAccepted('gamma', leaked)).toBe(false)
    expect(ran.json<{ clients: readonly { proof: object }[] }>().clients).toMatchObject([{ proof: { signed: true } }])
  })

  test('of all, counted, goes through as break-glass', async () => {
    const leaked = ['alpha', 'beta', 'gamma'].map((name) => [name, secretValue(name)] as const)

    const ran = await asBreakGlass('--all', '--expected-count', '3', '--immediate', '--yes', '--wait', '--json')

    expect(ran.stderr).not.toContain('carried out from here')
    expect(cli.laptop.aws.deadLetters()).toEqual([])
    expect(ran.code).toBe(0)
    expect(ran.json<Reported>().report.outcome).toBe('proven')
    for (const [name, value] of leaked) expect(isAccepted(name, value)).toBe(false)
  })

  test('with a grace replaces at once, and ends the leaked values when the grace is over', async () => {
    const leaked = (['alpha', 'beta'] as const).map((name) => [name, secretValue(name)] as const)
    const accepted = (): readonly boolean[] => leaked.map(([name, value]) => isAccepted(name, value))
    const isSettled = (name: string): boolean =>
      cli.laptop.aws
        .peek(`m2m/laptop/${name}`)
        ?.versions.some(({ id, stages }) => stages.includes('AWSCURRENT') && id.startsWith('settle-')) === true

    const ran = await m2m(['alpha', 'beta', '--id', 'INC-GRACE', '--grace', '15m', '--yes', '--json'])

    expect(ran.code).toBe(0)
    await vi.waitUntil(() => leaked.every(([name, value]) => secretValue(name) !== value), { timeout: 60_000 })
    await cli.laptop.aws.idle()
    // Consumers that keep the old value go on working, and it is not settled yet.
    expect(accepted()).toEqual([true, true])
    cli.laptop.world.clock.advance(10 * 60_000)
    expect(accepted()).toEqual([true, true])

    // Minute by minute: the grace counts from when the campaign's page ended, which may have been after the step before.
    await vi.waitUntil(
      () => {
        if (leaked.every(([name]) => isSettled(name))) return true
        cli.laptop.world.clock.advance(60_000)
        return false
      },
      { timeout: 60_000, interval: 500 },
    )

    expect(accepted()).toEqual([false, false])
    for (const [name] of leaked) expect(isAccepted(name, secretValue(name))).toBe(true)
  })
})

describe('once a client is retired', () => {
  const retire = async (): Promise<void> => {
    const client = new SecretsManagerClient({
      endpoint: cli.laptop.address.aws,
      region: cli.laptop.address.region,
      credentials: credentialsOf('break-glass'),
    })
    const Tags = [{ Key: 'm2m:retired', Value: new Date().toISOString() }]
    await client.send(new TagResourceCommand({ SecretId: 'm2m/laptop/gamma', Tags }))
    client.destroy()
  }

  test('all means the others, for the command line and for the function alike, and both end', async () => {
    await retire()
    const leaked = secretValue('alpha')
    const retired = secretValue('gamma')

    const ran = await asBreakGlass('--all', '--expected-count', '2', '--immediate', '--yes', '--wait', '--json')

    expect(ran.code).toBe(0)
    expect(ran.stderr).not.toContain('carried out from here')
    expect(ran.json<object>()).toMatchObject({ counts: { matched: 2, retired: 1, held: 0, foreign: 0 } })
    expect([isAccepted('alpha', leaked), secretValue('gamma') === retired]).toEqual([false, true])
    const miscounted = await m2m(['--all', '--expected-count', '3', '--immediate', '--yes'])
    expect(miscounted).toMatchObject({ code: 4, stderr: expect.stringContaining('1 retired') })
  })

  test('a rotate by tag leaves it out, and is done', async () => {
    const ran = await cli.run(['rotate', '--scope', 'read:a', '--scope', 'read:b', '--yes', '--wait', '--json'])

    expect(ran.code).toBe(0)
    expect(ran.json<object>()).toMatchObject({ counts: { matched: 2, retired: 1, held: 0, foreign: 0 } })
  })
})
