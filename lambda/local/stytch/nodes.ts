// The nodes that answer token calls. One with a lag knows each change of a client that long after it was made: it takes a new secret
// late, and refuses an old one late. That a client was created all nodes know at once.
import type { Draws } from '../stand-in/draws.ts'
import type { SettingsBox } from './settings-box.ts'

/** Says on which node, by its place in `nodeLagMs`, a connection lands; 0 = the first connection with a token call. */
export type ChooseNode = (nthConnection: number) => number | undefined

export interface Nodes {
  /** How late the node behind this connection is, milliseconds. */
  lagOf(connection: object): number
  clear(): void
}

export interface NodesInput {
  readonly settings: SettingsBox
  readonly draws: Draws
  readonly chooseNode?: ChooseNode | undefined
}

export const createNodes = ({ settings: box, draws, chooseNode }: NodesInput): Nodes => {
  /** Where a connection lies among the nodes, from 0, below 1: so it stays near its node when their number changes. */
  let places = new WeakMap<object, { readonly nth: number; readonly place: number }>()
  let connections = 0
  const placeOf = (connection: object) => {
    const known = places.get(connection)
    if (known !== undefined) return known
    const made = { nth: connections, place: draws.next() }
    places.set(connection, made)
    connections += 1
    return made
  }
  return {
    lagOf: (connection) => {
      const { nodeLagMs } = box.current()
      if (nodeLagMs.every((ms) => ms === 0)) return 0
      const { nth, place } = placeOf(connection)
      return nodeLagMs[chooseNode?.(nth) ?? Math.floor(place * nodeLagMs.length)] ?? 0
    },
    clear: () => {
      places = new WeakMap()
      connections = 0
    },
  }
}
