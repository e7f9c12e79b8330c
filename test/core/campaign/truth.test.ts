// A campaign's report says what happened: every secret that was selected ends in exactly one outcome, with a reason, and by name.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CampaignReport } from '../../../lambda/core/campaign/campaign-report.ts'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import type { RotationEnd } from '../../fakes/rotating-fleet.ts'
import { createSeat, DAY, HOUR, type Seat } from './seat.ts'

const due = { intent: 'rotate', selector: { due: true } }
const FOREIGN = '9d1a0000-0000-4000-8000-000000000000'

let seat: Seat
beforeEach(() => {
  seat = createSeat()
})

const sum = (counts: Readonly<Partial<Record<string, number>>>): number =>
  Object.values(counts).reduce<number>((all, one) => all + (one ?? 0), 0)

const expectSums = ({ counts, failures, failuresOmitted, notDone, notDoneOmitted }: CampaignReport): void => {
  const { matched, selected, outcomes, leftAlone, skipped, reasons } = counts
  expect(sum(outcomes)).toBe(selected)
  expect(matched).toBe(selected + sum(leftAlone))
  expect(counts).toMatchObject({
    settled: outcomes.settled ?? 0,
    leftToSweep: outcomes.leftToSweep ?? 0,
    failed: outcomes.failed ?? 0,
    notStarted: outcomes.notStarted ?? 0,
  })
  expect(sum(skipped)).toBe(sum(leftAlone) + (outcomes.skipped ?? 0))
  for (const outcome of ['failed', 'notStarted', 'skipped'] as const) {
    expect(sum(reasons[outcome] ?? {})).toBe(outcomes[outcome] ?? 0)
  }
  expect(failures.length + failuresOmitted).toBe(counts.failed)
  const names = [...failures, ...notDone].map(({ secretName }) => secretName)
  expect(new Set(names).size).toBe(names.length)
  expect(notDone.length + notDoneOmitted).toBeGreaterThanOrEqual((outcomes.skipped ?? 0) + (outcomes.leftToSweep ?? 0))
}

describe('the sums add up', () => {
  const ends: readonly RotationEnd[] = ['succeeds', 'succeeds', 'succeeds', 'refuses', 'sticks']
  const secret = fc.record({
    rotate: fc.constantFrom(...ends),
    settle: fc.constantFrom(...ends),
    is: fc.constantFrom('plain', 'plain', 'plain', 'held', 'overlap', 'retired', 'off', 'underWay', 'patient'),
  })
  const plan = fc.record({
    secrets: fc.array(secret, { minLength: 1, maxLength: 40 }),
    intent: fc.constantFrom('rotate', 'revoke'),
    selector: fc.constantFrom('due', 'all', 'names'),
    grace: fc.boolean(),
    dryRun: fc.boolean(),
    meanwhile: fc.constantFrom('nothing', 'freeze', 'stop', 'pause', 'lose'),
    after: fc.integer({ min: 0, max: 30 }),
  })

  it('whatever a campaign meets', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ secrets, intent, selector, grace, dryRun, meanwhile, after }) => {
        const { world, timing, ...rest } = createSeat()
        const isRevoke = intent === 'revoke'
        for (const [n, { is }] of secrets.entries()) {
          const tags = { 'm2m:client-id': `c-${n}` }
          if (is === 'held') world.add(`s-${n}`, { tags: { ...tags, 'm2m:held': 'x' } })
          else if (is === 'retired') world.add(`s-${n}`, { tags: { ...tags, 'm2m:retired': 'x' } })
          else if (is === 'off') world.add(`s-${n}`, { rotationEnabled: false })
          else if (is === 'patient') world.add(`s-${n}`, { tags: { ...tags, 'm2m:overlap': '3d' } })
          else if (is === 'overlap') world.add(`s-${n}`, { lastRotatedAt: timing.now() - HOUR }, 'rotate')
          else world.add(`s-${n}`)
          if (is === 'underWay') world.rotateByHand(`s-${n}`, FOREIGN, 'sticks')
        }
        world.ends(
          (name, asked) =>
            secrets[Number(name.slice('m2m/prod/s-'.length))]?.[asked === 'settle' ? 'settle' : 'rotate'] ?? 'succeeds',
        )
        let asks = 0
        world.takes(() => {
          asks += 1
          if (asks === after && meanwhile === 'freeze') rest.freeze('all')
          if (asks === after && meanwhile === 'stop') rest.wish({ state: 'stopped', by: 'ada', at: 'now' })
          if (asks === after && meanwhile === 'pause') rest.wish({ state: 'paused', by: 'ada', at: 'now' })
          return 1500
        })
        if (meanwhile === 'lose') rest.losePages((name) => name.includes(`page ${after % 3}`))
        const retired = secrets.filter(({ is }) => is === 'retired').length
        const report = await rest.run({
          intent,
          selector:
            selector === 'names'
              ? { secretNames: [...secrets.map((_one, n) => `m2m/prod/s-${n}`), 'm2m/prod/none'] }
              : selector === 'due' && !isRevoke
                ? { due: true }
                : { all: true, expectedCount: secrets.length - retired },
          dryRun,
          ...(isRevoke ? { incidentId: 'inc-1', ...(grace ? { graceSeconds: 900 } : {}) } : {}),
        })

        expectSums(report)
        if (report.outcome === 'completed') {
          expect(report.counts).toMatchObject({ failed: 0, notStarted: 0 })
          expect(rest.published[0]?.detail.needsSomebody).toBe(false)
        }
      }),
      { numRuns: 150, seed: 20261130 },
    )
  })
})

