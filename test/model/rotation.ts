// What each step of a rotation must do, by intent and position (architecture §3), as a list of abstract calls: the state after each
// is a place where an execution may be killed. Every rule that a test breaks on purpose is an entry in `Rules`.
import { accepts, freshIn, holds, type Intent, type Pending, positionOf, type State } from './state.ts'

export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type Step = (typeof steps)[number]

type Retirement = 'complete' | 'cancel' | undefined

export interface Rules {
  /** How a settle ends the overlap while AWSCURRENT sits in the next slot. */
  readonly settlesOverlapBy: 'complete' | 'cancel'
  /** Whether finishSecret looks before it moves AWSCURRENT. */
  readonly looksBeforeMove: boolean
  readonly rollsBackRevoke: boolean
  /** Whether a refusal leaves AWSPENDING on a new value that is accepted. */
  readonly keepsLivePending: boolean
}

export const rulesOfDesign: Rules = {
  settlesOverlapBy: 'complete',
  looksBeforeMove: true,
  rollsBackRevoke: false,
  keepsLivePending: true,
}

export interface Turn {
  readonly step: Step
  /** A settle or rollback that was asked for more than two hours ago. */
  readonly isTooOld?: boolean
  /** A settle that was asked for when AWSCURRENT sat on another version. */
  readonly isAboutAnother?: boolean
  /** Secrets Manager's own token, as of a dry run. */
  readonly isBare?: boolean
  /** Nobody can be about to store its value any more. */
  readonly isLeftEmpty?: boolean
  readonly rules?: Rules
  /** Values from here on have never been in sight. */
  readonly unseen?: number
}

/** again: a fault; the service asks anew. */
export type End = 'done' | 'refused' | 'again'

export interface StepRun {
  /** From the state before the first call to the state after the last. */
  readonly states: readonly [State, ...State[]]
  readonly end: End
}

const retired = (state: State, how: Retirement): State => {
  if (how === undefined || state.next === null) return state
  return { ...state, slot: how === 'complete' ? state.next : state.slot, next: null }
}

const stored = (state: State, pending: Pending, value: number): State => ({ ...state, pending: { ...pending, value } })

const run = (end: End, ...states: [State, ...State[]]): StepRun => ({ end, states })

/** A permanent refusal clears up after itself, but never takes a new value that is accepted out of sight. */
const refuse = (state: State, rules: Rules): StepRun => {
  const { pending, current } = state
  const p = pending?.value ?? null
  const isCopy = ['settle', 'rollback', 'stored'].includes(pending?.origin ?? '') || p === current.value
  // An inactive client refuses everything, which says nothing of a value that is stored.
  const mayLive = accepts(state, p) || (p !== null && state.client === 'inactive')
  return !isCopy && mayLive && rules.keepsLivePending
    ? run('refused', state)
    : run('refused', state, { ...state, pending: null })
}

/** A value that is expected and not there may be about to be stored. */
const missing = (state: State, { rules, isLeftEmpty }: Asked): StepRun =>
  isLeftEmpty ? refuse(state, rules) : run('refused', state)

interface Asked {
  readonly rules: Rules
  readonly unseen: number
  readonly isBare: boolean
  readonly isLeftEmpty: boolean
}

const makeNew = (
  state: State,
  pending: Pending,
  { how, unseen }: { how?: Retirement | undefined; unseen: number },
): StepRun => {
  const free = retired(state, how)
  // Fresh also against the value that has just left: none ever comes again.
  const started = { ...free, next: Math.max(unseen, freshIn(state)) }
  const last = stored(started, pending, started.next)
  return how === undefined ? run('done', state, started, last) : run('done', state, free, started, last)
}

/** A revoke and a settle go by the slots of a client that is inactive. */
const goesOn = ({ client }: State, { origin, value }: Pending): boolean => {
  const hasBegun = origin === 'rotate' && value !== null
  return client === 'active' || (client === 'inactive' && (origin === 'revoke' || origin === 'settle' || hasBegun))
}

/** Whether the value passes: Stytch accepts it, or holds it for a client that is inactive. */
const passes = (state: State, pending: Pending, value: number | null): boolean =>
  accepts(state, value) || (goesOn(state, pending) && holds(state, value))

const createForSwitch = (state: State, pending: Pending, { rules, unseen }: Asked): StepRun => {
  // A rotation that would change nothing is refused.
  if (pending.value !== null) return pending.value === state.current.value ? refuse(state, rules) : run('done', state)
  if (!goesOn(state, pending)) return refuse(state, rules)
  switch (positionOf(state)) {
    case 'settled':
      return makeNew(state, pending, { unseen })
    case 'overlap':
      return makeNew(state, pending, { how: 'complete', unseen })
    case 'rolledBack':
    case 'orphan':
      return makeNew(state, pending, { how: 'cancel', unseen })
    default: {
      if (pending.origin !== 'revoke') return refuse(state, rules)
      return makeNew(state, pending, { how: state.next === null ? undefined : 'cancel', unseen })
    }
  }
}

