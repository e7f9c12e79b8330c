// The four steps as the rules have them, each rule a switch, so that the search can show what each is for. A step is a generator of calls:
// what it knows is what it was answered, and nothing else.

import {
  type Answer,
  type Id,
  type Labels,
  positionSeen,
  type Slots,
  type Stored,
  type Windowed,
  type World,
} from './stale-world.ts'
import type { Origin, Value } from './state.ts'

/** Named after what each rule does; the numbers are those of the tests. */
export interface StaleRules {
  /** 1: AWSCURRENT is what a reply shows that shows the own token as well; else whatever any reply shows. */
  readonly currentByOwnReply: boolean
  /** 2: a reply without the own token is looked at again; else it is final. */
  readonly looksAgain: boolean
  /** 2: a reply without it is final once it is late; else it is waited for. */
  readonly endsWaiting: boolean
  /** 3: no token is used twice. */
  readonly newToken: boolean
  /** 3: a settle about another version is refused at once; else it waits for its own. */
  readonly refusesOtherVersion: boolean
  /** 4: labels are looked at immediately before a slot is ended. */
  readonly freshLabels: boolean
  /** 4: a cancel is looked at twice. */
  readonly secondLook: boolean
  /** 4: a settle that finds nothing to end looks twice. */
  readonly confirmsSettled: boolean
  /** 4: the read lag is waited out after a slot was ended. */
  readonly waitsOutLag: boolean
  /** 5: executions that end slots take turns. */
  readonly lease: boolean
  /** Beyond 5: testSecret and finishSecret take turns with them as well. */
  readonly leaseInEveryStep: boolean
  /** 6: a token of our own form does not pass testSecret without a value. */
  readonly testNeedsValue: boolean
  /** 7: an accepted value's AWSPENDING is never taken away. */
  readonly keepsAccepted: boolean
  /** 7: a copy's AWSPENDING is taken away when it is refused. */
  readonly clearsCopies: boolean
  /** 7: a move that failed is retried. */
  readonly retriesMove: boolean
  /** 7: rotation that is switched off stops neither finishing nor clearing; else it stops every step. */
  readonly finishesWhenOff: boolean
  /** 8: a value in a slot that is not accepted yet is waited for. */
  readonly isPatient: boolean
  /** Beyond 8: finishSecret exchanges the value immediately before it moves AWSCURRENT. */
  readonly exchangesBeforeMove: boolean
  /** 9: storing a value takes AWSPENDING from a newer rotation, as PutSecretValue does. */
  readonly putMovesPending: boolean
}

export const allRules: StaleRules = {
  currentByOwnReply: true,
  looksAgain: true,
  endsWaiting: true,
  newToken: true,
  refusesOtherVersion: true,
  freshLabels: true,
  secondLook: true,
  confirmsSettled: true,
  waitsOutLag: true,
  lease: true,
  leaseInEveryStep: false,
  testNeedsValue: true,
  keepsAccepted: true,
  clearsCopies: true,
  retriesMove: true,
  finishesWhenOff: true,
  isPatient: true,
  exchangesBeforeMove: false,
  putMovesPending: true,
}

export const stepNames = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type StepName = (typeof stepNames)[number]

export interface Asked {
  readonly step: StepName
  readonly me: Id
  /** Origins and subjects, which stand in the ids; never the values. */
  readonly ids: readonly Pick<Stored, 'origin' | 'about'>[]
  readonly rules: StaleRules
}

export const askedOf = ({ versions }: Pick<World, 'versions'>, step: StepName, me: Id, rules: StaleRules): Asked => ({
  step,
  me,
  ids: versions,
  rules,
})

export type Reason =
  | 'notPending'
  | 'currentMoved'
  | 'pendingMissing'
  | 'pendingEqualsCurrent'
  | 'dryRunRefused'
  | 'wouldRestoreRevoked'
  | 'neverAccepted'
  | 'position'
  | 'rotationOff'

/** again: a fault; the same step may succeed later. */
export type StepEnd = { readonly end: 'done' | 'again' } | { readonly end: 'refused'; readonly reason: Reason }

export type Running<Found> = Generator<Windowed, Found, Answer>

const DONE: StepEnd = { end: 'done' }
const AGAIN: StepEnd = { end: 'again' }
const refused = (reason: Reason): StepEnd => ({ end: 'refused', reason })

const MAX_ROUNDS = 3

function* ask<Found extends Answer>(call: Windowed): Running<Found> {
  return (yield call) as Found
}

