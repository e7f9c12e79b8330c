// One list of every call that a test's fakes were asked for, in order, so that a test can count calls and name their sequence. It
// holds values in the open: it never leaves the test.

export type PortName = 'issuer' | 'secrets' | 'events' | 'registry'

export interface Call {
  readonly port: PortName
  readonly name: string
  /** What the call was about: a value, a label, a client. */
  readonly about: string
}

/** Runs before a call takes effect; one that throws takes the effect's place. */
export type Hook = (call: Call) => void | Promise<void>

export interface CallLog {
  readonly calls: Call[]
  /** Called in order, before the effect. */
  readonly before: Hook[]
  /** Called after the effect: one that throws is a lost reply. */
  readonly after: Hook[]
  /** Notes the call, then runs its effect between the hooks. */
  run<Reply>(call: Call, effect: () => Reply): Promise<Reply>
  count(port: PortName): number
  /** `port.name` of every call, in order. */
  names(): readonly string[]
  clear(): void
}

export const createCallLog = (): CallLog => {
  const calls: Call[] = []
  const before: Hook[] = []
  const after: Hook[] = []
  return {
    calls,
    before,
    after,
    run: async (call, effect) => {
      calls.push(call)
      for (const hook of before) await hook(call)
      const reply = effect()
      for (const hook of after) await hook(call)
      return reply
    },
    count: (port) => calls.filter((call) => call.port === port).length,
    names: () => calls.map(({ port, name }) => `${port}.${name}`),
    clear: () => {
      calls.length = 0
    },
  }
}

/** A hook that throws `error` at the given call, the first `times` times. */
export const failAt = (at: string, error: Error, times = 1): Hook => {
  let left = times
  return ({ port, name }) => {
    if (`${port}.${name}` !== at || left <= 0) return
    left -= 1
    throw error
  }
}

/** A hook that runs `act` at the given call, once. */
export const onceAt = (at: string, act: (call: Call) => void | Promise<void>): Hook => {
  let done = false
  return async (call) => {
    if (done || `${call.port}.${call.name}` !== at) return
    done = true
    await act(call)
  }
}
