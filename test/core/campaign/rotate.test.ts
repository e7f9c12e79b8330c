// The periodic campaign: what is due is switched, wave by wave, and settled when the overlap is over; it stops early, and says what it did.
import { beforeEach, describe, expect, it } from 'vitest'
import { createSeat, DAY, HOUR, type Seat } from './seat.ts'

const due = { intent: 'rotate', selector: { due: true } }

let seat: Seat
beforeEach(() => {
  seat = createSeat()
})

describe('a campaign', () => {
  it('switches what is due, waits for the overlap, settles, and reports', async () => {
    seat.add(60)
    const startedAt = seat.timing.now()

    const report = await seat.run(due)

    expect(report).toMatchObject({
      outcome: 'completed',
      counts: { selected: 60, switched: 60, settled: 60, failed: 0, leftToSweep: 0, notStarted: 0 },
      failures: [],
    })
    expect(seat.origins()).toEqual({ settle: 60 })
    expect(report.endedAt - startedAt).toBeGreaterThan(DAY)
    expect(report.endedAt - startedAt).toBeLessThan(DAY + HOUR)
  })

  it('leaves the overlap open where a replica does not have the new value, and its settle to the sweep', async () => {
    seat.add(3)
    const [first] = seat.world.secrets.values()
    if (first !== undefined) first.replicas = [{ region: 'eu-north-1', status: 'Failed' }]

    const report = await seat.run(due)

    expect(report).toMatchObject({
      outcome: 'incomplete',
      explanation: '1 left open for a replica that is behind',
      counts: { switched: 3, settled: 2, leftToSweep: 1, failed: 0, reasons: { leftToSweep: { replicaBehind: 1 } } },
      notDone: [{ secretName: first?.name, why: 'replicaBehind' }],
    })
    // The sweep calls for somebody.
    expect(seat.published[0]?.detail.needsSomebody).toBe(false)
    expect(seat.origins()).toEqual({ settle: 2, rotate: 1 })
  })

  it('asks for each secret twice, and for nothing else', async () => {
    seat.add(60)

    await seat.run(due)

    expect(seat.world.asked).toHaveLength(120)
    expect(seat.world.calls.rotate).toBe(120)
    expect(seat.world.cleared).toEqual([])
  })

  it('tells one event, with everything that an operator asks', async () => {
    seat.add(3)

    await seat.run({ ...due, campaignId: 'nightly-7' })

    expect(seat.published).toHaveLength(1)
    expect(seat.published[0]?.detail).toMatchObject({
      campaignId: 'nightly-7',
      intent: 'rotate',
      outcome: 'completed',
      needsSomebody: false,
      reason: 'a test',
      requestedBy: 'vitest',
      counts: { selected: 3, switched: 3, settled: 3 },
    })
  })

  it('has nothing to do when nothing is due', async () => {
    seat.world.add('young', { createdAt: seat.timing.now() - DAY, lastChangedAt: seat.timing.now() - DAY })

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'completed', counts: { selected: 0, skipped: { notDue: 1 } } })
    expect(seat.world.asked).toEqual([])
  })

  it('leaves what is held, in its overlap, under way, retired or not ours', async () => {
    const { world, timing } = seat
    world.add('due')
    world.add('held', { tags: { 'm2m:held': '2026-10-01T00:00:00Z' } })
    world.add('overlap', { lastRotatedAt: timing.now() - HOUR, lastChangedAt: timing.now() - HOUR }, 'rotate')
    world.add('retired', { tags: { 'm2m:retired': 'x' } })
    world.add('off', { rotationEnabled: false })
    world.add('foreign', { rotationFunctionArn: 'another' })
    world.add('under-way')
    world.rotateByHand('under-way', '9d1a0000-0000-4000-8000-000000000000', 'sticks')

    const report = await seat.run(due)

    expect(report.counts).toMatchObject({
      selected: 1,
      switched: 1,
      skipped: { held: 1, overlapOpen: 1, notManaged: 2, unfinished: 1 },
    })
    expect(new Set(world.asked.map(({ name }) => name))).toEqual(new Set(['m2m/prod/due']))
  })

  it('leaves what is held since it was selected', async () => {
    seat.add(30)
    const last = [...seat.world.secrets.values()].at(-1)
    seat.world.takes(() => {
      if (last !== undefined) last.tags = { ...last.tags, 'm2m:held': 'x' }
      return 1500
    })

    const report = await seat.run(due)

    expect(report.counts).toMatchObject({ switched: 29, skipped: { held: 1 } })
  })

  it('begins with the oldest value', async () => {
    const ages = [40, 90, 60]
    for (const age of ages) {
      const createdAt = seat.timing.now() - age * DAY
      seat.world.add(`aged-${age}`, { createdAt, lastChangedAt: createdAt })
    }

    await seat.run({ ...due, canary: 0, concurrency: 1 })

    expect(seat.world.asked.slice(0, 3).map(({ name }) => name.slice(-2))).toEqual(['90', '60', '40'])
  })
})