function* waitFor(until: 'labels' | 'slots'): Running<void> {
  yield { call: 'wait' }
  yield { call: 'waited', until }
}

const isSwitch = (origin: Origin): boolean => origin === 'rotate' || origin === 'revoke' || origin === 'stored'

interface Guarded {
  readonly labels: Labels
  readonly isFinished: boolean
}

const originOf = ({ ids }: Asked, id: Id): Origin => ids[id]?.origin ?? 'stored'

function* guard(asked: Asked, within: Windowed['within'] = []): Running<Guarded | StepEnd> {
  const { me, rules } = asked
  const isOurs = ({ current, pending }: Labels): boolean => current === me || pending === me
  let shown = yield* ask<Labels>({ call: 'describe', within })
  for (let looks = 1; !isOurs(shown); looks += 1) {
    if (!rules.looksAgain || (looks > 1 && rules.endsWaiting)) return refused('notPending')
    yield* waitFor('labels')
    shown = yield* ask<Labels>({ call: 'describe', within })
  }
  const labels = rules.currentByOwnReply ? shown : { ...shown, ...(yield* ask<Labels>({ call: 'describe', within })) }
  const isFinished = labels.current === me
  if (!labels.isOn && !isFinished && !rules.finishesWhenOff) return refused('rotationOff')
  const { origin = 'stored', about } = asked.ids[me] ?? {}
  if (origin === 'settle' && !isFinished && about !== undefined && about !== labels.current) {
    return rules.refusesOtherVersion ? refused('currentMoved') : AGAIN
  }
  return { labels, isFinished }
}

const isEnd = (found: object): found is StepEnd => 'end' in found

/** A value that is expected: absent only if it is so for long enough. */
function* awaitValue(id: Id): Running<Value | null> {
  const first = yield* ask<Value | null>({ call: 'read', id })
  if (first !== null) return first
  yield* waitFor('labels')
  return yield* ask<Value | null>({ call: 'read', id })
}

interface Ending {
  readonly guarded: Guarded
  readonly slots: Slots
  readonly retire: 'complete' | 'cancel'
  readonly isStill: () => Running<boolean>
}

/** @returns an end, or `lookAgain`, or `ended`. */
function* endSlot(asked: Asked, { guarded, slots, retire, isStill }: Ending): Running<StepEnd | 'lookAgain' | 'ended'> {
  const { rules } = asked
  if (retire === 'cancel' && rules.secondLook) {
    yield* waitFor('labels')
    const isSo = yield* isStill()
    const now = yield* ask<Slots>({ call: 'look' })
    if (!isSo || now.slot !== slots.slot || now.next !== slots.next) return 'lookAgain'
  }
  if (rules.freshLabels) {
    const again = yield* guard(asked, ['W1'])
    if (isEnd(again)) return again
    if (again.isFinished) return DONE
    if (again.labels.current !== guarded.labels.current) return refused('currentMoved')
  }
  const answer = yield* ask<string>({ call: retire, within: ['W1', 'W3'] })
  if (rules.waitsOutLag) yield* waitFor('slots')
  return answer === 'done' ? 'ended' : 'lookAgain'
}

function* hasNothing(asked: Asked): Running<boolean> {
  return (yield* ask<Value | null>({ call: 'read', id: asked.me })) === null
}

const startsBy = (position: string, slots: Slots, isRevoke: boolean): 'none' | 'complete' | 'cancel' | undefined => {
  switch (position) {
    case 'settled':
      return 'none'
    case 'overlap':
      return 'complete'
    case 'rolledBack':
    case 'orphan':
      return 'cancel'
    default:
      if (!isRevoke) return undefined
      return slots.next === null ? 'none' : 'cancel'
  }
}

function* store(asked: Asked, value: Value): Running<'stored' | 'differs'> {
  const { me, rules } = asked
  return yield* ask<'stored' | 'differs'>({ call: 'put', id: me, value, movesPending: rules.putMovesPending })
}