describe('a campaign that did nothing, or not all, is not completed', () => {
  it('frozen in the middle of 120: what was not begun is skipped as frozen', async () => {
    seat.add(120)
    seat.world.takes(() => {
      seat.freeze('planned')
      return 15_000
    })

    const report = await seat.run(due)

    expect(report.outcome).toBe('incomplete')
    expect(report.explanation).toMatch(/^\d+ skipped \(frozen\)$/)
    expect(report.counts.skipped.frozen).toBeGreaterThan(100)
    expect(report.notDone[0]).toMatchObject({ outcome: 'skipped', why: 'frozen' })
  })

  it('of ten named secrets, all of them busy: each is named, and somebody has to look', async () => {
    seat.add(10)
    for (const { name } of seat.world.secrets.values()) {
      seat.world.rotateByHand(name.slice('m2m/prod/'.length), FOREIGN, 'sticks')
    }
    const secretNames = [...seat.world.secrets.keys()]

    const report = await seat.run({ intent: 'rotate', selector: { secretNames } })

    expect(report).toMatchObject({
      outcome: 'incomplete',
      explanation: '10 skipped (unfinished)',
      counts: { matched: 10, selected: 0, switched: 0, leftAlone: { unfinished: 10 } },
      notDoneOmitted: 0,
    })
    expect(report.notDone).toEqual(
      secretNames.map((secretName) => ({ secretName, outcome: 'skipped', why: 'unfinished' })),
    )
    expect(seat.published[0]?.detail.needsSomebody).toBe(true)
  })

  it.each(['rotate', 'revoke'] as const)(
    'of named secrets, a %s leaves out no name: one is retired, one deleted',
    async (intent) => {
      seat.add(2)
      seat.world.add('retired', { tags: { 'm2m:retired': 'x' } })
      seat.world.add('deleted', { isDeleted: true })
      const secretNames = ['client-00000', 'client-00001', 'retired', 'deleted'].map((name) => `m2m/prod/${name}`)

      const report = await seat.run({
        intent,
        selector: { secretNames },
        ...(intent === 'revoke' ? { incidentId: 'inc-1' } : {}),
      })

      expectSums(report)
      expect(report).toMatchObject({
        outcome: 'incomplete',
        explanation: '1 failed',
        counts: { matched: 4, selected: 3, failed: 1, leftAlone: { retired: 1 } },
      })
      expect(report.failures).toEqual([{ secretName: 'm2m/prod/deleted', why: 'gone', attempts: 0 }])
      expect(report.notDone).toContainEqual({ secretName: 'm2m/prod/retired', outcome: 'skipped', why: 'retired' })
    },
  )

  it('that the schedule began, and found some of them busy, is completed: it comes again tomorrow', async () => {
    seat.add(3)
    seat.world.rotateByHand('client-00000', FOREIGN, 'sticks')

    expect(await seat.run(due)).toMatchObject({ outcome: 'completed', counts: { leftAlone: { unfinished: 1 } } })
  })
})