describe('the canary', () => {
  it('goes first and alone', async () => {
    seat.add(40)

    await seat.run({ ...due, canary: 2 })

    const switches = seat.world.asked.filter(({ intent }) => intent === 'rotate')
    const [, second, third] = switches
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(1500)
  })

  it('that fails ends the campaign: nothing else is begun, and it says so', async () => {
    seat.add(60)
    seat.world.ends(() => 'refuses')

    const report = await seat.run(due)

    expect(report).toMatchObject({
      outcome: 'stopped',
      explanation: 'the canary failed',
      counts: { selected: 60, switched: 0, failed: 1, notStarted: 59 },
      failures: [{ secretName: 'm2m/prod/client-00000', why: 'refused', attempts: 2 }],
    })
    expect(new Set(seat.world.asked.map(({ name }) => name)).size).toBe(1)
  })

  it('is left out when none is wanted', async () => {
    seat.add(30)

    await seat.run({ ...due, canary: 0 })

    expect([...seat.stores.keys()].filter((name) => name.includes('page 0'))).toEqual([])
  })
})

describe('the tolerated share', () => {
  const failEvery = (nth: number, from = 1): void => {
    seat.world.ends((name) => {
      const number = Number(name.slice(-5))
      return number >= from && number % nth === 0 ? 'refuses' : 'succeeds'
    })
  }

  it('is not passed by a few: the rest is done, and the few are reported', async () => {
    seat.add(300)
    failEvery(50)

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'incomplete', counts: { switched: 295, settled: 295, failed: 5 } })
    expect(report.failures.map(({ why }) => why)).toEqual(Array(5).fill('refused'))
  })

  it('passed, the rest is not started; what was switched is kept, settled and reported', async () => {
    seat.add(400)
    failEvery(4, 101)

    const report = await seat.run(due)

    expect(report.outcome).toBe('stopped')
    expect(report.explanation).toBe('more than 5 % of those begun failed')
    const { switched, settled, failed, notStarted, selected } = report.counts
    expect(switched + failed + notStarted).toBe(selected)
    expect(settled).toBe(switched)
    expect(switched).toBeGreaterThanOrEqual(100)
    // 5 % of the 200 that had been begun by then, and those that were under way beside the last.
    expect(failed).toBeGreaterThan(10)
    expect(failed).toBeLessThan(10 + 20)
    expect(notStarted).toBeGreaterThan(150)
  })

  it('of nothing stops at the first failure', async () => {
    seat.add(150)
    failEvery(10)

    const report = await seat.run({ ...due, toleratedFailurePercentage: 0, concurrency: 1 })

    expect(report).toMatchObject({ outcome: 'stopped', counts: { failed: 1 } })
  })

  it('of everything never stops', async () => {
    seat.add(150)
    failEvery(2)

    const report = await seat.run({ ...due, toleratedFailurePercentage: 100 })

    expect(report).toMatchObject({ outcome: 'incomplete', counts: { switched: 76, failed: 74, notStarted: 0 } })
    expect(report.failures.length + report.failuresOmitted).toBe(74)
  })

  it('counts the canary, too', async () => {
    seat.add(20)
    failEvery(5)

    // 5 % of 20 is one; four fail.
    const report = await seat.run(due)

    expect(report.outcome).toBe('stopped')
  })
})

describe('a dry run', () => {
  it('says what it would begin with, and changes nothing', async () => {
    seat.add(3)
    seat.world.add('held', { tags: { 'm2m:held': 'x' } })

    const report = await seat.run({ ...due, dryRun: true })

    expect(report).toMatchObject({
      outcome: 'dryRun',
      counts: { selected: 3, switched: 0, skipped: { held: 1 } },
      secretNames: ['m2m/prod/client-00000', 'm2m/prod/client-00001', 'm2m/prod/client-00002'],
    })
    expect(seat.world.asked).toEqual([])
    expect(seat.published[0]?.detail).toMatchObject({ dryRun: true, outcome: 'dryRun' })
  })

  it('works while rotations are frozen', async () => {
    seat.add(1)
    seat.freeze('all')

    expect((await seat.run({ ...due, dryRun: true })).outcome).toBe('dryRun')
  })
})