const createForSettle = (state: State, pending: Pending, { rules }: Asked): StepRun => {
  const c = state.current.value
  const isSafe = goesOn(state, pending) && (state.slot === c || state.next === c)
  if (!isSafe || pending.isOutdated || (pending.value !== null && pending.value !== c)) return refuse(state, rules)
  return pending.value === null ? run('done', state, stored(state, pending, c)) : run('done', state)
}

const createForRollback = (state: State, pending: Pending, { rules }: Asked): StepRun => {
  if (pending.value !== null) return run('done', state)
  if (state.client !== 'active' || isRevoked(state, rules)) return refuse(state, rules)
  const { previous, slot, current } = state
  const position = positionOf(state)
  const isAlive = previous !== null && previous.value !== current.value && slot === previous.value
  if (!isAlive || (position !== 'overlap' && position !== 'cancelledUnderUs')) return refuse(state, rules)
  return run('done', state, stored(state, pending, previous.value))
}

const isRevoked = ({ current }: State, rules: Rules): boolean => current.origin === 'revoke' && !rules.rollsBackRevoke

const create = (state: State, pending: Pending, asked: Asked): StepRun => {
  if (pending.origin === 'settle') return createForSettle(state, pending, asked)
  if (pending.origin === 'rollback') return createForRollback(state, pending, asked)
  return createForSwitch(state, pending, asked)
}

const set = (state: State, pending: Pending, asked: Asked): StepRun => {
  const { rules } = asked
  if (pending.origin === 'rotate' || pending.origin === 'revoke') return run('done', state)
  if (pending.value === null) return missing(state, asked)
  if (pending.origin === 'rollback') {
    return accepts(state, pending.value) && !isRevoked(state, rules) ? run('done', state) : refuse(state, rules)
  }
  const c = state.current.value
  if (pending.value !== c || !passes(state, pending, c)) return refuse(state, rules)
  if (state.next === null) return run('done', state)
  return run('done', state, retired(state, state.next === c ? rules.settlesOverlapBy : 'cancel'))
}

const test = (state: State, pending: Pending, asked: Asked): StepRun => {
  const { rules, isBare } = asked
  const { value, origin } = pending
  if (value === null && !isBare) return missing(state, asked)
  if (value === null || passes(state, pending, value)) return run('done', state)
  // A dry run (RotateImmediately=false) may look like this, and changes nothing.
  const isDryRun = value === state.current.value && (origin === 'rotate' || origin === 'revoke')
  return isDryRun ? run('refused', state) : refuse(state, rules)
}

const finish = (state: State, pending: Pending, asked: Asked): StepRun => {
  const { rules } = asked
  const { value, origin } = pending
  if (value === null) return missing(state, asked)
  const isCopy = value === state.current.value
  if (origin === 'rollback' ? isRevoked(state, rules) : isCopy !== (origin === 'settle')) return refuse(state, rules)
  if (rules.looksBeforeMove) {
    if (!passes(state, pending, value)) return refuse(state, rules)
    if (origin === 'settle' && state.next !== null) return run('again', state)
  }
  return run('done', state, {
    ...state,
    current: { value, origin },
    previous: state.current,
    pending: null,
  })
}

const table = { createSecret: create, setSecret: set, testSecret: test, finishSecret: finish }

/** Whether the token cannot ask for anything (any more); testSecret only says so of a value that is refused. */
const isVoid = (state: State, pending: Pending, { step, isTooOld = false, isAboutAnother = false }: Turn): boolean => {
  const isRefused = pending.value !== null && !accepts(state, pending.value)
  if (isAboutAnother && (step !== 'testSecret' || isRefused)) return true
  const isTimed = pending.origin === 'settle' || pending.origin === 'rollback'
  if (pending.origin !== 'stored' && !(isTooOld && isTimed)) return false
  return step !== 'setSecret' || pending.value !== null
}

/** One step of the rotation whose AWSPENDING is on record. Without one, nothing may happen. */
export const runStep = (state: State, turn: Turn): StepRun => {
  const { pending } = state
  const { rules = rulesOfDesign, unseen = 0, isBare = false, isLeftEmpty = false } = turn
  if (pending === null) return run('done', state)
  if (isVoid(state, pending, turn)) return refuse(state, rules)
  return table[turn.step](state, pending, { rules, unseen, isBare, isLeftEmpty })
}

/** RotateSecret. @returns undefined while another rotation's AWSPENDING is on record. */
export const asked = (state: State, intent: Intent): State | undefined =>
  state.pending === null ? { ...state, pending: { value: null, origin: intent } } : undefined

/** A rotation from beginning to end, with nothing in its way. @returns every state on the way. */
export const rotation = (from: State, intent: Intent, rules: Rules = rulesOfDesign): StepRun => {
  let state = asked(from, intent) ?? from
  const states: [State, ...State[]] = [state]
  for (const step of steps) {
    const ran = runStep(state, { step, rules })
    states.push(...ran.states.slice(1))
    state = ran.states.at(-1) ?? state
    if (ran.end !== 'done') return { states, end: ran.end }
  }
  return { states, end: 'done' }
}
