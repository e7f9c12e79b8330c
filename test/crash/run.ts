// One rotation of one intent from one beginning, killed where the plan says, driven on as Secrets Manager or the sweep would, and
// watched after every single outside call. It returns what was violated; an empty list is a pass.

import type { Intent } from '../../lambda/core/secret/request-token.ts'
import type { RotationEvent } from '../../lambda/local/aws/rotation-driver.ts'
import type { Fault } from '../../lambda/local/stand-in/faults.ts'
import { type GotReply, giveOldReplies, type OldReply } from './old-replies.ts'
import { type Beginning, begin } from './positions.ts'
import {
  acceptedValues,
  driveStuck,
  hiddenValues,
  idUnder,
  isCurrentAccepted,
  rotateSecret,
  type Seat,
  type Subject,
  stuckToken,
  undisturbed,
  valueUnder,
} from './seat.ts'

/** The function's timeout. */
const STEP_MS = 60_000
/** How often Secrets Manager drives again what an old reply has made fail. */
const REDRIVES_OF_OLD = 2

/** How a killed rotation goes on. */
export const continuations = ['redriven', 'sameStep', 'givenUp'] as const
export type Continuation = (typeof continuations)[number]

export interface Kill {
  /** The how-manieth outside call of the whole run, from 0. */
  readonly call: number
  readonly phase: 'before' | 'after'
}

export interface Plan {
  readonly intent: Intent
  readonly beginning: Beginning
  readonly kills: readonly Kill[]
  readonly continuation: Continuation
  /** The first value that Stytch makes ends like the one it will sit beside (docs/decisions/007). */
  readonly isAlike?: boolean
  /** These replies are old; the seat's time is virtual, and its bounds are a deployment's. */
  readonly old?: readonly OldReply[]
  /** A second execution of every step runs beside it. */
  readonly hasTwin?: boolean
  /** Plays a fault on the how-manieth outside call, from 0; `isLasting`: on every later one of its service too. */
  readonly fault?: { readonly call: number; readonly fault: Omit<Fault, 'op'>; readonly isLasting?: boolean }
}

export interface RunResult {
  /** Operations in order, as they were met at the gate. */
  readonly calls: readonly string[]
  readonly violations: readonly string[]
  /** Whether every kill of the plan was met. */
  readonly killsMet: number
  /** What could be old, from RotateSecret on. */
  readonly replies: readonly GotReply[]
  /** How many old replies of the plan were given. */
  readonly oldGiven: number
}

/** What a rotation of this intent does from this beginning when nothing disturbs it (architecture §3). */
export const refuses = (intent: Intent, beginning: Beginning): boolean => {
  const isDrift = beginning === 'drift' || beginning === 'driftWithNext'
  if (intent === 'revoke') return false
  if (intent === 'rollback') return beginning !== 'overlap' && beginning !== 'cancelledUnderUs'
  return isDrift || beginning === 'cancelledUnderUs'
}

interface Watch {
  readonly seat: Seat
  readonly subject: Subject
  readonly violations: string[]
  readonly calls: string[]
}

/** Looks after each call whether our step killed an accepted AWSCURRENT, or brought a revoked value back. */
const createWatch = (seat: Seat, subject: Subject) => {
  const violations: string[] = []
  const calls: string[] = []
  let wasAccepted = isCurrentAccepted(seat, subject)
  const revoked = new Set<string>()
  const look = (op: string): void => {
    const isAccepted = isCurrentAccepted(seat, subject)
    if (wasAccepted && !isAccepted) violations.push(`call ${calls.length - 1} (${op}) left AWSCURRENT refused`)
    wasAccepted = isAccepted
    const value = valueUnder(seat, subject.secretArn, 'AWSCURRENT')
    if (value !== undefined && revoked.has(value))
      violations.push(`call ${calls.length - 1} (${op}) brought a revoked value back`)
    if (idUnder(seat, subject.secretArn, 'AWSCURRENT')?.startsWith('revoke-')) {
      const lost = valueUnder(seat, subject.secretArn, 'AWSPREVIOUS')
      if (lost !== undefined && lost !== value) revoked.add(lost)
    }
  }
  return { seat, subject, violations, calls, look }
}

const createKiller = (kills: readonly Kill[]) => {
  let next = 0
  return {
    isDue: (call: number, phase: Kill['phase']): boolean => {
      const kill = kills[next]
      if (kill === undefined || kill.phase !== phase || kill.call > call) return false
      next += 1
      return true
    },
    met: () => next,
  }
}