describe('a freeze', () => {
  it.each(['planned', 'all'] as const)('%s: nothing is begun', async (state) => {
    seat.add(3)
    seat.freeze(state)

    expect(await seat.run(due)).toMatchObject({ outcome: 'frozen', counts: { selected: 0 } })
    expect(seat.world.asked).toEqual([])
  })

  it('put on meanwhile, stops what is not begun, and nothing has failed', async () => {
    seat.add(100)
    seat.world.takes(() => {
      if (seat.world.asked.length > 30) seat.freeze('planned')
      return 15_000
    })

    const report = await seat.run(due)

    const { switched, failed, skipped } = report.counts
    expect(failed).toBe(0)
    expect(skipped.frozen).toBeGreaterThan(20)
    expect(switched + (skipped.frozen ?? 0)).toBe(100)
    // Their settles are planned, too.
    expect(report.counts.leftToSweep).toBe(switched)
  })
})

describe('a selector', () => {
  it('by names needs no list, and what is not there is a failure', async () => {
    seat.add(2)

    const report = await seat.run({
      intent: 'rotate',
      selector: { secretNames: ['m2m/prod/client-00000', 'm2m/prod/no-such'] },
    })

    expect(report).toMatchObject({ counts: { selected: 2, switched: 1, failed: 1 } })
    expect(report.failures).toEqual([{ secretName: 'm2m/prod/no-such', why: 'notFound', attempts: 0 }])
    expect(seat.world.calls.list).toBeUndefined()
  })

  it('by a name outside of the prefix selects nothing', async () => {
    const report = await seat.run({ intent: 'rotate', selector: { secretNames: ['stytch/m2m-project'] } })

    expect(report).toMatchObject({ counts: { switched: 0, failed: 1 }, failures: [{ why: 'notFound' }] })
  })

  it('by tags or scopes goes by the tags, and by a client id by what holds it', async () => {
    seat.add(5)
    seat.world.add('tagged', { tags: { 'm2m:client-id': 'client-t', 'm2m:scopes': 'read:a read:b', team: 'x' } })

    for (const selector of [{ clientIds: ['client-t'] }, { tags: { team: 'x' } }, { scopes: ['read:b'] }]) {
      const report = await seat.run({ intent: 'rotate', selector, dryRun: true }, JSON.stringify(selector))

      expect(report.secretNames).toEqual(['m2m/prod/tagged'])
    }
  })

  it('"all" with a count that is off begins nothing', async () => {
    seat.add(20)

    const report = await seat.run({ intent: 'rotate', selector: { all: true, expectedCount: 100 } })

    expect(report).toMatchObject({ outcome: 'refused', explanation: expect.stringContaining('there are 20') })
    expect(seat.world.asked).toEqual([])
  })

  it('that names needs no age', async () => {
    seat.world.add('young', { createdAt: seat.timing.now() - DAY, lastChangedAt: seat.timing.now() - DAY })

    const report = await seat.run({ intent: 'rotate', selector: { secretNames: ['m2m/prod/young'] } })

    expect(report.counts).toMatchObject({ switched: 1, settled: 1 })
  })
})

describe('an overlap', () => {
  it('of a secret’s own that is longer than the stage’s is left to the sweep', async () => {
    seat.add(2)
    seat.world.add('patient', { tags: { 'm2m:overlap': '3d' } })

    const report = await seat.run(due)

    expect(report.counts).toMatchObject({ switched: 3, settled: 2, leftToSweep: 1, failed: 0 })
  })

  it('that the sweep has ended meanwhile counts as settled', async () => {
    seat.world.add('brisk', { tags: { 'm2m:overlap': '1h' } })
    const report = await seat.run(due)

    expect(report.counts).toMatchObject({ switched: 1, settled: 1 })
  })
})

it('asked for twice under one id, switches and settles each secret once', async () => {
  seat.add(40)
  const request = { ...due, campaignId: 'nightly-7' }

  const [one, other] = await Promise.all([seat.run(request, 'e-1'), seat.run(request, 'e-2')])

  expect(seat.world.asked).toHaveLength(80)
  expect(one.counts.switched).toBe(40)
  expect(other.counts.switched).toBe(40)
  expect(seat.published).toHaveLength(2)
})
