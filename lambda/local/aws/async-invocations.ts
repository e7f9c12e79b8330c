// Lambda's queue of asynchronous invocations: an event that fails is tried twice more, one that is throttled again and again, all of it within six
// hours of its arrival, and then it lies with the dead letters. Durable functions have their own retries (durable-executions.ts).
import { randomUUID } from 'node:crypto'
import type { Sleep } from '../stand-in/latency.ts'
import type { Concurrency } from './concurrency.ts'
import type { Functions, Invocation } from './functions.ts'

/** What an asynchronous invocation left behind when all its tries had failed. */
export interface DeadLetter {
  readonly functionArn: string
  readonly errorType: string
  readonly errorMessage: string
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
}

export interface AsyncInvocationsInput {
  readonly functions: Functions
  readonly concurrency: Concurrency
  readonly now: () => number
  /** Until the second try of one that failed; twice that until the third. */
  readonly retryMs: () => number
  /** Until the second try of one that was throttled; twice that until the next, and so on. */
  readonly throttledRetryMs: () => number
  readonly sleep: Sleep
  /** To a destination of failures. @default - nowhere */
  readonly deliver?: Deliver
}

export type Deliver = (
  route: { readonly sourceArn: string; readonly targetArn: string; readonly roleArn: string | undefined },
  text: string,
  attributes?: Readonly<Record<string, string>>,
) => void

export interface Failure {
  readonly errorType: string
  readonly errorMessage: string
}

interface Payload {
  readonly event: unknown
  /** Absent: an execution's, which its own API shows. */
  readonly tries?: number
  readonly isTooOld?: boolean
}

/** An event in the queue. */
interface Queued {
  readonly invocation: Invocation
  /** Its age counts from here, whatever is tried in between. */
  readonly at: number
  readonly signal: AbortSignal
}

const LONGEST_THROTTLED_FACTOR = 300
/** As Lambda's default is. */
const MAX_EVENT_AGE_MS = 6 * 3_600_000
const MAX_RETRIES = 2

const tooManyRequests = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' }

export const createAsyncInvocations = (input: AsyncInvocationsInput) => {
  const { functions, concurrency, now, sleep } = input
  let deadLetters: DeadLetter[] = []
  let stopped = new AbortController()
  const running = new Set<Promise<void>>()

  const bury = (functionArn: string, { errorType, errorMessage }: Failure, payload: Payload): void => {
    deadLetters.push({ functionArn, errorType, errorMessage, at: now() })
    const { onFailure, deadLetterArn, roleArn } = functions.settingsOf?.(functionArn) ?? {}
    if (deadLetterArn !== undefined) {
      const attributes = { RequestID: randomUUID(), ErrorCode: '200', ErrorMessage: errorMessage }
      const way = { sourceArn: functionArn, targetArn: deadLetterArn, roleArn }
      input.deliver?.(way, JSON.stringify(payload.event), attributes)
    }
    if (onFailure === undefined) return
    // As a destination gets it (Lambda developer guide, "Retaining records of asynchronous invocations").
    const record = {
      version: '1.0',
      timestamp: new Date(now()).toISOString(),
      requestContext: {
        requestId: randomUUID(),
        functionArn: `${functionArn}:$LATEST`,
        condition: payload.isTooOld === true ? 'EventAgeExceeded' : 'RetriesExhausted',
        approximateInvokeCount: payload.tries ?? 1,
      },
      requestPayload: payload.event,
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType, errorMessage },
    }
    input.deliver?.({ sourceArn: functionArn, targetArn: onFailure, roleArn }, JSON.stringify(record))
  }

  const isTooOld = ({ invocation, at }: Queued): boolean => {
    const { maxEventAgeMs = MAX_EVENT_AGE_MS } = functions.settingsOf?.(invocation.functionArn) ?? {}
    return now() >= at + maxEventAgeMs
  }

  /** @param tries that it has had. @returns undefined when it grew too old, or nobody wants it any more. */
  const whenLetIn = async (queued: Queued, tries: number): Promise<(() => void) | undefined> => {
    const { invocation, signal } = queued
    const { functionArn, event } = invocation
    for (let factor = 1; ; factor = Math.min(2 * factor, LONGEST_THROTTLED_FACTOR)) {
      const admission = concurrency.enter(functionArn, 'event')
      if (!admission.isThrottled) return admission.leave
      // AWS: with nothing reserved for it at all, an event is given up at once.
      if (concurrency.reservedBy(functionArn) === 0 || isTooOld(queued)) {
        bury(functionArn, tooManyRequests, { event, tries, isTooOld: true })
        return undefined
      }
      await sleep(factor * input.throttledRetryMs(), signal)
      // A test's sleep may take no time at all; others must have their turn.
      await new Promise((resolve) => setImmediate(resolve))
      if (signal.aborted) return undefined
    }
  }

  const tryUntilDone = async (queued: Queued): Promise<void> => {
    const { invocation, signal } = queued
    const { functionArn, event } = invocation
    const { maxRetries = MAX_RETRIES } = functions.settingsOf?.(functionArn) ?? {}
    const waits = [input.retryMs(), 2 * input.retryMs()].slice(0, maxRetries)
    for (const [tries, waitMs] of [...waits, undefined].entries()) {
      const leave = await whenLetIn(queued, tries)
      if (leave === undefined) return
      const result = await functions.invoke(invocation)
      leave()
      if (result.ok || signal.aborted) return
      if (waitMs === undefined) return bury(functionArn, result, { event, tries: tries + 1 })
      await sleep(waitMs, signal)
      if (signal.aborted) return
      if (isTooOld(queued)) return bury(functionArn, result, { event, tries: tries + 1, isTooOld: true })
    }
  }

  const follow = (work: Promise<void>): void => {
    const followed = work.catch(() => {}).finally(() => running.delete(followed))
    running.add(followed)
  }

  return {
    queue: (invocation: Invocation): void => follow(tryUntilDone({ invocation, at: now(), signal: stopped.signal })),
    /** For what is under way elsewhere: `idle` waits for it. @param end says how it failed, once it has; undefined: it did not. */
    follow: (functionArn: string, event: unknown, end: Promise<Failure | undefined>): void => {
      const { signal } = stopped
      follow(
        end.then((failure) => {
          if (failure !== undefined && !signal.aborted) bury(functionArn, failure, { event })
        }),
      )
    },
    deadLetters: (): readonly DeadLetter[] => deadLetters,
    /** Resolves when no event waits or runs. */
    idle: async (): Promise<void> => {
      while (running.size > 0) await Promise.all(running)
    },
    clear: (): void => {
      stopped.abort()
      stopped = new AbortController()
      deadLetters = []
    },
  }
}
