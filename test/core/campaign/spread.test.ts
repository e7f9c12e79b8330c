// A fleet over simulated years, campaign by campaign, by the same two rules as the real one: when a secret's turn comes, and how many turns
// one campaign has room for. However the fleet came into being, it drifts apart, and no value gets older than its period.

import { expect, test } from 'vitest'
import { type DueSecret, withinShare } from '../../../lambda/core/campaign/share-of-campaign.ts'
import { type CampaignTurn, campaignTurn } from '../../../lambda/core/secret/campaign-turn.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2027, 0, 4, 2)
/** RotateSecret's pace of a campaign. */
const A_SECOND = 12

interface World {
  readonly count: number
  readonly periodMs: number
  readonly everyMs: number
  readonly days: number
  /** How old the values are at the first campaign. @default - made one after the other, shortly before it */
  readonly ageOf?: (at: number) => number
  /** Whether a rotation fails for good. @default - none does */
  readonly isBroken?: (at: number) => boolean
  /** Campaigns that do nothing, by their number: an outage, a freeze. @default - none */
  readonly isLost?: (campaign: number) => boolean
}

interface Life {
  readonly arn: string
  readonly isBroken: boolean
  hasFailed: boolean
  issuedAt: number
  turn: CampaignTurn
}

/** What the campaigns of these years did: how many each rotated, and how old the oldest value was when it was replaced. */
const simulate = ({ count, periodMs, everyMs, days, ageOf, isBroken, isLost }: World) => {
  const turnOf = (arn: string, issuedAt: number): CampaignTurn =>
    campaignTurn({ secretArn: arn, issuedAt, periodMs }, everyMs)
  const campaigns = Math.floor((days * DAY) / everyMs)
  const byCampaign: Life[][] = Array.from({ length: campaigns + 1 }, () => [])
  const place = (life: Life): void => {
    const at = Math.max(0, Math.ceil((life.turn.from - START) / everyMs))
    if (at < campaigns) byCampaign[at]?.push(life)
  }
  for (let at = 0; at < count; at += 1) {
    const arn = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/prod/service-${at}-AbCdEf`
    const issuedAt = START - (ageOf?.(at) ?? everyMs * (0.4 + (0.2 * at) / count))
    place({ arn, isBroken: isBroken?.(at) ?? false, hasFailed: false, issuedAt, turn: turnOf(arn, issuedAt) })
  }
  const begun: number[] = []
  let oldestMs = 0
  for (let at = 0; at < campaigns; at += 1) {
    const now = START + at * everyMs
    const due = (byCampaign[at] ?? []).map((life): DueSecret & { readonly life: Life } => {
      if (now > life.issuedAt + periodMs) return { life, isLate: true }
      if (life.hasFailed) return { life, isKnownFailure: true }
      return now < life.turn.latest ? { life, waitsUntil: Math.floor(life.turn.latest / 1000) } : { life }
    })
    const chosen = isLost?.(at) === true ? [] : withinShare(due, (count * everyMs) / periodMs)
    const isChosen = new Set(chosen)
    for (const one of due) if (!isChosen.has(one)) byCampaign[at + 1]?.push(one.life)
    let done = 0
    for (const { life } of chosen.toSorted((one, other) => one.life.issuedAt - other.life.issuedAt)) {
      if (life.isBroken) {
        life.hasFailed = true
        byCampaign[at + 1]?.push(life)
        continue
      }
      const rotatedAt = now + 5 * 60_000 + (done / A_SECOND) * 1000
      oldestMs = Math.max(oldestMs, rotatedAt - life.issuedAt)
      done += 1
      life.issuedAt = rotatedAt
      life.turn = turnOf(life.arn, rotatedAt)
      place(life)
    }
    begun.push(done)
  }
  return { begun, oldestMs }
}

const mostOf = (numbers: readonly number[]): number => numbers.reduce((most, one) => Math.max(most, one), 0)
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

test.each([
  ['a thousand, every 30 days, daily', { count: 1000, periodMs: 30 * DAY, everyMs: DAY, days: 3 * 365 }],
  ['a thousand, every 90 days, daily', { count: 1000, periodMs: 90 * DAY, everyMs: DAY, days: 3 * 365 }],
  ['a thousand, every 365 days, daily', { count: 1000, periodMs: 365 * DAY, everyMs: DAY, days: 5 * 365 }],
  ['a thousand, every 90 days, weekly', { count: 1000, periodMs: 90 * DAY, everyMs: 7 * DAY, days: 3 * 365 }],
  ['a thousand, every day, hourly', { count: 1000, periodMs: DAY, everyMs: HOUR, days: 60 }],
  ['a hundred thousand, every 30 days, daily', { count: 100_000, periodMs: 30 * DAY, everyMs: DAY, days: 70 }],
] as const)(
  'made on one day, %s: no campaign does over 1.5 × the mean, and no value is over its period',
  (_what, world) => {
    const { begun, oldestMs } = simulate(world)

    expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
    // The first period too: nothing in its first fifth, and no more than 1.5 × the mean after that.
    expect(mostOf(begun)).toBeLessThanOrEqual((1.5 * world.count * world.everyMs) / world.periodMs)
    expect(sumOf(begun.slice(0, Math.floor((0.19 * world.periodMs) / world.everyMs)))).toBe(0)
    // The price of it: at most a fifth more rotations than one in each period.
    expect(sumOf(begun)).toBeLessThanOrEqual((1.2 * world.count * world.days * DAY) / world.periodMs)
  },
  120_000,
)

test('a fleet in step that is past its first fifth when this begins: apart after one period', () => {
  const world = { count: 1000, periodMs: 30 * DAY, everyMs: DAY, days: 3 * 365, ageOf: () => 20 * DAY }
  const { begun, oldestMs } = simulate(world)

  expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
  expect(mostOf(begun.slice(30))).toBeLessThanOrEqual(50)
})

test('secrets that cannot be rotated take no other’s place, from the first period on', () => {
  const world = {
    count: 1000,
    periodMs: 30 * DAY,
    everyMs: DAY,
    days: 3 * 365,
    isBroken: (at: number) => at % 20 === 0,
  }
  const { begun, oldestMs } = simulate(world)

  expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
  expect(mostOf(begun)).toBeLessThanOrEqual(50)
})

test.each([
  ['a thousand', 1000],
  ['a hundred thousand', 100_000],
])(
  'of %s, a campaign that is lost in each month, and a freeze of two days in each quarter, are made up for within the share',
  (_what, count) => {
    const isLost = (at: number): boolean => at > 30 && (at % 30 === 20 || at % 90 === 60 || at % 90 === 61)
    const world = {
      count,
      periodMs: 30 * DAY,
      everyMs: DAY,
      days: 365,
      isBroken: (at: number) => at % 33 === 0,
      isLost,
    }
    const { begun, oldestMs } = simulate(world)

    expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
    expect(mostOf(begun)).toBeLessThanOrEqual((1.5 * count * world.everyMs) / world.periodMs)
  },
  120_000,
)

test('campaigns that are lost late in the first period are made up for before any value is too old', () => {
  const isLost = (at: number): boolean => at === 25 || at === 27
  const world = {
    count: 1000,
    periodMs: 30 * DAY,
    everyMs: DAY,
    days: 365,
    isBroken: (at: number) => at % 33 === 0,
    isLost,
  }
  const { begun, oldestMs } = simulate(world)

  expect(oldestMs).toBeLessThanOrEqual(world.periodMs)
  expect(mostOf(begun)).toBeLessThanOrEqual(50)
})

test.each([
  ['a day', DAY],
  ['two days', 2 * DAY],
  ['a week', 7 * DAY],
])('a period of %s with a daily campaign is kept, and is not doubled', (_what, periodMs) => {
  const { begun, oldestMs } = simulate({ count: 60, periodMs, everyMs: DAY, days: 200 })

  // Where a campaign has to rotate everything, a value is older by as much as this campaign took longer than the one before.
  expect(oldestMs).toBeLessThanOrEqual(periodMs + 60_000)
  expect(sumOf(begun)).toBeGreaterThanOrEqual(Math.floor((60 * 199 * DAY) / periodMs))
})
