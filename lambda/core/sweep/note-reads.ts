// Writes down who read which secret, from one event of CloudTrail. Told twice, or out of order, it comes to the same.

import { Fault } from '../base/fault.ts'
import type { StageSecrets } from '../secret/stage-secrets.ts'
import type { ReadRecorder } from './read-records.ts'
import { readTrail } from './read-trail.ts'

export interface NotingReads extends StageSecrets {
  readonly records: ReadRecorder
  /** What was written lately by this process, and needs no second write. */
  readonly lately: Map<string, number>
}

/** One role that reads every second is one write a minute. A read that is left out is older by less than this. */
export const WRITE_AGAIN_MS = 60_000
const MOST_REMEMBERED = 10_000

/** @returns how many were written. @throws Fault INPUT_MALFORMED or RECORDS_UNAVAILABLE: the delivery is tried again. */
export const noteReads = async (noting: NotingReads, event: unknown): Promise<number> => {
  const { records, lately } = noting
  const reads = readTrail(event, noting)
  if (!reads.ok) {
    const message = `This is no read that CloudTrail tells of: ${reads.refusal.join('; ')}.`
    throw new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })
  }
  let written = 0
  for (const read of reads.value) {
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
