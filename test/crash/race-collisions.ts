// Last-four collisions, forced: two or more values of one client end in the same four characters, at every beginning and for every
// intent. Stytch shows no more of a slot than these four. Called by the tests (all) and by the torture (all).
import { UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { type Intent, intents } from '../../lambda/core/secret/request-token.ts'
import { notePlayed } from './played.ts'
import { createRaceWatch, type Watch } from './race-watch.ts'
import {
  clearStuck,
  idUnder,
  isCurrentAccepted,
  putByHand,
  register,
  rotateSecret,
  type Seat,
  type Subject,
  undisturbed,
  valueUnder,
} from './seat.ts'

/** C AWSCURRENT's value, V AWSPREVIOUS's, P the new one of this rotation, X and Y a colleague's. */
export type Role = 'C' | 'V' | 'P' | 'X' | 'Y'
const SHARED = 'Same'

interface Stage {
  readonly seat: Seat
  /** The next secret that Stytch makes will have this role; its last four are shared if the collision says so. */
  readonly casts: (role: Role) => void
  /** A value that a colleague saw. */
  readonly strangers: string[]
}

const dashboardOf = ({ kind, stytch }: Seat) => kind.dashboard(stytch)

const startOfColleague = ({ seat, casts, strangers }: Stage, { clientId }: Subject, role: Role): string => {
  casts(role)
  const value = dashboardOf(seat).rotateStart(clientId)
  strangers.push(value)
  return value
}

const registered = async ({ seat, casts }: Stage, role: Role): Promise<Subject> => {
  casts(role)
  return register(seat)
}

const rotated = async (stage: Stage, intent: 'rotate' | 'revoke' = 'rotate'): Promise<Subject> => {
  const subject = await registered(stage, 'V')
  stage.casts('C')
  await rotateSecret(stage.seat, subject, intent)
  return subject
}

/** A colleague's value, stored by hand: the only way to an AWSCURRENT that ends like the value beside it (docs/decisions/007). */
const replacedByHand = async (stage: Stage): Promise<Subject> => {
  const subject = await registered(stage, 'V')
  await putByHand(stage.seat, subject, startOfColleague(stage, subject, 'C'))
  return subject
}

const movedBack = async (stage: Stage): Promise<Subject> => {
  const { seat } = stage
  const subject = await registered(stage, 'C')
  stage.casts('V')
  await rotateSecret(seat, subject, 'rotate')
  const { secretArn } = subject
  await seat.client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretArn,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: idUnder(seat, secretArn, 'AWSCURRENT'),
      MoveToVersionId: idUnder(seat, secretArn, 'AWSPREVIOUS'),
    }),
  )
  return subject
}

type Act = (stage: Stage, subject: Subject) => unknown

const startsNext =
  (role: Role): Act =>
  (stage, subject) =>
    startOfColleague(stage, subject, role)
const cancels: Act = ({ seat }, { clientId }) => dashboardOf(seat).rotateCancel(clientId)
const completes: Act = ({ seat }, { clientId }) => dashboardOf(seat).rotateComplete(clientId)
const storesCurrentByHand: Act = ({ seat }, subject) =>
  putByHand(seat, subject, valueUnder(seat, subject.secretArn, 'AWSCURRENT') ?? '')

/** Where it begins, and what people do there one after the other. */
const scene = (roles: string, begin: (stage: Stage) => Promise<Subject>, ...acts: readonly Act[]) => ({
  roles,
  set: async (stage: Stage): Promise<Subject> => {
    const subject = await begin(stage)
    for (const act of acts) await act(stage, subject)
    return subject
  },
})

const registeredC = (stage: Stage) => registered(stage, 'C')
const rotatedToC = (stage: Stage) => rotated(stage)
const revokedToC = (stage: Stage) => rotated(stage, 'revoke')

