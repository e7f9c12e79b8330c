// A campaign for a large incident: never stops, leaked first, each client proven at once or after a grace, and at AWS's own pace.
import { beforeEach, describe, expect, it } from 'vitest'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import { createSeat, HOUR, type Seat } from './seat.ts'

const all = (expectedCount: number, more: object = {}) => ({
  intent: 'revoke',
  selector: { all: true, expectedCount },
  incidentId: 'inc-7',
  ...more,
})

let seat: Seat
beforeEach(() => {
  seat = createSeat()
})

describe('a revoke', () => {
  it('switches and settles each client, and reports', async () => {
    seat.add(300)

    const report = await seat.run(all(300))

    expect(report).toMatchObject({
      outcome: 'completed',
      counts: { selected: 300, switched: 300, settled: 300, failed: 0 },
    })
    expect(seat.origins()).toEqual({ settle: 300 })
    expect(seat.published[0]?.detail).toMatchObject({ incidentId: 'inc-7', campaignId: 'inc-7', needsSomebody: false })
  })

  it('takes what is held, in its overlap, or under way, and names what it cannot reach', async () => {
    const { world, timing } = seat
    world.add('held', { tags: { 'm2m:held': 'x' } })
    world.add('overlap', { lastRotatedAt: timing.now() - HOUR }, 'rotate')
    world.add('under-way')
    world.rotateByHand('under-way', '9d1a0000-0000-4000-8000-000000000000')
    world.add('off', { rotationEnabled: false })
    world.add('retired', { tags: { 'm2m:retired': 'x' } })

    const report = await seat.run(all(4))

    expect(report.counts).toMatchObject({ selected: 4, settled: 3, failed: 1 })
    expect(report.failures).toEqual([{ secretName: 'm2m/prod/off', why: 'notManaged', attempts: 0 }])
  })

  it('never stops, however many fail', async () => {
    seat.add(250)
    seat.world.ends((name) => (Number(name.slice(-5)) % 4 === 0 ? 'refuses' : 'succeeds'))

    const report = await seat.run(all(250))

    expect(report).toMatchObject({ outcome: 'incomplete', counts: { settled: 187, failed: 63, notStarted: 0 } })
    expect(report.failures).toHaveLength(63)
    expect(report.failuresOmitted).toBe(0)
    expect(seat.published[0]?.detail.needsSomebody).toBe(true)
  })

  it.each([
    ['a tag that nobody has', { tags: { team: 'x' } }, {}],
    ['a tag that retired clients alone have', { tags: { 'm2m:retired': 'x' } }, {}],
    ['a scope that nobody has, after a grace', { scopes: ['read:x'] }, { graceSeconds: 900 }],
  ])('by %s is refused, and somebody has to look', async (_, selector, more) => {
    seat.add(3)
    seat.world.add('retired', { tags: { 'm2m:retired': 'x' } })

    const report = await seat.run({ intent: 'revoke', selector, incidentId: 'inc-8', ...more })

    expect(report).toMatchObject({ outcome: 'refused', explanation: expect.stringMatching(/^nobody: /) })
    expect(seat.published[0]?.detail).toMatchObject({ outcome: 'refused', needsSomebody: true })
    expect(seat.origins()).not.toHaveProperty('revoke')
  })

  it('begins with those that are known to be leaked', async () => {
    seat.add(300)
    const leaked = ['client-00250', 'client-00299', 'client-00123']

    await seat.run(all(300, { knownLeaked: leaked.map((name) => `client-${name}`) }))

    const first = seat.world.asked.slice(0, 3).map(({ name }) => name.slice('m2m/prod/'.length))
    expect(first.sort()).toEqual([...leaked].sort())
  })

  it('goes through a planned freeze, and not through a whole one, which a person must lift', async () => {
    seat.add(3)
    seat.freeze('planned')
    expect((await seat.run(all(3), 'e-1')).counts.settled).toBe(3)

    seat.freeze('all')
    const report = await seat.run(all(3, { incidentId: 'inc-8' }), 'e-2')

    expect(report.outcome).toBe('frozen')
    expect(seat.published[1]?.detail.needsSomebody).toBe(true)
  })

  it('outlasts what is stuck: cleared after two minutes, tried again', async () => {
    seat.add(30)
    seat.world.ends((name, intent, nth) =>
      name.endsWith('7') && intent === 'revoke' && nth === 1 ? 'sticks' : 'succeeds',
    )

    const report = await seat.run(all(30))

    expect(report.counts).toMatchObject({ settled: 30, failed: 0 })
    expect(seat.world.cleared).toHaveLength(3)
  })

  it('repeated, changes nothing and says the same', async () => {
    seat.add(30)
    await seat.run(all(30), 'e-1')
    const asked = seat.world.asked.length

    const report = await seat.run(all(30), 'e-2')

    expect(report.counts).toMatchObject({ settled: 30, failed: 0 })
    expect(seat.world.asked).toHaveLength(asked)
  })

  it('does what a client needs only once while two campaigns of one incident run', async () => {
    seat.add(60)

    const [one, other] = await Promise.all([seat.run(all(60), 'e-1'), seat.run(all(60), 'e-2')])

    expect([one.counts.settled, other.counts.settled]).toEqual([60, 60])
    expect(seat.world.asked).toHaveLength(120)
  })
})

