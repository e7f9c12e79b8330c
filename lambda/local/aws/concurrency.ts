// How many invocations run at once: a function's reserved concurrency, and what the account's quota leaves for those that reserve none. And how
// many of them begin in a second, where somebody waits for the answer (Lambda developer guide, "Concurrency and requests per second").
// Whoever runs an invocation enters first; who is not let in is throttled, and says to its caller what Lambda would. It waits for nothing.
import { AwsFault } from './aws-fault.ts'
import type { Functions } from './functions.ts'

/** `Reason` of Lambda's TooManyRequestsException. */
export type ThrottleReason =
  | 'ReservedFunctionConcurrentInvocationLimitExceeded'
  | 'ReservedFunctionInvocationRateLimitExceeded'
  | 'ConcurrentInvocationLimitExceeded'

export type Admission =
  | { readonly isThrottled: false; readonly leave: () => void }
  | { readonly isThrottled: true; readonly reason: ThrottleReason }

export interface Concurrency {
  /** `leave` is to be called once, when the invocation has ended. @param kind events have no limit of their own by the second */
  enter(functionArn: string, kind: 'synchronous' | 'event'): Admission
  /** Whether an invocation would be let in now. */
  hasRoom(functionArn: string): boolean
  /** @returns undefined when it reserves none. */
  reservedBy(functionArn: string): number | undefined
  /** @throws AwsFault when too little would be left for the others. Undefined: reserves none. */
  reserve(functionArn: string, reserved: number | undefined): void
  /** What is left of the account's quota. */
  unreserved(): number
  /** Back to what functions reserve by themselves. */
  reset(): void
}

/** A second, for each concurrent execution that is reserved. */
const REQUESTS_PER_EXECUTION = 10
const SECOND_MS = 1000

/** AWS keeps so many for functions that reserve none. */
const LEAST_UNRESERVED = 100

/** What an invocation comes to that is not let in, for whoever cannot pass on Lambda's own error. */
export const throttledResult = {
  ok: false,
  errorType: 'TooManyRequestsException',
  errorMessage: 'Rate Exceeded.',
} as const
export type Throttled = typeof throttledResult

export const throttledFault = (reason: ThrottleReason): AwsFault =>
  new AwsFault('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason: reason })

export interface ConcurrencyInput {
  /** The account's. */
  readonly quota: () => number
  /** May reserve by their own settings, which a call changes until a reset. */
  readonly functions?: Pick<Functions, 'all' | 'settingsOf'>
  /** Undefined, or false: as many synchronous invocations a second as come. */
  readonly isPaced?: () => boolean
  readonly now: () => number
}

export const createConcurrency = ({ quota, functions = {}, isPaced, now }: ConcurrencyInput): Concurrency => {
  const running = new Map<string, number>()
  /** When the synchronous invocations of the last second began. */
  const begun = new Map<string, readonly number[]>()
  /** Undefined: a call took it away. */
  const changed = new Map<string, number | undefined>()

  const runningOf = (functionArn: string): number => running.get(functionArn) ?? 0
  const reservedBy = (functionArn: string): number | undefined =>
    changed.has(functionArn) ? changed.get(functionArn) : functions.settingsOf?.(functionArn).reserved
  const unreserved = (): number =>
    [...new Set([...changed.keys(), ...(functions.all?.() ?? [])])].reduce(
      (left, arn) => left - (reservedBy(arn) ?? 0),
      quota(),
    )
  const runningUnreserved = (): number =>
    [...running].reduce((sum, [arn, count]) => sum + (reservedBy(arn) === undefined ? count : 0), 0)

  const refusal = (functionArn: string): ThrottleReason | undefined => {
    const reserved = reservedBy(functionArn)
    if (reserved !== undefined) {
      return runningOf(functionArn) < reserved ? undefined : 'ReservedFunctionConcurrentInvocationLimitExceeded'
    }
    return runningUnreserved() < unreserved() ? undefined : 'ConcurrentInvocationLimitExceeded'
  }

  /** Those of the last second; what is not reserved is far from the account's own. */
  const paceRefusal = (functionArn: string): ThrottleReason | undefined => {
    const reserved = reservedBy(functionArn)
    if (reserved === undefined || isPaced?.() !== true) return undefined
    const since = now() - SECOND_MS
    const recent = (begun.get(functionArn) ?? []).filter((at) => at > since)
    const isBeyond = recent.length >= REQUESTS_PER_EXECUTION * reserved
    begun.set(functionArn, isBeyond ? recent : [...recent, now()])
    return isBeyond ? 'ReservedFunctionInvocationRateLimitExceeded' : undefined
  }

  return {
    enter: (functionArn, kind) => {
      const reason = refusal(functionArn) ?? (kind === 'synchronous' ? paceRefusal(functionArn) : undefined)
      if (reason !== undefined) return { isThrottled: true, reason }
      running.set(functionArn, runningOf(functionArn) + 1)
      return { isThrottled: false, leave: () => running.set(functionArn, runningOf(functionArn) - 1) }
    },
    hasRoom: (functionArn) => refusal(functionArn) === undefined,
    reservedBy,
    reserve: (functionArn, reserved) => {
      const least = Math.min(LEAST_UNRESERVED, quota())
      if (reserved !== undefined && unreserved() + (reservedBy(functionArn) ?? 0) - reserved < least) {
        throw new AwsFault(
          'InvalidParameterValueException',
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${least}].`,
        )
      }
      changed.set(functionArn, reserved)
    },
    unreserved,
    reset: () => {
      changed.clear()
      begun.clear()
    },
  }
}