function* createNew(asked: Asked, guarded: Guarded, current: Value): Running<StepEnd> {
  const origin = originOf(asked, asked.me)
  const { previous } = guarded.labels
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const p = yield* ask<Value | null>({ call: 'read', id: asked.me })
    if (p !== null) return p === current ? refused('pendingEqualsCurrent') : DONE
    const slots = yield* ask<Slots>({ call: 'look' })
    const v = previous === null ? null : yield* ask<Value | null>({ call: 'read', id: previous })
    const seen = {
      current: { value: current, origin: originOf(asked, guarded.labels.current) },
      previous: v,
      pending: null,
    }
    const position = positionSeen(slots, seen)
    const isGone = position === 'drift' || position === 'cancelledUnderUs'
    if (isGone && (yield* ask<boolean>({ call: 'exchange', value: current }))) {
      yield* waitFor('slots')
      continue
    }
    const retire = startsBy(position, slots, origin === 'revoke')
    if (retire === undefined) return refused('position')
    if (retire !== 'none') {
      const isStill = () => hasNothing(asked)
      const ended = yield* endSlot(asked, { guarded, slots, retire, isStill })
      if (ended === 'lookAgain') continue
      if (ended !== 'ended') return ended
    }
    const next = yield* ask<Value | 'rotating'>({ call: 'start' })
    if (next === 'rotating') {
      yield* waitFor('slots')
      continue
    }
    return (yield* store(asked, next)) === 'stored' ? DONE : AGAIN
  }
  return AGAIN
}

function* createCopy(asked: Asked, guarded: Guarded, current: Value): Running<StepEnd> {
  const origin = originOf(asked, asked.me)
  const { previous } = guarded.labels
  const isRollback = origin === 'rollback'
  if (isRollback) {
    const p = yield* ask<Value | null>({ call: 'read', id: asked.me })
    if (p !== null) return DONE
    if (originOf(asked, guarded.labels.current) === 'revoke') return refused('wouldRestoreRevoked')
  }
  const slots = yield* ask<Slots>({ call: 'look' })
  const v = previous === null ? null : yield* ask<Value | null>({ call: 'read', id: previous })
  const seen = {
    current: { value: current, origin: originOf(asked, guarded.labels.current) },
    previous: v,
    pending: null,
  }
  const position = positionSeen(slots, seen)
  if (isRollback) {
    const isThere = v !== null && v !== current && slots.slot === v
    if (!isThere || (position !== 'overlap' && position !== 'cancelledUnderUs')) return refused('position')
    return (yield* store(asked, v)) === 'stored' ? DONE : refused('currentMoved')
  }
  if (!['settled', 'overlap', 'rolledBack', 'orphan'].includes(position)) return refused('position')
  return (yield* store(asked, current)) === 'stored' ? DONE : refused('currentMoved')
}

function* createSecret(asked: Asked): Running<StepEnd> {
  const guarded = yield* guard(asked)
  if (isEnd(guarded)) return guarded
  if (guarded.isFinished) return DONE
  if (!guarded.labels.isOn && (yield* hasNothing(asked))) return refused('rotationOff')
  const current = yield* awaitValue(guarded.labels.current)
  if (current === null) return AGAIN
  return yield* isSwitch(originOf(asked, asked.me))
    ? createNew(asked, guarded, current)
    : createCopy(asked, guarded, current)
}

function* setSecret(asked: Asked): Running<StepEnd> {
  const origin = originOf(asked, asked.me)
  if (isSwitch(origin)) return DONE
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const guarded = yield* guard(asked)
    if (isEnd(guarded)) return guarded
    if (guarded.isFinished) return DONE
    const p = yield* awaitValue(asked.me)
    if (p === null) return refused('pendingMissing')
    const current = yield* awaitValue(guarded.labels.current)
    if (current === null) return AGAIN
    const slots = yield* ask<Slots>({ call: 'look' })
    if (origin === 'rollback') {
      if (originOf(asked, guarded.labels.current) === 'revoke') return refused('wouldRestoreRevoked')
      return slots.slot === p || slots.next === p ? DONE : refused('position')
    }
    if (p !== current) return refused('currentMoved')
    if (slots.slot !== current && slots.next !== current) return refused('position')
    if (slots.next === null) {
      if (!asked.rules.confirmsSettled) return DONE
      yield* waitFor('slots')
      const later = yield* ask<Slots>({ call: 'look' })
      if (later.slot === current && later.next === null) return DONE
      continue
    }
    const retire = slots.next === current ? 'complete' : 'cancel'
    // biome-ignore lint/correctness/useYield: nothing else has to be so still
    const isStill = function* (): Running<boolean> {
      return true
    }
    const ended = yield* endSlot(asked, { guarded, slots, retire, isStill })
    if (ended === 'ended') return DONE
    if (ended !== 'lookAgain') return ended
  }
  return AGAIN
}

