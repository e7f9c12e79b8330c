// What an operator does to a campaign that runs: pause, resume, stop. Each is noticed before the next secret begins, and a stopped one reports
// what it did.
import { beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { type ControlWish, createWishGlance } from '../../../lambda/core/campaign/campaign-control.ts'
import { createSeat, DAY, HOUR, type Seat } from './seat.ts'

const due = { intent: 'rotate', selector: { due: true } }
const stop: ControlWish = { state: 'stopped', by: 'ada', reason: 'Change 4711', at: '2026-11-02T12:30:00Z' }
const pause: ControlWish = { state: 'paused', by: 'ada', at: '2026-11-02T12:30:00Z' }

let seat: Seat
beforeEach(() => {
  seat = createSeat()
})

/** Once so many rotations were asked for. */
const afterAsks = (count: number, act: () => void): void => {
  let asks = 0
  seat.world.takes(() => {
    asks += 1
    if (asks === count) act()
    return 15_000
  })
}

describe('a stop', () => {
  it('begins nothing further, and reports at once what was done, by whom it was stopped, and why', async () => {
    seat.add(200)
    const startedAt = seat.timing.now()
    afterAsks(30, () => seat.wish(stop))

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'stopped', explanation: 'stopped by ada: Change 4711' })
    const { switched, leftToSweep, notStarted, reasons } = report.counts
    expect(switched).toBeLessThan(80)
    // Their overlaps are open: the sweep ends them, and nobody waits for that.
    expect(leftToSweep).toBe(switched)
    expect(switched + notStarted).toBe(200)
    expect(reasons.notStarted).toEqual({ stopped: notStarted })
    expect(report.endedAt - startedAt).toBeLessThan(HOUR)
    expect(seat.published[0]?.detail).toMatchObject({ outcome: 'stopped', needsSomebody: true })
  })

  it('while overlaps are waited for is noticed within half an hour', async () => {
    seat.add(3)
    const startedAt = seat.timing.now()
    void seat.timing.wait(6 * HOUR).then(() => seat.wish(stop))

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'stopped', counts: { switched: 3, settled: 0, leftToSweep: 3 } })
    expect(report.endedAt - startedAt).toBeLessThan(6.6 * HOUR)
    expect(report.notDone[0]).toMatchObject({ outcome: 'leftToSweep', until: expect.stringMatching(/^2/) })
  })

  it('of a revoke leaves values alive, and says so', async () => {
    seat.add(300)
    afterAsks(60, () => seat.wish(stop))

    const report = await seat.run({ intent: 'revoke', selector: { all: true, expectedCount: 300 }, incidentId: 'i' })

    expect(report).toMatchObject({ outcome: 'stopped', counts: { failed: 0 } })
    expect(report.counts.settled + report.counts.notStarted + report.counts.leftToSweep).toBe(300)
    expect(report.counts.notStarted).toBeGreaterThan(0)
    expect(seat.published[0]?.detail.needsSomebody).toBe(true)
  })

  it('of another campaign stops nothing', async () => {
    seat.add(3)
    seat.wish(stop, 'e-other')

    expect((await seat.run(due)).outcome).toBe('completed')
  })
})

describe('a pause', () => {
  it('begins nothing further until it is over, and then goes on where it was', async () => {
    seat.add(200)
    let pausedAt = 0
    afterAsks(30, () => {
      pausedAt = seat.timing.now()
      seat.wish(pause)
      void seat.timing.wait(2 * HOUR).then(() => seat.wish(undefined))
    })

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'completed', counts: { switched: 200, settled: 200, notStarted: 0 } })
    const between = seat.world.asked.filter(({ at }) => at > pausedAt + 60_000 && at < pausedAt + 2 * HOUR)
    expect(between).toEqual([])
    expect(seat.world.asked).toHaveLength(400)
  })

  it('of a revoke, too', async () => {
    seat.add(100)
    afterAsks(20, () => {
      seat.wish(pause)
      void seat.timing.wait(HOUR).then(() => seat.wish(undefined))
    })

    const report = await seat.run({ intent: 'revoke', selector: { all: true, expectedCount: 100 }, incidentId: 'i' })

    expect(report).toMatchObject({ outcome: 'completed', counts: { settled: 100 } })
  })

  it('of a campaign that has nothing left to begin keeps no report back', async () => {
    seat.add(3)
    const [first] = seat.world.secrets.values()
    if (first !== undefined) first.replicas = [{ region: 'eu-north-1', status: 'Failed' }]
    const startedAt = seat.timing.now()
    // With the first settle: the other one is under way, and the third is the sweep's.
    afterAsks(4, () => seat.wish(pause))

    const report = await seat.run(due)

    expect(report).toMatchObject({ counts: { switched: 3, settled: 2, leftToSweep: 1 } })
    expect(report.outcome).toBe('incomplete')
    expect(report.endedAt - startedAt).toBeLessThan(25 * HOUR)
  })

  it('may end in a stop', async () => {
    seat.add(200)
    afterAsks(30, () => {
      seat.wish(pause)
      void seat.timing.wait(HOUR).then(() => seat.wish(stop))
    })

    expect(await seat.run(due)).toMatchObject({ outcome: 'stopped', explanation: 'stopped by ada: Change 4711' })
  })

  it('that nobody ends is a stop after a day', async () => {
    seat.add(200)
    const startedAt = seat.timing.now()
    afterAsks(30, () => seat.wish(pause))

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'stopped', explanation: 'paused by ada, and not resumed within a day' })
    expect(report.counts.reasons.notStarted).toEqual({ pausedTooLong: report.counts.notStarted })
    expect(report.endedAt - startedAt).toBeLessThan(1.1 * DAY)
    expect(seat.stores.get('e-1')?.kept.size).toBeLessThan(700)
  })
})

describe('a wish that cannot be read', () => {
  it('changes nothing: what held before holds on', async () => {
    const entries: object[] = []
    let wish: ControlWish | undefined | 'unreadable' = pause
    let now = 0
    const look = createWishGlance(
      {
        control: {
          wishFor: async () => {
            if (wish !== 'unreadable') return wish
            throw new Fault({ code: 'CONTROL_UNREADABLE', retryable: true, message: 'no' })
          },
        },
        timing: { now: () => now },
        journal: { note: (entry) => void entries.push(entry) },
      },
      'e-1',
    )

    expect(await look()).toEqual(pause)
    wish = 'unreadable'
    now += 11_000
    expect(await look()).toEqual(pause)
    now += 11_000
    expect(await look()).toEqual(pause)
    wish = undefined
    now += 11_000
    expect(await look()).toBeUndefined()
    expect(entries).toHaveLength(2)
  })
})

it('a campaign under the same id, in an execution of its own, does what the stopped one did not', async () => {
  seat.add(200)
  afterAsks(30, () => seat.wish(stop))
  const secretNames = [...seat.world.secrets.keys()]
  const request = { intent: 'rotate', selector: { secretNames }, campaignId: 'nightly' }
  const first = await seat.run(request, 'e-1')

  const second = await seat.run(request, 'e-2')

  expect(first.outcome).toBe('stopped')
  // What the first one switched is joined, and settled when its overlap is over.
  const switched = 200 - first.counts.switched
  expect(second).toMatchObject({ outcome: 'completed', counts: { switched, settled: 200, notStarted: 0 } })
  expect(new Set(seat.world.asked.filter(({ intent }) => intent === 'rotate').map(({ name }) => name)).size).toBe(200)
  expect(seat.published).toHaveLength(2)
})
