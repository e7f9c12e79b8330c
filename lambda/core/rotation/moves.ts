// The move table (architecture §3, "The four steps, by intent"): what each step may do, from where. Pure, and written once;
// the use cases carry out what it says and nothing else.

import { ok, type Result, refused } from '../base/result.ts'
import { type Intent, makesNewValue, type Origin } from '../secret/request-token.ts'
import type { SlotUses } from './issuer.ts'
import type { Position, Sighting } from './position.ts'
import type { Refusal } from './refusal.ts'

/** How the slots are brought to one accepted value: complete kills the current slot's, cancel the next slot's. */
export type Retirement = 'none' | 'complete' | 'cancel'

/** What createSecret does: retire what must go, then make the pending value. */
export interface CreateMove {
  readonly retire: Retirement
  /** start: ask Stytch for a next secret and store it at once. current, previous: store a copy of that value. */
  readonly pending: 'start' | 'copyCurrent' | 'copyPrevious'
}

interface CreateFacts {
  readonly intent: Intent
  readonly sighting: Sighting
  /** Whether Stytch shows a next secret; only `drift` needs it. */
  readonly hasNext: boolean
  /** Origin of the version that carries AWSCURRENT. */
  readonly currentOrigin: Origin
  /** AWSCURRENT stands for a value that nobody has (secret-format.ts): the client was adopted without it. */
  readonly isCurrentLost?: boolean
}

type Table = Partial<Record<Position, CreateMove>>

const start = (retire: Retirement): CreateMove => ({ retire, pending: 'start' })
const copyCurrent: CreateMove = { retire: 'none', pending: 'copyCurrent' }

const rotate: Table = {
  settled: start('none'),
  overlap: start('complete'),
  rolledBack: start('cancel'),
  orphan: start('cancel'),
}

const settle: Table = {
  settled: copyCurrent,
  overlap: copyCurrent,
  rolledBack: copyCurrent,
  orphan: copyCurrent,
}

const createTable = ({ intent, sighting, hasNext, isCurrentLost = false }: CreateFacts): Table => {
  switch (intent) {
    case 'rotate':
      // What the issuer's current slot holds is lost, not dead: a next secret beside it takes nothing from anybody. One that is
      // there already was started by this rotation, since adoption found none.
      return isCurrentLost ? { drift: start(hasNext ? 'cancel' : 'none') } : rotate
    case 'revoke':
      // C is dead already in the two added rows: nothing of it is left to protect.
      return { ...rotate, cancelledUnderUs: start('none'), drift: start(hasNext ? 'cancel' : 'none') }
    case 'settle':
      return settle
    case 'rollback': {
      const copyPrevious: CreateMove = { retire: 'none', pending: 'copyPrevious' }
      return sighting.previousAccepted ? { overlap: copyPrevious, cancelledUnderUs: copyPrevious } : {}
    }
  }
}

/** createSecret, when no pending value is stored yet. */
export const createMove = (facts: CreateFacts): Result<CreateMove, Refusal> => {
  const { intent, sighting, currentOrigin } = facts
  if (intent === 'rollback' && currentOrigin === 'revoke') return refused({ reason: 'wouldRestoreRevoked' })
  const move = createTable(facts)[sighting.position]
  return move === undefined
    ? refused({ reason: 'position', step: 'createSecret', intent, position: sighting.position })
    : ok(move)
}

interface SlotEnd {
  readonly intent: Intent
  /** Of the version that was switched to (Guarded.switched). */
  readonly currentOrigin: Origin
  readonly retire: Exclude<Retirement, 'none'>
  readonly uses: SlotUses | undefined
  readonly now: number
}

/** Where the issuer shows when a value was last used, a planned end of its slot waits for its users; a revoke, and what follows it, does not. */
export const stillUsed = ({ intent, currentOrigin, retire, uses, now }: SlotEnd): Refusal | undefined => {
  if (uses === undefined || intent === 'revoke' || currentOrigin === 'revoke') return undefined
  const usedAt = retire === 'complete' ? uses.current : uses.next
  if (usedAt === undefined || now - usedAt >= uses.quietMs) return undefined
  return { reason: 'stillUsed', usedAt, quietMs: uses.quietMs }
}

/** setSecret: only a settle changes Stytch here; a rollback makes sure that its value still lives. */
export const setMove = (intent: Intent, sighting: Sighting): Result<Retirement, Refusal> => {
  const { position } = sighting
  if (makesNewValue(intent)) return ok('none')
  if (intent === 'rollback') {
    return sighting.pendingAccepted ? ok('none') : refused({ reason: 'position', step: 'setSecret', intent, position })
  }
  if (position === 'settled') return ok('none')
  // AWSCURRENT sits in next: completing keeps it. In current: cancelling keeps it. The other way round would kill it.
  if (position === 'overlap') return ok('complete')
  if (position === 'rolledBack' || position === 'orphan') return ok('cancel')
  return refused({ reason: 'position', step: 'setSecret', intent, position })
}

/** finishSecret may move AWSCURRENT only to a value that sits in a slot. */
export const finishMove = (intent: Intent, sighting: Sighting): Result<'move' | 'notYet', Refusal> => {
  const { position } = sighting
  const refusal = refused<Refusal>({ reason: 'position', step: 'finishSecret', intent, position })
  if (!sighting.pendingAccepted) return refusal
  if (intent === 'settle' && position === 'ambiguous') return refusal
  // A settle's label says "settled": it is not moved while the other slot still lives.
  if (intent === 'settle' && position !== 'settled') return ok('notYet')
  return ok('move')
}
