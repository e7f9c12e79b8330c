// The long form of everything in this folder, cut into suites that can run beside each other: each has a seat of its own.
import { intents } from '../../lambda/domain/rotation/request-token.ts'
import { runConsumers } from './consumers.ts'
import { runCrashes } from './crash-runs.ts'
import { runFaults } from './fault-runs.ts'
import { type CrashKind, crashKinds, m2m } from './kinds.ts'
import { actNames } from './race-acts.ts'
import { runCollisions } from './race-collisions.ts'
import { runRaces } from './race-runs.ts'
import { createSeat, type Seat } from './seat.ts'
import { runWalks } from './walks.ts'

export interface Figures {
  readonly points?: number
  readonly runs?: number
  readonly walks?: number
  readonly requests?: number
  readonly failures?: number
}
export type Report = Figures & { readonly violations: readonly string[] }

export interface Suite {
  readonly name: string
  /** What its figures count as. */
  readonly kind: 'crashes' | 'faults' | 'races' | 'collisions' | 'walks' | 'consumers'
  readonly run: () => Promise<Report>
}

const withSeat = async <Value>(
  run: (seat: Seat) => Promise<Value>,
  timings: Parameters<typeof createSeat>[1] = {},
  kind: CrashKind = m2m,
): Promise<Value> => {
  const seat = await createSeat({}, timings, kind)
  try {
    return await run(seat)
  } finally {
    await seat.close()
  }
}

/** These runs want no call to time out: a repeated RotateSecret would be refused because of itself. */
const patient = { timeoutMs: 5000 }

/** Each act is as long as any: a few to a suite. */
const RACES = 9
const shareOfActs = (share: number) => actNames.filter((_act, at) => at % RACES === share)

/** Nobody deletes or switches off what is no client here. The judge of races knows slots, and no list. */
const racesOf = (kind: CrashKind, isQuick: boolean): readonly Suite[] => {
  const acts = actNames.filter((act) => !act.startsWith('client'))
  const run = (seat: Seat) => runRaces(seat, { long: !isQuick, acts })
  return [{ name: `races of a ${kind.name}`, kind: 'races', run: () => withSeat(run, patient, kind) }]
}

/** Quick: a share of each, to see that they run. */
export const tortureSuites = ({ isQuick, seed }: { readonly isQuick: boolean; readonly seed: number }): Suite[] => {
  const ways = { everyContinuation: !isQuick, doubleEvery: isQuick ? 500 : 12 }
  const crashes = intents.map((intent): Suite => {
    const run = (seat: Seat) => runCrashes(seat, { ...ways, intents: [intent] })
    return { name: `crashes of a ${intent}`, kind: 'crashes', run: () => withSeat(run, patient) }
  })
  const alike = (['rotate', 'revoke'] as const).map((intent): Suite => {
    const run = (seat: Seat) => runCrashes(seat, { ...ways, intents: [intent], isAlike: true, doubleEvery: 0 })
    return { name: `crashes of a ${intent}, values alike`, kind: 'crashes', run: () => withSeat(run, patient) }
  })
  const faults = intents.map((intent): Suite => {
    const run = (seat: Seat) => runFaults(seat, { intents: [intent], everyFault: !isQuick, outages: !isQuick })
    return { name: `faults of a ${intent}`, kind: 'faults', run: () => withSeat(run) }
  })
  // The other kinds differ in their adapter alone: every point once, in the next of the ways, and each fault in turn.
  const kinds = crashKinds.slice(1).flatMap((kind): readonly Suite[] => {
    const crash = (seat: Seat) =>
      runCrashes(seat, { everyContinuation: false, pointEvery: isQuick ? 8 : 1, doubleEvery: isQuick ? 0 : 100 })
    const fault = (seat: Seat) => runFaults(seat, { everyFault: !isQuick, outages: false })
    return [
      { name: `crashes of a ${kind.name}`, kind: 'crashes', run: () => withSeat(crash, patient, kind) },
      { name: `faults of a ${kind.name}`, kind: 'faults', run: () => withSeat(fault, {}, kind) },
      ...(kind.hasOwnMarks ? [] : racesOf(kind, isQuick)),
    ]
  })
  const races = Array.from({ length: RACES }, (_, share): Suite => {
    const acts = shareOfActs(share)
    const run = (seat: Seat) => runRaces(seat, { long: !isQuick, acts })
    return { name: `races with ${acts.join(', ')}`, kind: 'races', run: () => withSeat(run, patient) }
  })
  const collisions: Suite = {
    name: 'collisions',
    kind: 'collisions',
    run: () => withSeat((seat) => runCollisions(seat, { long: !isQuick }), patient),
  }
  const walks: Suite = {
    name: `walks from seed ${seed}`,
    kind: 'walks',
    run: () => runWalks({ seed, walks: isQuick ? 20 : 1500, length: 30 }),
  }
  const consumers: Suite = {
    name: 'consumers',
    kind: 'consumers',
    run: () => runConsumers({ rotations: isQuick ? 10 : 300, faults: 0.05, seed }),
  }
  return [walks, ...crashes, ...races, ...faults, ...kinds, ...alike, consumers, collisions]
}