/** What sits where: current slot / next slot, then what is stored and dead. */
const scenes = {
  C: scene('C', registeredC),
  'V/C': scene('VC', rotatedToC),
  'V/C, revoked': scene('VC', revokedToC),
  'C/V': scene('CV', movedBack),
  'C/X': scene('CX', registeredC, startsNext('X')),
  'V/C, by hand': scene('VC', replacedByHand),
  'C/X, by hand': scene('CX', registeredC, storesCurrentByHand, startsNext('X')),
  'C/X, V dead': scene('CVX', movedBack, cancels, startsNext('X')),
  'V, C dead': scene('VC', rotatedToC, cancels),
  'V/X, C dead': scene('VCX', rotatedToC, cancels, startsNext('X')),
  'V, C by hand and dead': scene('VC', replacedByHand, cancels),
  'V/X, C by hand and dead': scene('VCX', replacedByHand, cancels, startsNext('X')),
  'X, C dead': scene('CX', registeredC, startsNext('X'), completes),
  'X/Y, C dead': scene('CXY', registeredC, startsNext('X'), completes, startsNext('Y')),
  'X, C and V dead': scene('CVX', rotatedToC, completes, startsNext('X'), completes),
} as const satisfies Record<string, { roles: string; set: (stage: Stage) => Promise<Subject> }>

export type SceneName = keyof typeof scenes
export const sceneNames = Object.keys(scenes) as SceneName[]

export interface Collision {
  readonly intent: Intent
  readonly scene: SceneName
  /** The roles whose values share their last four; none: the undisturbed comparison. */
  readonly shared: readonly Role[]
  /** A person ends the ambiguity in the dashboard first. */
  readonly byHand?: 'rotateComplete' | 'rotateCancel'
}

export interface CollisionResult {
  /** How the rotation ended: `done`, or `<step> refused <reason>`. */
  readonly ending: string
  /** How the settle after a switch ended; undefined when there was no switch. */
  readonly settled: string | undefined
  /** Stored values that were accepted before the rotation, and are not after it, by role. */
  readonly lost: readonly string[]
  readonly violations: readonly string[]
}

/** Which of the known values Stytch accepts, and whether a next slot is filled. */
const slotsOf = ({ seat, subject }: Watch, strangers: readonly string[]): string => {
  const stored = seat.aws.peek(subject.secretArn)?.versions.flatMap(({ value }) => (value === undefined ? [] : [value]))
  const values = (stored ?? []).map((text) => (JSON.parse(text) as Record<string, string>)[seat.kind.valueField] ?? '')
  const accepted = [...new Set([...values, ...strangers])].filter((value) =>
    seat.kind.accepts(seat.stytch, subject.clientId, value),
  )
  return JSON.stringify([accepted, seat.kind.slots(seat.stytch, subject.clientId)?.nextLastFour === null])
}

const labelsOf = ({ seat, subject: { secretArn } }: Watch): string =>
  JSON.stringify(['AWSCURRENT', 'AWSPREVIOUS'].map((label) => idUnder(seat, secretArn, label)))

/** One rotation, each step watched: one that refuses must have touched nothing but its own AWSPENDING. */
const rotateWatched = async (watch: Watch, intent: Intent, strangers: readonly string[], faults: string[]) => {
  const { seat, subject } = watch
  const from = watch.ended.length
  seat.onInvoke = async (event) => {
    const before = { slots: slotsOf(watch, strangers), labels: labelsOf(watch) }
    const outcome = await watch.run({ who: intent, event })
    if (outcome.ok) return outcome
    const { step, ending } = watch.ended.at(-1) ?? { step: 'no step', ending: 'nothing' }
    if (slotsOf(watch, strangers) !== before.slots) faults.push(`${intent}: ${step} ${ending}, and changed a slot`)
    if (labelsOf(watch) !== before.labels) faults.push(`${intent}: ${step} ${ending}, and moved a label`)
    return outcome
  }
  const token = await rotateSecret(seat, subject, intent)
  const last = watch.ended.slice(from).at(-1)
  const ending = last === undefined || last.ending === 'done' ? 'done' : `${last.step} ${last.ending}`
  if (ending === 'done' && idUnder(seat, subject.secretArn, 'AWSCURRENT') !== token)
    faults.push(`${intent}: not switched`)
  const pending = valueUnder(seat, subject.secretArn, 'AWSPENDING')
  const isPendingAlive = pending !== undefined && seat.kind.accepts(seat.stytch, subject.clientId, pending)
  const isStuck = (await clearStuck(seat, subject)) !== undefined
  // Kept on purpose where it carries the only stored value that lives, and by a step that will be retried.
  const mayStay = (isPendingAlive && !isCurrentAccepted(seat, subject)) || ending.includes('failed')
  if (isStuck && !mayStay) faults.push(`${intent}: ${ending}, and AWSPENDING was left behind`)
  return ending
}

