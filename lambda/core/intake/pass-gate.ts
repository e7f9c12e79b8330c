// The intake's gate, kept in one secret and changed by compare-and-swap: a new version is put, and AWSCURRENT moves to it only from the
// version that was read. Two executions that saw the same gate cannot both pass; the one that lost looks again.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { retry } from '../base/retry.ts'
import type { Timing } from '../base/timing.ts'
import { CURRENT } from '../secret/labels.ts'
import type { Secrets, SecretVersion } from '../secret/secrets.ts'
import { admit, formatGate, type Gate, type GateAdmission, gateToken, type HeldLeak, readGate } from './intake-gate.ts'

export interface GateKeeper {
  readonly secrets: Pick<Secrets, 'readValue' | 'putPending' | 'moveLabel'>
  readonly timing: Pick<Timing, 'wait'>
  /** Name or ARN of the secret that holds the gate. */
  readonly gateId: string
}

const MAX_TRIES = 8
const WAIT_MS = 40

const readCurrent = async ({ secrets, gateId }: GateKeeper): Promise<SecretVersion> => {
  const version = await secrets.readValue(gateId, { label: CURRENT })
  if (version !== undefined) return version
  throw new Fault({
    code: 'GATE_UNREADABLE',
    retryable: false,
    message: `The intake's gate ${gateId} holds nothing; store {"state":"open"}.`,
  })
}

export const readGateNow = async (keeper: GateKeeper): Promise<Gate> => readGate((await readCurrent(keeper)).text)

/** @returns whether AWSCURRENT moved: false when somebody else moved it first. */
const swap = async (keeper: GateKeeper, from: SecretVersion, gate: Gate): Promise<boolean> => {
  const { secrets, gateId } = keeper
  const text = formatGate(gate)
  const requestToken = gateToken(from.versionId, text)
  await secrets.putPending({ secretId: gateId, requestToken, text })
  try {
    await secrets.moveLabel({ secretId: gateId, label: CURRENT, from: from.versionId, to: requestToken })
    return true
  } catch (fault) {
    const { versionId } = await readCurrent(keeper)
    // A lost reply, or somebody was faster.
    if (versionId === requestToken) return true
    if (versionId !== from.versionId) return false
    throw fault
  }
}

interface Change<Decision> {
  readonly decision: Decision
  /** Absent: the gate stays as it is. */
  readonly next?: Gate
}

/** Decides on what the gate is at the moment it changes. @throws Fault GATE_UNREADABLE, CONCURRENT_EXECUTION, or the adapter's. */
export const changeGate = async <Decision>(
  keeper: GateKeeper,
  decide: (gate: Gate) => Change<Decision> | Promise<Change<Decision>>,
): Promise<Decision> => {
  const change = async (): Promise<{ readonly decision: Decision } | undefined> => {
    const current = await readCurrent(keeper)
    const { decision, next } = await decide(readGate(current.text))
    return next === undefined || (await swap(keeper, current, next)) ? { decision } : undefined
  }
  const changed = await retry(change, keeper.timing.wait, (end, tries) =>
    end.status === 'fulfilled' && end.value === undefined && tries < MAX_TRIES ? WAIT_MS * tries : undefined,
  )
  if (changed !== undefined) return changed.decision
  throw new Fault({
    code: 'CONCURRENT_EXECUTION',
    retryable: true,
    message: `The intake's gate ${keeper.gateId} was changed by others ${MAX_TRIES} times in a row.`,
  })
}

export const passGate = (keeper: GateKeeper, leak: HeldLeak, maxPerHour: number): Promise<GateAdmission> =>
  changeGate(keeper, (gate) => {
    const admission = admit(gate, leak, maxPerHour)
    return { decision: admission, ...defined({ next: admission.next }) }
  })
