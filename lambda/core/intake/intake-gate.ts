// How many incidents the leak intake may report by itself: so many within an hour, and then none until a person releases it. Pure:
// what the gate is after one more leak. Who keeps it sees to it that two of them never pass by the same sight of it (pass-gate.ts).

import { createHash } from 'node:crypto'
import { isJsonObject, parseJsonObject } from '../base/json-object.ts'
import { HOUR_MS } from '../base/time-units.ts'

/** A leak that was resolved and not reported, since the gate was shut. Nothing in it is secret. */
export interface HeldLeak {
  readonly incidentId: string
  readonly clientId: string
  readonly reference: string
  /** Epoch milliseconds. */
  readonly at: number
}

export interface Gate {
  readonly state: 'open' | 'held'
  /** What was reported within the last hour. */
  readonly recent: readonly Pick<HeldLeak, 'incidentId' | 'at'>[]
  readonly held: readonly HeldLeak[]
}

export interface GateAdmission {
  /** joined: reported already. held: not to be reported now. */
  readonly decision: 'admitted' | 'joined' | 'held'
  /** Whether this leak is the one that shut the gate. */
  readonly isFirst: boolean
  /** Whether the gate remembers it, so that a release reports it. */
  readonly isRemembered: boolean
  /** Absent: nothing changes. */
  readonly next?: Gate
}

export const OPEN_GATE: Gate = { state: 'open', recent: [], held: [] }

/** More than a person looks through one by one, and in its longest form a fraction of the 400 KB of an item. */
export const MAX_HELD = 200

const withinHour = ({ recent }: Gate, now: number): Gate['recent'] => recent.filter(({ at }) => at > now - HOUR_MS)

const hold = (gate: Gate, leak: HeldLeak): GateAdmission => {
  if (gate.held.some(({ incidentId }) => incidentId === leak.incidentId)) {
    return { decision: 'held', isFirst: false, isRemembered: true }
  }
  const isFirst = gate.state === 'open'
  if (gate.held.length >= MAX_HELD) return { decision: 'held', isFirst, isRemembered: false }
  const next: Gate = { ...gate, state: 'held', held: [...gate.held, leak] }
  return { decision: 'held', isFirst, isRemembered: true, next }
}

/** @param maxPerHour how many are let through within any hour. */
export const admit = (gate: Gate, leak: HeldLeak, maxPerHour: number): GateAdmission => {
  const recent = withinHour(gate, leak.at)
  if (recent.some(({ incidentId }) => incidentId === leak.incidentId)) {
    return { decision: 'joined', isFirst: false, isRemembered: true }
  }
  const seen = { ...gate, recent }
  if (gate.state === 'held' || recent.length >= maxPerHour) return hold(seen, leak)
  const { incidentId, at } = leak
  return {
    decision: 'admitted',
    isFirst: false,
    isRemembered: true,
    next: { ...seen, recent: [...recent, { incidentId, at }] },
  }
}

const readHeld = (value: unknown): readonly HeldLeak[] =>
  (Array.isArray(value) ? value : []).filter(isJsonObject).flatMap(({ incidentId, clientId, reference, at }) =>
    typeof incidentId === 'string' && typeof clientId === 'string'
      ? [
          {
            incidentId,
            clientId,
            reference: typeof reference === 'string' ? reference : '',
            at: typeof at === 'number' ? at : 0,
          },
        ]
      : [],
  )

const readRecent = (value: unknown): Gate['recent'] =>
  (Array.isArray(value) ? value : [])
    .filter(isJsonObject)
    .flatMap(({ incidentId, at }) =>
      typeof incidentId === 'string' && typeof at === 'number' ? [{ incidentId, at }] : [],
    )

/** An unreadable gate is shut: a person wrote it, and a person will look. */
export const readGate = (text: string): Gate => {
  const json = parseJsonObject(text) ?? {}
  return {
    state: json.state === 'open' ? 'open' : 'held',
    recent: readRecent(json.recent),
    held: readHeld(json.held),
  }
}

export const formatGate = (gate: Gate): string => JSON.stringify(gate)

/** The version that a change makes: the same change of the same version is stored once, however often it is sent. */
export const nextVersion = (from: string | undefined, text: string): string =>
  `gate-${createHash('sha256')
    .update(JSON.stringify([from ?? null, text]))
    .digest('hex')
    .slice(0, 40)}`
