// What every step of a vend needs at hand, and how long each may take. The bounds nest: Secrets Manager twice and Stytch three times
// fit into the function's timeout, and whatever is under way ends before the function answers.
import type { Events } from '../base/events.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { StageSecrets } from '../secret/stage-secrets.ts'
import type { PublishedReader, TokenMint } from './ports.ts'
import type { TokenCache } from './token-cache.ts'

export interface VendRules {
  /** How long it is taken for granted which version is AWSCURRENT: no token of a revoked value is served later than that. */
  readonly checkMs: number
  /** The same while a revoke waits for its settle: only then is it known which tokens are to be dropped. */
  readonly revokingCheckMs: number
  /** What a caller waits at most for a token to be refreshed ahead; then it is broken off, and the old one is served. */
  readonly refreshBudgetMs: number
  readonly secretCallMs: number
  readonly mintMs: number
  /** For answering. */
  readonly reserveMs: number
  /** Of clients that are known, and again of names that are none. */
  readonly maxClients: number
  /**
   * How long Secrets Manager's and KMS's silence is lived through with what was last known. In that time a revoke is not noticed either; but it
   * needs Secrets Manager as well.
   */
  readonly outageGraceMs: number
  /** How old the published list of revocations may be, and how long a read of it may take. */
  readonly publishedCheckMs: number
  readonly publishedCallMs: number
  /** How often a client's token is renewed at most because a caller says that it was refused. */
  readonly renewEveryMs: number
}

export const vendRules: VendRules = {
  checkMs: 30_000,
  revokingCheckMs: 1_000,
  refreshBudgetMs: 1_000,
  secretCallMs: 2_000,
  mintMs: 3_000,
  reserveMs: 500,
  maxClients: 1_000,
  outageGraceMs: 600_000,
  publishedCheckMs: 1_000,
  publishedCallMs: 500,
  renewEveryMs: 5_000,
}

export interface Vending extends StageSecrets {
  readonly rules: VendRules
  /** Reading only; each call with a deadline, by which the function must have answered. */
  readonly secrets: Pick<Secrets, 'describe' | 'readValue'>
  readonly mint: TokenMint
  /** The published list of revocations. @default - labels alone say what is revoked */
  readonly published?: PublishedReader | undefined
  readonly cache: TokenCache
  readonly events: Events<'m2m.vendor'>
  /** From 0 to 1, for jitter. */
  readonly chance: () => number
}

/** One invocation's time and log. */
export interface Invocation {
  readonly timing: Timing
  readonly journal: Journal
}

export interface VendDeadline {
  /** What is left for a step that takes `mostMs` at most; 0 or less: nothing. */
  within(mostMs: number): number
}

/** @param budgetMs less than what the function has. */
export const deadlineOf = ({ timing }: Invocation, { reserveMs }: VendRules, budgetMs?: number): VendDeadline => {
  const startedAt = timing.now()
  return {
    within: (mostMs) => {
      const left = timing.remainingMs() - reserveMs
      const ofBudget = budgetMs === undefined ? left : budgetMs - (timing.now() - startedAt)
      return Math.min(mostMs, left, ofBudget)
    },
  }
}
