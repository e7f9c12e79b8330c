// Two ways that are tried from end to end: once a day an event of ours through the bus and its rule into the archive, and twice a day a value of
// ours through Secrets Manager, the key and Stytch. The summary of the day is the event; the rotation function, which alone may read and ask, tries the value.

import { Fault } from '../base/fault.ts'
import { summaryPrefix } from '../base/summary-place.ts'
import { HOUR_MS, MINUTE_MS } from '../base/time-units.ts'
import type { CheckQuestions } from '../drive/check-questions.ts'
import type { SecretToCheck } from '../rotation/read-check-question.ts'
import type { ReportMemory } from './report-memory.ts'
import type { PartAnswer, StagePart } from './stage-check.ts'

/** The evidence bucket, as far as the sweep knows it: names, and no content. */
export interface SummaryListing {
  /** Whether anything lies below the prefix. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
  hasAny(prefix: string): Promise<boolean>
}

/** EventBridge hands over within seconds, and tries again for a while. */
const ARRIVES_MS = 10 * MINUTE_MS
/** With the hour that it may go unanswered, within a day. */
const VALUE_EVERY_MS = 12 * HOUR_MS

const well: PartAnswer = { is: 'well' }

const unlessFault = async (ask: () => Promise<PartAnswer>): Promise<PartAnswer> => {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Fault) return { is: 'unclear', why: error.message }
    throw error
  }
}

interface Trip {
  readonly memory: ReportMemory
  /** Epoch milliseconds. */
  readonly asOf: number
}

export const createArchivePart = ({
  memory,
  asOf,
  listing,
}: Trip & { readonly listing: SummaryListing }): StagePart => ({
  name: 'evidence archive',
  kind: 'checkFailed',
  ask: () =>
    unlessFault(async () => {
      const { published } = await memory.daysDone()
      if (published === undefined || asOf - published < ARRIVES_MS) return well
      if (await listing.hasAny(summaryPrefix(published))) return well
      return { is: 'broken', why: `the event Daily Summary of ${new Date(published).toISOString()} did not arrive` }
    }),
})

/** What says nothing of the way, but of that secret at that moment. */
const isOfTheSecret = (why: string): boolean => ['moved', 'rotating', 'unreadable', 'otherProject'].includes(why)

/** @param samples of the stage: the next one is asked about when an answer was of the secret alone */
export const createValuePart = ({
  memory,
  asOf,
  questions,
  samples,
}: Trip & { readonly questions: CheckQuestions; readonly samples: readonly SecretToCheck[] }): StagePart => ({
  name: 'rotation function',
  kind: 'checkFailed',
  ask: () =>
    unlessFault(async () => {
      const { value } = await memory.daysDone()
      const isDone = value !== undefined && asOf - value < VALUE_EVERY_MS
      if (samples.length === 0 || isDone) return well
      for (const secret of samples) {
        const [finding] = await questions.check({ secrets: [secret], at: asOf, isClose: true })
        if (finding?.found !== 'unknown') break
        if (!isOfTheSecret(finding.why)) {
          return { is: 'unclear', why: `it could not read and try a value (${finding.why})` }
        }
      }
      await memory.noteDay('value', asOf)
      return well
    }),
})
