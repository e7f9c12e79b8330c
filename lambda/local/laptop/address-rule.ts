// AWS WAF's rate-based rule, as far as the leak intake has one: requests of each address in the last five minutes. It looks at its counts every
// ten seconds, so that an address that sends too much gets through until the next look, and is let in again once its window holds less.

import { ADDRESS_WINDOW_MS } from '../../core/intake/door-limits.ts'

/** AWS names no figure that it promises: "typically" ten seconds. */
const LOOK_EVERY_MS = 10_000

/** @returns whether a request is let through. */
export const createAddressRule = (limit: number): ((address: string, at: number) => boolean) => {
  const seen = new Map<string, number[]>()
  let blocked: ReadonlySet<string> = new Set()
  let lookedAt: number | undefined
  const look = (at: number): void => {
    for (const [address, times] of seen) {
      const recent = times.filter((time) => time > at - ADDRESS_WINDOW_MS)
      if (recent.length === 0) seen.delete(address)
      else seen.set(address, recent)
    }
    blocked = new Set([...seen].filter(([, times]) => times.length > limit).map(([address]) => address))
    lookedAt = at
  }
  return (address, at) => {
    lookedAt ??= at
    if (at - lookedAt >= LOOK_EVERY_MS) look(at)
    // What is blocked counts on.
    const times = seen.get(address) ?? []
    times.push(at)
    seen.set(address, times)
    return !blocked.has(address)
  }
}
