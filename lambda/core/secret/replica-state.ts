// A copy of a secret in another Region, as Secrets Manager reports it. What follows from that is replicas.ts.

import { defined } from '../base/defined.ts'

const statuses = ['InSync', 'InProgress', 'Failed'] as const

/** Unknown: it says nothing, or something that it did not when this was written. */
export type ReplicaStatus = (typeof statuses)[number] | 'Unknown'

/** What a Region is known to have. */
export interface RegionStatus {
  readonly region: string
  readonly status: ReplicaStatus
}

export interface ReplicaState extends RegionStatus {
  /** Secrets Manager's own explanation of a failure. */
  readonly message?: string
}

/** As DescribeSecret lists one. @returns nothing for an entry that names no Region */
export const readReplica = (entry: {
  readonly region: string | undefined
  readonly status: string | undefined
  readonly message: string | undefined
}): readonly ReplicaState[] => {
  const { region, message } = entry
  if (region === undefined) return []
  const status = statuses.find((one) => one === entry.status) ?? 'Unknown'
  return [{ region, status, ...defined({ message }) }]
}

/** For events and proofs: Secrets Manager's own words stay out of those. */
export const regionStatuses = (replicas: readonly RegionStatus[]): readonly RegionStatus[] =>
  replicas.map(({ region, status }) => ({ region, status }))

/** `eu-north-1 Failed, eu-west-3 InProgress` */
export const replicaWords = (replicas: readonly RegionStatus[]): string =>
  replicas.map(({ region, status }) => `${region} ${status}`).join(', ')

/** What the Regions are known to have right after a switch: not the new value, until one says so. */
export const afterSwitch = (replicas: readonly RegionStatus[]): readonly RegionStatus[] =>
  replicas.map(({ region, status }) => ({ region, status: status === 'Failed' ? status : 'InProgress' }))
