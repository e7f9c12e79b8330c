// What the rotation function answers when it is asked whether Stytch accepts what consumers read: one finding for each secret, and no value.
// Apart from how it finds out, which whoever asks has no need to load.

import { defined } from '../base/defined.ts'
import { filled, isJsonObject, parseJsonObject } from '../base/json-object.ts'

/** Of what keeps consumers out until somebody acts. */
export const lostKinds = ['dead', 'gone', 'foreign'] as const
/** dead: Stytch refuses AWSCURRENT's value, steadily. gone: it knows no such client. foreign: the client belongs to another secret. */
export type Lost = (typeof lostKinds)[number]

const plainKinds = ['fits', 'openNext', 'inactive'] as const

interface Held {
  /**
   * The client that this secret holds, by what says so where the issuer keeps it or by a claim, and never by a tag; of one that is gone, the
   * client that the value is of. Absent: none is known to be.
   */
  readonly holds?: string
}

/**
 * fits: AWSCURRENT's value is in a slot, or was accepted. openNext: so it is, and a next secret is open although the label says settled. inactive:
 * Stytch accepts nothing of this client. unknown: nothing can be said now, and why. faults: whatever Stytch says of it, a planned rotation refuses
 * what is stored, for these reasons; fields by their names, and nothing of what stands in them.
 */
export type CheckFinding =
  | (Held & { readonly found: (typeof plainKinds)[number]; readonly faults?: readonly string[] })
  /** since: when it was found first, epoch milliseconds. */
  | (Held & { readonly found: Lost; readonly since: number })
  /** credential: the project's own secret, where it is Stytch's refusal of that which says nothing of this secret. */
  | {
      readonly found: 'unknown'
      readonly why: string
      readonly credential?: RefusedCredential
      readonly faults?: readonly string[]
    }

/** What rotation functions authenticate with, refused by the issuer. */
export interface RefusedCredential {
  readonly secretArn: string
  /** When it was found first, epoch milliseconds. */
  readonly since: number
}

export const unknownFinding = (why: string): CheckFinding & { readonly found: 'unknown' } => ({ found: 'unknown', why })

const toCredential = (value: unknown): RefusedCredential | undefined => {
  if (!isJsonObject(value)) return undefined
  const { secretArn, since } = value
  if (typeof secretArn !== 'string' || typeof since !== 'number' || !Number.isSafeInteger(since)) return undefined
  return { secretArn, since }
}

const toFaults = (value: unknown): readonly string[] | undefined => {
  const faults = Array.isArray(value) ? value.flatMap((one) => filled(one) ?? []) : []
  return faults.length === 0 ? undefined : faults
}

const toFinding = (value: unknown): CheckFinding | undefined => {
  if (!isJsonObject(value)) return undefined
  const { found, since } = value
  const holds = filled(value.holds)
  const lost = lostKinds.find((kind) => kind === found)
  if (lost !== undefined) {
    return typeof since === 'number' && Number.isSafeInteger(since)
      ? { found: lost, since, ...defined({ holds }) }
      : undefined
  }
  const why = filled(value.why)
  if (found === 'unknown')
    return why === undefined
      ? undefined
      : { found, why, ...defined({ credential: toCredential(value.credential), faults: toFaults(value.faults) }) }
  const plain = plainKinds.find((kind) => kind === found)
  return plain === undefined ? undefined : { found: plain, ...defined({ faults: toFaults(value.faults), holds }) }
}

/** A reply of the function, as JSON. @returns a finding for each secret, in their order; undefined for whatever is no such answer. */
export const readCheckAnswer = (text: string, asked: number): readonly CheckFinding[] | undefined => {
  const findings = parseJsonObject(text)?.findings
  if (!Array.isArray(findings) || findings.length !== asked) return undefined
  const read = findings.map(toFinding).filter((finding) => finding !== undefined)
  return read.length === asked ? read : undefined
}
