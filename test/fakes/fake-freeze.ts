// The freeze in memory: off, unless a test says otherwise; or unreadable, when it says so. Not in the call log, whose counts are Secrets
// Manager's and Stytch's.
import { Fault } from '../../lambda/core/base/fault.ts'
import type { Freeze, FreezeState } from '../../lambda/core/rotation/freeze.ts'

export interface FakeFreeze extends Freeze {
  state: FreezeState | 'unreadable'
  /** How often it was read. */
  reads: number
}

export const createFakeFreeze = (): FakeFreeze => {
  const fake: FakeFreeze = {
    state: 'off',
    reads: 0,
    read: async () => {
      fake.reads += 1
      if (fake.state === 'unreadable') {
        throw new Fault({ code: 'FREEZE_UNREADABLE', retryable: true, message: 'the freeze is unreadable, on purpose' })
      }
      return fake.state
    },
  }
  return fake
}
