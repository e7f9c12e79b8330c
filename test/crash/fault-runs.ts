// Every fault on every call of either service: each run ends in success or in one clear error, and a later, undisturbed attempt
// succeeds. Called by the tests (a share) and by the torture (all).
import { type Intent, intents } from '../../lambda/core/secret/request-token.ts'
import type { Fault } from '../../lambda/local/stand-in/faults.ts'
import { notePlayed } from './played.ts'
import type { Beginning } from './positions.ts'
import { type Plan, refuses, runPlan } from './run.ts'
import type { Seat } from './seat.ts'

/** 400 ms is over the hasty seat's timeout of 250 ms, which stands for 5 s. */
const faults: readonly Omit<Fault, 'op'>[] = [
  { kind: 'reset' },
  { kind: 'drop_reply' },
  { kind: 'throttle' },
  { kind: 'throttle', retry_after: 2 },
  { kind: 'error', status: 500 },
  { kind: 'html', status: 502 },
  { kind: 'garble' },
  { kind: 'delay', delay_ms: 400 },
]

export interface FaultInput {
  readonly intents?: readonly Intent[]
  readonly beginnings?: readonly Beginning[]
  /** Every fault on every call; else each call takes the next one. */
  readonly everyFault: boolean
  /** Also outages that last from a call on. */
  readonly outages: boolean
  /** Where the turns of the faults begin, so that the parts of a whole do not all begin with the same. @default - 0 */
  readonly turn?: number
}

/** Where a fault is played; from the others a rotation does the same as from one of these. */
export const faultBeginnings = ['settled', 'overlap', 'rolledBack', 'orphan', 'cancelledUnderUs', 'drift'] as const

export interface FaultReport {
  readonly runs: number
  readonly violations: readonly string[]
}

/** One sentence that says what failed and what follows. */
const isClear = (message: string): boolean =>
  message.length > 20 && message.endsWith('.') && !/undefined|\[object|NaN/.test(message)

export const runFaults = async (seat: Seat, input: FaultInput): Promise<FaultReport> => {
  const violations: string[] = []
  let runs = 0
  let { turn = 0 } = input

  const run = async (plan: Plan): Promise<readonly string[]> => {
    seat.world.reset()
    seat.output.length = 0
    runs += 1
    const { calls, violations: found } = await runPlan(seat, plan)
    const unclear = seat.output
      .filter((line) => /^(Fault|RotationRefused|Error|TypeError): /.test(line))
      .filter((line) => !isClear(line.slice(line.indexOf(': ') + 2)))
    const { intent, beginning, fault } = plan
    const where =
      fault === undefined
        ? 'undisturbed'
        : `${JSON.stringify(fault.fault)} on call ${fault.call} (${calls[fault.call - 1]})`
    for (const violation of [...found, ...unclear.map((line) => `unclear error ${line}`)]) {
      violations.push(`${intent} from ${beginning}, ${where}: ${violation}`)
    }
    return calls
  }

  const faultsFor = (): readonly Omit<Fault, 'op'>[] => {
    if (input.everyFault) return faults
    turn += 1
    return faults.slice(turn % faults.length, (turn % faults.length) + 1)
  }

  const places = input.beginnings ?? faultBeginnings
  for (const intent of input.intents ?? intents) {
    for (const beginning of places.filter((place) => !refuses(intent, place))) {
      const plan: Plan = { intent, beginning, kills: [], continuation: 'givenUp' }
      const calls = await run(plan)
      // One more than the function's own: the first is RotateSecret.
      for (let call = 0; call <= calls.length; call += 1) {
        for (const fault of faultsFor()) await run({ ...plan, fault: { call, fault } })
        if (input.outages) {
          await run({ ...plan, fault: { call, fault: { kind: 'error', status: 503 }, isLasting: true } })
        }
      }
    }
  }
  notePlayed({ faults: runs })
  return { runs, violations }
}
