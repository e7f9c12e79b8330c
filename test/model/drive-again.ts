// How the sweep ends a stuck rotation (docs/decisions/018), in the model: the rotation function is asked for its steps again, and only an
// AWSPENDING without a value is taken away from outside. Beside it, what it must not do.
import { type Rules, rotation, rulesOfDesign, runStep, type Step, steps } from './rotation.ts'
import { accepts, holds, isCurrentAccepted, type State, type Value } from './state.ts'

export interface Ended {
  /** Every state on the way, the first one included. */
  readonly states: readonly [State, ...State[]]
}

const isSwitch = (state: State): boolean => state.pending?.origin === 'rotate' || state.pending?.origin === 'stored'

const last = (states: readonly [State, ...State[]]): State => states.at(-1) ?? states[0]

/** @param isTooOld whether a settle or rollback was asked for more than two hours ago. */
export const driveAgain = (stuck: State, isTooOld: boolean, rules: Rules = rulesOfDesign): Ended => {
  const states: [State, ...State[]] = [stuck]
  const again: readonly Step[] = isSwitch(stuck) ? ['testSecret', 'finishSecret'] : steps
  for (const step of again) {
    const before = last(states)
    if (before.pending === null) return { states }
    const ran = runStep(before, { step, isTooOld, rules })
    states.push(...ran.states.slice(1))
    if (ran.end === 'done' || (ran.end === 'refused' && step === 'testSecret')) continue
    // finishSecret says of a version without a value that it has none.
    const isEmpty = step === 'finishSecret' && before.pending.value === null && isSwitch(before)
    if (isEmpty) states.push({ ...before, pending: null })
    return { states }
  }
  return { states }
}

/** The sweep as the design's table has it: AWSPENDING goes, whatever is behind it. */
export const clearAtOnce = (stuck: State): Ended => ({ states: [stuck, { ...stuck, pending: null }] })

export type Harm = 'killedCurrent' | 'restoredRevoked' | 'hidOnlyLive'

/** What a way of ending a stuck rotation broke. */
export const harmOf = ({ states }: Ended, revoked: readonly Value[]): readonly Harm[] => {
  const found = new Set<Harm>()
  for (const [at, to] of states.entries()) {
    const from = states[at - 1]
    if (from === undefined) continue
    if (holds(from, from.current.value) && !holds(to, to.current.value)) found.add('killedCurrent')
    if (to.current.value !== from.current.value && revoked.includes(to.current.value)) found.add('restoredRevoked')
    const p = from.pending?.value ?? null
    // The value of a copy is stored under the version it came from, too.
    const isCopy = from.pending?.origin === 'settle' || from.pending?.origin === 'rollback'
    const isCleared = from.pending !== null && !isCopy && to.pending === null && to.current === from.current
    if (isCleared && p !== from.current.value && accepts(from, p) && !isCurrentAccepted(from)) found.add('hidOnlyLive')
  }
  return [...found]
}

/** Where a stuck rotation is left: only where its value is the one that works, or while Stytch does not have the client active. */
export const mayBeLeft = (state: State): boolean => {
  const { pending } = state
  if (pending === null || state.client !== 'active') return true
  return pending.value !== null && accepts(state, pending.value) && !isCurrentAccepted(state)
}

/** A settle that follows, undisturbed. */
export const settled = (state: State): State => last(rotation(state, 'settle').states)
