// A secret that cannot be rotated stops nobody else's rotation: it goes last, is no canary, and is named each time.
import { beforeEach, describe, expect, it } from 'vitest'
import { lastAttemptIn } from '../../../lambda/core/campaign/known-failures.ts'
import { createSeat, DAY, HOUR, type Seat } from './seat.ts'

const due = { intent: 'rotate', selector: { due: true } }
const name = (n: number): string => `client-${String(n).padStart(5, '0')}`

let seat: Seat
beforeEach(() => {
  seat = createSeat()
})

const failing = (...numbers: readonly number[]): void => {
  const names = new Set(numbers.map((n) => `m2m/prod/${name(n)}`))
  seat.world.ends((secretName) => (names.has(secretName) ? 'refuses' : 'succeeds'))
}

/** Values whose period is a day and whose overlap is an hour, the first one the oldest. */
const addDaily = (count: number): void => {
  for (let n = 0; n < count; n += 1) {
    const createdAt = seat.timing.now() - 90 * DAY + n * HOUR
    const tags = { 'm2m:client-id': `client-${n}`, 'm2m:period': '1d', 'm2m:overlap': '1h' }
    seat.world.add(name(n), { createdAt, lastChangedAt: createdAt, tags })
  }
}

describe('of sixty clients, of which the oldest can never rotate', () => {
  it('the other 59 are rotated on every day of a week, and the one is named each time', async () => {
    addDaily(60)
    failing(0)
    for (let day = 1; day <= 7; day += 1) {
      const startedAt = seat.timing.now()
      const report = await seat.run(due, `day-${day}`)

      expect(report, `on day ${day}`).toMatchObject({
        outcome: 'incomplete',
        counts: { selected: 60, switched: 59, settled: 59, failed: 1, notStarted: 0 },
        failures: [{ secretName: `m2m/prod/${name(0)}`, why: 'refused' }],
      })
      expect(report.counts.knownFailures).toBe(day === 1 ? 0 : 1)
      seat.timing.advance(startedAt + 25 * HOUR - seat.timing.now())
    }
  })
})

describe('known failures', () => {
  it('count neither for the canary nor for what is tolerated, however many they are', async () => {
    addDaily(60)
    failing(...Array.from({ length: 20 }, (_, n) => n))
    for (let n = 0; n < 20; n += 1) {
      seat.world.rotateByHand(name(n), `9d1a0000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`, 'refuses')
    }
    seat.timing.advance(HOUR)

    const report = await seat.run(due)

    expect(report.counts).toMatchObject({ switched: 40, failed: 20, knownFailures: 20, notStarted: 0 })
    const rotates = seat.world.asked.filter(({ intent }) => intent === 'rotate').map((one) => one.name)
    expect(rotates.slice(0, 40).every((one) => Number(one.slice(-5)) >= 20)).toBe(true)
  })

  it('are looked for no further once AWS does not answer, and what is due is rotated all the same', async () => {
    addDaily(60)
    seat.world.fails((call) =>
      call === 'listVersions' && seat.world.asked.length === 0 ? seat.world.throttled() : undefined,
    )

    let looks = 0
    seat.killAt((moment, step) => {
      if (moment === 'after' && step.includes('last attempts')) looks = seat.world.calls.listVersions ?? 0
      return false
    })

    const report = await seat.run(due)

    // Of one secret, as often as is worth it.
    expect(looks).toBeLessThan(20)
    expect(report.counts.selected).toBe(60)
  })

  it('are tried again, and are none once they have succeeded', async () => {
    addDaily(3)
    seat.world.rotateByHand(name(0), '9d1a0000-0000-4000-8000-000000000000', 'refuses')
    seat.timing.advance(HOUR)

    expect((await seat.run(due)).counts).toMatchObject({ switched: 3, settled: 3, failed: 0, knownFailures: 0 })
  })
})

