// The long form of everything in this folder, for every kind of secret, cut into units of some seconds to some minutes: each has a seat
// of its own, so that any of them can run anywhere, alone. What a kind has no suite for is named, with the reason.
import { intents } from '../../lambda/core/secret/request-token.ts'
import { runConsumers } from './consumers.ts'
import { runCrashes } from './crash-runs.ts'
import { faultBeginnings, runFaults } from './fault-runs.ts'
import { createKeyringKind } from './keyring.ts'
import { type CrashKind, connectedApp, m2m, projectSecret, scimConnection } from './kinds.ts'
import { beginnings } from './positions.ts'
import { type ActName, actNames } from './race-acts.ts'
import { runCollisions, sceneNames } from './race-collisions.ts'
import { type RacesInput, runRaces } from './race-runs.ts'
import { refuses } from './run.ts'
import { createSeat, type Seat } from './seat.ts'
import { createStaleSeat, runStale } from './stale-runs.ts'
import type { Report, SuiteName } from './torture-journal.ts'
import { runWalks } from './walks.ts'
import { landmarks } from './walks-commands.ts'

export interface Unit {
  /** No other has it. */
  readonly name: string
  readonly kind: string
  readonly suite: SuiteName
  readonly run: () => Promise<Report>
}

export interface UnitsInput {
  /** A share of each, to see that they run. */
  readonly isQuick: boolean
  /** Of the walks and the consumers. */
  readonly seed: number
}

const withSeat = async <Value>(kind: CrashKind, run: (seat: Seat) => Promise<Value>): Promise<Value> => {
  const seat = await createSeat({}, kind)
  try {
    return await run(seat)
  } finally {
    await seat.close()
  }
}

const twoSlots = 'The judge of races knows two slots, and this issuer keeps a list.'
const ownMarks = 'Each of its values has a mark of its own, so that no two look alike.'
const ofGets = "Its rotation is the clients', which are played, and its stand-in answers no GET from before."
const ofClients = 'Its model and its onlookers are those of an M2M client, whose rotation every kind shares.'

/** What a kind has no suite for. */
export const gaps: Readonly<Record<string, Partial<Readonly<Record<SuiteName, string>>>>> = {
  [projectSecret.name]: {
    races: twoSlots,
    collisions: ownMarks,
    walks: ofClients,
    consumers: ofClients,
    stale: ofGets,
  },
  [connectedApp.name]: { walks: ofClients, consumers: ofClients },
  [scimConnection.name]: { walks: ofClients, consumers: ofClients, stale: ofGets },
  'another vendor': { collisions: ownMarks, walks: ofClients, consumers: ofClients, stale: ofGets },
}

export const tortureKinds = (): readonly CrashKind[] => [
  m2m,
  projectSecret,
  connectedApp,
  scimConnection,
  createKeyringKind(),
]

const places = intents.flatMap((intent) => beginnings.map((beginning) => [intent, beginning] as const))
const has = (kind: CrashKind, suite: SuiteName): boolean => gaps[kind.name]?.[suite] === undefined

/** Every point; of M2M clients in every way and with double kills, of the others, which differ in their adapter alone, in one way each. */
const crashesOf = (kind: CrashKind, isQuick: boolean): readonly Unit[] => {
  const isFirst = kind === m2m
  const everyPoint = { pointEvery: 1, everyContinuation: isFirst, doubleEvery: isFirst ? 12 : 60 }
  const share = { pointEvery: 12, everyContinuation: false, doubleEvery: 0 }
  const crash = ([intent, beginning]: (typeof places)[number], turn: number, isAlike: boolean): Unit => ({
    name: `${kind.name}: crashes, ${intent} from ${beginning}${isAlike ? ', values alike' : ''}`,
    kind: kind.name,
    suite: 'crashes',
    run: () =>
      withSeat(kind, (seat) =>
        runCrashes(seat, {
          ...(isQuick ? share : everyPoint),
          ...(isAlike ? { isAlike, doubleEvery: 0 } : {}),
          intents: [intent],
          beginnings: [beginning],
          turn,
        }),
      ),
  })
  const alike = isFirst ? places.filter(([intent]) => intent === 'rotate' || intent === 'revoke') : []
  return [
    ...places.map((place, turn) => crash(place, turn, false)),
    ...alike.map((place, turn) => crash(place, turn, true)),
  ]
}

/** Every fault on every call; of M2M clients, outages that last as well. */
const faultsOf = (kind: CrashKind, isQuick: boolean): readonly Unit[] =>
  intents.flatMap((intent) =>
    faultBeginnings
      .filter((beginning) => !refuses(intent, beginning))
      .map((beginning, turn): Unit => {
        const form = { intents: [intent], beginnings: [beginning], turn }
        return {
          name: `${kind.name}: faults, ${intent} from ${beginning}`,
          kind: kind.name,
          suite: 'faults',
          run: () =>
            withSeat(kind, (seat) =>
              runFaults(seat, { ...form, everyFault: !isQuick, outages: !isQuick && kind === m2m }),
            ),
        }
      }),
  )

