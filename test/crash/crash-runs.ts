// Every crash point: for each intent and beginning, the run is killed before and after each of its outside calls – found by recording
// them – once or twice, and driven on in each way there is. Called by the tests (a share) and by the torture (all).
import { type Intent, intents } from '../../lambda/core/secret/request-token.ts'
import { notePlayed } from './played.ts'
import { type Beginning, beginnings } from './positions.ts'
import { type Continuation, continuations, type Kill, type Plan, runPlan } from './run.ts'
import type { Seat } from './seat.ts'

export interface CrashInput {
  readonly intents?: readonly Intent[]
  readonly beginnings?: readonly Beginning[]
  /** Every way of going on at every point; else each point takes the next way. */
  readonly everyContinuation: boolean
  /** One crash point in so many is played; all are counted. @default - every one */
  readonly pointEvery?: number
  /** One double kill in so many; 0 = none. */
  readonly doubleEvery: number
  /** The first value that Stytch makes ends like the one beside it. */
  readonly isAlike?: boolean
  /** Where the turns of ways and of double kills begin, so that the parts of a whole do not all begin with the same. @default - 0 */
  readonly turn?: number
}

export interface CrashReport {
  readonly points: number
  readonly runs: number
  readonly violations: readonly string[]
}

const phases = ['before', 'after'] as const

const pointsOf = (calls: number, from = 0): Kill[] =>
  Array.from({ length: Math.max(0, calls - from) }, (_, at) => at + from).flatMap((call) =>
    phases.map((phase) => ({ call, phase })),
  )

const describe = (plan: Plan, calls: readonly string[]): string => {
  const { intent, beginning, kills, continuation, isAlike = false } = plan
  const where = kills.map(({ call, phase }) => `${phase} call ${call} (${calls[call] ?? '?'})`).join(' and ')
  return `${intent} from ${beginning}${isAlike ? ', alike' : ''}, killed ${where || 'nowhere'}, ${continuation}`
}

export const runCrashes = async (seat: Seat, input: CrashInput): Promise<CrashReport> => {
  const { isAlike = false, pointEvery = 1 } = input
  const violations: string[] = []
  let points = 0
  let runs = 0
  let { turn = 0 } = input

  const run = async (plan: Plan): Promise<readonly string[]> => {
    seat.world.reset()
    runs += 1
    const { calls, violations: found, killsMet } = await runPlan(seat, plan)
    const missed = killsMet < plan.kills.length ? ['a kill was not met'] : []
    for (const violation of [...found, ...missed]) violations.push(`${describe(plan, calls)}: ${violation}`)
    return calls
  }

  const ways = (): readonly Continuation[] => {
    if (input.everyContinuation) return continuations
    turn += 1
    return continuations.slice(turn % continuations.length, (turn % continuations.length) + 1)
  }

  const runDoubles = async (plan: Plan, first: Kill, calls: readonly string[]): Promise<void> => {
    if (input.doubleEvery === 0) return
    for (const second of pointsOf(calls.length, first.call + 1)) {
      turn += 1
      if (turn % input.doubleEvery !== 0) continue
      await run({ ...plan, kills: [first, second] })
    }
  }

  for (const intent of input.intents ?? intents) {
    for (const beginning of input.beginnings ?? beginnings) {
      const undisturbed = await run({ intent, beginning, isAlike, kills: [], continuation: 'redriven' })
      for (const first of pointsOf(undisturbed.length)) {
        points += 1
        if (points % pointEvery !== 0) continue
        for (const continuation of ways()) {
          const plan: Plan = { intent, beginning, isAlike, kills: [first], continuation }
          await runDoubles(plan, first, await run(plan))
        }
      }
    }
  }
  notePlayed({ crashPoints: points, crashRuns: runs })
  return { points, runs, violations }
}
