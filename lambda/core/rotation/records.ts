// What the rotation remembers outside of Secrets Manager: a lease, so that two executions do not retire values of one secret at once; and
// which version holds which value, by its last four, and when it was switched to. Nothing rests on it alone: with the table gone, a rotation
// goes on, and a metric says so (guarantees.md).

import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'
import { secretNameOf } from '../secret/secret-name.ts'

export interface Lease {
  /**
   * @param holder the execution's id: taking it again is no conflict. @param untilMs epoch milliseconds; from then on anybody may take it
   * @throws Fault RECORDS_UNAVAILABLE
   */
  take(secretArn: string, holder: string, untilMs: number): Promise<'taken' | 'held'>
  /** Somebody else's stays. @throws Fault RECORDS_UNAVAILABLE */
  release(secretArn: string, holder: string): Promise<void>
}

/** What is known of one version; each part may be missing. */
export interface VersionRecord {
  readonly versionId: string
  readonly lastFour?: string
  /** When its value was stored, epoch milliseconds. */
  readonly storedAt?: number
  /** When AWSCURRENT moved to it, epoch milliseconds. */
  readonly switchedAt?: number
  /** When it was first found that consumers cannot use it (check-current.ts), epoch milliseconds. Absent: it was not, or it works again. */
  readonly lostSince?: number
  /** Why a step of its rotation would not act (refusal.ts), the last time that one would not. */
  readonly refusedBecause?: string
}

interface StoredVersion {
  readonly secretArn: string
  readonly versionId: string
  readonly lastFour: string
  /** Epoch milliseconds. */
  readonly at: number
}

interface SwitchedVersion {
  readonly secretArn: string
  readonly versionId: string
  /** Epoch milliseconds. */
  readonly switchedAt: number
}

export interface LostVersion {
  readonly secretArn: string
  readonly versionId: string
  /** Epoch milliseconds. */
  readonly lostSince: number
}

export interface RefusedVersion {
  readonly secretArn: string
  readonly versionId: string
  readonly reason: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** Each answers or fails within a second or so. @throws Fault RECORDS_UNAVAILABLE */
export interface VersionRecords {
  noteVersion(version: StoredVersion): Promise<void>
  noteSwitch(version: SwitchedVersion): Promise<void>
  /** Of a version whose value was accepted when it was tried: how it ends, and that it is not lost. */
  noteAccepted(version: StoredVersion): Promise<void>
  noteLost(version: LostVersion): Promise<void>
  noteRefused(version: RefusedVersion): Promise<void>
  read(secretArn: string): Promise<readonly VersionRecord[]>
}

export interface KeptRecords {
  readonly kind: 'kept'
  /** Names this execution in a lease. */
  readonly holder: string
  readonly lease: Lease
  readonly versions: VersionRecords
}

/** A deployment without the table: no lease, and nothing is remembered. */
interface NoRecords {
  readonly kind: 'none'
}

export type Records = KeptRecords | NoRecords
export const noRecords: NoRecords = { kind: 'none' }

/** What reads alone need, for functions that hold no lease and write nothing. */
export type ReadableRecords = { readonly kind: 'kept'; readonly versions: Pick<VersionRecords, 'read'> } | NoRecords

/** A part of a Rotation. */
export interface Recording {
  readonly records: Records
  readonly timing: Timing
  readonly journal: Journal
}

export interface RecordReading {
  readonly records: ReadableRecords
  readonly journal: Journal
}

/** The entry that counts as RecordsUnavailable. */
export const RECORDS_UNAVAILABLE = 'recordsUnavailable'

/** @returns undefined when the table did not answer, which is logged and counted, and stops nobody. */
const unlessGone = async <Value>(
  { journal }: Pick<Recording, 'journal'>,
  { secretArn, call }: { readonly secretArn: string; readonly call: string },
  ask: () => Promise<Value>,
): Promise<Value | undefined> => {
  try {
    return await ask()
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown error'
    journal.note({ outcome: RECORDS_UNAVAILABLE, call, secretName: secretNameOf(secretArn), message })
    return undefined
  }
}

interface LeaseTerms {
  readonly secretArn: string
  /** Longer than the function can still run. */
  readonly forMs: number
}

/**
 * Runs the work while this execution holds the secret's lease. Without a table, or with one that does not answer, it runs all the same.
 * @throws Fault CONCURRENT_EXECUTION, retryable, when another execution holds it; and whatever the work throws
 */
export const withLease = async <Value>(
  recording: Recording,
  { secretArn, forMs }: LeaseTerms,
  work: () => Promise<Value>,
): Promise<Value> => {
  const { records, timing } = recording
  if (records.kind === 'none') return work()
  const { lease, holder } = records
  const untilMs = timing.now() + forMs
  const taking = await unlessGone(recording, { secretArn, call: 'take' }, () => lease.take(secretArn, holder, untilMs))
  if (taking === 'held') {
    throw new Fault({
      code: 'CONCURRENT_EXECUTION',
      retryable: true,
      message: `Another execution is working on ${secretNameOf(secretArn)}; the step will be retried.`,
    })
  }
  try {
    return await work()
  } finally {
    // Also where taking it failed: the request may have been carried out, and only its reply lost.
    await unlessGone(recording, { secretArn, call: 'release' }, () => lease.release(secretArn, holder))
  }
}

/** Best effort: never an error, and never worth waiting for. */
const noted =
  <Noted extends { readonly secretArn: string }>(
    call: 'noteVersion' | 'noteSwitch' | 'noteAccepted' | 'noteLost' | 'noteRefused',
    write: (versions: VersionRecords, what: Noted) => Promise<void>,
  ) =>
  async (recording: Recording, what: Noted): Promise<void> => {
    const { records } = recording
    if (records.kind === 'none') return
    await unlessGone(recording, { secretArn: what.secretArn, call }, () => write(records.versions, what))
  }

export const noteVersion = noted<StoredVersion>('noteVersion', (versions, what) => versions.noteVersion(what))
export const noteSwitch = noted<SwitchedVersion>('noteSwitch', (versions, what) => versions.noteSwitch(what))
export const noteAccepted = noted<StoredVersion>('noteAccepted', (versions, what) => versions.noteAccepted(what))
export const noteLost = noted<LostVersion>('noteLost', (versions, what) => versions.noteLost(what))
export const noteRefused = noted<RefusedVersion>('noteRefused', (versions, what) => versions.noteRefused(what))

/** @returns undefined when nothing can be known, which is another thing than no record. */
export const readVersionRecords = async (
  reading: RecordReading,
  secretArn: string,
): Promise<readonly VersionRecord[] | undefined> => {
  const { records } = reading
  if (records.kind === 'none') return undefined
  return unlessGone(reading, { secretArn, call: 'read' }, () => records.versions.read(secretArn))
}

/** When AWSCURRENT moved to this version, epoch milliseconds; undefined when that is not known. */
export const recordedSwitchOf = async (
  reading: RecordReading,
  { secretArn, versionId }: { readonly secretArn: string; readonly versionId: string },
): Promise<number | undefined> =>
  (await readVersionRecords(reading, secretArn))?.find((record) => record.versionId === versionId)?.switchedAt
