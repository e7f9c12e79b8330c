// Faults that a stand-in plays on request: which call, and what goes wrong with it. The shape is the JSON of
// POST /_stand-in/faults; the vendor's own error bodies are made by the stand-in that plays the fault.

export const faultKinds = ['error', 'delay', 'throttle', 'drop_reply', 'reset', 'garble', 'html'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface Fault {
  /** The operation's name as `calls` shows it, or `*` for any. */
  readonly op: string
  /** The n-th matching call from now (default 1). */
  readonly nth?: number
  /** How many calls in a row from there (default 1). */
  readonly count?: number
  /**
   * error: `status` and the vendor's error body, no effect · delay: effect, then the reply after `delay_ms` · throttle: the
   * vendor's throttling answer, no effect · drop_reply: effect, then the connection is cut · reset: the connection is cut, no
   * effect · garble: effect, then half of the JSON · html: `status` (502) with an HTML body, no effect.
   */
  readonly kind: FaultKind
  readonly status?: number
  readonly delay_ms?: number
  /** throttle only: Retry-After in seconds; absent = the header is absent. */
  readonly retry_after?: number
}

/** Decides for one call; lets a torture run draw faults at random. */
export type FaultPolicy = (op: string) => Fault | undefined

export interface FaultPlan {
  add(fault: Fault): void
  setPolicy(policy: FaultPolicy | undefined): void
  clear(): void
  /** What is still to be played, with how many calls each has left. */
  waiting(): readonly { readonly fault: Fault; readonly left: number }[]
  /** Takes the fault for this call, and counts the call. */
  take(op: string): Fault | undefined
}

const isPositiveInteger = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1

/** @returns every fault of the input, one line each; empty = it is a Fault. */
export const faultFaults = (input: unknown): string[] => {
  if (typeof input !== 'object' || input === null) return ['expected a JSON object']
  const fault = input as Record<string, unknown>
  const lines: string[] = []
  if (typeof fault.op !== 'string' || fault.op === '') lines.push('op: expected an operation name, or "*"')
  if (!faultKinds.includes(fault.kind as FaultKind)) lines.push(`kind: expected one of ${faultKinds.join(', ')}`)
  for (const name of ['nth', 'count'] as const) {
    if (fault[name] !== undefined && !isPositiveInteger(fault[name])) lines.push(`${name}: expected an integer from 1`)
  }
  for (const name of ['delay_ms', 'retry_after', 'status'] as const) {
    const value = fault[name]
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      lines.push(`${name}: expected a number from 0`)
  }
  return lines
}

export const createFaultPlan = (): FaultPlan => {
  let planned: Array<{ fault: Fault; skip: number; left: number }> = []
  let policy: FaultPolicy | undefined
  return {
    add: (fault) => {
      planned.push({ fault, skip: (fault.nth ?? 1) - 1, left: fault.count ?? 1 })
    },
    setPolicy: (next) => {
      policy = next
    },
    clear: () => {
      planned = []
      policy = undefined
    },
    waiting: () => planned.map(({ fault, left }) => ({ fault, left })),
    take: (op) => {
      let taken: Fault | undefined
      for (const plan of planned) {
        if (plan.fault.op !== op && plan.fault.op !== '*') continue
        if (plan.skip > 0) plan.skip -= 1
        else if (taken === undefined && plan.left > 0) {
          plan.left -= 1
          taken = plan.fault
        }
      }
      planned = planned.filter((plan) => plan.left > 0)
      return taken ?? policy?.(op)
    },
  }
}
