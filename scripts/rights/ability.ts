// An ability is what somebody could do: a row of the table. It has ways, of which one is enough; a way is one call, in each of the readings
// that AWS leaves open.
import type { RequestedCall } from './requests.ts'

export interface Way {
  readonly name: string
  /** The same call, once for each reading. */
  readonly readings: readonly RequestedCall[]
}

export const groups = [
  'Values',
  'Rotations and reports',
  'Evidence',
  'Changes of policies, code and deployment',
] as const

export interface Ability {
  /** Never changes; tests name it. */
  readonly id: string
  /** Begins the row. */
  readonly title: string
  readonly group: (typeof groups)[number]
  readonly ways: readonly Way[]
}

export const way = (name: string, ...readings: readonly RequestedCall[]): Way => ({ name, readings })
