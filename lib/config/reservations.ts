// Which functions reserve concurrent executions, how many, and what an account needs for it: read from the configuration, with the reason
// for each default. "none" leaves the property out, since 0 would stop a function; what a reservation held back is then held back by
// something else (docs/decisions/045).
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { createPlace, type Place } from './config-place.ts'
import type { Part } from './stage-names.ts'

export const defaultReservations = {
  /** An incident starts 12.5 clients a second (AWS's quotas), each busy for about three seconds of four steps: 38, and some to spare. */
  rotation: 50,
  /** One secret: two at once are a step and its repetition. */
  'project-rotation': 2,
  /** Several incidents at once, and none of them waits for the account's other functions. */
  incident: 10,
  /** The twenty pages of an incident, and a planned campaign beside it. */
  campaign: 30,
  /** Two at once do no harm, but are of no use either. */
  sweep: 1,
  /** With the limit in each execution environment, twenty searches a minute: no oracle (docs/decisions/035). */
  identify: 2,
  /** A detector waits for the search; a flood is throttled before. */
  intake: 10,
  /** As many tokens are under way at once; a cached one takes a millisecond. */
  vendor: 20,
  /** Reads come in bursts; what waits is not lost. */
  reads: 5,
} as const satisfies Partial<Record<Part, number>>

export type ReservingPart = keyof typeof defaultReservations

/** A part that is not named reserves nothing. */
export type Reservations = Readonly<Partial<Record<ReservingPart, number>>>

export const reservingParts = Object.keys(defaultReservations) as readonly ReservingPart[]

/** Lambda leaves so many of the account's quota to functions that reserve nothing (developer guide, "Reserved concurrency"). */
const KEPT_UNRESERVED = 100
const MOST = 1000
const NONE = 'none'
const EXPECTED = `an integer from 1 to ${MOST}, or "${NONE}"`

export const totalReserved = (reservations: Reservations): number =>
  Object.values(reservations).reduce((sum, executions) => sum + executions, 0)

/** The account's quota of concurrent executions in the Region, for these alone; 0 when any will do. */
export const neededQuota = (reservations: Reservations): number => {
  const total = totalReserved(reservations)
  return total === 0 ? 0 : total + KEPT_UNRESERVED
}

const readOne = (place: Place, name: string): number | typeof NONE | undefined => {
  const value = place.fields[name]
  if (value === undefined || value === NONE) return value
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST) return value
  place.fault(name, `is malformed: ${JSON.stringify(value)}; expected ${EXPECTED}`)
  return undefined
}

/** The part's own section of the configuration, where it has one that may say it as well. */
const sections: Partial<Record<ReservingPart, string>> = { rotation: 'rotation', vendor: 'vendor' }

const readSection = (root: Place, part: ReservingPart): number | typeof NONE | undefined => {
  const section = sections[part]
  const fields = section === undefined ? undefined : root.fields[section]
  if (!isJsonObject(fields)) return undefined
  return readOne(createPlace(`${root.path}.${section}`, root.faults, fields), 'reservedConcurrency')
}

const readParts = (root: Place): Place | typeof NONE | undefined => {
  const value = root.fields.reservedConcurrency
  if (value === undefined || value === NONE) return value
  if (isJsonObject(value)) return createPlace(`${root.path}.reservedConcurrency`, root.faults, value)
  root.fault(
    'reservedConcurrency',
    `is malformed: ${JSON.stringify(value)}; expected "${NONE}" or { "rotation": 20, … }`,
  )
  return undefined
}

/** @param deployed the parts that this configuration has; what the others would reserve is nothing. */
export const readReservations = (root: Place, deployed: readonly ReservingPart[]): Reservations => {
  const place = readParts(root)
  const parts = typeof place === 'object' ? place : undefined
  parts?.onlyKnows(...reservingParts)
  const read = reservingParts.map((part) => {
    const [own, here] = [readSection(root, part), parts && readOne(parts, part)]
    if (own !== undefined && here !== undefined) {
      root.fault(`${sections[part]}.reservedConcurrency`, 'is said in reservedConcurrency as well: expected it once')
    }
    return [part, own ?? here ?? (place === NONE ? NONE : defaultReservations[part])] as const
  })
  return Object.fromEntries(read.filter(([part, value]) => value !== NONE && deployed.includes(part)))
}
