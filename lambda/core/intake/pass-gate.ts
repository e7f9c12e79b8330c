// The intake's gate, kept in one item of the records table and changed by compare-and-swap: a change is stored only over the version that was
// read. Two executions that saw the same gate cannot both pass; the one that lost looks again.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { retry } from '../base/retry.ts'
import type { Timing } from '../base/timing.ts'
import { CURRENT } from '../secret/labels.ts'
import type { Secrets } from '../secret/secrets.ts'
import {
  admit,
  formatGate,
  type Gate,
  type GateAdmission,
  type HeldLeak,
  nextVersion,
  OPEN_GATE,
  readGate,
} from './intake-gate.ts'

export interface StoredGate {
  readonly text: string
  /** New with every change. */
  readonly version: string
}

export interface GateChange {
  /** The version that was read; undefined: nothing was stored yet. */
  readonly from: string | undefined
  readonly to: StoredGate
}

export interface GateStore {
  /** What was stored last: never an older view of it. @returns undefined before the first change. @throws Fault RECORDS_UNAVAILABLE */
  read(): Promise<StoredGate | undefined>
  /** May be sent twice. @returns false when another version is stored by now. @throws Fault RECORDS_UNAVAILABLE */
  swap(change: GateChange): Promise<boolean>
}

export interface GateKeeper {
  readonly store: GateStore
  readonly timing: Pick<Timing, 'wait'>
  /** What deployments before the records table kept; undefined where there is none. Read until the first change is stored. */
  readonly formerGate: () => Promise<string | undefined>
}

/** @param secretId name of the secret that held the gate (docs/decisions/058). */
export const formerGateIn =
  (secrets: Pick<Secrets, 'readValue'>, secretId: string): GateKeeper['formerGate'] =>
  async () =>
    (await secrets.readValue(secretId, { label: CURRENT }))?.text

const MAX_TRIES = 8
const WAIT_MS = 40

interface SeenGate {
  readonly gate: Gate
  readonly version: string | undefined
}

const see = async ({ store, formerGate }: GateKeeper): Promise<SeenGate> => {
  const stored = await store.read()
  if (stored !== undefined) return { gate: readGate(stored.text), version: stored.version }
  const former = await formerGate()
  return { gate: former === undefined ? OPEN_GATE : readGate(former), version: undefined }
}

export const readGateNow = async (keeper: GateKeeper): Promise<Gate> => (await see(keeper)).gate

/** @returns whether the change is stored: false when somebody else's was first. */
const swap = async ({ store }: GateKeeper, from: string | undefined, gate: Gate): Promise<boolean> => {
  const text = formatGate(gate)
  const version = nextVersion(from, text)
  /** A request whose reply was lost may have been carried out. */
  const isStored = async (): Promise<boolean> => (await store.read())?.version === version
  try {
    return (await store.swap({ from, to: { text, version } })) || (await isStored())
  } catch (fault) {
    if (await isStored()) return true
    throw fault
  }
}

interface Change<Decision> {
  readonly decision: Decision
  /** Absent: the gate stays as it is. */
  readonly next?: Gate
}

/** Decides on what the gate is at the moment it changes. @throws Fault CONCURRENT_EXECUTION, RECORDS_UNAVAILABLE, or of the former gate */
export const changeGate = async <Decision>(
  keeper: GateKeeper,
  decide: (gate: Gate) => Change<Decision> | Promise<Change<Decision>>,
): Promise<Decision> => {
  const change = async (): Promise<{ readonly decision: Decision } | undefined> => {
    const { gate, version } = await see(keeper)
    const { decision, next } = await decide(gate)
    return next === undefined || (await swap(keeper, version, next)) ? { decision } : undefined
  }
  const changed = await retry(change, keeper.timing.wait, (end, tries) =>
    end.status === 'fulfilled' && end.value === undefined && tries < MAX_TRIES ? WAIT_MS * tries : undefined,
  )
  if (changed !== undefined) return changed.decision
  throw new Fault({
    code: 'CONCURRENT_EXECUTION',
    retryable: true,
    message: `The intake's gate was changed by others ${MAX_TRIES} times in a row.`,
  })
}

export const passGate = (keeper: GateKeeper, leak: HeldLeak, maxPerHour: number): Promise<GateAdmission> =>
  changeGate(keeper, (gate) => {
    const admission = admit(gate, leak, maxPerHour)
    return { decision: admission, ...defined({ next: admission.next }) }
  })
