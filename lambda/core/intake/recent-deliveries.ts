// Deliveries that were dealt with a short while ago, by their signatures: the same again is dropped. It forgets with the execution
// environment; what another one is shown again is harmless for other reasons (docs/decisions/036).

export interface RecentDeliveries {
  has(signature: string, now: number): boolean
  add(signature: string, now: number): void
}

export interface RecentDeliveriesRule {
  /** How long one is remembered. */
  readonly keepMs: number
  readonly max: number
}

export const createRecentDeliveries = ({ keepMs, max }: RecentDeliveriesRule): RecentDeliveries => {
  const seenAt = new Map<string, number>()
  return {
    has: (signature, now) => {
      const at = seenAt.get(signature)
      return at !== undefined && now - at <= keepMs
    },
    add: (signature, now) => {
      // Put at the end, so that the first is the oldest.
      seenAt.delete(signature)
      seenAt.set(signature, now)
      const [oldest] = seenAt.keys()
      if (seenAt.size > max && oldest !== undefined) seenAt.delete(oldest)
    },
  }
}