export const runCollision = async (
  seat: Seat,
  { intent, scene, shared, byHand }: Collision,
): Promise<CollisionResult> => {
  seat.world.reset()
  seat.output.length = 0
  seat.onInvoke = undisturbed(seat)
  const strangers: string[] = []
  const casts = (role: Role): void => {
    if (shared.includes(role)) seat.stytch.forceLastFour(SHARED)
  }
  const subject = await scenes[scene].set({ seat, casts, strangers })
  const { secretArn, clientId } = subject
  if (byHand !== undefined) dashboardOf(seat)[byHand](clientId)
  const isAccepted = (value: string | undefined): boolean =>
    value !== undefined && seat.kind.accepts(seat.stytch, clientId, value)
  const watch = createRaceWatch(seat, subject)
  const violations: string[] = []
  const byRole = { C: valueUnder(seat, secretArn, 'AWSCURRENT'), V: valueUnder(seat, secretArn, 'AWSPREVIOUS') }
  const alive = (['C', 'V'] as const).filter((role) => isAccepted(byRole[role]))
  const wasCurrent = byRole.C

  if (intent === 'rotate' || intent === 'revoke') casts('P')
  const ending = await rotateWatched(watch, intent, strangers, violations)
  const lost: readonly string[] = alive.filter((role) => !isAccepted(byRole[role]))
  const current = valueUnder(seat, secretArn, 'AWSCURRENT')
  const hasNext = () => seat.kind.slots(seat.stytch, clientId)?.nextLastFour !== null
  if (ending !== 'done' && current !== wasCurrent) violations.push(`${ending}, and AWSCURRENT is another value`)
  let settled: string | undefined
  if (ending === 'done') {
    if (!isAccepted(current)) violations.push('done, and AWSCURRENT is refused')
    if (intent === 'settle' && hasNext()) violations.push('settled, and a next secret is left')
    if (intent === 'settle' && current !== byRole.C) violations.push('a settle changed the value')
    if (intent === 'rollback' && current !== byRole.V) violations.push('a rollback did not bring AWSPREVIOUS back')
    if ((intent === 'rotate' || intent === 'revoke') && current === byRole.C) violations.push('the value is the same')
    if (intent !== 'settle') {
      settled = await rotateWatched(watch, 'settle', strangers, violations)
      if (settled === 'done' && hasNext()) violations.push('settled, and a next secret is left')
      if (!isAccepted(current)) violations.push('the settle after it left AWSCURRENT refused')
    }
  }
  for (const { who, step, op } of watch.kills) violations.push(`${who}: ${step}'s ${op} killed AWSCURRENT`)
  return { ending, settled, lost, violations }
}

const subsets = (roles: readonly Role[]): Role[][] =>
  Array.from({ length: 2 ** roles.length }, (_, mask) => roles.filter((_role, bit) => (mask >> bit) % 2 === 1))

