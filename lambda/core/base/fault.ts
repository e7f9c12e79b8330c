// The one failure that is thrown: by an adapter, or by a use case that ran out of time, when only a retry or a person helps. No message
// holds a secret, a token, or a response body; each is bounded, and plain text, whatever a service or a file said.
import { messageText } from './message-text.ts'

export type FaultCode =
  | 'STYTCH_UNAVAILABLE'
  | 'STYTCH_RATE_LIMITED'
  | 'STYTCH_UNAUTHORIZED'
  | 'STYTCH_REJECTED'
  | 'STYTCH_OUTCOME_UNKNOWN'
  | 'SECRETS_MANAGER_UNAVAILABLE'
  | 'SECRETS_MANAGER_THROTTLED'
  | 'SECRETS_MANAGER_REJECTED'
  | 'LIST_TOKEN_LOST'
  | 'EVENT_NOT_SENT'
  | 'ARCHIVE_UNAVAILABLE'
  | 'ARCHIVE_REJECTED'
  | 'FREEZE_UNREADABLE'
  | 'CONTROL_UNREADABLE'
  | 'RECORDS_UNAVAILABLE'
  | 'SIGNATURE_UNAVAILABLE'
  | 'STEP_NOT_RUN'
  | 'HOLDERS_NOT_ANSWERED'
  | 'PROOF_NOT_ANSWERED'
  | 'CHECK_NOT_ANSWERED'
  | 'INCIDENT_UNFINISHED'
  | 'CAMPAIGN_NOT_STARTED'
  | 'ALERT_NOT_FETCHED'
  | 'IDENTIFY_FAILED'
  | 'SIGNING_SECRET_MALFORMED'
  | 'ANSWER_NOT_TAKEN'
  | 'PROJECT_SECRET_MALFORMED'
  | 'SETTINGS_MALFORMED'
  | 'TIME_TOO_SHORT'
  | 'CURRENT_MOVED'
  | 'CLIENT_INACTIVE'
  | 'STYTCH_ANSWER_UNKNOWN'
  | 'CONCURRENT_EXECUTION'
  | 'PENDING_REFUSED'
  | 'STILL_ACCEPTED'
  | 'STEP_OUT_OF_ORDER'
  | 'INPUT_MALFORMED'
  | 'FUNCTION_REFUSED'
  | 'FUNCTION_NOT_ANSWERED'

interface FaultDetails {
  readonly code: FaultCode
  readonly message: string
  /** Whether the same step, retried later, may succeed without a person. */
  readonly retryable: boolean
  readonly cause?: unknown
}

export class Fault extends Error {
  readonly code: FaultCode
  readonly retryable: boolean
  constructor({ code, message, retryable, cause }: FaultDetails) {
    super(messageText(message), cause === undefined ? undefined : { cause })
    this.name = 'Fault'
    this.code = code
    this.retryable = retryable
  }
}
