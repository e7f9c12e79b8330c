// What happens in a simulated year, drawn from a seed: the same seed, the same year.

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A Monday. */
export const START = Date.UTC(2027, 0, 4)
/** When the periodic campaign begins, after midnight. */
export const CAMPAIGN_AT = 2 * HOUR

export interface Chance {
  /** From 0 to 1. */
  next(): number
  isOnce(share: number): boolean
  between(from: number, to: number): number
}

export const createChance = (seed: number): Chance => {
  let state = seed >>> 0
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    isOnce: (share) => next() < share,
    between: (from, to) => from + next() * (to - from),
  }
}

/** Epoch milliseconds; `to` is no longer part of it. */
export interface Span<Kind extends string> {
  readonly kind: Kind
  readonly from: number
  readonly to: number
}

export interface Happenings {
  /** secretsManager: nothing answers. stytch: rotations stick, and no step is done. */
  readonly outages: readonly Span<'secretsManager' | 'stytch'>[]
  readonly freezes: readonly Span<'planned' | 'all'>[]
  /** At each, every process that runs is replaced. */
  readonly deployments: readonly number[]
}

const spanIn = <Kind extends string>(spans: readonly Span<Kind>[], at: number): Kind | undefined =>
  spans.find(({ from, to }) => from <= at && at < to)?.kind

export const outageAt = ({ outages }: Happenings, at: number) => spanIn(outages, at)
export const freezeAt = ({ freezes }: Happenings, at: number) => spanIn(freezes, at) ?? 'off'

export const drawHappenings = (chance: Chance, days: number): Happenings => {
  const months = Array.from({ length: Math.floor(days / 30) }, (_, month) => START + month * 30 * DAY)
  const weeks = Array.from({ length: Math.floor(days / 7) }, (_, week) => START + week * 7 * DAY)
  const quarters = Array.from({ length: Math.floor(days / 90) }, (_, quarter) => START + quarter * 90 * DAY)
  const outages = months.map((from, month) => {
    // Every other one meets the campaign.
    const isMet = month % 2 === 0 || chance.isOnce(0.3)
    const hour = isMet ? CAMPAIGN_AT - chance.between(0, 50 * MINUTE) : chance.between(3 * HOUR, 20 * HOUR)
    const at = from + Math.floor(chance.between(8, 28)) * DAY + hour
    return { kind: chance.isOnce(0.5) ? ('stytch' as const) : ('secretsManager' as const), from: at, to: at + HOUR }
  })
  const freezes = quarters.map((from, quarter) => {
    const at = from + chance.between(20, 80) * DAY
    const hours = quarter % 2 === 0 ? 40 : 12
    return { kind: quarter % 2 === 0 ? ('planned' as const) : ('all' as const), from: at, to: at + hours * HOUR }
  })
  const deployments = weeks.flatMap((from) => [
    // In the middle of a campaign, and at any time.
    from + DAY + CAMPAIGN_AT + chance.between(0.5, 8) * MINUTE,
    from + chance.between(2, 7) * DAY,
  ])
  return { outages, freezes, deployments }
}