/** Nobody deletes or switches off what is no client here. */
const actsFor = (kind: CrashKind): readonly ActName[] =>
  actNames.filter((act) => kind === m2m || !act.startsWith('client'))

const racesOf = (kind: CrashKind, isQuick: boolean): readonly Unit[] => {
  const race = (name: string, input: Omit<RacesInput, 'long'>): Unit => ({
    name: `${kind.name}: races, ${name}`,
    kind: kind.name,
    suite: 'races',
    run: () => withSeat(kind, (seat) => runRaces(seat, { long: !isQuick, ...input })),
  })
  const twins = intents.map((intent) => race(`${intent}, twins held`, { intents: [intent], heldTwins: true }))
  return [...actsFor(kind).map((act) => race(act, { acts: [act] })), ...(isQuick ? [] : twins)]
}

const collisionsOf = (kind: CrashKind, isQuick: boolean): readonly Unit[] =>
  sceneNames.map((scene) => ({
    name: `${kind.name}: collisions, from ${scene}`,
    kind: kind.name,
    suite: 'collisions',
    run: () => withSeat(kind, (seat) => runCollisions(seat, { long: !isQuick, scenes: [scene] })),
  }))

/** Each with a seed of its own, which brings it back. */
const WALKS = { parts: 15, long: 100 + landmarks.length, quick: 2 }
const CONSUMERS = { parts: 10, long: 30, quick: 2 }

const seeds = (parts: number, seed: number): readonly number[] =>
  Array.from({ length: parts }, (_, part) => (seed + part) % 2 ** 31)

const walksFrom = ({ isQuick, seed }: UnitsInput): readonly Unit[] =>
  seeds(WALKS.parts, seed).map((own) => ({
    name: `${m2m.name}: walks, from seed ${own}`,
    kind: m2m.name,
    suite: 'walks',
    run: () => runWalks({ seed: own, walks: isQuick ? WALKS.quick : WALKS.long, length: 30 }),
  }))

const consumersFrom = ({ isQuick, seed }: UnitsInput): readonly Unit[] =>
  seeds(CONSUMERS.parts, seed).map((own) => ({
    name: `${m2m.name}: consumers, from seed ${own}`,
    kind: m2m.name,
    suite: 'consumers',
    run: () => runConsumers({ rotations: isQuick ? CONSUMERS.quick : CONSUMERS.long, faults: 0.05, seed: own }),
  }))

/** Every single old reply, and every two; each pair of a place is played in one of so many parts of it. */
const STALE_PARTS = 8

const staleOf = (kind: CrashKind, isQuick: boolean): readonly Unit[] => {
  const unit = (name: string, input: Parameters<typeof runStale>[1]): Unit => ({
    name: `${kind.name}: stale, ${name}`,
    kind: kind.name,
    suite: 'stale',
    run: async () => {
      const seat = await createStaleSeat(kind)
      return runStale(seat, input).finally(() => seat.close())
    },
  })
  return places.flatMap(([intent, beginning], turn) => {
    const place = { intents: [intent], beginnings: [beginning] }
    const name = `${intent} from ${beginning}`
    if (isQuick) return [unit(name, { ...place, singleEvery: 20, pairEvery: 0, twinEvery: 60, killEvery: 60, turn })]
    const pairs = Array.from({ length: kind === m2m ? STALE_PARTS : 0 }, (_, part) =>
      unit(`${name}, pairs ${part + 1} of ${STALE_PARTS}`, {
        ...place,
        ...{ singleEvery: 0, pairEvery: STALE_PARTS, twinEvery: 0, killEvery: 0, turn: part },
      }),
    )
    return [unit(name, { ...place, singleEvery: 1, pairEvery: 0, twinEvery: 2, killEvery: 2, turn }), ...pairs]
  })
}

/** In an order that is the same for the same input: what a shard takes follows from it. */
export const tortureUnits = (input: UnitsInput): readonly Unit[] => [
  ...walksFrom(input),
  ...consumersFrom(input),
  ...tortureKinds().flatMap((kind) => [
    ...crashesOf(kind, input.isQuick),
    ...faultsOf(kind, input.isQuick),
    ...(has(kind, 'races') ? racesOf(kind, input.isQuick) : []),
    ...(has(kind, 'collisions') ? collisionsOf(kind, input.isQuick) : []),
    ...(has(kind, 'stale') ? staleOf(kind, input.isQuick) : []),
  ]),
]
