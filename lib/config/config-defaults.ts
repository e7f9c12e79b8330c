// What holds when the configuration says nothing, and how much of it fits into one stack.

/**
 * What holds when the configuration says nothing. Stage, Stytch project, alarm address and break-glass role have no default:
 * they are an operator's to decide.
 */
export const defaults = {
  /** Short enough that a leak nobody noticed dies within a month, long enough that a rotation is no daily event. */
  period: '30d',
  /** The longest a consumer may cache a secret; never more than half the period, so that overlaps do not meet. */
  longestOverlapHours: 24,
  projectPeriodDays: 90,
  /** A day and an hour: Stytch's `used_at` may be rounded down to the day, which is undocumented. */
  projectQuietHours: 25,
  /**
   * Where the rotation function reserves nothing: one rotation a second, hence three of the account's executions, and one page of a
   * campaign at a time (lambda/core/campaign/campaign.ts), so that the account's ten hold what is asked for at once.
   */
  unreservedStytchCallsPerSecond: 7.5,
  /** Overlaps are hours long; what is stuck waits no longer than this and ten minutes. */
  sweepEvery: '15m',
  /** Long enough for an outage to be sorted out, too short to be forgotten. */
  longestHold: '7d',
  namePrefix: 'm2m',
  /** An auditor asks about the last year. */
  logRetentionDays: 365,
  /** A certificate of ISO 27001 is for three years; the year of a SOC 2 or PCI DSS report and the audit after it lie well within. */
  evidenceRetentionDays: 1096,
  /** A key that is gone takes every secret with it. */
  onRemoval: 'retain',
  clientRemoval: 'retain',
} as const

/** CloudFormation takes 500 resources a stack; beyond this, clients are registered by the CLI (`m2m apply`). */
export const MAX_CLIENTS = 80

/** They stand in the environment of two functions, which Lambda limits to 4 KB. */
export const MAX_READER_ACCOUNTS = 50