describe('an overlap that is open is not settled', () => {
  it('when somebody rotated the secret again meanwhile', async () => {
    seat.add(2)
    let hasRotated = false
    seat.killAt((_moment, step) => {
      // In the last hour of the overlap, the campaign being asleep.
      if (!hasRotated && step.includes('overlap')) {
        hasRotated = true
        void seat.timing.wait(DAY - HOUR).then(() => seat.world.rotateByHand('client-00001', FOREIGN))
      }
      return false
    })

    const report = await seat.run(due)

    expect(seat.world.holder('client-00001', 'AWSCURRENT')).toBe(FOREIGN)
    expect(report.counts).toMatchObject({ switched: 2, settled: 1, leftToSweep: 1 })
    expect(report.notDone).toEqual([
      expect.objectContaining({ secretName: 'm2m/prod/client-00001', outcome: 'leftToSweep' }),
    ])
  })
})

describe('what failed', () => {
  it('in the settle, after its switch, is counted once', async () => {
    seat.add(3)
    seat.world.ends((name, intent) => (intent === 'settle' && name.endsWith('1') ? 'refuses' : 'succeeds'))

    const report = await seat.run(due)

    expect(report.counts).toMatchObject({
      selected: 3,
      switched: 3,
      outcomes: { settled: 2, failed: 1 },
      reasons: { failed: { settleRefused: 1 } },
    })
  })

  it('by a refusal says why, in the rotation function’s word', async () => {
    seat.add(40)
    seat.world.ends((name) => (name.endsWith('1') ? 'refuses' : 'succeeds'))
    for (const n of ['00001', '00011']) seat.noteRefusals(`client-${n}`, 'clientInactive')
    seat.noteRefusals('client-00021', 'clientNotFound')

    const report = await seat.run({ ...due, toleratedFailurePercentage: 100 })

    expect(report.counts.reasons.failed).toEqual({
      'refused:clientInactive': 2,
      'refused:clientNotFound': 1,
      refused: 1,
    })
    expect(report.failures.find(({ secretName }) => secretName.endsWith('21'))?.reason).toBe('clientNotFound')
  })

  it('does not say why an earlier attempt was refused, when nothing says it of this campaign’s', async () => {
    seat.add(2)
    seat.world.ends(() => 'refuses')
    const before = { askedAt: seat.timing.now() - 7 * DAY, secretArn: 'arn', about: 'an earlier campaign', attempt: 1 }
    const versionId = makeRequestToken({ origin: 'rotate', ...before })
    const read = async () => [{ versionId, refusedBecause: 'clientInactive' }]
    Object.assign(seat.campaigning, { records: { kind: 'kept', versions: { read } } })

    const report = await seat.run({ ...due, toleratedFailurePercentage: 100 })

    expect(report.counts.reasons.failed).toEqual({ refused: report.counts.failed })
    expect(report.counts.failed).toBeGreaterThan(0)
  })

  it('at the selection does not stop the rest, and is no canary’s failure', async () => {
    seat.add(2)
    const secretNames = ['m2m/prod/client-00000', 'm2m/prod/client-00001', 'm2m/prod/none']

    expect(await seat.run({ intent: 'rotate', selector: { secretNames } })).toMatchObject({
      outcome: 'incomplete',
      counts: { selected: 3, settled: 2, failed: 1, notStarted: 0 },
    })
  })
})

