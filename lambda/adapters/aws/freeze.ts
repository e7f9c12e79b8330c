// The freeze, from one parameter of Systems Manager: read anew each time, so that it holds at once. A parameter that is not there
// freezes nothing; anything else that is not plainly `off`, `planned` or `all` is unreadable, and the use case decides what that stops.

import { Fault } from '../../core/base/fault.ts'
import { isJsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { retry } from '../../core/base/retry.ts'
import { type Freeze, type FreezeState, freezes, readFreezeState } from '../../core/rotation/freeze.ts'
import { errorName } from '../error-name.ts'
import { jsonRequest } from './request-signer.ts'
import { errorTypeOf, type SignedCall, type SignedReply } from './signed-call.ts'

/** A revoke waits for it: twice this, at most. */
const TIMEOUT_MS = 1000
const TRIES = 2

const unreadable = (name: string, why: string): Fault =>
  new Fault({
    code: 'FREEZE_UNREADABLE',
    retryable: true,
    message: `The freeze ${name} cannot be read: ${why}; planned rotations wait, and are retried.`,
  })

const noPause = async (): Promise<void> => {}

type Reading = { readonly state: FreezeState } | { readonly why: string; readonly isPassing: boolean }

const understand = ({ status, body }: SignedReply): Reading => {
  const json = parseJsonObject(body)
  if (status !== 200) {
    const why = errorTypeOf(json, status)
    if (why === 'ParameterNotFound') return { state: 'off' }
    return { why, isPassing: status >= 500 || status === 429 || /throttl|too ?many/i.test(why) }
  }
  const parameter = json?.Parameter
  const state = isJsonObject(parameter) ? readFreezeState(parameter.Value) : undefined
  if (state !== undefined) return { state }
  // What else it holds is an operator's slip, and may be anything.
  return { why: `expected one of ${freezes.join(', ')}`, isPassing: false }
}

export const createFreeze = (call: SignedCall, parameterName: string): Freeze => {
  const request = jsonRequest('AmazonSSM.GetParameter', '1.1', { Name: parameterName })
  const ask = (): Promise<Reading> =>
    call(request, TIMEOUT_MS).then(understand, (error: unknown) => ({
      why: errorName(error),
      isPassing: true,
    }))
  return {
    read: async () => {
      // At once: a revoke waits.
      const reading = await retry(ask, noPause, (end, tries) =>
        end.status === 'fulfilled' && 'why' in end.value && end.value.isPassing && tries < TRIES ? 0 : undefined,
      )
      if ('why' in reading) throw unreadable(parameterName, reading.why)
      return reading.state
    },
  }
}
