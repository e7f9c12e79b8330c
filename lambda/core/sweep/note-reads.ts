// Writes down who read which secret, from one event of CloudTrail. Delivered twice, or out of order, it comes to the same.

import { Fault } from '../base/fault.ts'
import { MINUTE_MS } from '../base/time-units.ts'
import type { StageSecrets } from '../secret/stage-secrets.ts'
import type { ReadRecorder } from './read-records.ts'
import { readTrail } from './read-trail.ts'

export interface NotingReads extends StageSecrets {
  readonly records: ReadRecorder
  /** What was written lately by this process, and needs no second write. */
  readonly lately: Map<string, number>
}

/** One role that reads every second is one write a minute. A read that is left out is older by less than this. */
export const WRITE_AGAIN_MS = MINUTE_MS
const MOST_REMEMBERED = 10_000

/** No secret's: those stand as lists. */
const BEGUN = 'begun'

/** Once a process, which is often enough for what expires after weeks; before the first read, so that none is there without it. */
const beginOnce = async ({ records, lately }: Pick<NotingReads, 'records' | 'lately'>, at: number): Promise<void> => {
  if (lately.has(BEGUN)) return
  await records.begin(at)
  lately.set(BEGUN, at)
}

/** @returns how many were written. @throws Fault INPUT_MALFORMED or RECORDS_UNAVAILABLE: the delivery is tried again. */
export const noteReads = async (noting: NotingReads, event: unknown): Promise<number> => {
  const { records, lately } = noting
  const reads = readTrail(event, noting)
  if (!reads.ok) {
    const message = `This is no read as CloudTrail reports it: ${reads.refusal.join('; ')}.`
    throw new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })
  }
  let written = 0
  for (const read of reads.value) {
    await beginOnce({ records, lately }, read.at)
    const key = JSON.stringify([read.secretName, read.principal, read.asked])
    const knownAt = lately.get(key)
    if (knownAt !== undefined && read.at < knownAt + WRITE_AGAIN_MS) continue
    await records.note(read)
    if (lately.size >= MOST_REMEMBERED) lately.clear()
    lately.set(key, read.at)
    written += 1
  }
  return written
}
