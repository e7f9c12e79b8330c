// The identify function as the domain's Identifier: invoked synchronously, and marked as such, since an asynchronous invocation would
// lay the value into a queue. A throttle is waited for; whatever else fails is a Fault that names AWS's error and repeats no answer.

import { defined } from '../../core/base/defined.ts'
import { Fault } from '../../core/base/fault.ts'
import { retry } from '../../core/base/retry.ts'
import type { Timing } from '../../core/base/timing.ts'
import type { Identifier, LeakQuestion } from '../../core/intake/intake-ports.ts'
import { type LeakFinding, readFinding } from '../../core/intake/leak-finding.ts'
import { errorName } from '../error-name.ts'
import type { Invoke, InvokeReply } from './invoke.ts'

/** Lambda hands a ClientContext to synchronous invocations only (API reference, "Invoke"). CloudTrail may keep it: it holds no value. */
export const SYNCHRONOUS_CONTEXT = { custom: { m2m: 'synchronous' } } as const

const THROTTLE_WAIT_MS = 2000
const MAX_TRIES = 8
/** Time to report that the search failed. */
const RESERVE_MS = 10_000

const failed = (why: string): Fault =>
  new Fault({
    code: 'IDENTIFY_FAILED',
    retryable: true,
    message: `The search for a leaked value failed: ${why}.`,
  })

const questionOf = ({ proof, clientId }: LeakQuestion): object => ({
  ...(proof.kind === 'value' ? { value: proof.value.reveal() } : { hmslHash: proof.hash }),
  ...defined({ clientId }),
})

const understand = (reply: InvokeReply): LeakFinding => {
  if (!reply.taken) throw failed(reply.why)
  if (reply.failed) throw failed('the function ended with an error; its log has it')
  const finding = readFinding(reply.body)
  if (finding === undefined) throw failed('the answer is not a finding')
  return finding
}

interface IdentifierPlace {
  readonly invoke: Invoke
  readonly functionName: string
  readonly timing: Timing
}

export const createIdentifier = ({ invoke, functionName, timing }: IdentifierPlace): Identifier => {
  const ask = async (question: LeakQuestion): Promise<InvokeReply> =>
    invoke({
      functionName,
      type: 'RequestResponse',
      clientContext: SYNCHRONOUS_CONTEXT,
      payload: questionOf(question),
      timeoutMs: Math.max(1000, timing.remainingMs() - RESERVE_MS),
    }).catch((error: unknown) => {
      throw failed(errorName(error))
    })
  return {
    identify: async (question) => {
      const reply = await retry(
        () => ask(question),
        timing.wait,
        (end, tries) => {
          const mayWait = tries < MAX_TRIES && timing.remainingMs() > THROTTLE_WAIT_MS + 2 * RESERVE_MS
          return end.status === 'fulfilled' && !end.value.taken && end.value.isThrottled && mayWait
            ? THROTTLE_WAIT_MS
            : undefined
        },
      )
      return understand(reply)
    },
  }
}
