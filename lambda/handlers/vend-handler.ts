// The vendor's handler around whatever reads secrets and mints tokens: judges the event, hands the request to its use case, maps what
// comes back, and writes one audit line a request, without the token. on-vend.ts puts it together; so does the bench, from other parts.

import type { Context } from 'aws-lambda'
import { createTiming } from '../adapters/timing.ts'
import { Fault } from '../core/base/fault.ts'
import type { JournalEntry } from '../core/base/journal.ts'
import { type ApiRequest, type ReadEvent, readVendEvent } from '../core/vend/read-vend-event.ts'
import type { NotVended } from '../core/vend/vend-failures.ts'
import { createVendor, type Vended } from '../core/vend/vend-token.ts'
import type { Invocation, Vending } from '../core/vend/vending.ts'
import type { VendorEnv } from '../env/vendor.ts'
import { failureOf } from './journal.ts'
import { failureAnswer, faultAnswer, metadataAnswer, tokenAnswer, type VendAnswer } from './vend-answer.ts'

interface VendHandlerParts {
  readonly settings: VendorEnv
  readonly vending: Vending
  readonly write: (line: JournalEntry) => void
}

type VendHandler = (event: unknown, context: Context) => Promise<VendAnswer>

interface Judged {
  readonly answer: VendAnswer
  readonly decision: 'vended' | 'answered' | 'refused' | 'failed'
  readonly reason?: string
  /** For the log alone. */
  readonly because?: string | undefined
  readonly vended?: Vended
}

const becauseOf = (failure: NotVended): string | undefined => {
  if ('faults' in failure) return failure.faults?.join('; ')
  return 'error' in failure ? failure.error : undefined
}

const refusal = (failure: NotVended, now: number): Judged => ({
  decision: 'refused',
  reason: failure.reason,
  because: becauseOf(failure),
  answer: failureAnswer(failure, now),
})

const failed = (error: unknown, { timing, journal }: Invocation): Judged => {
  const { code, message } = failureOf(error)
  journal.note({ fault: code, message })
  const isRetryable = error instanceof Fault && error.retryable
  return { decision: 'failed', reason: code, answer: faultAnswer(isRetryable, timing.now()) }
}

/** What an audit line may show of what was asked for. */
const MAX_SCOPES_SHOWN = 1_000

const auditLine = (read: ReadEvent, judged: Judged, requestId: string): JournalEntry => {
  const { decision, reason, because, vended, answer } = judged
  const asked = read.outcome.ok && read.outcome.value.route === 'token' ? read.outcome.value.request.scopes : []
  const scopes = vended === undefined ? asked : vended.token.scopes
  return {
    audit: 'vend',
    caller: read.caller.arn,
    account: read.caller.accountId,
    route: read.outcome.ok ? read.outcome.value.route : undefined,
    client: read.client,
    scopes: scopes.join(' ').slice(0, MAX_SCOPES_SHOWN),
    decision,
    reason,
    because,
    status: answer.statusCode,
    source: vended?.source,
    ageSeconds: vended === undefined ? undefined : Math.floor(vended.ageMs / 1000),
    keyId: vended?.token.keyId,
    apiRequestId: read.requestId,
    requestId,
  }
}

/** Never rejects: whatever goes wrong is an answer, and a line in the log. */
export const createVendHandler = ({ settings, vending, write }: VendHandlerParts): VendHandler => {
  const vend = createVendor(vending)

  const answerTo = async (request: ApiRequest, at: Invocation): Promise<Judged> => {
    switch (request.route) {
      case 'metadata':
        return { decision: 'answered', answer: metadataAnswer(settings) }
      case 'token': {
        const outcome = await vend(request.request, at)
        const now = at.timing.now()
        return outcome.ok
          ? { decision: 'vended', vended: outcome.value, answer: tokenAnswer(outcome.value, now) }
          : refusal(outcome.refusal, now)
      }
    }
  }

  return async (event, context) => {
    const { awsRequestId: requestId } = context
    const at: Invocation = {
      timing: createTiming(() => context.getRemainingTimeInMillis()),
      journal: { note: (entry) => write({ ...entry, requestId }) },
    }
    const read = readVendEvent(event, settings.apiId)
    const { outcome } = read
    const judged = outcome.ok
      ? await answerTo(outcome.value, at).catch((error: unknown) => failed(error, at))
      : refusal(outcome.refusal, at.timing.now())
    write(auditLine(read, judged, requestId))
    return judged.answer
  }
}