describe('the last attempt', () => {
  const version = (versionId: string, createdAt: number, ...labels: readonly string[]) => ({
    versionId,
    createdAt,
    labels,
  })
  const token = (origin: string): string => `${origin}-1790000000000-001-${'0'.repeat(28)}`

  it.each([
    [
      'succeeded, when AWSCURRENT came from a rotation',
      [version(token('settle'), 2, 'AWSCURRENT'), version(token('rotate'), 1, 'AWSPREVIOUS')],
      'succeeded',
    ],
    [
      'is none, when AWSCURRENT is the first value',
      [version(`register-1790000000000-${'0'.repeat(32)}`, 1, 'AWSCURRENT')],
      'none',
    ],
    [
      'failed, when a later version has no label',
      [version(token('rotate'), 3), version(token('settle'), 2, 'AWSCURRENT')],
      'failed',
    ],
    [
      'failed under a bare id as well',
      [version('9d1a0000-0000-4000-8000-000000000000', 3), version(token('settle'), 2, 'AWSCURRENT')],
      'failed',
    ],
    ['is not that of a settle', [version(token('settle'), 3), version(token('rotate'), 2, 'AWSCURRENT')], 'succeeded'],
    ['is not an earlier one', [version(token('settle'), 3, 'AWSCURRENT'), version(token('rotate'), 2)], 'succeeded'],
    [
      'is not one that runs',
      [version(token('rotate'), 3, 'AWSPENDING'), version(token('settle'), 2, 'AWSCURRENT')],
      'succeeded',
    ],
  ] as const)('%s', (_claim, versions, expected) => {
    expect(lastAttemptIn(versions)).toBe(expected)
  })
})

describe('the canary', () => {
  it('is the youngest where none was ever rotated', async () => {
    addDaily(5)

    await seat.run(due)

    expect(seat.world.asked[0]?.name).toBe(`m2m/prod/${name(4)}`)
  })

  it('is one that last succeeded, where there is one', async () => {
    addDaily(5)
    const createdAt = seat.timing.now() - 10 * DAY
    const tags = { 'm2m:client-id': 'x', 'm2m:period': '1d' }
    seat.world.add('proven', { createdAt, lastChangedAt: createdAt, tags }, 'settle')

    await seat.run(due)

    expect(seat.world.asked[0]?.name).toBe('m2m/prod/proven')
  })

  it('that is skipped is not passed: the next one is tried alone, and when that fails, nothing else is', async () => {
    addDaily(60)
    failing(56)
    const held = (n: number): void => {
      const secret = seat.world.secrets.get(`m2m/prod/${name(n)}`)
      if (secret !== undefined) secret.tags = { ...secret.tags, 'm2m:held': 'x' }
    }
    // Held since they were selected.
    seat.killAt((moment, step) => {
      if (moment === 'after' && step.includes('last attempts')) for (const n of [59, 58, 57]) held(n)
      return false
    })

    const report = await seat.run(due)

    expect(report).toMatchObject({
      outcome: 'stopped',
      explanation: 'the canary failed',
      counts: { skipped: { held: 3 }, failed: 1, notStarted: 56, switched: 0 },
    })
    expect(new Set(seat.world.asked.map((one) => one.name))).toEqual(new Set([`m2m/prod/${name(56)}`]))
  })

  it('that is skipped is followed by one that passes, and the rest begins', async () => {
    addDaily(60)
    seat.killAt((moment, step) => {
      const secret = seat.world.secrets.get(`m2m/prod/${name(59)}`)
      if (moment === 'after' && step.includes('last attempts') && secret !== undefined) {
        secret.tags = { ...secret.tags, 'm2m:held': 'x' }
      }
      return false
    })

    const report = await seat.run(due)

    expect(report).toMatchObject({ outcome: 'completed', counts: { switched: 59, settled: 59, skipped: { held: 1 } } })
    const [first, second] = seat.world.asked
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1500)
  })
})