describe('with a grace', () => {
  it('rotates, leaves both values valid for so long, and settles then', async () => {
    seat.add(120)
    const startedAt = seat.timing.now()

    const report = await seat.run(all(120, { graceSeconds: 900 }))

    expect(report.counts).toMatchObject({ switched: 120, settled: 120, failed: 0 })
    const settles = seat.world.asked.filter(({ intent }) => intent === 'settle').map(({ at }) => at - startedAt)
    expect(seat.world.asked.some(({ intent }) => intent === 'revoke')).toBe(false)
    expect(Math.min(...settles)).toBeGreaterThanOrEqual(900_000)
    expect(Math.max(...settles)).toBeLessThan(960_000)
  })

  it('revokes at once what a rotate could not do', async () => {
    seat.add(20)
    seat.world.ends((name, intent) => (intent === 'rotate' && name.endsWith('3') ? 'refuses' : 'succeeds'))

    const report = await seat.run(all(20, { graceSeconds: 600 }))

    expect(report.counts).toMatchObject({ switched: 20, settled: 20, failed: 0 })
    expect(seat.world.asked.filter(({ intent }) => intent === 'revoke')).toHaveLength(2)
  })

  it('does not keep what leaked for a replica that is behind: it revokes', async () => {
    seat.add(3)
    const [first] = seat.world.secrets.values()
    if (first !== undefined) first.replicas = [{ region: 'eu-north-1', status: 'Failed' }]

    const report = await seat.run(all(3, { graceSeconds: 900 }))

    expect(report).toMatchObject({ outcome: 'completed', counts: { settled: 3, leftToSweep: 0, failed: 0 } })
    expect(seat.world.asked.filter(({ intent }) => intent === 'revoke')).toHaveLength(1)
    expect(seat.origins()).toEqual({ settle: 3 })
  })

  it('ends what leaked, too, where somebody rolled back to it meanwhile and the sweep has settled that', async () => {
    seat.add(1)
    const arn = [...seat.world.secrets.values()][0]?.arn ?? ''
    const byHand = (origin: 'rollback' | 'settle', about: string): void => {
      const askedAt = seat.timing.now()
      seat.world.rotateByHand('client-00000', makeRequestToken({ origin, askedAt, secretArn: arn, about, attempt: 1 }))
    }
    void seat.timing.wait(120_000).then(() => byHand('rollback', 'ada'))
    void seat.timing.wait(300_000).then(() => byHand('settle', seat.world.holder('client-00000', 'AWSCURRENT') ?? ''))

    const report = await seat.run(all(1, { graceSeconds: 900 }))

    expect(seat.world.asked.map(({ intent }) => intent)).toEqual(['rotate', 'revoke', 'settle'])
    expect(report).toMatchObject({ outcome: 'completed', counts: { settled: 1 } })
  })

  it.each([
    ['as soon as it has switched everything', 2],
    ['later in the grace', 60],
  ])('stopped %s, it names the time at which the sweep ends the old values', async (_when, minutes) => {
    seat.add(3)
    const startedAt = seat.timing.now()
    void seat.timing.wait(minutes * 60_000).then(() => {
      seat.wish({ state: 'stopped', by: 'ada', at: '2026-11-02T12:30:00Z' })
    })

    const { notDone } = await seat.run(all(3, { graceSeconds: 4 * 3600 }))

    expect(notDone).toHaveLength(3)
    for (const { until = '' } of notDone) expect(Date.parse(until) - startedAt).toBeGreaterThan(24 * HOUR)
  })
})

describe('the pace', () => {
  it.each([
    [1000, 1.2],
    [3000, 1.2],
  ])('of %i clients stays within %f times what AWS’s quotas allow, and never above them', async (count, factor) => {
    seat.add(count)
    const startedAt = seat.timing.now()

    const report = await seat.run(all(count))

    expect(report.counts.settled).toBe(count)
    const seconds = (report.endedAt - startedAt) / 1000
    expect(seconds).toBeLessThan((count / 12.5) * factor)
    const times = seat.world.asked.map(({ at }) => at).sort((one, other) => one - other)
    for (const [at, time] of times.entries()) {
      const later = times[at + 260]
      // 25 rotations a second make 50 writes; ten more, since all pages begin at once.
      if (later !== undefined) expect(later - time).toBeGreaterThanOrEqual(10_000)
    }
  })

  it('is what Stytch grants, where that is less', async () => {
    seat = createSeat(4)
    seat.add(200)
    const startedAt = seat.timing.now()

    const report = await seat.run(all(200))

    expect(report.counts.settled).toBe(200)
    const seconds = (report.endedAt - startedAt) / 1000
    expect(seconds).toBeGreaterThan(99)
    expect(seconds).toBeLessThan(120)
  })

  it('gives way when it is throttled, and loses nobody', async () => {
    seat.add(200)
    let calls = 0
    seat.world.fails((call) => {
      calls += 1
      return call === 'rotate' && calls % 7 === 0 ? seat.world.throttled() : undefined
    })

    const report = await seat.run(all(200))

    expect(report.counts).toMatchObject({ settled: 200, failed: 0 })
  })
})
