// Goes through every state that the model can reach: rotations one after another, a kill after each abstract call, steps driven again,
// a stuck AWSPENDING cleared, and people between the steps – a colleague in the Stytch dashboard, an operator at the secret. It says
// which of the design's claims broke, and by which way.
import { asked, type Rules, rotation, rulesOfDesign, runStep, steps } from './rotation.ts'
import {
  accepts,
  freshIn,
  holds,
  intents,
  isCurrentAccepted,
  keyOf,
  namesIn,
  registered,
  type State,
  type Value,
} from './state.ts'

export interface ExploreInput {
  /** @default - the design's */
  readonly rules?: Rules
  /** Whether an operator stores values by hand, too. */
  readonly hasOperator?: boolean
  /** Called with every state that is reached, once, and with the values that a revoke has taken away. */
  readonly onState?: (state: State, revoked: readonly Value[]) => void
}

export interface Broken {
  readonly claim: 'killedCurrent' | 'restoredRevoked' | 'hidOnlyLive' | 'revokeDidNotEnd'
  /** What happened since the registration. */
  readonly way: readonly string[]
}

export interface Explored {
  readonly states: number
  readonly transitions: number
  readonly broken: readonly Broken[]
}

interface Node {
  readonly state: State
  /** The step that comes next, while a rotation is under way. */
  readonly step: number
  /** Values that a revoke has taken away, as far as they are in sight. */
  readonly revoked: readonly Value[]
  readonly before: Node | undefined
  readonly happened: string
}

type Follow = (
  state: State,
  more: { readonly happened: string; readonly step?: number; readonly ours?: boolean },
) => void

const keyOfNode = ({ state, step, revoked }: Node): string => {
  const name = namesIn(state, 0)
  return `${keyOf(state)} ${step} ${revoked.map(name).sort()}`
}

const wayTo = (node: Node): readonly string[] =>
  node.before === undefined ? [] : [...wayTo(node.before), node.happened]

/** What a move by a revoke takes away: AWSCURRENT's value, and whatever else was accepted. */
const revokedBy = (from: State, to: State): readonly Value[] => {
  if (to.current === from.current || to.current.origin !== 'revoke') return []
  return [from.current.value, from.slot, from.next].filter(
    (value) => value !== null && value !== to.current.value,
  ) as Value[]
}

const inSight = ({ slot, next, current, previous, pending }: State, value: Value): boolean =>
  [slot, next, current.value, previous?.value, pending?.value].includes(value)

const claimBroken = (node: Node, to: State): Broken['claim'] | undefined => {
  const { state: from, revoked } = node
  if (holds(from, from.current.value) && !holds(to, to.current.value)) return 'killedCurrent'
  if (to.current.value !== from.current.value && revoked.includes(to.current.value)) return 'restoredRevoked'
  const p = from.pending?.value ?? null
  // The value of a copy is stored under the version it came from, too.
  const isCopy = from.pending?.origin === 'settle' || from.pending?.origin === 'rollback'
  const isCleared = from.pending !== null && !isCopy && to.pending === null && to.current === from.current
  if (isCleared && p !== from.current.value && accepts(from, p) && !isCurrentAccepted(from)) return 'hidOnlyLive'
  return undefined
}

/** Clears what is stuck, revokes, settles. @returns whether it ends settled with nothing older alive. */
export const endsByRevoke = (state: State, rules: Rules = rulesOfDesign): boolean => {
  const alive = [state.slot, state.next]
  const revoke = rotation({ ...state, client: 'active', pending: null }, 'revoke', rules)
  const settle = rotation(revoke.states.at(-1) ?? state, 'settle', rules)
  const end = settle.states.at(-1) ?? state
  const isSettled = end.slot === end.current.value && end.next === null && end.pending === null
  return isSettled && end.current.origin === 'settle' && !alive.includes(end.slot)
}

