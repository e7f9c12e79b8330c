// Answers CloudFormation: one PUT to the pre-signed address that came with the request. Without an answer a deployment hangs until
// its own timeout, so the call is repeated; the address is in no message, since whoever has it may answer.

import { setTimeout as sleep } from 'node:timers/promises'
import { isAwsHost } from '../../core/base/aws-partition.ts'
import { Fault } from '../../core/base/fault.ts'
import { retry } from '../../core/base/retry.ts'
import { errorName } from '../error-name.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

export interface ResourceAnswer {
  readonly url: string
  readonly stackId: string
  readonly requestId: string
  readonly logicalId: string
  readonly physicalId: string
  readonly outcome:
    | { readonly succeeded: true; readonly attributes: Readonly<Record<string, string>> }
    | { readonly succeeded: false; readonly reason: string }
}

const TRIES = 3
/** An answer is at most 4 KiB, and the rest of it needs room. */
const MAX_REASON = 1500

/** A forged request must not make the function send anything elsewhere. */
const isTrusted = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  if (typeof DEPLOYED_BUNDLE === 'undefined' && protocol === 'http:' && hostname === '127.0.0.1') return true
  return protocol === 'https:' && isAwsHost(hostname)
}

const bodyOf = ({ stackId, requestId, logicalId, physicalId, outcome }: ResourceAnswer): string =>
  JSON.stringify({
    Status: outcome.succeeded ? 'SUCCESS' : 'FAILED',
    Reason: outcome.succeeded ? undefined : outcome.reason.slice(0, MAX_REASON),
    PhysicalResourceId: physicalId,
    StackId: stackId,
    RequestId: requestId,
    LogicalResourceId: logicalId,
    Data: outcome.succeeded ? outcome.attributes : undefined,
  })

/** One PUT without a content type, for which the address is not signed. @returns its status */
export type Put = (url: string, body: string, timeoutMs: number) => Promise<number>

const TIMEOUT_MS = 5000

/** Of functions that bring no HTTP client of their own along. */
export const putByFetch: Put = async (url, body, timeoutMs) => {
  const response = await fetch(url, {
    method: 'PUT',
    // Bytes: fetch gives a text a content type.
    body: Buffer.from(body),
    signal: AbortSignal.timeout(timeoutMs),
  })
  await response.body?.cancel()
  return response.status
}

/** @throws Fault ANSWER_NOT_TAKEN: Lambda then runs the same request again, which is what it takes. */
export const answerCloudFormation = async (answer: ResourceAnswer, put: Put = putByFetch): Promise<void> => {
  const notTaken = (why: string): Fault =>
    new Fault({
      code: 'ANSWER_NOT_TAKEN',
      retryable: true,
      message: `CloudFormation did not take the answer for ${answer.logicalId}: ${why}.`,
    })
  if (!isTrusted(answer.url)) throw notTaken('its address is not one of AWS')
  const body = bodyOf(answer)
  const tryOnce = () => put(answer.url, body, TIMEOUT_MS).catch((error: unknown) => errorName(error))
  const outcome = await retry(tryOnce, sleep, (end, tries) =>
    end.status === 'fulfilled' && end.value !== 200 && tries < TRIES ? 500 * tries : undefined,
  )
  if (outcome !== 200) throw notTaken(typeof outcome === 'number' ? `HTTP ${outcome}` : outcome)
}
