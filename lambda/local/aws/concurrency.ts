// How many invocations run at once: a function's reserved concurrency, and what the account's quota leaves for those that reserve none.
// Whoever runs an invocation enters first; who is not let in is throttled, and says to its caller what Lambda would. It waits for nothing.
import { AwsFault } from './aws-fault.ts'
import type { Functions } from './functions.ts'

/** `Reason` of Lambda's TooManyRequestsException. */
export type ThrottleReason = 'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded'

export type Admission =
  | { readonly isThrottled: false; readonly leave: () => void }
  | { readonly isThrottled: true; readonly reason: ThrottleReason }

export interface Concurrency {
  /** `leave` is to be called once, when the invocation has ended. */
  enter(functionArn: string): Admission
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

/** @param quota the account's. @param functions that may reserve by their own settings, which a call changes until a reset. */
export const createConcurrency = (
  quota: () => number,
  functions: Pick<Functions, 'all' | 'settingsOf'> = {},
): Concurrency => {
  const running = new Map<string, number>()
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

  return {
    enter: (functionArn) => {
      const reason = refusal(functionArn)
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
    reset: () => changed.clear(),
  }
}
