// Consumers under load through many planned operations – rotate, settle, rollback – that are spaced by at least the overlap, while the
// rotation's own calls go wrong and its executions are killed. What is left behind is driven on, late or by the sweep. None may fail.
import { setTimeout as sleep } from 'node:timers/promises'
import type { RotationEvent } from '../../lambda/local/aws/rotation-driver.ts'
import type { Fault, FaultPolicy } from '../../lambda/local/stand-in/faults.ts'
import { type Load, startLoad } from './consumers-load.ts'
import { notePlayed } from './played.ts'
import {
  driveStuck,
  idUnder,
  isCurrentAccepted,
  register,
  rotateSecret,
  type Seat,
  type Subject,
  stuckToken,
  valueUnder,
} from './seat.ts'
import { eventsFor } from './walks-life.ts'
import { createPatientSeat } from './walks-seat.ts'

export interface ConsumersInput {
  readonly rotations: number
  /** Share of the rotation's calls that go wrong, 0 to 1; a quarter of the operations are killed besides, unless it is 0. */
  readonly faults: number
  /** @default - chance, and in the report */
  readonly seed?: number
  /** How much of the overlap is waited for between operations. Under 1, consumers are expected to fail. @default - 1 */
  readonly spacing?: number
  /** How long a value that has lost lives on, in real time. @default - 150 */
  readonly overlapMs?: number
  /** Breaks a rule on purpose, to test the test. */
  readonly tamper?: Seat['tamper']
}

export interface ConsumersReport {
  readonly rotations: number
  readonly requests: number
  /** Tokens whose signature and claims were checked. */
  readonly verified: number
  readonly failures: number
  readonly kills: number
  readonly faults: number
  readonly violations: readonly string[]
}

type Planned = 'rotate' | 'settle' | 'rollback'
const OVERLAP_MS = 150
const DRIVES = 6
const KILLED_SHARE = 0.25

/** What the rotation calls and a consumer never does: a fault on these is the rotation's alone. */
const rotationOps = new Set([
  'RotateStart',
  'RotateComplete',
  'RotateCancel',
  'GetClient',
  'DescribeSecret',
  'ListSecretVersionIds',
  'PutSecretValue',
  'UpdateSecretVersionStage',
  'PutEvents',
])
const anyFault: readonly Omit<Fault, 'op'>[] = [
  { kind: 'error', status: 500 },
  { kind: 'html', status: 502 },
  { kind: 'throttle' },
  { kind: 'throttle', retry_after: 2 },
  { kind: 'reset' },
  { kind: 'drop_reply' },
  { kind: 'drop_reply' },
  { kind: 'garble' },
  { kind: 'delay', delay_ms: 400 },
]

/** Mulberry32: numbers in [0, 1) that a seed brings back. */
const createChance = (seed: number) => {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    of: <Item>(items: readonly [Item, ...Item[]]): Item => items[Math.floor(next() * items.length)] ?? items[0],
  }
}
type Chance = ReturnType<typeof createChance>

const following: Readonly<Record<Planned, readonly [Planned, ...Planned[]]>> = {
  rotate: ['settle', 'settle', 'rotate', 'rollback'],
  rollback: ['settle', 'settle', 'rotate'],
  settle: ['rotate'],
}

interface Scene {
  readonly seat: Seat
  readonly subject: Subject
  readonly chance: Chance
  readonly share: number
  readonly count: { kills: number; faults: number }
  readonly violations: string[]
}

