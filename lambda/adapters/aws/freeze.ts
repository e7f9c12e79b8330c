// The freeze, from one parameter of Systems Manager: read anew each time, so that it holds at once. A parameter that is not there
// freezes nothing; anything else that is not plainly `off`, `planned` or `all` is unreadable, and the use case decides what that stops.
import { Fault } from '../../core/base/fault.ts'
import { parseJsonObject } from '../../core/base/json-object.ts'
import { type Freeze, type FreezeState, freezes } from '../../core/rotation/freeze.ts'
import { errorTypeOf, type SignedCall, type SignedReply } from './signed-call.ts'

/** A revoke waits for it: twice this, at most. */
const TIMEOUT_MS = 1000
const TRIES = 2

const unreadable = (name: string, why: string): Fault =>
  new Fault({
    code: 'FREEZE_UNREADABLE',
    retryable: true,
    message: `The freeze ${name} cannot be read: ${why}; planned rotations wait, and will be asked again.`,
  })

const isFreeze = (value: unknown): value is FreezeState => freezes.some((freeze) => freeze === value)

/** @returns undefined: asking once more may help. @throws Fault when the answer is none of ours. */
const understand = (name: string, { status, body }: SignedReply): FreezeState | undefined => {
  const json = parseJsonObject(body)
  if (status >= 500 || status === 429) return undefined
  if (status !== 200) {
    const error = errorTypeOf(json, status)
    if (error === 'ParameterNotFound') return 'off'
    if (/throttl|too ?many/i.test(error)) return undefined
    throw unreadable(name, error)
  }
  const parameter = json?.Parameter
  const value =
    typeof parameter === 'object' && parameter !== null && 'Value' in parameter ? parameter.Value : undefined
  if (isFreeze(value)) return value
  // What else it holds is an operator's slip, and may be anything.
  throw unreadable(name, `expected one of ${freezes.join(', ')}`)
}

export const createFreeze = (call: SignedCall, parameterName: string): Freeze => {
  const ask = (): Promise<SignedReply> =>
    call({
      path: '/',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.GetParameter' },
      body: JSON.stringify({ Name: parameterName }),
      timeoutMs: TIMEOUT_MS,
    })
  return {
    read: async () => {
      let why = ''
      for (let tries = 1; tries <= TRIES; tries += 1) {
        try {
          const reply = await ask()
          const state = understand(parameterName, reply)
          if (state !== undefined) return state
          why = errorTypeOf(parseJsonObject(reply.body), reply.status)
        } catch (error) {
          if (error instanceof Fault) throw error
          why = error instanceof Error ? error.name : 'unknown'
        }
      }
      throw unreadable(parameterName, why)
    },
  }
}
