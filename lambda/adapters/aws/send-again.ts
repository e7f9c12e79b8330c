// The one retry rule of the calls that are signed by hand: what passes is sent again, twice as late each time. For requests that may be sent
// twice.
import type { SignedCall, SignedReply, SignedRequest } from './signed-call.ts'

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
  request: Omit<SignedRequest, 'timeoutMs'>,
  passing: (reply: SignedReply) => string | undefined,
): Promise<Sent> => {
  let why = ''
  for (let tries = 1; tries <= most; tries += 1) {
    if (tries > 1) await wait(PAUSE_MS * 2 ** (tries - 2))
    try {
      const reply = await call({ ...request, timeoutMs })
      const found = passing(reply)
      if (found === undefined) return { reply }
      why = found
    } catch (error) {
      why = error instanceof Error ? error.name : 'unknown'
    }
  }
  return { why }
}

/** Of an AWS service that speaks JSON, by the name of its error and the status. */
export const isPassing = (type: string, status: number): boolean =>
  status >= 500 || /throttl|exceeded|limit/i.test(type)