/** Runs the steps with faults and, at times, a kill; nothing but the rotation's own calls is touched. */
const createDrive = ({ seat, subject, chance, share, count, violations }: Scene) => {
  let killAt = Number.POSITIVE_INFINITY
  /** The token whose refusals are no violation. */
  let endedByRefusal: string | undefined
  let calls = 0
  const policy: FaultPolicy = (op) => {
    if (!rotationOps.has(op) || chance.next() >= share) return undefined
    count.faults += 1
    return { ...(anyFault[Math.floor(chance.next() * anyFault.length)] ?? { kind: 'reset' }), op }
  }
  const disturb = (isDisturbed: boolean): void => {
    for (const { faults } of [seat.stytch.server, seat.aws]) faults.setPolicy(isDisturbed ? policy : undefined)
  }
  const step = (event: RotationEvent) =>
    new Promise<Awaited<ReturnType<Seat['execute']>>>((resolve) => {
      disturb(share > 0)
      const end = (outcome: Awaited<ReturnType<Seat['execute']>>): void => {
        disturb(false)
        const isRefused = !outcome.ok && outcome.errorType === 'RotationRefused'
        if (isRefused && event.ClientRequestToken !== endedByRefusal) violations.push(outcome.errorMessage)
        resolve(outcome)
      }
      const phase = chance.of(['before', 'after'])
      void seat
        .execute({
          event,
          timeMs: 120_000,
          onHang: () => {
            count.kills += 1
            end({ ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' })
          },
          gate: (when) => {
            if (when === 'before') calls += 1
            if (when !== phase || calls < killAt) return 'go'
            killAt = Number.POSITIVE_INFINITY
            return 'hang'
          },
        })
        .then(end)
    })
  return {
    step,
    /** Plans the next kill, or none. */
    plan: (): void => {
      calls = 0
      const isKilled = share > 0 && chance.next() < KILLED_SHARE
      killAt = isKilled ? 1 + Math.floor(chance.next() * 20) : Number.POSITIVE_INFINITY
    },
    /** What is stuck is driven by the sweep. One that was killed before it stored a value is refused by that, which is how it ends. */
    sweep: async (): Promise<void> => {
      const stuck = stuckToken(seat, subject)
      const isEmpty = valueUnder(seat, subject.secretArn, 'AWSPENDING') === undefined
      endedByRefusal = isEmpty ? stuck : undefined
      await driveStuck(seat, subject)
      endedByRefusal = undefined
    },
  }
}

/** An operation that was left behind goes on: a late drive of its token, or driven and settled by the sweep. */
const driveOn = async (
  scene: Scene,
  drive: ReturnType<typeof createDrive>,
  rest: () => Promise<void>,
): Promise<void> => {
  const { seat, subject, chance } = scene
  for (let turn = 0; turn < DRIVES; turn += 1) {
    const stuck = idUnder(seat, subject.secretArn, 'AWSPENDING')
    if (stuck === undefined || stuck === idUnder(seat, subject.secretArn, 'AWSCURRENT')) return
    drive.plan()
    if (chance.next() < 0.5) {
      for (const event of eventsFor(subject, stuck, 0)) if (!(await drive.step(event)).ok) break
    } else {
      await rest()
      await drive.sweep()
      const isFinished = idUnder(seat, subject.secretArn, 'AWSCURRENT') === stuck
      if (!isFinished && stuckToken(seat, subject) === undefined) await rotateSecret(seat, subject, 'settle')
    }
  }
}

const isSettled = ({ seat, subject }: Scene): boolean =>
  seat.stytch.slots(subject.clientId)?.nextLastFour === null && isCurrentAccepted(seat, subject)

export const runConsumers = async (input: ConsumersInput): Promise<ConsumersReport> => {
  const { rotations, faults: share, spacing = 1, overlapMs = OVERLAP_MS, tamper } = input
  const { seed = Math.floor(Math.random() * 2 ** 31) } = input
  const seat = await createPatientSeat()
  if (tamper !== undefined) seat.tamper = tamper
  const subject = await register(seat)
  const scene: Scene = {
    seat,
    subject,
    chance: createChance(seed),
    share,
    count: { kills: 0, faults: 0 },
    violations: [],
  }
  const { chance, count, violations } = scene
  const drive = createDrive(scene)
  seat.onInvoke = drive.step
  const load: Load = startLoad(seat, subject, { overlapMs, consumersEach: 2 })
  let switchedAt = Date.now()
  /** Until the overlap since the last switch is over, and every request that was under way by then. */
  const rest = async (): Promise<void> => {
    await sleep(Math.max(0, switchedAt + spacing * overlapMs - Date.now()))
    if (spacing >= 1) await load.turnover()
  }

  let planned: Planned = 'settle'
  for (let done = 0; done < rotations; done += 1) {
    planned = chance.of(following[planned])
    // What goes wrong is rolled back at once, in the middle of the overlap: nothing is retired by that.
    const isPrompt = planned === 'rollback' && chance.next() < 0.5
    if (!isPrompt) await rest()
    seat.aws.configure({ redriveCount: Math.floor(chance.next() * 3) })
    drive.plan()
    await rotateSecret(seat, subject, planned)
    switchedAt = Date.now()
    await driveOn(scene, drive, rest)
    switchedAt = Date.now()
    if (!isCurrentAccepted(seat, subject)) violations.push(`${planned} ${done} left AWSCURRENT refused`)
    // A rollback undoes a rotate; after anything else there is nothing to go back to.
    if (planned === 'rotate' && !idUnder(seat, subject.secretArn, 'AWSCURRENT')?.startsWith('rotate-'))
      planned = 'settle'
    seat.output.length = 0
    if (violations.length > 0) break
  }
  await rest()
  for (let turn = 0; turn < DRIVES && !isSettled(scene); turn += 1) {
    await drive.sweep()
    if (stuckToken(seat, subject) === undefined) await rotateSecret(seat, subject, 'settle')
  }
  if (!isSettled(scene)) violations.push('the last settle left the overlap open')
  await load.stop()
  const { requests, verified, failures } = load.tally()
  await seat.close()
  notePlayed({ requests })
  const listed = [...violations, ...failures.slice(0, 5)].map((line) => `seed ${seed}: ${line}`)
  return { rotations, requests, verified, failures: failures.length, ...count, violations: listed }
}
