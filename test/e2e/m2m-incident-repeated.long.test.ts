// `m2m incident` reported again under its id, once what had made each attempt fail is fixed: by the bus, and from here.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
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

describe('repeated under the same id', () => {
  afterAll(() => cli.laptop.stytch.configure({ inactiveClientMayRotate: true }))
  const setStatus = (status: 'active' | 'inactive') =>
    cli.laptop.stytch.dashboard.setStatus(clientIdOf('gamma'), status)
  const revokes = (): readonly string[] =>
    (cli.laptop.aws.peek('m2m/laptop/gamma')?.versions ?? [])
      .map(({ id }) => id)
      .filter((id) => id.startsWith('revoke-'))

  test.each([
    ['by the bus', 'INC-AGAIN', ['--wait']],
    ['from here', 'INC-AGAIN-DIRECT', ['--direct']],
  ])('tries anew what failed, %s, once its cause is fixed', async (_, id, how) => {
    const leaked = secretValue('gamma')
    const [before, work] = [revokes().length, ['gamma', '--id', id, '--json', ...how]]
    cli.laptop.stytch.configure({ inactiveClientMayRotate: false })
    setStatus('inactive')

    const failed = await m2m(work)
    expect(failed.code).not.toBe(0)
    expect(failed.json<Reported>().clients).toMatchObject([{ state: 'exhausted' }])
    expect(revokes()).toHaveLength(before + 5)
    setStatus('active')

    expect((await m2m(work)).json<Reported>()).toMatchObject({
      clients: [{ state: 'settled' }],
      report: { outcome: 'proven' },
    })
    expect(revokes()).toHaveLength(before + 6)
    expect(isAccepted('gamma', leaked)).toBe(false)

    const again = await m2m(work)
    expect(again.json<Reported>().clients).toMatchObject([{ state: 'settled' }])
    expect(revokes()).toHaveLength(before + 6)
  })
})