const followColleague = ({ state, step }: Node, follow: Follow): void => {
  const { slot, next, client } = state
  const status = client === 'active' ? 'inactive' : 'active'
  follow({ ...state, client: status }, { happened: `colleague makes it ${status}`, step })
  if (next === null) follow({ ...state, next: freshIn(state) }, { happened: 'colleague starts', step })
  else {
    follow({ ...state, slot: next, next: null }, { happened: 'colleague completes', step })
    follow({ ...state, slot, next: null }, { happened: 'colleague cancels', step })
  }
}

const followOperator = ({ state, step }: Node, follow: Follow): void => {
  const { slot, next, previous, current } = state
  if (previous !== null) {
    follow({ ...state, current: previous, previous: current }, { happened: 'operator moves AWSCURRENT back', step })
  }
  for (const value of new Set([slot, next ?? slot, previous?.value ?? slot, freshIn(state)])) {
    const isCopy = state.pending?.origin === 'settle' && state.pending.value !== null
    const pending = state.pending !== null && isCopy ? { ...state.pending, isOutdated: true } : state.pending
    const put: State = { ...state, current: { value, origin: 'rotate' }, previous: current, pending }
    follow(put, { happened: `operator puts ${value}`, step })
    // By hand, a new AWSCURRENT ends a rotation that is being driven.
    if (state.pending !== null)
      follow({ ...put, pending: null }, { happened: `operator puts ${value}, ends the drive` })
  }
}

const followRotation = ({ state, step }: Node, rules: Rules, follow: Follow): void => {
  if (state.pending === null) {
    for (const intent of intents) follow(asked(state, intent) ?? state, { happened: `ask ${intent}` })
    return
  }
  const name = steps[step] ?? 'createSecret'
  if (step > 0) follow(state, { happened: 'driven again' })
  follow({ ...state, pending: null }, { happened: 'cleared' })
  for (const isTooOld of [false, true]) {
    const { states, end } = runStep(state, { step: name, isTooOld, rules })
    const last = states.length - 1
    for (const [call, to] of states.entries()) {
      const isDone = call === last && end === 'done'
      const happened = `${name}${isTooOld ? ' too late' : ''}${call === last ? `: ${end}` : ` killed after call ${call}`}`
      follow(to, { happened, step: to.pending === null ? 0 : isDone ? step + 1 : step, ours: true })
    }
  }
}

export const explore = (input: ExploreInput = {}): Explored => {
  const { rules = rulesOfDesign, hasOperator = false, onState = () => {} } = input
  const root: Node = { state: registered, step: 0, revoked: [], before: undefined, happened: '' }
  const seen = new Set([keyOfNode(root)])
  const queue: Node[] = [root]
  const broken: Broken[] = []
  const claimed = new Set<Broken['claim']>()
  const report = (claim: Broken['claim'], node: Node): void => {
    if (claimed.has(claim)) return
    claimed.add(claim)
    broken.push({ claim, way: wayTo(node) })
  }
  let transitions = 0
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const from = node
    const follow: Follow = (state, { happened, step = 0, ours = false }) => {
      transitions += 1
      const isByHand = state.current !== from.state.current && !ours
      const all = new Set([...from.revoked, ...(ours ? revokedBy(from.state, state) : [])])
      if (isByHand) all.delete(state.current.value)
      const revoked = [...all].filter((value) => inSight(state, value)).sort()
      const to: Node = { state, step: step % steps.length, revoked, before: from, happened }
      const claim = ours ? claimBroken(from, state) : undefined
      if (claim !== undefined) report(claim, to)
      const key = keyOfNode(to)
      if (seen.has(key)) return
      seen.add(key)
      onState(state, revoked)
      if (!endsByRevoke(state, rules)) report('revokeDidNotEnd', to)
      queue.push(to)
    }
    followColleague(from, follow)
    if (hasOperator) followOperator(from, follow)
    followRotation(from, rules, follow)
  }
  return { states: seen.size, transitions, broken }
}