function* testSecret(asked: Asked): Running<StepEnd> {
  const origin = originOf(asked, asked.me)
  const { rules } = asked
  const p = rules.testNeedsValue
    ? yield* awaitValue(asked.me)
    : yield* ask<Value | null>({ call: 'read', id: asked.me })
  if (p === null) return rules.testNeedsValue && origin !== 'stored' ? refused('pendingMissing') : DONE
  if (yield* ask<boolean>({ call: 'exchange', value: p })) return DONE
  const guarded = yield* guard(asked)
  if (isEnd(guarded)) return guarded
  const current = yield* awaitValue(guarded.labels.current)
  if (current === null) return AGAIN
  if (isSwitch(origin) && p === current) return refused('dryRunRefused')
  const slots = yield* ask<Slots>({ call: 'look' })
  if (slots.slot !== p && slots.next !== p) return refused('position')
  if (!rules.isPatient) return refused('position')
  const isStarted = slots.slot === current && slots.next === p
  if (!isSwitch(origin) || !isStarted || !(yield* ask<boolean>({ call: 'overdue' }))) return AGAIN
  const isStill = function* (): Running<boolean> {
    return !(yield* ask<boolean>({ call: 'exchange', value: p }))
  }
  const ended = yield* endSlot(asked, { guarded, slots, retire: 'cancel', isStill })
  if (ended === 'lookAgain') return AGAIN
  return ended === 'ended' ? refused('neverAccepted') : ended
}

function* moveCurrent(asked: Asked, { labels }: Guarded): Running<StepEnd> {
  const { me, rules } = asked
  const answer = yield* ask<string>({ call: 'move', from: labels.current, to: me, within: ['W2'] })
  if (answer === 'done') return DONE
  const shown = yield* ask<Labels>({ call: 'describe' })
  if (shown.current === me) return DONE
  return isSwitch(originOf(asked, me)) && rules.retriesMove ? AGAIN : refused('currentMoved')
}

function* finishSecret(asked: Asked): Running<StepEnd> {
  const origin = originOf(asked, asked.me)
  const { rules } = asked
  const guarded = yield* guard(asked)
  if (isEnd(guarded)) return guarded
  if (guarded.isFinished) return DONE
  const p = yield* awaitValue(asked.me)
  if (p === null) return refused('pendingMissing')
  if (origin === 'rollback' && originOf(asked, guarded.labels.current) === 'revoke')
    return refused('wouldRestoreRevoked')
  const current = yield* awaitValue(guarded.labels.current)
  if (current === null) return AGAIN
  if (origin === 'settle' && p !== current) return refused('currentMoved')
  if (isSwitch(origin) && p === current) return refused('pendingEqualsCurrent')
  for (let looks = 1; ; looks += 1) {
    const slots = yield* ask<Slots>({ call: 'look' })
    const isIn = slots.slot === p || slots.next === p
    if (isIn && (origin !== 'settle' || slots.next === null)) {
      if (rules.exchangesBeforeMove && !(yield* ask<boolean>({ call: 'exchange', value: p }))) return AGAIN
      return yield* moveCurrent(asked, guarded)
    }
    if (!isIn && !(yield* ask<boolean>({ call: 'exchange', value: p }))) return refused('position')
    if (looks === 2) return AGAIN
    yield* waitFor('slots')
  }
}

const programs = { createSecret, setSecret, testSecret, finishSecret }

/** What a refusal takes with it: only what hides nothing. */
function* clearUp(asked: Asked, reason: Reason): Running<void> {
  const { me, rules } = asked
  if (['notPending', 'dryRunRefused'].includes(reason)) return
  // Somebody may be about to store it.
  if (reason === 'pendingMissing' && !(yield* ask<boolean>({ call: 'isAlone', id: me }))) return
  if (isSwitch(originOf(asked, me))) {
    const p = yield* awaitValue(me)
    const mayHide = p !== null && reason !== 'pendingEqualsCurrent' && rules.keepsAccepted
    if (mayHide && (yield* ask<boolean>({ call: 'exchange', value: p }))) return
  } else if (!rules.clearsCopies) return
  yield { call: 'clear', id: me }
}

/** Whether nobody else may work on the secret during this step. */
const takesLease = ({ step, rules }: Asked): boolean =>
  rules.lease && (rules.leaseInEveryStep || step === 'createSecret' || step === 'setSecret')

export function* runStep(asked: Asked): Running<StepEnd> {
  const { step } = asked
  if (takesLease(asked) && !(yield* ask<boolean>({ call: 'lease' }))) return AGAIN
  const program = programs[step]
  const first = yield* program(asked)
  if (first.end !== 'refused') return first
  let last = first
  if (first.reason === 'position') {
    yield* waitFor('slots')
    const second = yield* program(asked)
    if (second.end !== 'refused') return second
    last = second
  }
  yield* clearUp(asked, last.reason)
  return last
}
