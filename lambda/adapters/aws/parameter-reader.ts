// One parameter of Systems Manager, read anew each time, so that what it says holds at once. A parameter that is not there has no text.

import { isJsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { retry } from '../../core/base/retry.ts'
import { errorName } from '../error-name.ts'
import { jsonRequest } from './request-signer.ts'
import { errorTypeOf, type SignedCall, type SignedReply } from './signed-call.ts'

/** A revoke waits for it: twice this, at most. */
const TIMEOUT_MS = 1000
const TRIES = 2

const noPause = async (): Promise<void> => {}

/** `text` undefined: there is no such parameter. `why`: AWS's name of the error, or the connection's. */
export type ParameterReading =
  | {
      readonly text: string | undefined
      /** When it was last changed, epoch milliseconds. */
      readonly changedAt?: number
    }
  | { readonly why: string }

type Tried = ParameterReading & { readonly isPassing?: boolean }

const understand = ({ status, body }: SignedReply): Tried => {
  const json = parseJsonObject(body)
  if (status !== 200) {
    const why = errorTypeOf(json, status)
    if (why === 'ParameterNotFound') return { text: undefined }
    return { why, isPassing: status >= 500 || status === 429 || /throttl|too ?many/i.test(why) }
  }
  const parameter = json?.Parameter
  const { Value: text, LastModifiedDate: seconds } = isJsonObject(parameter) ? parameter : {}
  if (typeof text !== 'string') return { why: 'a reply without a value' }
  return typeof seconds === 'number' ? { text, changedAt: Math.round(seconds * 1000) } : { text }
}

export const createParameterReader = (call: SignedCall, name: string): (() => Promise<ParameterReading>) => {
  const request = jsonRequest('AmazonSSM.GetParameter', '1.1', { Name: name })
  const ask = (): Promise<Tried> =>
    call(request, TIMEOUT_MS).then(understand, (error: unknown) => ({
      why: errorName(error),
      isPassing: true,
    }))
  return () =>
    // At once: a revoke waits.
    retry(ask, noPause, (end, tries) =>
      end.status === 'fulfilled' && end.value.isPassing === true && tries < TRIES ? 0 : undefined,
    )
}