/** Every set of two or more that may collide. */
export const collisionsOf = (scene: SceneName, intent: Intent): readonly Collision[] => {
  const makes = intent === 'rotate' || intent === 'revoke' ? ['P'] : []
  const roles = [...scenes[scene].roles, ...makes] as Role[]
  return subsets(roles)
    .filter((shared) => shared.length > 1)
    .map((shared) => ({ intent, scene, shared }))
}

export const describeCollision = ({ intent, scene, shared }: Collision): string =>
  `${intent} from ${scene}, ${shared.join(' ~ ') || 'none alike'}`

/** In drift, an orphan that looks like the dead AWSCURRENT is promoted, and the living AWSPREVIOUS dies of it (docs/guarantees.md, W5). */
const takesPrevious = ({ scene, shared }: Collision): boolean =>
  scene.startsWith('V/X, C') && shared.includes('C') && shared.includes('X')

/** AWSCURRENT, accepted, stored by hand, beside its like: nothing tells which slot is whose (docs/guarantees.md, W6). */
const cannotBeTold = ({ scene, shared }: Collision): boolean =>
  (scene === 'V/C, by hand' && shared.includes('V') && shared.includes('C')) ||
  (scene === 'C/X, by hand' && shared.includes('C') && shared.includes('X'))

/** Against the same rotation without a collision: it ends alike, or rightly says that it cannot tell; only a dead AWSCURRENT misleads it. */
export const judgeCollision = (
  collision: Collision,
  result: CollisionResult,
  undisturbed: CollisionResult,
): readonly string[] => {
  const cannotTell = / refused ambiguous$/
  const isDrift = collision.scene.includes('dead') && collision.scene !== 'C/X, V dead'
  // Three alike, AWSCURRENT dead: the new value shows that what looked like it was a stranger, and is left as an orphan.
  const mayLeaveOrphan = isDrift && collision.shared.length > 2
  const faults = result.violations.filter((fault) => !(mayLeaveOrphan && fault.endsWith('and changed a slot')))
  const isAlike = (one: string | undefined, other: string | undefined): boolean =>
    one === other || one === undefined || (cannotTell.test(one) && cannotBeTold(collision))
  const isRefused = (ending: string): boolean => ending !== 'done'
  const mayDiffer = isDrift || (isRefused(result.ending) && isRefused(undisturbed.ending))
  if (!isAlike(result.ending, undisturbed.ending) && !mayDiffer) faults.push(`it ended with: ${result.ending}`)
  if (undisturbed.settled !== undefined && !isAlike(result.settled, undisturbed.settled)) {
    faults.push(`its settle ended with: ${result.settled}`)
  }
  const lost = result.lost.filter((role) => !undisturbed.lost.includes(role))
  if (lost.length > 0 && !takesPrevious(collision)) faults.push(`it killed ${lost.join(' and ')}`)
  return faults
}

export interface CollisionsInput {
  readonly long: boolean
  /** @default - all */
  readonly scenes?: readonly SceneName[]
}

export interface CollisionsReport {
  readonly runs: number
  /** Runs that ended in `ambiguous`, with nothing touched. */
  readonly refused: number
  readonly violations: string[]
}

/** Long: every set of values alike. Short: every pair. */
export const runCollisions = async (
  seat: Seat,
  { long, scenes: chosen = sceneNames }: CollisionsInput,
): Promise<CollisionsReport> => {
  const violations: string[] = []
  let runs = 0
  let refused = 0
  for (const scene of chosen) {
    for (const intent of intents) {
      const undisturbed = await runCollision(seat, { intent, scene, shared: [] })
      for (const collision of collisionsOf(scene, intent)) {
        if (!long && collision.shared.length > 2) continue
        const result = await runCollision(seat, collision)
        runs += 1
        if (result.ending.endsWith('refused ambiguous')) refused += 1
        const faults = judgeCollision(collision, result, undisturbed)
        violations.push(...faults.map((fault) => `${describeCollision(collision)}: ${fault}`))
      }
    }
  }
  notePlayed({ collisions: runs })
  return { runs, refused, violations }
}
