// Where the ways of the model of old replies begin: the rows of architecture §3 in which a client rests.

import type { Id, Stored, World } from './stale-world.ts'
import type { Value } from './state.ts'

const quiet = (world: Pick<World, 'versions' | 'labels' | 'slots' | 'issued'>): World => ({
  ...world,
  oldLabels: [],
  oldSlots: [],
  slow: null,
  lease: null,
  revoked: [],
})

const first: Stored = { origin: 'stored', value: 0 }
const values = (...stored: readonly Value[]): readonly Id[] => stored.map((_, at) => at)

export const settledWorld: World = quiet({
  versions: [first],
  labels: { current: 0, previous: null, pending: null, isOn: true, filled: values(0) },
  slots: { slot: 0, next: null },
  issued: 1,
})

export const overlapWorld: World = quiet({
  versions: [first, { origin: 'rotate', value: 1 }],
  labels: { current: 1, previous: 0, pending: null, isOn: true, filled: values(0, 1) },
  slots: { slot: 0, next: 1 },
  issued: 2,
})

export const rolledBackWorld: World = quiet({
  versions: [first, { origin: 'rotate', value: 1 }, { origin: 'rollback', value: 0 }],
  labels: { current: 2, previous: 1, pending: null, isOn: true, filled: values(0, 1, 0) },
  slots: { slot: 0, next: 1 },
  issued: 2,
})

export const orphanWorld: World = quiet({
  versions: [first],
  labels: { current: 0, previous: null, pending: null, isOn: true, filled: values(0) },
  slots: { slot: 0, next: 1 },
  issued: 2,
})

export const revokedWorld: World = {
  ...quiet({
    versions: [first, { origin: 'revoke', value: 1 }],
    labels: { current: 1, previous: 0, pending: null, isOn: true, filled: values(0, 1) },
    slots: { slot: 0, next: 1 },
    issued: 2,
  }),
  revoked: [0],
}

export const allRoots = [settledWorld, overlapWorld, rolledBackWorld, orphanWorld, revokedWorld]
