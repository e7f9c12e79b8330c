// Whether the consumers of a secret have moved to the value that AWSCURRENT holds, by who last read what. Pure. It proves no more than
// CloudTrail reports: that whoever read the value before has read this one since, not that every process of that role has.
import { MINUTE_MS } from '../base/time-units.ts'

/** The last reads of one principal, epoch milliseconds. */
export interface PrincipalReads {
  readonly principal: string
  /** Of AWSCURRENT, whatever it was then. */
  readonly currentAt?: number | undefined
  readonly previousAt?: number | undefined
  /** Of a version by its id: the last one. */
  readonly version?: { readonly versionId: string; readonly at: number } | undefined
}

/** What is recorded of one secret. */
export interface SeenReads {
  /** Since when reads are recorded at all, epoch milliseconds; undefined: nobody knows. */
  readonly since: number | undefined
  readonly reads: readonly PrincipalReads[]
}

export interface Switch {
  /** The version that carries AWSCURRENT, and since when. */
  readonly versionId: string
  readonly at: number
}

export interface ProofRules {
  /** Whoever has read nothing for so long before the switch is taken for gone. */
  readonly lookBackMs: number
  /** The rotation function's role: it reads in every rotation, which shows that reads get here at all. */
  readonly ownPrincipal: string
}

export interface Laggard {
  readonly principal: string
  /** When it last read a value that is not AWSCURRENT's. */
  readonly readAt: number
}

export type AdoptionProof =
  | { readonly proven: true }
  | {
      readonly proven: false
      readonly laggards: readonly Laggard[]
      /** Not even our own reads of this rotation were seen, so that nothing can be said of others'. */
      readonly isBlind: boolean
      /** The record does not reach back as far as readers count: whoever is not in it may have read the old value before it began. */
      readonly isYoung: boolean
    }

/** A rotation takes seconds; its steps read before it switches. CloudTrail's times are whole seconds. */
const OWN_READS_WITHIN_MS = 15 * MINUTE_MS

const latest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const laggardOf = (reads: PrincipalReads, now: Switch, { lookBackMs }: ProofRules): Laggard | undefined => {
  const { principal, currentAt, previousAt, version } = reads
  const isNew = currentAt !== undefined && currentAt >= now.at
  const isNewVersion = version?.versionId === now.versionId
  const newAt = latest(isNew ? currentAt : undefined, isNewVersion ? version?.at : undefined)
  const oldAt = latest(isNew ? undefined : currentAt, previousAt, isNewVersion ? undefined : version?.at)
  if (oldAt === undefined || oldAt < now.at - lookBackMs) return undefined
  return newAt === undefined || oldAt > newAt ? { principal, readAt: oldAt } : undefined
}

const isSeenNow = ({ currentAt, previousAt, version }: PrincipalReads, now: Switch): boolean =>
  (latest(currentAt, previousAt, version?.at) ?? 0) >= now.at - OWN_READS_WITHIN_MS

export const proveAdoption = ({ since, reads }: SeenReads, now: Switch, rules: ProofRules): AdoptionProof => {
  const own = reads.find(({ principal }) => principal === rules.ownPrincipal)
  const isBlind = own === undefined || !isSeenNow(own, now)
  const isYoung = since === undefined || since > now.at - rules.lookBackMs
  const laggards = reads
    .filter(({ principal }) => principal !== rules.ownPrincipal)
    .flatMap((one) => laggardOf(one, now, rules) ?? [])
    .toSorted((one, other) => one.readAt - other.readAt)
  const isProven = laggards.length === 0 && !isBlind && !isYoung
  return isProven ? { proven: true } : { proven: false, laggards, isBlind, isYoung }
}