const drive = ({ seat, look, calls }: ReturnType<typeof createWatch>, plan: Plan) => {
  const killer = createKiller(plan.kills)
  const once = (event: RotationEvent): Promise<'killed' | Awaited<ReturnType<Seat['execute']>>> =>
    new Promise((resolve) => {
      let at = -1
      void seat
        .execute({
          event,
          // Only faults take time that counts; a busy machine must not.
          timeMs: plan.old !== undefined ? STEP_MS : plan.fault === undefined ? 600_000 : 30_000,
          gate: (phase, op) => {
            if (phase === 'before') at = calls.push(op) - 1
            else look(op)
            return killer.isDue(at, phase) ? 'hang' : 'go'
          },
          onHang: () => resolve('killed'),
        })
        .then(resolve)
    })
  seat.onInvoke = async (event) => {
    for (;;) {
      const twin = plan.hasTwin === true ? once(event) : undefined
      const outcome = await once(event)
      await twin
      if (outcome !== 'killed') return outcome
      if (plan.continuation !== 'sameStep') return { ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' }
    }
  }
  return killer
}

/** Sweeps after which whatever is stuck has ended, unless its steps refuse to end it. */
const SWEEPS = 4

/** The sweep's way with a rotation that was given up: driven again, then settled, and a revoke again if it was one that did not end. */
const sweepUp = async (seat: Seat, subject: Subject): Promise<void> => {
  for (let sweeps = 0; sweeps < SWEEPS; sweeps += 1) {
    const stuck = await driveStuck(seat, subject)
    const isFinished = stuck === idUnder(seat, subject.secretArn, 'AWSCURRENT')
    if (stuck === undefined || isFinished) return
    if (stuckToken(seat, subject) !== undefined) continue
    await rotateSecret(seat, subject, stuck.startsWith('revoke-') ? 'revoke' : 'settle')
  }
}

const endFaults = (watch: Watch, plan: Plan, before: readonly string[], value: string | undefined): string[] => {
  const { seat, subject } = watch
  const faults: string[] = []
  const say = (fault: string): void => {
    faults.push(fault)
  }
  const slots = seat.kind.slots(seat.stytch, subject.clientId)
  const after = acceptedValues(seat, subject)
  const current = valueUnder(seat, subject.secretArn, 'AWSCURRENT')
  const pendingId = idUnder(seat, subject.secretArn, 'AWSPENDING')
  // On AWSCURRENT's own version it is a valid end (secrets-manager §1.1): it locks nobody out.
  const isStuck = pendingId !== undefined && pendingId !== idUnder(seat, subject.secretArn, 'AWSCURRENT')
  if (isStuck) say('AWSPENDING was left behind')
  // One old reply alone costs no rotation its end.
  const isDisturbed =
    plan.kills.length > 0 || plan.fault !== undefined || plan.hasTwin === true || (plan.old?.length ?? 0) > 1
  if (refuses(plan.intent, plan.beginning)) {
    // An old look may show a dead AWSCURRENT as alive, and a new value in its place does no harm.
    const isHealed = plan.old !== undefined && !before.includes(value ?? '') && isCurrentAccepted(seat, subject)
    if (current !== value && !isHealed) say('a refused rotation moved AWSCURRENT to another value')
    return faults
  }
  if (!isCurrentAccepted(seat, subject)) say('AWSCURRENT is refused at the end')
  // What sits in the next slot is a stored value, or nothing: an orphan is a lost secret.
  const held = after.length
  // Where nobody can tell a lost value from a colleague's, it stays, and nobody has it.
  const slotsFilled = seat.kind.leavesStrangers ? held : slots?.nextLastFour === null ? 1 : 2
  const isRevoke = plan.intent === 'revoke'
  if (held !== slotsFilled) say(`${slotsFilled} slots are filled, ${held} stored values are accepted: an orphan`)
  if (plan.intent === 'settle' && slotsFilled !== 1) say('a settle left the overlap open')
  if (isRevoke && slotsFilled !== 1) say('a revoke and its settle left the overlap open')
  if (isRevoke) {
    const alive = before.filter((old) => after.includes(old))
    if (alive.length > 0) say('a value that was accepted before the revoke is accepted after it')
    if (!seat.aws.events().some(({ detailType }) => detailType === 'Secret Revoked')) say('no evidence of the revoke')
  }
  if (!isDisturbed && plan.intent === 'rotate' && (slotsFilled !== 2 || current === value))
    say('a rotate did not switch')
  if (!isDisturbed && plan.intent === 'rollback' && current === value) say('a rollback did not switch')
  return faults
}

/** Both services share one count, as the calls are made one after the other. */
const playFault = (seat: Seat, plan: Plan): void => {
  if (plan.fault === undefined) return
  const { aws, vendor } = seat
  const { call, fault, isLasting = false } = plan.fault
  seat.isHasty = fault.kind === 'delay'
  let count = 0
  let struck: object | undefined
  for (const server of [aws, vendor]) {
    server.faults.setPolicy((op) => {
      const at = count
      count += 1
      if (at === call) struck = server
      return at === call || (isLasting && at > call && struck === server) ? { ...fault, op } : undefined
    })
  }
}

const endFaultPlay = (seat: Seat): void => {
  for (const server of [seat.aws, seat.vendor]) server.faults.clear()
  seat.isHasty = false
}

/** Ends a rotation that a kill left behind: driven on, or swept. */
const finish = async (seat: Seat, subject: Subject, plan: Plan): Promise<void> => {
  await seat.aws.idle()
  if (plan.continuation !== 'givenUp') return
  // What was killed is over; the sweep's own rotations run undisturbed unless the plan still has a kill.
  await sweepUp(seat, subject)
}

/** RotateSecret itself may meet the fault; whoever asked then asks again. */
const attempt = async (seat: Seat, subject: Subject, intent: Intent): Promise<void> => {
  const isAsked = await rotateSecret(seat, subject, intent).then(
    () => true,
    () => false,
  )
  await seat.aws.idle()
  if (isAsked) return
  endFaultPlay(seat)
  for (let sweeps = 0; sweeps < SWEEPS && stuckToken(seat, subject) !== undefined; sweeps += 1) {
    await driveStuck(seat, subject)
  }
  await rotateSecret(seat, subject, intent)
}

/** Last four of the value that a rotate or a revoke leaves in the current slot when it asks for the next one. */
const besideNext = (seat: Seat, { secretArn, clientId }: Subject): string => {
  const { lastFour = '', nextLastFour = null } = seat.kind.slots(seat.stytch, clientId) ?? {}
  const current = valueUnder(seat, secretArn, 'AWSCURRENT')
  return nextLastFour !== null && current?.endsWith(nextLastFour) ? nextLastFour : lastFour
}

/** After old replies: nothing that works is hidden, and the next rotation and its settle go as ever. */
const aftermathFaults = async (seat: Seat, subject: Subject, hidden: readonly string[]): Promise<readonly string[]> => {
  const faults: string[] = []
  if (hiddenValues(seat, subject).some((value) => !hidden.includes(value)))
    faults.push('a stored value that is accepted lost its label')
  seat.onInvoke = undisturbed(seat)
  // Where AWSCURRENT was dead before, only a revoke replaces it.
  const next = isCurrentAccepted(seat, subject) ? 'rotate' : 'revoke'
  for (const intent of [next, 'settle'] as const) {
    const token = await rotateSecret(seat, subject, intent).catch(() => undefined)
    if (token === undefined || idUnder(seat, subject.secretArn, 'AWSCURRENT') !== token)
      faults.push(`the next ${intent} did not end: ${seat.output.at(-1) ?? 'it was refused'}`)
  }
  if (!isCurrentAccepted(seat, subject)) faults.push('AWSCURRENT is refused after the next settle')
  const { slots } = seat.kind
  if (!seat.kind.leavesStrangers && slots(seat.stytch, subject.clientId)?.nextLastFour !== null)
    faults.push('the next settle left the overlap open')
  return faults
}

export const runPlan = async (seat: Seat, plan: Plan): Promise<RunResult> => {
  const subject = await begin(seat, plan.beginning)
  const redrives = plan.kills.length + 1 + (plan.old === undefined ? 0 : REDRIVES_OF_OLD)
  seat.aws.configure({ redriveCount: plan.continuation === 'redriven' ? redrives : 0 })
  const before = acceptedValues(seat, subject)
  const value = valueUnder(seat, subject.secretArn, 'AWSCURRENT')
  const watch = createWatch(seat, subject)
  const killer = drive(watch, plan)
  const hidden = hiddenValues(seat, subject)
  const replies = plan.old === undefined ? undefined : giveOldReplies(seat, plan.old)
  if (plan.isAlike) seat.stytch.forceLastFour(besideNext(seat, subject))
  playFault(seat, plan)
  await attempt(seat, subject, plan.intent)
  endFaultPlay(seat)
  await finish(seat, subject, plan)
  if (!refuses(plan.intent, plan.beginning) && !isCurrentAccepted(seat, subject)) {
    // AWSCURRENT was dead before this began, and the attempt was given up: the next one, undisturbed, must mend it.
    seat.onInvoke = undisturbed(seat)
    await rotateSecret(seat, subject, plan.intent)
  }
  const isDone = (): boolean => idUnder(seat, subject.secretArn, 'AWSCURRENT')?.startsWith('settle-') === true
  if (plan.intent === 'revoke' && !isDone()) {
    await rotateSecret(seat, subject, 'settle')
    await finish(seat, subject, plan)
    if (!isDone()) {
      seat.onInvoke = undisturbed(seat)
      await rotateSecret(seat, subject, 'settle')
    }
  }
  replies?.end()
  if (plan.old !== undefined) await sweepUp(seat, subject)
  const faults = endFaults(watch, plan, before, value)
  if (plan.old !== undefined) faults.push(...(await aftermathFaults(seat, subject, hidden)))
  return {
    calls: watch.calls,
    violations: [...watch.violations, ...faults],
    killsMet: killer.met(),
    replies: replies?.got ?? [],
    oldGiven: replies?.given() ?? 0,
  }
}
