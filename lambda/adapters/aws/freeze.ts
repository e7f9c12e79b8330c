// The freeze, from one parameter of Systems Manager. A parameter that is not there freezes nothing; anything else that is not plainly `off`,
// `planned` or `all` is unreadable, and the use case decides what that stops.
import { Fault } from '../../core/base/fault.ts'
import { type Freeze, freezes, readFreezeState } from '../../core/rotation/freeze.ts'
import { createParameterReader } from './parameter-reader.ts'
import type { SignedCall } from './signed-call.ts'

const unreadable = (name: string, why: string): Fault =>
  new Fault({
    code: 'FREEZE_UNREADABLE',
    retryable: true,
    message: `The freeze ${name} cannot be read: ${why}; planned rotations wait, and are retried.`,
  })

export const createFreeze = (call: SignedCall, parameterName: string): Freeze => {
  const read = createParameterReader(call, parameterName)
  return {
    read: async () => {
      const reading = await read()
      if ('why' in reading) throw unreadable(parameterName, reading.why)
      if (reading.text === undefined) return 'off'
      const state = readFreezeState(reading.text)
      // What else it holds is an operator's slip, and may be anything.
      if (state === undefined) throw unreadable(parameterName, `expected one of ${freezes.join(', ')}`)
      return state
    },
  }
}

/** When the freeze was last changed, epoch milliseconds; undefined when that is not known. */
export const createFreezeClock = (call: SignedCall, parameterName: string): (() => Promise<number | undefined>) => {
  const read = createParameterReader(call, parameterName)
  return async () => {
    const reading = await read()
    return 'why' in reading ? undefined : reading.changedAt
  }
}