describe('a page that was lost', () => {
  it('is done again, and nothing has failed', async () => {
    seat.add(150)
    const seen = new Set<string>()
    seat.losePages((name) => {
      const isNew = !seen.has(name) && !name.includes('again')
      seen.add(name)
      return isNew
    })

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'completed', counts: { switched: 150, settled: 150, failed: 0 } })
    expect(seat.world.asked).toHaveLength(300)
  })

  it('half-way through goes on where it was', async () => {
    seat.add(100)
    let steps = 0
    seat.killAt((_moment, step) => {
      if (!step.includes('secrets#')) return false
      steps += 1
      if (steps === 60) throw new Error('the page’s execution failed')
      return false
    })

    const report = await seat.run({ ...due, canary: 0 })

    expect(report.counts).toMatchObject({ switched: 100, settled: 100, failed: 0 })
    // Two each: none was asked for twice.
    expect(seat.world.asked).toHaveLength(200)
  })

  it('three times with its work done: each of its secrets is looked at, and is done', async () => {
    seat.add(101)
    seat.losePages((name, moment) => moment === 'after' && / page 1( again \d)?$/.test(name))

    const report = await seat.run(due)

    expect(report).toMatchObject({
      outcome: 'completed',
      counts: { selected: 101, switched: 101, settled: 101, failed: 0, notStarted: 0 },
    })
    expect(seat.world.asked).toHaveLength(202)
  })

  it('three times before it did anything: each of its secrets is looked at, is not done, and is named', async () => {
    seat.add(61)
    seat.losePages((name) => name.startsWith('switch page 1'))

    const report = await seat.run(due)

    expect(report).toMatchObject({
      outcome: 'incomplete',
      counts: { switched: 1, settled: 1, failed: 0, notStarted: 60, reasons: { notStarted: { lost: 60 } } },
      notDoneOmitted: 0,
    })
    expect(report.notDone.map(({ outcome, why }) => `${outcome} ${why}`)).toEqual(Array(60).fill('notStarted lost'))
    expect(seat.published[0]?.detail.needsSomebody).toBe(true)
  })

  it('three times among its secrets: what is done is settled, and what was refused has failed', async () => {
    seat.add(61)
    seat.world.ends((name) => (name.endsWith('7') ? 'refuses' : 'succeeds'))
    seat.losePages((name, moment) => moment === 'after' && name.startsWith('switch page 1'))

    const report = await seat.run({ ...due, toleratedFailurePercentage: 100 })

    expect(report.counts).toMatchObject({ selected: 61, settled: 55, failed: 6, notStarted: 0 })
    expect(report.counts.reasons.failed).toEqual({ refused: 6 })
  })

  /** A page whose work is done, and which is lost; forty of its secrets are looked at before Secrets Manager stops answering. */
  const lostInOutage = async (outageMs: number) => {
    seat.add(101)
    seat.losePages((name, moment) => moment === 'after' && / page 1( again \d)?$/.test(name))
    const isLost = (): boolean => seat.notes.filter((note) => 'outcome' in note && note.outcome === 'lost').length >= 3
    let [looked, until, beganAt] = [0, 0, 0]
    seat.world.fails((call) => {
      if (call === 'describe' && isLost()) looked += 1
      if (looked === 41 && until === 0) until = seat.timing.now() + outageMs
      return seat.timing.now() < until ? seat.world.throttled() : undefined
    })
    const stepsMs: number[] = []
    let leftMs = Number.POSITIVE_INFINITY
    seat.killAt((moment, step) => {
      if (!/look at page \d+$/.test(step)) return false
      if (moment === 'before') beganAt = seat.timing.now()
      else stepsMs.push(seat.timing.now() - beganAt)
      leftMs = Math.min(leftMs, seat.timing.remainingMs())
      return false
    })
    const report = await seat.run({ ...due, toleratedFailurePercentage: 100 })
    return { report, longestMs: Math.max(...stepsMs), leftMs }
  }

  it('during an outage: no look outlives its invocation, what was found is kept, and the others are looked at later', async () => {
    const { report, longestMs, leftMs } = await lostInOutage(4 * 60_000)

    expect(longestMs).toBeLessThan(180_000)
    expect(leftMs).toBeGreaterThan(0)
    expect(report).toMatchObject({ outcome: 'completed', counts: { selected: 101, settled: 101, failed: 0 } })
  })

  it('during an outage that goes on: what was found is kept, and the others are named as lost', async () => {
    const { report, longestMs } = await lostInOutage(60 * 60_000)

    expect(longestMs).toBeLessThan(180_000)
    expect(report.counts).toMatchObject({ selected: 101, failed: 60, reasons: { failed: { lost: 60 } } })
  })

  it('in a revoke: what was not proven is a failure', async () => {
    seat.add(30)
    seat.losePages(() => true)

    const report = await seat.run({ intent: 'revoke', selector: { all: true, expectedCount: 30 }, incidentId: 'inc-1' })

    expect(report).toMatchObject({ outcome: 'incomplete', counts: { settled: 0, notStarted: 30 } })
    expect(seat.published[0]?.detail.needsSomebody).toBe(true)
  })
})
