// AWS WAF's rate-based rule, as far as the leak intake has one: requests of each address in the last five minutes. It looks at its counts every
// ten seconds, so that an address that sends too much gets through until the next look, and is let in again once its window holds less.

import { BlockList, isIPv6 } from 'node:net'
import { ADDRESS_WINDOW_MS, OTHERS_WINDOW_MS } from '../../core/intake/door-limits.ts'

/** AWS names no figure that it promises: "typically" ten seconds. */
const LOOK_EVERY_MS = 10_000

/** @returns whether a request is let through. */
export const createAddressRule = (
  limit: number,
  windowMs = ADDRESS_WINDOW_MS,
): ((address: string, at: number) => boolean) => {
  const seen = new Map<string, number[]>()
  let blocked: ReadonlySet<string> = new Set()
  let lookedAt: number | undefined
  const look = (at: number): void => {
    for (const [address, times] of seen) {
      const recent = times.filter((time) => time > at - windowMs)
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

export interface FirewallRules {
  readonly requestsPerAddress: number
  /** CIDR ranges; all other addresses together have `othersTogether` in a minute. @default - no address is better than another */
  readonly detectors?: { readonly addresses: readonly string[]; readonly othersTogether: number }
}

/** Both rules count every request that they are about, and either may block it. @returns whether a request is let through. */
export const createFirewall = ({
  requestsPerAddress,
  detectors,
}: FirewallRules): ((address: string, at: number) => boolean) => {
  const ofAddress = createAddressRule(requestsPerAddress)
  if (detectors === undefined) return ofAddress
  const ofOthers = createAddressRule(detectors.othersTogether, OTHERS_WINDOW_MS)
  const known = new BlockList()
  const kindOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')
  for (const range of detectors.addresses) {
    const [address = '', bits] = range.split('/')
    known.addSubnet(address, Number(bits), kindOf(address))
  }
  return (address, at) => {
    const isKnown = known.check(address, kindOf(address))
    // The rules go by their priority: what the first one blocks, the second does not count.
    return ofAddress(address, at) && (isKnown || ofOthers('others', at))
  }
}
