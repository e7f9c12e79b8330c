// Old replies as a dimension: each reply of a rotation that can be old, from each beginning, is given some writes behind – alone, by two, to two
// executions at once, and with a kill – over real HTTP, with the clock faked and the bounds of a deployment. Called by the tests (a share) and
// by the torture (all).
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import { type Intent, intents } from '../../lambda/core/secret/request-token.ts'
import type { CrashKind } from './kinds.ts'
import type { GotReply, OldReply } from './old-replies.ts'
import { notePlayed } from './played.ts'
import { type Beginning, beginnings } from './positions.ts'
import { type Kill, type Plan, type RunResult, runPlan } from './run.ts'
import { createSeat, type Seat } from './seat.ts'

export interface StaleInput {
  readonly intents?: readonly Intent[]
  readonly beginnings?: readonly Beginning[]
  /** One single old reply in so many. */
  readonly singleEvery: number
  /** One pair in so many; 0 = none. */
  readonly pairEvery: number
  /** One old reply in so many, given to one of two executions at once; 0 = none. */
  readonly twinEvery: number
  /** One old reply in so many, with a kill at one of the calls that follow; 0 = none. */
  readonly killEvery: number
  /** Where the turns begin. @default - 0 */
  readonly turn?: number
}

export interface StaleReport {
  /** Old replies that were given. */
  readonly points: number
  readonly runs: number
  readonly violations: readonly string[]
}

/** With the bounds of a deployment, and time that passes only while it is waited for. */
export const createStaleSeat = async (kind?: CrashKind, drawSeed?: number): Promise<Seat> => {
  const options = drawSeed === undefined ? { isVirtual: true } : { isVirtual: true, drawSeed }
  return Object.assign(await createSeat({}, kind, options), { bounds: DEPLOYED })
}

/** How far behind each reply can be, as far as that makes a difference. */
const oldRepliesOf = (replies: readonly GotReply[]): readonly OldReply[] =>
  replies.flatMap(({ service, at, writes }) => {
    const each: readonly OldReply['behind'][] =
      service === 'stytch' ? [1, 2] : writes > 2 ? [1, 2, 'rotation', 'bound'] : [1, 2, 'bound']
    return each.map((behind) => ({ service, at, behind }))
  })

const pairsOf = (all: readonly OldReply[]): readonly (readonly [OldReply, OldReply])[] =>
  all.flatMap((one, at) =>
    all
      .slice(at + 1)
      .filter((other) => other.service !== one.service || other.at !== one.at)
      .map((other) => [one, other] as const),
  )

const describe = ({ intent, beginning, old = [], kills, hasTwin = false }: Plan, calls: readonly string[]): string => {
  const replies = old.map(({ service, at, behind }) => `${service}'s reply ${at} (${behind} behind)`).join(' and ')
  const killed = kills.map(({ call, phase }) => `, killed ${phase} call ${call} (${calls[call] ?? '?'})`).join('')
  return `${intent} from ${beginning}${hasTwin ? ', two at once' : ''}, ${replies || 'nothing old'}${killed}`
}

export const runStale = async (seat: Seat, input: StaleInput): Promise<StaleReport> => {
  const violations: string[] = []
  let [points, runs] = [0, 0]
  const turns = { single: input.turn ?? 0, pair: input.turn ?? 0, twin: input.turn ?? 0, kill: input.turn ?? 0 }
  const isDue = (what: keyof typeof turns, every: number): boolean => {
    turns[what] += 1
    return every > 0 && turns[what] % every === 0
  }

  const run = async (plan: Plan): Promise<RunResult> => {
    seat.world.reset()
    seat.output.length = 0
    runs += 1
    const result = await runPlan(seat, plan)
    points += result.oldGiven
    for (const violation of result.violations) violations.push(`${describe(plan, result.calls)}: ${violation}`)
    return result
  }

  for (const intent of input.intents ?? intents) {
    for (const beginning of input.beginnings ?? beginnings) {
      const plan: Plan = { intent, beginning, kills: [], continuation: 'redriven', old: [] }
      const { replies, calls } = await run(plan)
      const all = oldRepliesOf(replies)
      for (const one of all) {
        if (isDue('single', input.singleEvery)) await run({ ...plan, old: [one] })
        if (isDue('twin', input.twinEvery)) await run({ ...plan, old: [one], hasTwin: true })
        if (isDue('kill', input.killEvery)) {
          const kill: Kill = { call: turns.kill % calls.length, phase: turns.kill % 2 === 0 ? 'before' : 'after' }
          await run({ ...plan, old: [one], kills: [kill] })
        }
      }
      if (input.pairEvery === 0) continue
      for (const pair of pairsOf(all)) if (isDue('pair', input.pairEvery)) await run({ ...plan, old: pair })
    }
  }
  notePlayed({ staleReplies: points })
  return { points, runs, violations }
}
