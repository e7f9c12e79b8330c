// The one retry rule of the calls that are signed by hand: what passes is sent again, twice as late each time. For requests that may be sent
// twice.

import { retry } from '../../core/base/retry.ts'
import { errorName } from '../error-name.ts'
import type { AwsRequest } from './request-signer.ts'
import type { SignedCall, SignedReply } from './signed-call.ts'

const TRIES = 3
const TIMEOUT_MS = 3000
const PAUSE_MS = 200

export interface Sending {
  readonly call: SignedCall
  readonly wait: (ms: number) => Promise<void>
  /** @default 3 */
  readonly tries?: number | undefined
  /** Of each try. @default 3000 */
  readonly timeoutMs?: number | undefined
}

export type Sent = { readonly reply: SignedReply } | { readonly reply?: undefined; readonly why: string }

/** @param passing why the reply is worth another try, or undefined when it is final. @returns the final reply, or why there is none */
export const sendAgain = async (
  { call, wait, tries: most = TRIES, timeoutMs = TIMEOUT_MS }: Sending,
  request: AwsRequest,
  passing: (reply: SignedReply) => string | undefined,
): Promise<Sent> => {
  const send = async (): Promise<Sent> => {
    try {
      const reply = await call(request, timeoutMs)
      const why = passing(reply)
      return why === undefined ? { reply } : { why }
    } catch (error) {
      return { why: errorName(error) }
    }
  }
  return retry(send, wait, (end, tries) => {
    const mayHelp = end.status === 'fulfilled' && end.value.reply === undefined
    return mayHelp && tries < most ? PAUSE_MS * 2 ** (tries - 1) : undefined
  })
}

/** Of an AWS service that speaks JSON, by the name of its error and the status. */
export const isPassing = (type: string, status: number): boolean =>
  status >= 500 || /throttl|exceeded|limit/i.test(type)
